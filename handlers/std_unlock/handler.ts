import {
  accessActions,
  checkCourse,
  checkPeriod,
  defineHandler,
  type Finding,
  learnerFields,
  moodleCourse,
  moodleGroup,
  periodFields,
  periodOf,
  Refused,
  RetryLater,
  z,
} from 'boutique/sdk'

/** Milliseconds after the payment: an enrolment of the same order is done by then. */
const patience = 10 * 60_000

export default defineHandler({
  title: { en: 'Unlock in a course', fr: 'Déverrouillage dans un cours' },
  summary: {
    en: 'Opens what a course keeps closed (a certificate, say): puts a learner of the course in the group that it asks for.',
    fr: 'Ouvre ce qu’un cours garde fermé (un certificat, par exemple) : place un apprenant du cours dans le groupe demandé.',
  },
  functions: [
    'core_webservice_get_site_info',
    'core_course_get_courses_by_field',
    'core_user_get_users',
    'core_enrol_get_users_courses',
    'core_group_get_course_groups',
    'core_group_add_group_members',
    'core_group_delete_group_members',
  ],
  internal: z.object({
    course: moodleCourse({ en: 'Course', fr: 'Cours' }),
    group: moodleGroup(
      { en: 'Group', fr: 'Groupe' },
      {
        pickerOf: 'course',
        help: {
          en: 'The group to which the activity is restricted in Moodle.',
          fr: 'Le groupe auquel l’activité est restreinte dans Moodle.',
        },
      },
    ),
    ...periodFields,
  }),
  external: z.object(learnerFields),

  async check({ internal, moodle }) {
    const found = await checkCourse(moodle, internal.course, 'course')
    // Nobody is enrolled by this handler: manual enrolment may be off.
    const there = (await moodle.course(internal.course)) !== undefined
    const findings: Finding[] = [
      ...found.filter(({ level }) => !there || level === 'warning'),
      ...checkPeriod(internal),
    ]
    if (there && !(await moodle.groups(internal.course)).some(({ id }) => id === internal.group)) {
      findings.push({
        field: 'group',
        level: 'error',
        text: { en: 'This group is not one of the course.', fr: 'Ce groupe n’est pas un groupe du cours.' },
      })
    }
    return findings
  },

  async postpay({ unit, internal, external, moodle, step }) {
    const { email, firstname, lastname } = external
    const paidAt = unit.order.paidAt ?? unit.order.placedAt
    const learner = await step('learner', async () => {
      // No account is made: somebody new can't be in the course.
      if ((await moodle.findAccounts(email)).length > 0) {
        const { id } = await moodle.ensureAccount({ email, firstname, lastname })
        const courses = await moodle.call(
          'core_enrol_get_users_courses',
          { userid: id, returnusercount: 0 },
          z.array(z.object({ id: z.int() })),
        )
        if (courses.some((course) => course.id === internal.course)) return id
      }
      // The enrolment may be part of the same order, and under way.
      if (Date.now() - paidAt.getTime() < patience)
        throw new RetryLater(30, `${email} is not enrolled in course ${internal.course} yet`)
      throw new Refused({
        en: `${email} is not enrolled in course ${internal.course}, or no longer: enrol them there, then retry.`,
        fr: `${email} n’est pas, ou plus, inscrit·e au cours ${internal.course} : inscrivez cette personne, puis relancez.`,
      })
    })
    const course = await moodle.course(internal.course)
    return {
      products: [
        {
          key: 'unlock',
          title: unit.entry.title,
          link: `${moodle.url}/course/view.php?id=${internal.course}`,
          holder: { email, firstname, lastname },
          ...periodOf(internal, paidAt, course),
          extends: internal.endsOn === undefined,
          entitlements: [{ course: internal.course, group: internal.group, user: learner }],
        },
      ],
      feedback: {
        shown: {
          en: `“${unit.entry.title.en}” is open to ${firstname} ${lastname}.`,
          fr: `« ${unit.entry.title.fr} » est ouvert à ${firstname} ${lastname}.`,
        },
        kept: `User ${learner} is in group ${internal.group} of course ${internal.course}.`,
      },
    }
  },

  actions: accessActions,
})
