import {
  accessActions,
  checkRole,
  defineAction,
  defineHandler,
  type Entitlement,
  type Finding,
  learnerFields,
  type Moodle,
  moodleRole,
  type Person,
  type Product,
  Refused,
  type Step,
  z,
} from 'boutique/sdk'
import { hasEntered, tellsEntering } from './has-entered.ts'
import { matchCourses, mostCourses, usable } from './match-courses.ts'

const day = 86_400_000

const { suspend, resume, changeEnd, revoke } = accessActions

const internal = z.object({
  courses: z
    .array(z.string().trim().min(1).max(255))
    .min(1)
    .max(20)
    .meta({
      label: { en: 'Courses', fr: 'Cours' },
      help: {
        en: 'Short names, in which * stands for anything: SST-* opens every course whose short name starts with SST-, as they are on the day a seat is given out.',
        fr: 'Des noms abrégés, où * remplace n’importe quoi : SST-* ouvre tous les cours dont le nom abrégé commence par SST-, tels qu’ils sont le jour où la place est attribuée.',
      },
    }),
  seats: z
    .int()
    .min(1)
    .max(1000)
    .default(10)
    .meta({ label: { en: 'Seats in a pack', fr: 'Places par lot' } }),
  role: moodleRole({ en: 'Role', fr: 'Rôle' }).default('student'),
  durationDays: z
    .int()
    .positive()
    .max(36_500)
    .optional()
    .meta({
      label: { en: 'Days of access', fr: 'Jours d’accès' },
      help: {
        en: 'From the day a seat is given out. Leave empty for access without an end.',
        fr: 'À compter du jour où la place est attribuée. Laissez vide pour un accès sans fin.',
      },
    }),
  endsOn: z.iso
    .date()
    .optional()
    .meta({
      label: { en: 'The whole pack ends on', fr: 'Tout le lot se termine le' },
      help: {
        en: 'The last day of access, and the last day on which a seat can be given out.',
        fr: 'Le dernier jour d’accès, et le dernier où une place peut être attribuée.',
      },
    }),
  lockOnceEntered: z
    .boolean()
    .default(false)
    .meta({
      label: {
        en: 'A seat is used once its learner has entered a course',
        fr: 'Une place est consommée dès que l’apprenant est entré dans un cours',
      },
      help: {
        en: 'From then on the buyer can neither take it back nor hand it over; you still can.',
        fr: 'L’acheteur ne peut alors plus ni la reprendre ni la transmettre ; vous le pouvez toujours.',
      },
    }),
})
type Internal = z.output<typeof internal>

/** It can be held by somebody now. */
const runs = ({ state, endsAt }: Product) =>
  (state === 'active' || state === 'suspended') && (endsAt === null || endsAt > new Date())

// The last day counts whole.
const endOfPack = ({ endsOn }: Internal) =>
  endsOn === undefined ? null : new Date(Date.parse(`${endsOn}T00:00:00Z`) + day - 1000)

/** Until when a seat can be given out: days that were bought for it stay with it, whoever had it then. */
function endOfSeat(internal: Internal, { addedDays }: Product): Date | null {
  const end = endOfPack(internal)
  return end && new Date(end.getTime() + addedDays * day)
}

/** Throws `Refused` for a buyer who would take a seat from a learner who has used it. */
async function requireUnused(
  moodle: Moodle,
  step: Step,
  { internal, product, by }: { internal: Internal; product: Product; by: 'operator' | 'customer' },
): Promise<void> {
  const { holder } = product
  if (!internal.lockOnceEntered || by === 'operator' || !holder) return
  const entered = await step('entered', async () => {
    const [courses, accounts] = await Promise.all([
      matchCourses(moodle, internal.courses),
      moodle.findAccounts(holder.email),
    ])
    return await hasEntered(
      moodle,
      courses.map(({ id }) => id),
      accounts.map(({ id }) => id),
    )
  })
  if (entered === 'unknown') {
    throw new Refused({
      en: `Moodle does not tell us whether ${holder.email} has entered a course yet, so this seat can’t be changed here. Please ask us.`,
      fr: `Moodle ne nous dit pas si ${holder.email} est déjà entré·e dans un cours : cette place ne peut pas être modifiée ici. Écrivez-nous.`,
    })
  }
  if (entered) {
    throw new Refused({
      en: `${holder.email} has already entered a course: this seat is used and stays theirs.`,
      fr: `${holder.email} est déjà entré·e dans un cours : cette place est consommée et lui reste acquise.`,
    })
  }
}

