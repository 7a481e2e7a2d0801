import { randomUUID } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import { learnerFields } from '../../sdk/index.ts'
import { mostRows } from '../../shop/batch.ts'
import { findPack, giveSeats, hasSeat, listSeats, type Pack } from '../../shop/pack.ts'
import { findOwnOrder } from '../../shop/view-order.ts'
import type { Face } from '../face.ts'
import { type Caller, whoIs } from './caller.ts'
import { type Operation, operation } from './operation.ts'
import { productState } from './order-answer.ts'
import { pointerTo, refuse } from './problem.ts'
import { exampleNumber, exampleText, moment, orNull, person, rowId, text } from './values.ts'

const seat = z.object({
  reference: z.string(),
  holder: orNull(person).openapi({ description: 'Null: it is free, or about to be given.' }),
  startsAt: moment,
  endsAt: moment.nullable(),
  state: productState,
  underway: orNull(z.object({ action: z.string(), state: z.enum(['waiting', 'needs_operator']) })).openapi({
    description: 'An action that was asked for and isn’t over yet.',
  }),
})

const pack = z
  .object({
    unitId: z.int(),
    orderNumber: z.string(),
    title: text,
    total: z.int(),
    held: z.int(),
    free: z.int(),
    over: z.int().openapi({ description: 'Seats that have ended or were withdrawn.' }),
    seats: z.array(seat),
    next: z
      .int()
      .nullable()
      .openapi({ description: '`after` of the next page of seats; null on the last one.' }),
  })
  .openapi('Pack')

const params = z.object({ unit: rowId.openapi({ example: 12 }) })

/** Units whose seats are given out after the sale. */
export const packOperations: Operation[] = [
  operation(
    {
      id: 'readPack',
      method: 'get',
      path: '/packs/{unit}',
      tag: 'Products',
      summary: 'Read a pack with its seats',
      description: 'A unit whose products are given out to learners after the sale.',
      access: { order: true, role: 'viewer' },
      params,
      query: z.object({
        limit: z.coerce.number().int().min(1).max(mostRows).default(200),
        after: z.coerce.number().int().min(0).default(0),
        only: z.enum(['free', 'held', 'over']).optional(),
      }),
      answer: {
        description: 'The pack with a page of its seats.',
        schema: pack,
        example: {
          unitId: 12,
          orderNumber: exampleNumber,
          title: exampleText,
          total: 10,
          held: 0,
          free: 10,
          over: 0,
          seats: [],
          next: null,
        },
      },
    },
    async ({ face, caller, params, query }) => {
      const found = await packOf(face, caller, params.unit)
      if (!found) return refuse('not_found')
      const { seats, next } = await listSeats(face.shop.db, found.unitId, query)
      return {
        answer: {
          ...found,
          seats: seats.map((one) => ({ ...one, underway: one.underway ?? null })),
          next: next ?? null,
        },
      }
    },
  ),

  operation(
    {
      id: 'giveSeats',
      method: 'post',
      path: '/packs/{unit}/seats',
      tag: 'Products',
      summary: 'Give seats of a pack to learners',
      description:
        'All are given one, or none: a learner who can’t be is named. Operators read the batch to follow it; the pack tells who has a seat.',
      access: { order: true, role: 'operator' },
      params,
      body: {
        schema: z.object({ learners: z.array(z.object(learnerFields)).min(1).max(mostRows) }),
        example: {
          learners: [{ email: 'leo@learners.example', firstname: 'Léo', lastname: 'Petit' }],
        },
      },
      answer: {
        status: 201,
        description: 'It is under way.',
        schema: z.object({ batch: z.int() }),
        example: { batch: 4 },
      },
      problems: ['invalid', 'conflict'],
    },
    async ({ face, caller, params, body: { learners }, once }) => {
      const found = await packOf(face, caller, params.unit)
      if (!found) return refuse('not_found')
      const seen = new Set<string>()
      const twice = learners.flatMap(({ email }, position) => {
        const known = seen.has(email.toLowerCase())
        seen.add(email.toLowerCase())
        return known ? [position] : []
      })
      if (twice.length > 0) return atLearners(twice, isTwice)
      const by = {
        who: whoIs(caller),
        audience: caller.kind === 'program' ? ('operator' as const) : ('customer' as const),
      }
      const given = await giveSeats(face.shop, found, learners, by, once ?? randomUUID())
      if (given.ok) return { answer: { batch: given.batch } }
      switch (given.reason) {
        case 'have_seats':
          return atLearners(given.positions, hasSeat)
        case 'too_few':
          return refuse('conflict', {
            detail: {
              en: `${given.free} of the seats are free.`,
              fr: `${given.free} des places sont libres.`,
            },
          })
        case 'moved':
          return refuse('stale')
        case 'too_often':
          return refuse('too_many_requests', {
            detail: given.why,
            headers: { 'retry-after': String(given.seconds) },
          })
        default:
          return given satisfies never
      }
    },
  ),
]

const isTwice = {
  en: 'This person stands in the list twice.',
  fr: 'Cette personne figure deux fois dans la liste.',
}

function atLearners(positions: number[], text: typeof isTwice) {
  return refuse('invalid', {
    errors: positions.map((position) => ({ pointer: pointerTo('learners', position, 'email'), text })),
  })
}

/** The pack, for an operator's program or for whoever has the token of its order. */
async function packOf(face: Face, caller: Caller, unit: number): Promise<Pack | undefined> {
  const found = await findPack(face.shop, unit)
  if (!found || caller.kind === 'program') return found
  const own = caller.kind === 'order' && (await findOwnOrder(face.shop.db, found.orderNumber, caller.token))
  return own ? found : undefined
}
