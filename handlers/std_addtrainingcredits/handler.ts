import { defineHandler, z } from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Training credits', fr: 'Crédits de formation' },
  summary: {
    en: 'Each unit puts an amount of credits on the buyer’s account in this shop; they then pay orders with it.',
    fr: 'Chaque unité porte un montant de crédits au compte de l’acheteur dans cette boutique, qui règle ainsi ses commandes.',
  },
  bringsCredits: true,
  internal: z.object({
    creditsCents: z
      .int()
      .min(100)
      .max(10_000_000)
      .meta({
        type: 'money',
        label: { en: 'Credits', fr: 'Crédits' },
        help: {
          en: 'What each unit adds to the account, in the shop’s currency. It may be more than the price.',
          fr: 'Ce que chaque unité ajoute au compte, dans la devise de la boutique. Ce peut être plus que le prix.',
        },
      }),
  }),
  external: z.object({}),

  async postpay({ unit, internal }) {
    const { order, entry, buyer } = unit
    const cents = internal.creditsCents
    return {
      products: [
        {
          key: 'credits',
          title: entry.title,
          holder: { email: buyer.email, firstname: buyer.firstname, lastname: buyer.lastname },
          startsAt: order.paidAt ?? order.placedAt,
          credits: { cents },
        },
      ],
      feedback: {
        shown: {
          en: `${amountFormats.en.format(cents / 100)} of credits are on your account: choose them when you next pay.`,
          fr: `${amountFormats.fr.format(cents / 100)} de crédits sont sur votre compte : choisissez-les à votre prochain paiement.`,
        },
      },
    }
  },
})

// Without a currency: a handler doesn't know the shop's.
const amountFormats = {
  en: new Intl.NumberFormat('en-GB', { minimumFractionDigits: 2 }),
  fr: new Intl.NumberFormat('fr-FR', { minimumFractionDigits: 2 }),
}
