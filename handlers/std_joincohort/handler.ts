import {
  accessActions,
  checkPeriod,
  checkSupport,
  defineHandler,
  type Finding,
  learnerFields,
  moodleCohort,
  periodOf,
  plainPeriodFields,
  supportEntitlements,
  supportFields,
  z,
} from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Join a cohort', fr: 'Entrée dans une cohorte' },
  summary: {
    en: 'Each unit puts one learner in a cohort, and so in whatever hangs on it, and takes them out at the end.',
    fr: 'Chaque unité place un apprenant dans une cohorte, donc dans tout ce qui en dépend, et l’en retire à la fin.',
  },
  functions: [
    'core_webservice_get_site_info',
    'core_course_get_courses_by_field',
    'core_user_get_users',
    'core_user_create_users',
    'core_cohort_get_cohorts',
    'core_cohort_add_cohort_members',
    'core_cohort_delete_cohort_members',
    'core_enrol_get_enrolled_users',
    'enrol_manual_enrol_users',
    'core_role_unassign_roles',
  ],
  internal: z.object({
    cohort: moodleCohort({ en: 'Cohort', fr: 'Cohorte' }),
    ...plainPeriodFields,
    ...supportFields,
  }),
  external: z.object(learnerFields),

  async check({ internal, moodle }) {
    const findings: Finding[] = [...checkPeriod(internal), ...(await checkSupport(moodle, internal))]
    const cohorts = await moodle.cohorts()
    if (!cohorts.some(({ id }) => id === internal.cohort)) {
      findings.push({
        field: 'cohort',
        level: 'error',
        text: {
          en: 'There is no such cohort on the site.',
          fr: 'Cette cohorte n’existe pas sur la plateforme.',
        },
      })
    }
    return findings
  },

  async postpay({ unit, internal, external, moodle, step }) {
    const { locale } = unit.order
    const { email, firstname, lastname } = external
    const learner = await step('account', () => moodle.ensureAccount({ email, firstname, lastname, locale }))
    const support = await supportEntitlements({ moodle, step, unit }, internal)
    return {
      products: [
        {
          key: 'membership',
          title: unit.entry.title,
          link: `${moodle.url}/my/`,
          holder: { email, firstname, lastname },
          ...periodOf(internal, unit.order.paidAt ?? unit.order.placedAt),
          extends: internal.endsOn === undefined,
          entitlements: [{ cohort: internal.cohort, user: learner.id }, ...support],
        },
      ],
      feedback: {
        shown: {
          en: `${firstname} ${lastname} has “${unit.entry.title.en}”.`,
          fr: `${firstname} ${lastname} a « ${unit.entry.title.fr} ».`,
        },
        kept: `User ${learner.id} is in cohort ${internal.cohort}.`,
      },
    }
  },

  actions: accessActions,
})
