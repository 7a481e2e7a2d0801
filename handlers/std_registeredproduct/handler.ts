import {
  accessActions,
  checkPeriod,
  checkSupport,
  defineHandler,
  type Finding,
  periodFields,
  periodOf,
  supportEntitlements,
  supportFields,
  z,
} from 'boutique/sdk'

const { suspend, resume, changeEnd, revoke } = accessActions

export default defineHandler({
  title: { en: 'Registered product', fr: 'Produit enregistré' },
  summary: {
    en: 'A licence or another thing outside Moodle: each unit gets a reference that others can check.',
    fr: 'Une licence ou autre chose hors de Moodle : chaque unité reçoit une référence que d’autres peuvent vérifier.',
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
    startsOn: z
      .enum(['purchase', 'date'])
      .default('purchase')
      .meta({
        label: { en: 'Valid', fr: 'Valable' },
        optionLabels: {
          purchase: { en: 'from the payment of the order', fr: 'dès le paiement de la commande' },
          date: { en: 'from a date', fr: 'à partir d’une date' },
        },
      }),
    startDate: periodFields.startDate,
    durationDays: periodFields.durationDays.meta({
      label: { en: 'Days of validity', fr: 'Jours de validité' },
      help: {
        en: 'Leave empty for validity without an end.',
        fr: 'Laissez vide pour une validité sans fin.',
      },
    }),
    endsOn: periodFields.endsOn.meta({
      label: { en: 'Or ends on', fr: 'Ou se termine le' },
      help: { en: 'The last day of validity.', fr: 'Le dernier jour de validité.' },
    }),
    link: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional()
      .meta({ label: { en: 'Where it is used', fr: 'Où il s’utilise' } }),
    mailEn: z
      .string()
      .max(5000)
      .optional()
      .meta({ type: 'textarea', label: { en: 'Mailed, in English', fr: 'Envoyé par courriel, en anglais' } }),
    mailFr: z
      .string()
      .max(5000)
      .optional()
      .meta({ type: 'textarea', label: { en: 'Mailed, in French', fr: 'Envoyé par courriel, en français' } }),
    ...supportFields,
  }),
  external: z.object({}),

  async check({ internal, moodle }) {
    const findings: Finding[] = [...checkPeriod(internal), ...(await checkSupport(moodle, internal))]
    if ((internal.mailEn === undefined) !== (internal.mailFr === undefined)) {
      findings.push({
        field: internal.mailEn === undefined ? 'mailEn' : 'mailFr',
        level: 'error',
        text: {
          en: 'Give the text in both languages, or in neither.',
          fr: 'Indiquez le texte dans les deux langues, ou dans aucune.',
        },
      })
    }
    return findings
  },

  async postpay({ unit, internal, moodle, step }) {
    const { order, entry, buyer } = unit
    const { mailEn, mailFr } = internal
    return {
      products: [
        {
          key: 'product',
          title: entry.title,
          link: internal.link,
          holder: { email: buyer.email, firstname: buyer.firstname, lastname: buyer.lastname },
          ...periodOf(internal, order.paidAt ?? order.placedAt, { startsAt: 0 }),
          entitlements: await supportEntitlements({ moodle, step, unit }, internal),
        },
      ],
      feedback: {
        shown: {
          en: `“${entry.title.en}” is registered.`,
          fr: `« ${entry.title.fr} » est enregistré.`,
        },
        ...(mailEn && mailFr && { mailed: { en: mailEn, fr: mailFr } }),
      },
    }
  },

  actions: { suspend, resume, changeEnd, revoke },
})
