// For tests: a handler whose every script makes an effect in Moodle, in several steps. Its effects bear being
// repeated, as a handler's must: it looks before it writes.
import { defineAction, defineHandler, type Moodle, Refused, z } from 'boutique/sdk'

const groups = z.array(z.object({ id: z.number(), idnumber: z.string() }))

async function find(moodle: Moodle, course: number, idnumber: string): Promise<number | undefined> {
  const all = await moodle.call('core_group_get_course_groups', { courseid: course }, groups)
  return all.find((group) => group.idnumber === idnumber)?.id
}

async function ensure(moodle: Moodle, course: number, idnumber: string): Promise<number> {
  const found = await find(moodle, course, idnumber)
  if (found !== undefined) return found
  const group = { courseid: course, name: idnumber, idnumber, description: '' }
  const [made] = await moodle.call('core_group_create_groups', { groups: [group] }, groups)
  if (!made) throw new Error('Moodle made no group')
  return made.id
}

async function remove(moodle: Moodle, course: number, idnumber: string): Promise<null> {
  const found = await find(moodle, course, idnumber)
  if (found !== undefined) await moodle.call('core_group_delete_groups', { groupids: [found] }, z.null())
  return null
}

export default defineHandler({
  title: { en: 'A place in a group', fr: 'Une place dans un groupe' },
  internal: z.object({
    course: z.int(),
    /** Whether there is anything to prepare. */
    hold: z.boolean().default(true),
    /** What prepay waits for when its effects are there: a handler that fails half-way. */
    fails: z.boolean().default(false),
  }),
  external: z.object({ place: z.string().min(1).max(40) }),

  prepares: (internal) => internal.hold,

  async prepay({ unit, internal, external, moodle, reserve, step }) {
    const held = await step('place', () => reserve(external.place))
    if (!held) throw new Refused({ en: 'This place is taken.', fr: 'Cette place est prise.' })
    const room = await step('room', () => ensure(moodle, internal.course, `room-${external.place}`))
    const door = await step('door', () => ensure(moodle, internal.course, `door-${external.place}`))
    if (internal.fails) throw new Error('the door is stuck')
    return {
      feedback: { shown: { en: `${unit.id}: ${room}, ${door}`, fr: `${unit.id} : ${room}, ${door}` } },
    }
  },

  async release({ internal, external, moodle, step }) {
    await step('door', () => remove(moodle, internal.course, `door-${external.place}`))
    await step('room', () => remove(moodle, internal.course, `room-${external.place}`))
  },

  async postpay({ unit, internal, external, moodle, step }) {
    const seat = await step('seat', () => ensure(moodle, internal.course, `seat-${external.place}`))
    return {
      products: [
        {
          key: 'place',
          title: unit.entry.title,
          startsAt: unit.order.paidAt ?? new Date(),
          data: { seat, place: external.place },
        },
      ],
    }
  },

  async revoke({ internal, external, moodle, step }) {
    await step('seat', () => remove(moodle, internal.course, `seat-${external.place}`))
  },

  actions: {
    sign: defineAction<Record<string, never>, { course: number }>({
      title: { en: 'Put up a sign', fr: 'Poser un panneau' },
      input: z.object({}),
      audience: 'operator',
      async run({ product, internal, moodle, step }) {
        await step('sign', () => ensure(moodle, internal.course, `sign-${product.reference}`))
        return { change: { state: 'suspended' } }
      },
    }),
  },
})
