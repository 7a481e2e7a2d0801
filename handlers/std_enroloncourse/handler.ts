import {
  accessActions,
  checkCourse,
  checkPeriod,
  checkRole,
  checkSupport,
  defineHandler,
  type Entitlement,
  ensureBuyerGroup,
  type Finding,
  learnerFields,
  moodleCourse,
  moodleGroup,
  moodleRole,
  periodFields,
  periodOf,
  Refused,
  supportEntitlements,
  supportFields,
  z,
} from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Enrol in one course', fr: 'Inscription à un cours' },
  summary: {
    en: 'Each unit enrols one learner, named by the customer, in the course.',
    fr: 'Chaque unité inscrit au cours un apprenant, nommé par le client.',
  },
  functions: [
    'core_webservice_get_site_info',
    'core_course_get_courses_by_field',
    'core_user_get_users',
    'core_user_create_users',
    'core_enrol_get_enrolled_users',
    'enrol_manual_enrol_users',
    'core_group_get_course_groups',
    'core_group_create_groups',
    'core_group_add_group_members',
    'core_group_delete_group_members',
    'core_role_unassign_roles',
  ],
  internal: z.object({
    course: moodleCourse({ en: 'Course', fr: 'Cours' }),
    role: moodleRole({ en: 'Role', fr: 'Rôle' }).default('student'),
    ...periodFields,
    again: z
      .enum(['extend', 'refuse', 'allow'])
      .default('extend')
      .meta({
        label: { en: 'Bought again while access lasts', fr: 'Racheté pendant que l’accès dure' },
        optionLabels: {
          extend: { en: 'the new days are added at the end', fr: 'les nouveaux jours s’ajoutent à la fin' },
          refuse: {
            en: 'the order is refused, before payment',
            fr: 'la commande est refusée, avant paiement',
          },
          allow: { en: 'both run side by side', fr: 'les deux courent en parallèle' },
        },
      }),
    group: moodleGroup({ en: 'Group', fr: 'Groupe' }, { pickerOf: 'course' }).optional(),
    buyerGroup: z
      .boolean()
      .default(false)
      .meta({
        label: { en: 'A group for each buyer', fr: 'Un groupe par acheteur' },
        help: {
          en: 'Learners whose seats the same customer bought find themselves in one group of the course.',
          fr: 'Les apprenants inscrits par un même client se retrouvent dans un groupe du cours.',
        },
      }),
    ...supportFields,
  }),
  external: z.object(learnerFields),

  async check({ internal, moodle }) {
    const findings: Finding[] = [
      ...(await checkCourse(moodle, internal.course, 'course')),
      ...checkPeriod(internal),
    ]
    // Of a course that can't be used, nothing else can be asked.
    const usable = !findings.some(({ field, level }) => field === 'course' && level === 'error')
    if (usable) findings.push(...(await checkRole(moodle, internal.role, internal.course, 'role')))
    if (usable && internal.group !== undefined) {
      const groups = await moodle.groups(internal.course)
      if (!groups.some((group) => group.id === internal.group)) {
        findings.push({
          field: 'group',
          level: 'error',
          text: { en: 'This group is not one of the course.', fr: 'Ce groupe n’est pas un groupe du cours.' },
        })
      }
    }
    findings.push(...(await checkSupport(moodle, internal)))
    return findings
  },

  prepares: (internal) => internal.again === 'refuse',

  async prepay({ internal, external, owned, reserve, step }) {
    const learner = external.email.toLowerCase()
    const has = await step('owned', async () => (await owned(learner, internal.course)).length > 0)
    const free = !has && (await step('reserve', () => reserve(`${internal.course}:${learner}`)))
    if (!free) {
      throw new Refused({
        en: `${external.email} has access to this course already, or is about to.`,
        fr: `${external.email} a déjà accès à ce cours, ou est sur le point de l’avoir.`,
      })
    }
    return undefined
  },

  async postpay({ unit, internal, external, moodle, step }) {
    const { locale } = unit.order
    const { email, firstname, lastname } = external
    const learner = await step('account', () => moodle.ensureAccount({ email, firstname, lastname, locale }))
    const course = await moodle.course(internal.course)
    const period = periodOf(internal, unit.order.paidAt ?? unit.order.placedAt, course ?? { startsAt: 0 })
    const role = await moodle.roleId(internal.role)

    const enrolled = { course: internal.course, user: learner.id, role }
    const entitlements: Entitlement[] = [{ ...enrolled, group: internal.group }]
    if (internal.buyerGroup) {
      const group = await step('buyer-group', () => ensureBuyerGroup(moodle, internal.course, unit.buyer))
      entitlements.push({ ...enrolled, group })
    }
    entitlements.push(...(await supportEntitlements({ moodle, step, unit }, internal)))

    const name = course?.fullname ?? unit.entry.title[locale]
    return {
      products: [
        {
          key: 'access',
          title: unit.entry.title,
          link: `${moodle.url}/course/view.php?id=${internal.course}`,
          holder: { email, firstname, lastname },
          ...period,
          entitlements,
          extends: internal.again === 'extend' && internal.endsOn === undefined,
        },
      ],
      // From then on the product itself tells that the learner has access.
      frees: internal.again === 'refuse' ? [`${internal.course}:${email.toLowerCase()}`] : [],
      feedback: {
        shown: {
          en: `${firstname} ${lastname} is enrolled in “${name}”.`,
          fr: `${firstname} ${lastname} est inscrit·e à « ${name} ».`,
        },
        kept: learner.created
          ? `Account ${learner.id} was created.`
          : `Account ${learner.id} was there already.`,
      },
    }
  },

  actions: accessActions,
})
