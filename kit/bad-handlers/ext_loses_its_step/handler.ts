// Bad on purpose: what follows the step needs what only its effect knows.
import { defineHandler, z } from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Loses its step', fr: 'Perd son étape' },
  functions: ['core_user_get_users', 'core_user_create_users', 'enrol_manual_enrol_users'],
  internal: z.object({}),
  external: z.object({ email: z.email() }),
  async postpay({ unit, external, moodle, step }) {
    const person = { email: external.email, firstname: 'Ada', lastname: 'Martin' }
    let user: number | undefined
    await step('account', async () => {
      user = (await moodle.ensureAccount(person)).id
    })
    const startsAt = unit.order.paidAt ?? unit.order.placedAt
    const entitlements = user === undefined ? [] : [{ course: 2, user, role: 5 }]
    return { products: [{ key: 'access', title: unit.entry.title, startsAt, entitlements }] }
  },
})
