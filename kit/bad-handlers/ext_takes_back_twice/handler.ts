// Bad on purpose: what one product's revocation has undone, the unit's wants to undo again.
import { defineHandler, type Moodle, z } from 'boutique/sdk'

const groups = z.array(z.object({ id: z.number(), idnumber: z.string() }))

async function find(moodle: Moodle, idnumber: string): Promise<number | undefined> {
  const all = await moodle.call('core_group_get_course_groups', { courseid: 2 }, groups)
  return all.find((group) => group.idnumber === idnumber)?.id
}

async function remove(moodle: Moodle, idnumber: string): Promise<void> {
  const found = await find(moodle, idnumber)
  if (found === undefined) throw new Error(`there is no ${idnumber} to remove`)
  await moodle.call('core_group_delete_groups', { groupids: [found] }, z.null())
}

export default defineHandler({
  title: { en: 'Takes back twice', fr: 'Reprend deux fois' },
  functions: ['core_group_get_course_groups', 'core_group_create_groups', 'core_group_delete_groups'],
  internal: z.object({}),
  external: z.object({}),
  async postpay({ unit, moodle, step }) {
    await step('group', async () => {
      const idnumber = `group-${unit.id}`
      if ((await find(moodle, idnumber)) !== undefined) return
      const group = { courseid: 2, name: idnumber, idnumber, description: '' }
      await moodle.call('core_group_create_groups', { groups: [group] }, groups)
    })
    return { products: [{ key: 'group', title: unit.entry.title, startsAt: unit.order.placedAt }] }
  },
  revokeOne: async ({ unit, moodle, step }) => {
    await step('group', () => remove(moodle, `group-${unit.id}`))
  },
  revoke: async ({ unit, moodle, step }) => {
    await step('group', () => remove(moodle, `group-${unit.id}`))
  },
})
