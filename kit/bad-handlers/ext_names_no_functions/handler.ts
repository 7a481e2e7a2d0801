// Bad on purpose: the operator is not told what the web service must offer.
import { defineHandler, z } from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Names no functions', fr: 'Ne nomme pas ses fonctions' },
  internal: z.object({}),
  external: z.object({ email: z.email() }),
  async postpay({ external, moodle, step }) {
    const person = { email: external.email, firstname: 'Ada', lastname: 'Martin' }
    await step('account', () => moodle.ensureAccount(person))
    return { products: [] }
  },
})
