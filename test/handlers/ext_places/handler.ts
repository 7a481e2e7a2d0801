// For tests: a handler whose unit has several products, each with something of its own that the shop can't take back.
import { defineHandler, type Moodle, z } from 'boutique/sdk'

const course = 2
const groups = z.array(z.object({ id: z.number(), idnumber: z.string() }))

async function find(moodle: Moodle, idnumber: string): Promise<number | undefined> {
  const all = await moodle.call('core_group_get_course_groups', { courseid: course }, groups)
  return all.find((group) => group.idnumber === idnumber)?.id
}

async function ensure(moodle: Moodle, idnumber: string): Promise<void> {
  if ((await find(moodle, idnumber)) !== undefined) return
  const group = { courseid: course, name: idnumber, idnumber, description: '' }
  try {
    await moodle.call('core_group_create_groups', { groups: [group] }, groups)
  } catch (error) {
    // Somebody else may have made it since.
    if ((await find(moodle, idnumber)) === undefined) throw error
  }
}

async function remove(moodle: Moodle, idnumber: string): Promise<void> {
  const found = await find(moodle, idnumber)
  if (found === undefined) return
  try {
    await moodle.call('core_group_delete_groups', { groupids: [found] }, z.null())
  } catch (error) {
    if ((await find(moodle, idnumber)) !== undefined) throw error
  }
}

const place = (unit: { id: number }, key: string) => `place-${unit.id}-${key}`

export default defineHandler({
  title: { en: 'Places, each with a group', fr: 'Des places, un groupe chacune' },
  functions: ['core_group_get_course_groups', 'core_group_create_groups', 'core_group_delete_groups'],
  internal: z.object({ places: z.int().min(1) }),
  external: z.object({}),

  async postpay({ unit, internal, moodle, step }) {
    const keys = Array.from({ length: internal.places }, (_, i) => String(i + 1))
    for (const key of keys) await step(key, () => ensure(moodle, place(unit, key)))
    const startsAt = unit.order.paidAt ?? unit.order.placedAt
    return { products: keys.map((key) => ({ key, title: unit.entry.title, startsAt })) }
  },

  async revokeOne({ unit, product, moodle, step }) {
    await step('remove', () => remove(moodle, place(unit, product.key)))
  },

  async revoke({ unit, products, moodle, step }) {
    for (const { key } of products) await step(key, () => remove(moodle, place(unit, key)))
  },

  actions: {
    withdraw: {
      title: { en: 'Withdraw', fr: 'Retirer' },
      input: z.object({}),
      audience: 'operator',
      run: () => ({ change: { state: 'revoked' } }),
    },
  },
})
