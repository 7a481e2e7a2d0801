import {
  accessActions,
  checkPeriod,
  checkRole,
  checkSupport,
  defineHandler,
  type Finding,
  learnerFields,
  moodleCategory,
  moodleCourse,
  moodleRole,
  periodOf,
  plainPeriodFields,
  type RoleEntitlement,
  supportEntitlements,
  supportFields,
  z,
} from 'boutique/sdk'

/** The standard roles that Moodle, as it is installed, gives in courses only. */
const courseRoles = new Set(['editingteacher', 'teacher', 'student', '3', '4', '5'])

const internal = z.object({
  level: z
    .enum(['coursecat', 'course', 'system'])
    .default('coursecat')
    .meta({
      label: { en: 'Where', fr: 'Où' },
      optionLabels: {
        coursecat: { en: 'in a category', fr: 'dans une catégorie' },
        course: { en: 'in a course, without enrolment', fr: 'dans un cours, sans inscription' },
        system: { en: 'in the whole site', fr: 'dans toute la plateforme' },
      },
    }),
  category: moodleCategory({ en: 'Category', fr: 'Catégorie' })
    .optional()
    .meta({ visibleWhen: { field: 'level', is: ['coursecat'] } }),
  course: moodleCourse({ en: 'Course', fr: 'Cours' })
    .optional()
    .meta({ visibleWhen: { field: 'level', is: ['course'] } }),
  role: moodleRole({ en: 'Role', fr: 'Rôle' }),
  ...plainPeriodFields,
  ...supportFields,
})
type Internal = z.output<typeof internal>

export default defineHandler({
  title: {
    en: 'Role in a category, a course or the site',
    fr: 'Rôle dans une catégorie, un cours ou le site',
  },
  summary: {
    en: 'Each unit gives one person a role, and takes it back at the end.',
    fr: 'Chaque unité donne un rôle à une personne, et le reprend à la fin.',
  },
  functions: [
    'core_webservice_get_site_info',
    'core_course_get_courses_by_field',
    'core_course_get_categories',
    'core_user_get_users',
    'core_user_create_users',
    'core_role_assign_roles',
    'core_role_unassign_roles',
    'core_enrol_get_enrolled_users',
    'enrol_manual_enrol_users',
  ],
  internal,
  external: z.object({
    ...learnerFields,
    email: learnerFields.email.meta({
      label: { en: 'E-mail of the person', fr: 'Adresse e-mail de la personne' },
    }),
  }),

  async check({ internal, moodle }) {
    const { level, role } = internal
    const findings: Finding[] = [...checkPeriod(internal), ...(await checkSupport(moodle, internal))]
    if (level === 'coursecat') {
      const categories = await moodle.categories()
      if (!categories.some(({ id }) => id === internal.category)) {
        findings.push({
          field: 'category',
          level: 'error',
          text: { en: 'Choose a category of the site.', fr: 'Choisissez une catégorie de la plateforme.' },
        })
      }
    }
    const course = level === 'course' && internal.course ? await moodle.course(internal.course) : undefined
    if (level === 'course' && !course) {
      findings.push({
        field: 'course',
        level: 'error',
        text: { en: 'Choose a course of the site.', fr: 'Choisissez un cours de la plateforme.' },
      })
    }
    findings.push(...(await checkRole(moodle, role, course?.id, 'role')))
    if (level !== 'course' && courseRoles.has(role)) {
      findings.push({
        field: 'role',
        level: 'warning',
        text: {
          en: 'As it is installed, Moodle gives this role in courses only: see "Context types where this role may be assigned".',
          fr: 'À l’installation, Moodle ne donne ce rôle que dans les cours : voir « Types de contextes où ce rôle peut être attribué ».',
        },
      })
    }
    return findings
  },

  async postpay({ unit, internal, external, moodle, step }) {
    const { locale } = unit.order
    const { email, firstname, lastname } = external
    const { context, page } = placeOf(internal)
    const person = await step('account', () => moodle.ensureAccount({ email, firstname, lastname, locale }))
    const role = await moodle.roleId(internal.role, internal.course)
    const support = await supportEntitlements({ moodle, step, unit }, internal)
    return {
      products: [
        {
          key: 'role',
          title: unit.entry.title,
          link: `${moodle.url}${page}`,
          holder: { email, firstname, lastname },
          ...periodOf(internal, unit.order.paidAt ?? unit.order.placedAt),
          extends: internal.endsOn === undefined,
          entitlements: [{ role, context, user: person.id }, ...support],
        },
      ],
      feedback: {
        shown: {
          en: `${firstname} ${lastname} has “${unit.entry.title.en}”.`,
          fr: `${firstname} ${lastname} a « ${unit.entry.title.fr} ».`,
        },
        kept: `User ${person.id} has role ${role} (${context.level} ${context.instance}).`,
      },
    }
  },

  actions: accessActions,
})

/** The context that the operator chose, and its page on the site. */
function placeOf({ level, category, course }: Internal): {
  context: RoleEntitlement['context']
  page: string
} {
  if (level === 'coursecat' && category !== undefined) {
    return { context: { level, instance: category }, page: `/course/index.php?categoryid=${category}` }
  }
  if (level === 'course' && course !== undefined) {
    return { context: { level, instance: course }, page: `/course/view.php?id=${course}` }
  }
  if (level === 'system') return { context: { level, instance: 0 }, page: '/my/' }
  throw new Error(`the entry names no ${level === 'coursecat' ? 'category' : 'course'} for the role`)
}
