import { randomUUID } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import { mostRows, type RowFault, startBatch, viewBatch } from '../../shop/batch.ts'
import { readProductReference } from '../../shop/reference.ts'
import { whoIs } from './caller.ts'
import { type Operation, operation } from './operation.ts'
import { type Fault, faultsAt, pointerTo, refuse } from './problem.ts'
import { exampleMoment, exampleText, moment, orNull, rowId, text } from './values.ts'

const rowState = z.enum(['waiting', 'done', 'refused', 'needs_operator']).openapi({
  description:
    '`waiting` goes on by itself; `refused` was told no, or called off; `needs_operator` waits for one.',
})

const batch = z
  .object({
    id: z.int(),
    action: z.string(),
    createdAt: moment,
    total: z.int(),
    counts: z.object({ waiting: z.int(), done: z.int(), refused: z.int(), needs_operator: z.int() }),
    rows: z.array(
      z.object({
        position: z.int().openapi({ description: 'From 1, as it was asked for.' }),
        reference: z.string(),
        title: text,
        production: z.int(),
        state: rowState,
        says: orNull(text).openapi({ description: 'What the action, or its refusal, says.' }),
      }),
    ),
    next: z
      .int()
      .nullable()
      .openapi({ description: '`after` of the next page of rows; null on the last one.' }),
  })
  .openapi('Batch')

const example: z.input<typeof batch> = {
  id: 4,
  action: 'suspend',
  createdAt: exampleMoment,
  total: 1,
  counts: { waiting: 0, done: 1, refused: 0, needs_operator: 0 },
  rows: [
    {
      position: 1,
      reference: '4K7Q-2MXA-9D0P-ZZT3',
      title: exampleText,
      production: 7,
      state: 'done',
      says: null,
    },
  ],
  next: null,
}

const faultTexts = {
  not_found: { en: 'There is no such product.', fr: 'Ce produit n’existe pas.' },
  not_now: {
    en: 'The product does not offer this action now.',
    fr: 'Le produit ne propose pas cette action actuellement.',
  },
  twice: { en: 'This product stands in the list twice.', fr: 'Ce produit figure deux fois dans la liste.' },
}

function faultsOf(fault: RowFault): Fault[] {
  if (fault.reason !== 'invalid') {
    return [{ pointer: pointerTo('rows', fault.row, 'reference'), text: faultTexts[fault.reason] }]
  }
  return Object.entries(fault.errors).flatMap(([field, error]) =>
    faultsAt(['rows', fault.row, 'values', ...(field ? [field] : [])], error),
  )
}

/** One after-sale action on many products. */
export const batchOperations: Operation[] = [
  operation(
    {
      id: 'startBatch',
      method: 'post',
      path: '/batches',
      tag: 'Products',
      summary: 'Do one after-sale action on many products',
      description:
        'All are asked for, or none: a row that can’t be is named. Each is as durable as one asked for alone.',
      access: { role: 'operator' },
      body: {
        schema: z.object({
          action: z.string().max(60),
          rows: z
            .array(
              z.object({
                reference: z.string().max(40),
                values: z
                  .record(z.string().max(60), z.unknown())
                  .default({})
                  .openapi({ description: 'The answers to the action’s form, by field.' }),
              }),
            )
            .min(1)
            .max(mostRows),
        }),
        example: { action: 'suspend', rows: [{ reference: '4K7Q-2MXA-9D0P-ZZT3', values: {} }] },
      },
      answer: {
        status: 201,
        description: 'It is under way: read the batch.',
        schema: z.object({ batch: z.int() }),
        example: { batch: 4 },
      },
      problems: ['invalid'],
    },
    async ({ face, caller, body, once }) => {
      const rows = body.rows.map(({ reference, values }) => ({
        reference: readProductReference(reference) ?? reference,
        values,
      }))
      const by = { who: whoIs(caller), audience: 'operator' as const }
      const started = await startBatch(face.shop, { action: body.action, by, rows }, once ?? randomUUID())
      if (started.ok) return { answer: { batch: started.batch } }
      return refuse('invalid', { errors: started.reason === 'rows' ? started.faults.flatMap(faultsOf) : [] })
    },
  ),

  operation(
    {
      id: 'readBatch',
      method: 'get',
      path: '/batches/{id}',
      tag: 'Products',
      summary: 'Read how far an action on many products is, with a result for each',
      access: { role: 'viewer' },
      params: z.object({ id: rowId.openapi({ example: 4 }) }),
      query: z.object({
        limit: z.coerce.number().int().min(1).max(mostRows).default(200),
        after: z.coerce.number().int().min(0).default(0),
        state: rowState.optional(),
      }),
      answer: { description: 'The batch with a page of its rows.', schema: batch, example },
    },
    async ({ face, params, query: { limit, after, state } }) => {
      const found = await viewBatch(face.shop.db, params.id, { limit, after, only: state })
      return found ? { answer: { ...found, next: found.next ?? null } } : refuse('not_found')
    },
  ),
]
