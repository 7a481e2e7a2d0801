// Bad on purpose: its note is no step, so each try adds one.
import { defineHandler, z } from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Adds outside a step', fr: 'Ajoute hors étape' },
  functions: ['core_user_get_users', 'core_user_create_users', 'core_notes_create_notes'],
  internal: z.object({}),
  external: z.object({ email: z.email() }),
  async postpay({ external, moodle, step }) {
    const learner = await step('account', () =>
      moodle.ensureAccount({ email: external.email, firstname: 'Ada', lastname: 'Martin' }),
    )
    const note = { userid: learner.id, courseid: 2, text: 'welcome', publishstate: 'site' }
    await moodle.call('core_notes_create_notes', { notes: [note] }, z.unknown())
    await step('tell', () => 'told')
    return { products: [] }
  },
})
