// Bad on purpose: it makes without looking, and does not survive that its first try was heard.
import { defineHandler, z } from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Never looks', fr: 'Ne regarde jamais' },
  functions: ['core_group_create_groups'],
  internal: z.object({}),
  external: z.object({ email: z.email() }),
  async postpay({ unit, moodle, step }) {
    const name = `group-${unit.id}`
    const group = { courseid: 2, name, idnumber: name, description: '' }
    await step('group', () => moodle.call('core_group_create_groups', { groups: [group] }, z.unknown()))
    return { products: [] }
  },
})
