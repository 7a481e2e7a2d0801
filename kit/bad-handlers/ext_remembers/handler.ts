// Bad on purpose: it counts in memory, which another process does not share.
import { defineHandler, z } from 'boutique/sdk'

let places = 0

export default defineHandler({
  title: { en: 'Remembers', fr: 'Se souvient' },
  internal: z.object({}),
  external: z.object({ email: z.email() }),
  async postpay({ unit }) {
    places += 1
    const startsAt = unit.order.paidAt ?? unit.order.placedAt
    return { products: [{ key: 'place', title: unit.entry.title, startsAt, data: { place: places } }] }
  },
})
