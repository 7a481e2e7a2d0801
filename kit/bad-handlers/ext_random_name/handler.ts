// Bad on purpose: nobody finds again what it makes.
import { defineHandler, z } from 'boutique/sdk'

export default defineHandler({
  title: { en: 'Random name', fr: 'Nom au hasard' },
  functions: ['core_group_create_groups'],
  internal: z.object({}),
  external: z.object({ email: z.email() }),
  async postpay({ moodle, step }) {
    const name = `group-${Math.random()}`
    const group = { courseid: 2, name, idnumber: name, description: '' }
    await step('group', () => moodle.call('core_group_create_groups', { groups: [group] }, z.unknown()))
    return { products: [] }
  },
})
