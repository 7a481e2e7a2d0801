import {
  accessActions,
  checkPeriod,
  checkRole,
  checkSupport,
  defineHandler,
  type Finding,
  learnerFields,
  type Moodle,
  MoodleError,
  moodleCategory,
  moodleRole,
  periodOf,
  plainPeriodFields,
  supportEntitlements,
  supportFields,
  z,
} from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Create a category', fr: 'Création d’une catégorie' },
  summary: {
    en: 'Each unit makes a category of courses, with the person who manages it.',
    fr: 'Chaque unité crée une catégorie de cours, avec la personne qui la gère.',
  },
  functions: [
    'core_webservice_get_site_info',
    'core_course_get_courses_by_field',
    'core_course_get_categories',
    'core_course_create_categories',
    'core_user_get_users',
    'core_user_create_users',
    'core_role_assign_roles',
    'core_role_unassign_roles',
    'core_enrol_get_enrolled_users',
    'enrol_manual_enrol_users',
  ],
  internal: z.object({
    parent: moodleCategory(
      { en: 'Within the category', fr: 'Dans la catégorie' },
      {
        help: {
          en: 'Leave empty for one at the top of the site.',
          fr: 'Laissez vide pour une catégorie de premier niveau.',
        },
      },
    ).optional(),
    role: moodleRole({ en: 'Role of the manager', fr: 'Rôle du gestionnaire' }).default('manager'),
    ...plainPeriodFields,
    ...supportFields,
  }),
  external: z.object({
    name: z
      .string()
      .trim()
      .min(1)
      .max(255)
      .meta({ label: { en: 'Name of the category', fr: 'Nom de la catégorie' } }),
    ...learnerFields,
    email: learnerFields.email.meta({
      label: { en: 'E-mail of its manager', fr: 'Adresse e-mail du gestionnaire' },
    }),
  }),

  async check({ internal, moodle }) {
    const findings: Finding[] = [
      ...checkPeriod(internal),
      ...(await checkRole(moodle, internal.role, undefined, 'role')),
      ...(await checkSupport(moodle, internal)),
    ]
    const { parent } = internal
    if (parent !== undefined && !(await moodle.categories()).some(({ id }) => id === parent)) {
      findings.push({
        field: 'parent',
        level: 'error',
        text: {
          en: 'There is no such category on the site.',
          fr: 'Cette catégorie n’existe pas sur la plateforme.',
        },
      })
    }
    return findings
  },

  async postpay({ unit, internal, external, moodle, step }) {
    const { locale } = unit.order
    const { name, email, firstname, lastname } = external
    const manager = await step('account', () => moodle.ensureAccount({ email, firstname, lastname, locale }))
    const role = await moodle.roleId(internal.role)
    const support = await supportEntitlements({ moodle, step, unit }, internal)
    // The order's number tells it from a unit of another shop on the same site.
    const idnumber = `boutique-unit-${unit.order.number}-${unit.id}`
    const category = await step('category', () =>
      ensureCategory(moodle, { name, idnumber, parent: internal.parent ?? 0 }),
    )
    return {
      products: [
        {
          key: 'category',
          title: { en: name, fr: name },
          link: `${moodle.url}/course/index.php?categoryid=${category}`,
          holder: { email, firstname, lastname },
          ...periodOf(internal, unit.order.paidAt ?? unit.order.placedAt),
          entitlements: [
            { role, context: { level: 'coursecat', instance: category }, user: manager.id },
            ...support,
          ],
          data: { category },
        },
      ],
      feedback: {
        shown: {
          en: `The category “${name}” is there; ${firstname} ${lastname} manages it.`,
          fr: `La catégorie « ${name} » est créée ; ${firstname} ${lastname} la gère.`,
        },
        kept: `Category ${category} was made, with user ${manager.id} as its manager.`,
      },
    }
  },

  actions: accessActions,
})

const found = z.array(z.object({ id: z.int() }))

/**
 * The category of this idnumber, or else a new one. Looked up again after a failure: Moodle keeps idnumbers unique, so
 * another worker may have been quicker.
 */
async function ensureCategory(
  moodle: Moodle,
  category: { name: string; idnumber: string; parent: number },
): Promise<number> {
  const find = async () => {
    const criteria = [{ key: 'idnumber', value: category.idnumber }]
    const asked = { criteria, addsubcategories: 0 }
    const [one] = await moodle.call('core_course_get_categories', asked, found)
    return one?.id
  }
  const existing = await find()
  if (existing !== undefined) return existing
  try {
    const [made] = await moodle.call('core_course_create_categories', { categories: [category] }, found)
    if (made) return made.id
  } catch (error) {
    if (!(error instanceof MoodleError) || error.kind !== 'request') throw error
    const meanwhile = await find()
    if (meanwhile === undefined) throw error
    return meanwhile
  }
  throw new Error(`Moodle made no category named "${category.name}"`)
}
