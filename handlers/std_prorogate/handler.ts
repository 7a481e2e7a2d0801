import {
  checkExtendable,
  defineHandler,
  extendProduct,
  productReference,
  takeExtensionBack,
  z,
} from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Push back the end of any product', fr: 'Report de la fin d’un produit' },
  summary: {
    en: 'Each unit adds days to the end of a product of this shop, of whatever kind, named by its reference.',
    fr: 'Chaque unité ajoute des jours à la fin d’un produit de cette boutique, quel qu’il soit, désigné par sa référence.',
  },
  functions: ['core_webservice_get_site_info', 'enrol_manual_enrol_users'],
  internal: z.object({
    days: z
      .int()
      .positive()
      .max(36_500)
      .meta({ label: { en: 'Days added', fr: 'Jours ajoutés' } }),
  }),
  external: z.object({
    reference: productReference({ en: 'Reference of the product', fr: 'Référence du produit' }),
  }),

  prolongs: () => true,
  async prepay(context) {
    await checkExtendable(context, context.external.reference)
    return undefined
  },
  postpay: (context) => extendProduct(context, context.external.reference, context.internal.days),
  revoke: (context) => takeExtensionBack(context, context.external.reference),
})
