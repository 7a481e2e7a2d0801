// Bad on purpose: it takes every error for an answer, and delivers without.
import { defineHandler, z } from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Swallows errors', fr: 'Avale les erreurs' },
  functions: ['core_user_get_users', 'core_user_create_users', 'enrol_manual_enrol_users'],
  internal: z.object({}),
  external: z.object({ email: z.email() }),
  async postpay({ unit, external, moodle, step }) {
    const person = { email: external.email, firstname: 'Ada', lastname: 'Martin' }
    const learner = await step('account', () => moodle.ensureAccount(person).catch(() => undefined))
    return {
      products: [
        {
          key: 'access',
          title: unit.entry.title,
          holder: person,
          startsAt: unit.order.paidAt ?? unit.order.placedAt,
          entitlements: learner ? [{ course: 2, user: learner.id, role: 5 }] : [],
        },
      ],
    }
  },
})