const give = defineAction<Person, Internal>({
  title: { en: 'Give out', fr: 'Attribuer' },
  help: {
    en: 'The learner gets access at once; their account is made if they have none.',
    fr: 'L’apprenant accède aussitôt au contenu ; son compte est créé s’il n’en a pas.',
  },
  input: z.object(learnerFields),
  audience: 'both',
  when: (product) => product.holder === null && product.state === 'active' && runs(product),
  run: async ({ product, internal, input, moodle, step }) => {
    const { courses: patterns, role: named, durationDays } = internal
    const courses = await step('courses', async () =>
      usable(await matchCourses(moodle, patterns))
        .slice(0, mostCourses)
        .map(({ id }) => id),
    )
    if (courses.length === 0) throw new Error(`no course of the site fits ${patterns.join(', ')} any more`)
    const account = await step('account', () => moodle.ensureAccount(input))
    const role = await moodle.roleId(named, courses[0])
    const startsAt = new Date(await step('given', () => new Date().toISOString()))
    const { endsAt: last, addedDays } = product
    const until =
      durationDays === undefined ? last : new Date(startsAt.getTime() + (durationDays + addedDays) * day)
    return {
      change: {
        holder: { person: input, user: account.id },
        startsAt,
        endsAt: until && last && last < until ? last : until,
        entitlements: courses.map((course): Entitlement => ({ course, user: account.id, role })),
      },
    }
  },
})

const takeBack = defineAction<Record<string, never>, Internal>({
  title: { en: 'Take back', fr: 'Reprendre' },
  help: {
    en: 'The seat is free again and can be given to somebody else. Grades and progress stay in Moodle.',
    fr: 'La place redevient libre et peut être attribuée à quelqu’un d’autre. Notes et progression restent dans Moodle.',
  },
  input: z.object({}),
  audience: 'both',
  when: (product) => product.holder !== null && runs(product),
  run: async ({ product, internal, by, moodle, step }) => {
    await requireUnused(moodle, step, { internal, product, by })
    return { change: { holder: null, endsAt: endOfSeat(internal, product) } }
  },
})

const handOver = defineAction<Person, Internal>({
  ...accessActions.handOver,
  title: { en: 'Replace the learner', fr: 'Remplacer l’apprenant' },
  when: (product) => product.holder !== null && runs(product),
  run: async (context) => {
    await requireUnused(context.moodle, context.step, context)
    return await accessActions.handOver.run(context)
  },
})

