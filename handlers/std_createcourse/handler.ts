import {
  accessActions,
  checkCourse,
  checkPeriod,
  checkRole,
  checkSupport,
  defineHandler,
  type Finding,
  learnerFields,
  MoodleError,
  moodleCategory,
  moodleCourse,
  moodleRole,
  periodOf,
  plainPeriodFields,
  Refused,
  type ScriptContext,
  supportEntitlements,
  supportFields,
  z,
} from 'boutique/sdk'
import { changeCourse, ensureCopy, findCourse } from './copy-course.ts'

export default defineHandler({
  title: { en: 'Create a course from a template', fr: 'Création d’un cours d’après un modèle' },
  summary: {
    en: 'Each unit is a new course, copied from a template, that belongs to the person whom the customer names.',
    fr: 'Chaque unité est un nouveau cours, copié d’un modèle, confié à la personne que le client désigne.',
  },
  functions: [
    'core_webservice_get_site_info',
    'core_course_get_courses_by_field',
    'core_course_get_categories',
    'core_course_duplicate_course',
    'core_course_update_courses',
    'core_user_get_users',
    'core_user_create_users',
    'core_enrol_get_enrolled_users',
    'enrol_manual_enrol_users',
    'core_role_unassign_roles',
  ],
  internal: z.object({
    template: moodleCourse({ en: 'Template', fr: 'Modèle' }),
    category: moodleCategory({ en: 'Category of the new courses', fr: 'Catégorie des nouveaux cours' }),
    role: moodleRole({ en: 'Role of the owner', fr: 'Rôle du propriétaire' }).default('editingteacher'),
    visible: z
      .boolean()
      .default(true)
      .meta({ label: { en: 'Shown from the start', fr: 'Affiché dès le début' } }),
    ...plainPeriodFields,
    atEnd: z
      .enum(['nothing', 'hide'])
      .default('nothing')
      .meta({
        label: { en: 'At the end of the product', fr: 'À la fin du produit' },
        optionLabels: {
          nothing: { en: 'the course stays as it is', fr: 'le cours reste tel quel' },
          hide: {
            en: 'the course is hidden; shown again if the product is extended',
            fr: 'le cours est caché ; réaffiché si le produit est prolongé',
          },
        },
      }),
    ...supportFields,
  }),
  external: z.object({
    fullname: z
      .string()
      .trim()
      .min(1)
      .max(254)
      .meta({ label: { en: 'Name of the course', fr: 'Nom du cours' } }),
    shortname: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .meta({
        label: { en: 'Short name', fr: 'Nom abrégé' },
        help: {
          en: 'No other course of the site may have it: it is reserved when you order.',
          fr: 'Aucun autre cours de la plateforme ne peut le porter : il est réservé à la commande.',
        },
        checkWhileTyping: true,
      }),
    ...learnerFields,
    email: learnerFields.email.meta({
      label: { en: 'E-mail of its owner', fr: 'Adresse e-mail du propriétaire' },
    }),
  }),

  async check({ internal, moodle }) {
    // A template is hidden as a rule, and nobody is enrolled in it.
    const template = await moodle.course(internal.template)
    const findings: Finding[] = template
      ? await checkRole(moodle, internal.role, internal.template, 'role')
      : await checkCourse(moodle, internal.template, 'template')
    if (!(await moodle.categories()).some(({ id }) => id === internal.category)) {
      findings.push({
        field: 'category',
        level: 'error',
        text: {
          en: 'There is no such category on the site.',
          fr: 'Cette catégorie n’existe pas sur la plateforme.',
        },
      })
    }
    return [...findings, ...checkPeriod(internal), ...(await checkSupport(moodle, internal))]
  },

  async checkField({ value, moodle, reserved }) {
    const taken = (await findCourse(moodle, 'shortname', value)) || (await reserved(value.toLowerCase()))
    return taken ? isTaken(value) : undefined
  },

  async prepay({ external, moodle, reserve, step }) {
    const { shortname } = external
    const free = await step('shortname', async () => {
      const taken = await findCourse(moodle, 'shortname', shortname)
      // Some databases under Moodle compare without case.
      return taken === undefined && (await reserve(shortname.toLowerCase()))
    })
    if (!free) throw new Refused(isTaken(shortname))
    return {
      feedback: {
        shown: {
          en: `The short name “${shortname}” is reserved for you.`,
          fr: `Le nom abrégé « ${shortname} » vous est réservé.`,
        },
      },
    }
  },

  async postpay({ unit, internal, external, moodle, step }) {
    const { locale } = unit.order
    const { fullname, shortname, email, firstname, lastname } = external
    const owner = await step('account', () => moodle.ensureAccount({ email, firstname, lastname, locale }))
    const role = await moodle.roleId(internal.role, internal.template)
    const support = await supportEntitlements({ moodle, step, unit }, internal)
    const mark = markOf(unit)
    const refuse = refuseTaken(shortname)
    const course = await step('copy', () => ensureCopy(moodle, internal, { mark, shortname }).catch(refuse))
    await step('names', async () => {
      const visible = internal.visible ? 1 : 0
      const change = { fullname, shortname, idnumber: mark, categoryid: internal.category, visible }
      const fault = await changeCourse(moodle, course, change)
      if (fault) refuse(fault)
    })
    return {
      products: [
        {
          key: 'course',
          title: { en: fullname, fr: fullname },
          link: `${moodle.url}/course/view.php?id=${course}`,
          holder: { email, firstname, lastname },
          ...periodOf(internal, unit.order.paidAt ?? unit.order.placedAt),
          entitlements: [{ course, role, user: owner.id }, ...support],
          data: { course },
        },
      ],
      feedback: {
        shown: {
          en: `The course “${fullname}” is there; it belongs to ${firstname} ${lastname}.`,
          fr: `Le cours « ${fullname} » est créé ; il est confié à ${firstname} ${lastname}.`,
        },
        kept: `Course ${course} was copied from course ${internal.template}.`,
      },
    }
  },

  // Learners may have worked in it: it is hidden, never deleted.
  revoke: (context) => show(context, false),
  revokeOne: (context) => show(context, false),

  async ended(context) {
    if (context.internal.atEnd === 'hide') await show(context, false)
  },

  async revived(context) {
    if (context.internal.atEnd === 'hide') await show(context, true)
  },

  actions: accessActions,
})

const isTaken = (shortname: string) => ({
  en: `The short name “${shortname}” is taken: choose another.`,
  fr: `Le nom abrégé « ${shortname} » est pris : choisissez-en un autre.`,
})

const refuseTaken =
  (shortname: string) =>
  (error: unknown): never => {
    if (!(error instanceof MoodleError) || error.code !== 'shortnametaken') throw error
    throw new Refused({
      en: `Another course has the short name “${shortname}” by now: rename that one in Moodle, then retry.`,
      fr: `Un autre cours porte désormais le nom abrégé « ${shortname} » : renommez-le dans Moodle, puis relancez.`,
    })
  }

/** The order's number tells it from a unit of another shop on the same site. */
const markOf = (unit: { id: number; order: { number: string } }) =>
  `boutique-unit-${unit.order.number}-${unit.id}`

/** Shows or hides the unit's course, if it is still there. */
async function show(
  { unit, moodle, step }: Pick<ScriptContext<unknown, unknown>, 'unit' | 'moodle' | 'step'>,
  shown: boolean,
): Promise<void> {
  await step(shown ? 'show' : 'hide', async () => {
    const course = await findCourse(moodle, 'idnumber', markOf(unit))
    const fault = course && (await changeCourse(moodle, course.id, { visible: shown ? 1 : 0 }))
    if (fault) throw fault
  })
}
