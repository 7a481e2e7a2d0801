// An example of a specific handler: it belongs to the one entry whose code is the name of this folder, and stands in
// no list. This one sells a seat in a masterclass outside Moodle: it counts seats in prepay and gives a ticket.
import { defineHandler, Refused, z } from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Seat in the masterclass', fr: 'Place à la masterclass' },
  summary: {
    en: 'Example of a specific handler: a limited number of seats, reserved when the order is placed.',
    fr: 'Exemple de gestionnaire spécifique : des places limitées, réservées à la commande.',
  },
  internal: z.object({
    seats: z
      .int()
      .min(1)
      .max(500)
      .default(20)
      .meta({ label: { en: 'Seats', fr: 'Places' } }),
    venue: z
      .string()
      .min(1)
      .max(200)
      .meta({ label: { en: 'Venue', fr: 'Lieu' } }),
    day: z.iso.date().meta({ label: { en: 'Day', fr: 'Jour' } }),
  }),
  external: z.object({
    name: z
      .string()
      .min(1)
      .max(100)
      .meta({ label: { en: 'Name on the badge', fr: 'Nom sur le badge' } }),
    email: z
      .email()
      .max(100)
      .meta({ label: { en: 'E-mail', fr: 'Adresse e-mail' }, forMe: 'email' }),
  }),
  maxQuantity: 4,

  // The seat stays with the unit until its order dies; the shop frees it then.
  async prepay({ internal, reserve, step }) {
    const seat = await step('seat', async () => {
      for (let seat = 1; seat <= internal.seats; seat++)
        if (await reserve(`${internal.day}:${seat}`)) return seat
      return 0
    })
    if (seat === 0) {
      throw new Refused({ en: 'Sorry, the masterclass is full.', fr: 'Désolé, la masterclass est complète.' })
    }
    return {
      feedback: { shown: { en: `Seat ${seat} is held for you.`, fr: `La place ${seat} vous est réservée.` } },
    }
  },

  async postpay({ unit, internal, external }) {
    return {
      products: [
        {
          key: 'seat',
          title: unit.entry.title,
          holder: { email: external.email, firstname: external.name, lastname: '' },
          startsAt: unit.order.paidAt ?? new Date(),
          endsAt: new Date(`${internal.day}T23:59:59Z`),
          data: { venue: internal.venue },
        },
      ],
      feedback: {
        shown: {
          en: `See you on ${internal.day}, ${internal.venue}.`,
          fr: `Rendez-vous le ${internal.day}, ${internal.venue}.`,
        },
      },
    }
  },
})
