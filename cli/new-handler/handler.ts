import {
  accessActions,
  checkCourse,
  checkPeriod,
  defineHandler,
  learnerFields,
  moodleCourse,
  periodFields,
  periodOf,
  z,
} from 'boutique/sdk'

// As it is, this handler enrols a learner in a course: turn it into yours. docs/handlers.md explains each part.
export default defineHandler({
  // What the operator chooses it by.
  title: { en: 'New handler', fr: 'Nouveau gestionnaire' },
  summary: { en: 'Each unit enrols one learner.', fr: 'Chaque unité inscrit un apprenant.' },

  // Asked from the operator, on the entry. The form and its checks follow from the schema.
  internal: z.object({
    course: moodleCourse({ en: 'Course', fr: 'Cours' }),
    ...periodFields,
  }),

  // Asked from the customer, once for each unit: here an e-mail address, a first name and a last name.
  external: z.object(learnerFields),

  // Moodle's functions that a sale calls: the office says which of them the site lacks.
  functions: [
    'core_webservice_get_site_info',
    'core_course_get_courses_by_field',
    'core_user_get_users',
    'core_user_create_users',
    'core_enrol_get_enrolled_users',
    'enrol_manual_enrol_users',
  ],

  // When the operator saves the entry: whatever would keep a sale from being delivered, told at its field.
  async check({ internal, moodle }) {
    return [...(await checkCourse(moodle, internal.course, 'course')), ...checkPeriod(internal)]
  },

  // Once the payment is validated. It may be stopped anywhere and run again, so each effect stands in a step: its
  // result is kept, and comes back at once the next time.
  async postpay({ unit, internal, external, moodle, step }) {
    const { email, firstname, lastname } = external
    const learner = await step('account', () =>
      moodle.ensureAccount({ email, firstname, lastname, locale: unit.order.locale }),
    )
    const course = await moodle.course(internal.course)
    const role = await moodle.roleId('student')
    return {
      products: [
        {
          // Tells this product from the unit's others.
          key: 'access',
          title: unit.entry.title,
          link: `${moodle.url}/course/view.php?id=${internal.course}`,
          holder: { email, firstname, lastname },
          ...periodOf(internal, unit.order.paidAt ?? unit.order.placedAt, course ?? { startsAt: 0 }),
          // The shop makes Moodle agree, now and whenever the product changes. It takes this away with the product, too:
          // only what you make in another way needs a `revoke`.
          entitlements: [{ course: internal.course, user: learner.id, role }],
        },
      ],
      feedback: {
        shown: { en: `${firstname} ${lastname} is enrolled.`, fr: `${firstname} ${lastname} est inscrit·e.` },
      },
    }
  },

  // What may be done with the product afterwards: suspend, resume, change its end, hand it over.
  actions: accessActions,
})
