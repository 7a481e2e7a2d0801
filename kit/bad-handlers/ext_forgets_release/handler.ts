// Bad on purpose: what prepay makes stays when nobody pays.
import { defineHandler, z } from 'boutique/sdk'

const groups = z.array(z.object({ id: z.number(), idnumber: z.string() }))

export default defineHandler({
  title: { en: 'Forgets to release', fr: 'Oublie de libérer' },
  functions: ['core_group_create_groups', 'core_group_get_course_groups'],
  internal: z.object({}),
  external: z.object({ email: z.email() }),
  async prepay({ unit, moodle, step }) {
    const name = `room-${unit.id}`
    await step('room', async () => {
      const all = await moodle.call('core_group_get_course_groups', { courseid: 2 }, groups)
      if (all.some((group) => group.idnumber === name)) return
      const group = { courseid: 2, name, idnumber: name, description: '' }
      await moodle.call('core_group_create_groups', { groups: [group] }, z.unknown())
    })
    return undefined
  },
})
