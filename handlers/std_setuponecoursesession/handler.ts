import {
  accessActions,
  checkCourse,
  checkPeriod,
  checkRole,
  checkSupport,
  defineHandler,
  type Learner,
  learnerList,
  moodleCourse,
  moodleRole,
  type ProductDraft,
  periodFields,
  periodOf,
  Refused,
  supportEntitlements,
  supportFields,
  z,
} from 'boutique/sdk'
import { ensureGroup, isFreeName } from './session-group.ts'

/** Accounts found or made in one step: as many as Moodle makes in one call. */
const accountsAStep = 25

/** What a customer is asked. `most`: participants; `names`: each needs a first and a last name. */
const external = ({ most, names }: { most: number; names: boolean }) =>
  z.object({
    session: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .meta({
        label: { en: 'Name of the session', fr: 'Nom de la session' },
        help: {
          en: 'No other session of the course may have it: it is reserved when you order.',
          fr: 'Aucune autre session du cours ne peut le porter : il est réservé à la commande.',
        },
      }),
    participants: learnerList({ label: { en: 'Participants', fr: 'Participants' }, max: most, names }),
    supervisors: learnerList({
      label: { en: 'Supervisors', fr: 'Encadrement' },
      min: 0,
      max: 20,
      names,
    }).optional(),
  })

export default defineHandler({
  title: { en: 'Session of a course', fr: 'Session d’un cours' },
  summary: {
    en: 'Each unit is a session: a named group in a course, with its participants and supervisors.',
    fr: 'Chaque unité est une session : un groupe nommé dans un cours, avec ses participants et son encadrement.',
  },
  functions: [
    'core_webservice_get_site_info',
    'core_course_get_courses_by_field',
    'core_user_get_users',
    'core_user_create_users',
    'core_enrol_get_enrolled_users',
    'enrol_manual_enrol_users',
    'core_role_unassign_roles',
    'core_group_get_course_groups',
    'core_group_create_groups',
    'core_group_add_group_members',
    'core_group_delete_group_members',
  ],
  internal: z.object({
    course: moodleCourse({ en: 'Course', fr: 'Cours' }),
    seats: z
      .int()
      .min(1)
      .max(500)
      .default(12)
      .meta({
        label: { en: 'Seats of a session', fr: 'Places d’une session' },
        help: {
          en: 'Participants at the most; supervisors take none.',
          fr: 'Participants au plus ; l’encadrement n’en occupe pas.',
        },
      }),
    names: z
      .boolean()
      .default(true)
      .meta({
        label: { en: 'Ask first and last names', fr: 'Demander prénoms et noms' },
        help: {
          en: 'Without them, somebody new to the site is named after their address.',
          fr: 'Sans eux, une personne nouvelle sur la plateforme porte le nom de son adresse.',
        },
      }),
    participantRole: moodleRole({ en: 'Role of participants', fr: 'Rôle des participants' }).default(
      'student',
    ),
    supervisorRole: moodleRole({ en: 'Role of supervisors', fr: 'Rôle de l’encadrement' }).default('teacher'),
    ...periodFields,
    ...supportFields,
  }),
  external: external({ most: 500, names: false }),
  asks: ({ seats, names }) => external({ most: seats, names }),

  async check({ internal, moodle }) {
    const findings = await checkCourse(moodle, internal.course, 'course')
    if (!findings.some(({ level }) => level === 'error')) {
      for (const field of ['participantRole', 'supervisorRole'] as const)
        findings.push(...(await checkRole(moodle, internal[field], internal.course, field)))
    }
    return [...findings, ...checkPeriod(internal), ...(await checkSupport(moodle, internal))]
  },

  async prepay({ internal, external, moodle, reserve, step }) {
    const { session } = external
    const { course } = internal
    const free = await step('name', async () => {
      return (
        (await isFreeName(moodle, course, session)) &&
        (await reserve(`${session.toLowerCase()}, course ${course}`))
      )
    })
    if (!free) {
      throw new Refused({
        en: `The course has a session named “${session}” already: choose another name.`,
        fr: `Le cours a déjà une session « ${session} » : choisissez un autre nom.`,
      })
    }
    return {
      feedback: {
        shown: {
          en: `The name “${session}” is reserved for you.`,
          fr: `Le nom « ${session} » vous est réservé.`,
        },
      },
    }
  },

  // Accounts first, then the group; the products and all that they open come as one delivery: no half session.
  async postpay({ unit, internal, external, moodle, step }) {
    const { locale } = unit.order
    const { session, participants, supervisors = [] } = external
    const everybody = [...participants, ...supervisors].map(named)
    const users: number[] = []
    for (let from = 0; from < everybody.length; from += accountsAStep) {
      const some = everybody.slice(from, from + accountsAStep)
      const found = await step(`accounts ${from + 1}–${from + some.length}`, () =>
        Promise.all(some.map((person) => moodle.ensureAccount({ ...person, locale }))),
      )
      users.push(...found.map(({ id }) => id))
    }
    const group = await step('group', () =>
      ensureGroup(moodle, internal.course, { name: session, idnumber: markOf(unit) }),
    )
    const roles = {
      participant: await moodle.roleId(internal.participantRole, internal.course),
      supervisor: await moodle.roleId(internal.supervisorRole, internal.course),
    }
    const support = await supportEntitlements({ moodle, step, unit }, internal)
    const course = await moodle.course(internal.course)
    const period = periodOf(internal, unit.order.paidAt ?? unit.order.placedAt, course)
    const title = `${course?.fullname ?? unit.entry.title[locale]} · ${session}`
    const products = everybody.map((holder, position): ProductDraft => {
      const supervises = position >= participants.length
      const number = supervises ? position - participants.length + 1 : position + 1
      const user = users[position] ?? 0
      const role = supervises ? roles.supervisor : roles.participant
      return {
        key: supervises ? `supervisor-${number}` : `participant-${number}`,
        title: supervises
          ? { en: `Supervision · ${session}`, fr: `Encadrement · ${session}` }
          : { en: title, fr: title },
        link: `${moodle.url}/course/view.php?id=${internal.course}`,
        holder,
        ...period,
        entitlements: [{ course: internal.course, user, role, group }, ...(position === 0 ? support : [])],
        data: { session },
      }
    })
    const count = `${participants.length} participant${participants.length === 1 ? '' : 's'}`
    return {
      products,
      feedback: {
        shown: {
          en: `The session “${session}” is open: ${count}.`,
          fr: `La session « ${session} » est ouverte : ${count}.`,
        },
        kept: `Group ${group} of course ${internal.course}: ${count}, ${supervisors.length} supervisors.`,
      },
    }
  },

  // Nothing to revoke beside the products: their holders stay in the group, suspended, with their work.
  actions: accessActions,
})

/** The order's number tells it from a unit of another shop on the same site. */
const markOf = (unit: { id: number; order: { number: string } }) =>
  `boutique-unit-${unit.order.number}-${unit.id}`

/** Moodle wants names: `ada.lovelace@x.example` gives Ada Lovelace. */
function named(learner: Learner): Learner {
  if (learner.firstname !== '' || learner.lastname !== '') return learner
  const [address = '', host = ''] = learner.email.split('@')
  const [first = address, ...rest] = address
    .split(/[._+-]+/)
    .filter(Boolean)
    .map(capital)
  return { ...learner, firstname: first, lastname: rest.join(' ') || host }
}

const capital = (word: string) => word.charAt(0).toUpperCase() + word.slice(1)
