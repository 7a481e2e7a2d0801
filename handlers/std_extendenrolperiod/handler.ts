import {
  checkExtendable,
  defineHandler,
  extendProduct,
  type FoundProduct,
  productReference,
  takeExtensionBack,
  z,
} from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Extend access', fr: 'Prolongation d’accès' },
  summary: {
    en: 'Each unit adds days to access that the customer has bought here, named by its reference.',
    fr: 'Chaque unité ajoute des jours à un accès acheté ici par le client, désigné par sa référence.',
  },
  functions: ['core_webservice_get_site_info', 'enrol_manual_enrol_users'],
  internal: z.object({
    days: z
      .int()
      .positive()
      .max(36_500)
      .meta({ label: { en: 'Days added', fr: 'Jours ajoutés' } }),
    handlers: z
      .array(z.string().regex(/^((std|ext)_[a-z0-9_]+|[A-Z0-9][A-Z0-9-]{1,39})$/))
      .max(50)
      .default([])
      .meta({
        label: { en: 'Products of these handlers only', fr: 'Seulement les produits de ces gestionnaires' },
        help: {
          en: 'Identifiers such as std_enroloncourse, one a line. Leave empty for all access to Moodle.',
          fr: 'Identifiants tels que std_enroloncourse, un par ligne. Laissez vide pour tous les accès à Moodle.',
        },
        patternHelp: {
          en: 'An identifier such as std_enroloncourse, or the code of an entry with a handler of its own.',
          fr: 'Un identifiant tel que std_enroloncourse, ou le code d’une entrée qui a son propre gestionnaire.',
        },
      }),
  }),
  external: z.object({
    reference: productReference({ en: 'Reference of your access', fr: 'Référence de votre accès' }),
  }),

  prolongs,
  async prepay(context) {
    const { internal, external } = context
    await checkExtendable(context, external.reference, (product) => prolongs(product, internal))
    return undefined
  },
  postpay: (context) => extendProduct(context, context.external.reference, context.internal.days),
  revoke: (context) => takeExtensionBack(context, context.external.reference),
})

function prolongs({ handler, givesAccess }: FoundProduct, { handlers }: { handlers: string[] }): boolean {
  return handlers.length > 0 ? handlers.includes(handler) : givesAccess
}
