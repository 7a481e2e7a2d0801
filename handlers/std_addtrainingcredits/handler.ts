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
    return {
      products: [
        {
          key: 'credits',
          title: entry.title,
          holder: { email: buyer.email, firstname: buyer.firstname, lastname: buyer.lastname },
          startsAt: order.paidAt ?? order.placedAt,
          credits: { cents: internal.creditsCents },
        },
      ],
      feedback: {
        shown: {
          en: `Your credits are there. To pay with them, sign in as ${buyer.email} and choose “Training credits”.`,
          fr: `Vos crédits sont là. Pour payer avec eux, connectez-vous avec ${buyer.email} et choisissez « Crédits de formation ».`,
        },
      },
    }
  },
})