export default defineHandler({
  title: { en: 'A pack of seats', fr: 'Un lot de places' },
  summary: {
    en: 'Each unit is a pack: the buyer gives its seats out to learners later, takes them back and hands them over.',
    fr: 'Chaque unité est un lot : l’acheteur en attribue les places plus tard, les reprend, les transmet.',
  },
  functions: [
    'core_webservice_get_site_info',
    'core_course_get_courses_by_field',
    'core_user_get_users',
    'core_user_create_users',
    'core_enrol_get_enrolled_users',
    'enrol_manual_enrol_users',
    'core_role_unassign_roles',
  ],
  internal,
  external: z.object({}),

  async check({ internal, moodle }) {
    const matching = await matchCourses(moodle, internal.courses)
    const courses = usable(matching)
    const names = (list: typeof courses) => list.map(({ shortname }) => shortname).join(', ')
    const findings: Finding[] = []
    const atCourses = (level: Finding['level'], en: string, fr: string) =>
      findings.push({ field: 'courses', level, text: { en, fr } })
    if (matching.length === 0) {
      atCourses(
        'error',
        'No course of the site has such a short name.',
        'Aucun cours de la plateforme ne porte un tel nom abrégé.',
      )
    } else if (courses.length === 0) {
      atCourses(
        'error',
        `Manual enrolment is off in ${names(matching)}: turn it on in Moodle, under Participants, Enrolment methods.`,
        `L’inscription manuelle est désactivée dans ${names(matching)} : activez-la dans Moodle, Participants, Méthodes d’inscription.`,
      )
    } else if (courses.length > mostCourses) {
      atCourses(
        'error',
        `That is ${courses.length} courses: a seat opens ${mostCourses} at the most.`,
        `Cela fait ${courses.length} cours : une place en ouvre ${mostCourses} au plus.`,
      )
    } else {
      atCourses(
        'warning',
        `Today a seat opens: ${names(courses)}.`,
        `Une place ouvre aujourd’hui : ${names(courses)}.`,
      )
      const closed = matching.filter((course) => !courses.includes(course))
      if (closed.length > 0) {
        atCourses(
          'warning',
          `Passed over, since manual enrolment is off there: ${names(closed)}.`,
          `Laissés de côté, car l’inscription manuelle y est désactivée : ${names(closed)}.`,
        )
      }
      const hidden = courses.filter(({ visible }) => !visible)
      if (hidden.length > 0) {
        atCourses(
          'warning',
          `Hidden: learners won’t see ${names(hidden)} until shown.`,
          `Masqués : les apprenants ne verront pas ${names(hidden)} tant qu’ils ne sont pas affichés.`,
        )
      }
    }
    const [first] = courses
    findings.push(...(await checkRole(moodle, internal.role, first?.id, 'role')))
    if (internal.endsOn && (endOfPack(internal)?.getTime() ?? 0) < Date.now()) {
      findings.push({
        field: 'endsOn',
        level: 'error',
        text: { en: 'This date is past.', fr: 'Cette date est passée.' },
      })
    }
    if (internal.lockOnceEntered && first && (await tellsEntering(moodle, first.id)) === false) {
      findings.push({
        field: 'lockOnceEntered',
        level: 'warning',
        text: {
          en: 'Moodle hides when people last entered a course, so the buyer can take back no seat at all. Show “last access” to our token’s user: site administration, hidden user fields.',
          fr: 'Moodle masque le dernier accès aux cours : l’acheteur ne pourra reprendre aucune place. Rendez « dernier accès » visible à l’utilisateur de notre jeton : administration du site, champs masqués.',
        },
      })
    }
    return findings
  },

  async postpay({ unit, internal, moodle }) {
    const { seats } = internal
    const { title } = unit.entry
    const digits = String(seats).length
    return {
      products: Array.from({ length: seats }, (_, i) => {
        const number = i + 1
        return {
          key: `seat-${String(number).padStart(Math.max(3, digits), '0')}`,
          title: {
            en: `${title.en} – seat ${number}`,
            fr: `${title.fr} – place ${number}`,
          },
          link: `${moodle.url}/my/`,
          startsAt: unit.order.paidAt ?? unit.order.placedAt,
          endsAt: endOfPack(internal) ?? undefined,
        }
      }),
      feedback: {
        shown: {
          en: `${seats} ${seats === 1 ? 'seat is' : 'seats are'} yours to give out.`,
          fr:
            seats === 1 ? 'Une place est à vous, à attribuer.' : `${seats} places sont à vous, à attribuer.`,
        },
      },
    }
  },

  pack: { give: 'give' },
  actions: { give, takeBack, handOver, suspend, resume, changeEnd, revoke },
})
