import {
  accessActions,
  checkCourse,
  checkPeriod,
  checkRole,
  checkSupport,
  defineHandler,
  type Finding,
  learnerFields,
  moodleRole,
  type ProductDraft,
  periodFields,
  periodOf,
  supportEntitlements,
  supportFields,
  z,
} from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Enrol in several courses', fr: 'Inscription à plusieurs cours' },
  summary: {
    en: 'Each unit enrols one learner in all of the courses. The unit is done once every one of them is open.',
    fr: 'Chaque unité inscrit un apprenant à tous les cours. Elle n’est produite qu’une fois tous les cours ouverts.',
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
  internal: z.object({
    courses: z
      .array(z.int().positive())
      .min(1)
      .max(50)
      .meta({ label: { en: 'Courses', fr: 'Cours' }, picker: 'course' }),
    role: moodleRole({ en: 'Role', fr: 'Rôle' }).default('student'),
    ...periodFields,
    ...supportFields,
  }),
  external: z.object(learnerFields),

  async check({ internal, moodle }) {
    const findings: Finding[] = [...checkPeriod(internal), ...(await checkSupport(moodle, internal))]
    for (const course of internal.courses) {
      const found = await checkCourse(moodle, course, 'courses')
      const named = found.map(({ text, ...finding }) => ({
        ...finding,
        text: { en: `Course ${course}: ${text.en}`, fr: `Cours ${course} : ${text.fr}` },
      }))
      findings.push(...named)
      if (found.some(({ level }) => level === 'error')) continue
      findings.push(...(await checkRole(moodle, internal.role, course, 'role')))
    }
    return findings
  },

  // One product a course: each adds its days to what the learner has in that very course.
  async postpay({ unit, internal, external, moodle, step }) {
    const { locale } = unit.order
    const { email, firstname, lastname } = external
    const learner = await step('account', () => moodle.ensureAccount({ email, firstname, lastname, locale }))
    const role = await moodle.roleId(internal.role)
    const support = await supportEntitlements({ moodle, step, unit }, internal)
    const products: ProductDraft[] = []
    for (const id of new Set(internal.courses)) {
      const course = await moodle.course(id)
      const title = course ? { en: course.fullname, fr: course.fullname } : unit.entry.title
      products.push({
        key: `course-${id}`,
        title,
        link: `${moodle.url}/course/view.php?id=${id}`,
        holder: { email, firstname, lastname },
        ...periodOf(internal, unit.order.paidAt ?? unit.order.placedAt, course ?? { startsAt: 0 }),
        extends: internal.endsOn === undefined,
        entitlements: [{ course: id, user: learner.id, role }, ...(products.length === 0 ? support : [])],
      })
    }
    const count = products.length
    return {
      products,
      feedback: {
        shown: {
          en: `${firstname} ${lastname} is enrolled in ${count} ${count === 1 ? 'course' : 'courses'}.`,
          fr: `${firstname} ${lastname} est inscrit·e à ${count} cours.`,
        },
      },
    }
  },

  actions: accessActions,
})
