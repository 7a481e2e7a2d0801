// For tests: a handler that does whatever its customer says, and whatever a handler must not do.
import { type Delivery, defineAction, defineHandler, Refused, RetryLater, z } from 'boutique/sdk'

const ways = [
  'well',
  'throws',
  'throws at once',
  'throws nothing',
  'hangs',
  'refuses',
  'waits',
  'waits for no number',
  'returns nothing',
  'returns a text',
  'returns no date',
  'returns two of a key',
  'returns a wrong course',
  'uses a name twice',
  'throws what no database keeps',
  'returns what no database keeps',
] as const

/** What no compiler let through. */
const unchecked = (value: unknown) => value as Delivery

/** A NUL and half a character, as a service or a course's name may have them. */
const unkept = 'a\0b\ud800c'

const product = { title: { en: 'A thing', fr: 'Une chose' }, startsAt: new Date(0) }

export default defineHandler({
  title: { en: 'Anything', fr: 'N’importe quoi' },
  internal: z.object({}),
  external: z.object({
    prepay: z.enum(ways).default('well'),
    postpay: z.enum(ways).default('well'),
  }),
  prepares: () => true,

  async prepay({ external, step }) {
    await behave(external.prepay, step)
    return undefined
  },

  postpay(context) {
    if (context.external.postpay === 'throws at once') throw new Error('thrown at once')
    return deliver(context)
  },

  actions: {
    spoil: defineAction({
      title: { en: 'Spoil', fr: 'Gâcher' },
      input: z.object({}),
      audience: 'operator',
      run: () => JSON.parse('{"change":{"state":"eaten"}}'),
    }),
  },
})

type Context = Parameters<NonNullable<Parameters<typeof defineHandler>[0]['postpay']>>[0]

async function deliver({ external, step }: Context): Promise<Delivery> {
  const way = String(external.postpay)
  await behave(way, step)
  switch (way) {
    case 'returns nothing':
      return unchecked(undefined)
    case 'returns a text':
      return unchecked('done')
    case 'returns no date':
      return unchecked({ products: [{ ...product, key: 'thing', startsAt: new Date('never') }] })
    case 'returns two of a key':
      return unchecked({
        products: [
          { ...product, key: 'thing' },
          { ...product, key: 'thing' },
        ],
      })
    case 'returns a wrong course':
      return unchecked({
        products: [{ ...product, key: 'thing', entitlements: [{ course: 'SST', user: 3, role: 5 }] }],
      })
    case 'returns what no database keeps': {
      const said = await step('ask', () => ({ [unkept]: unkept }))
      const text = { en: unkept, fr: unkept }
      return {
        products: [{ ...product, key: 'thing', title: text, data: said }],
        feedback: { shown: text, kept: unkept },
      }
    }
    default:
      return { products: [{ ...product, key: 'thing' }] }
  }
}

async function behave(way: string, step: Context['step']): Promise<void> {
  switch (way) {
    case 'throws':
      return await step('work', () => {
        throw new Error('the machine broke')
      })
    case 'throws nothing':
      throw undefined
    case 'hangs':
      return await step('work', () => new Promise<void>(() => {}))
    case 'refuses':
      throw new Refused({ en: 'Not today.', fr: 'Pas aujourd’hui.' })
    case 'waits':
      throw new RetryLater(60, 'the room is being cleaned')
    case 'waits for no number':
      throw new RetryLater(Number.NaN)
    case 'throws what no database keeps':
      throw new Error(`the service said ${unkept}`)
    case 'uses a name twice':
      await step('work', () => 1)
      await step('work', () => 2)
  }
}
