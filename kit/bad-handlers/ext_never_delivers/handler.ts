// Bad on purpose: it fails in every try.
import { defineHandler, z } from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Never delivers', fr: 'Ne livre jamais' },
  internal: z.object({}),
  external: z.object({ email: z.email() }),
  async postpay() {
    throw new Error('the machine is broken')
  },
})
