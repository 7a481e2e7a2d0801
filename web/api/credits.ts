import { randomUUID } from 'node:crypto'
import { z } from '@hono/zod-openapi'
import {
  correctCredits,
  findCredits,
  listCreditMovements,
  listCredits,
  mostCreditCents,
} from '../../shop/credits.ts'
import { whoIs } from './caller.ts'
import { type Operation, operation } from './operation.ts'
import { answerPage, pageOf, pageQuery } from './page.ts'
import { refuse } from './problem.ts'
import { cents, currency, exampleMoment, exampleNumber, moment, rowId, why } from './values.ts'

const account = z.object({ email: z.string(), currency, balanceCents: cents }).openapi('Credits')
const exampleAccount = { email: 'compta@company.example', currency: 'EUR', balanceCents: 14_000 }

const movement = z
  .object({
    id: z.int(),
    at: moment,
    kind: z.enum(['delivered', 'taken_back', 'spent', 'given_back', 'corrected', 'forfeited']),
    amountCents: cents.openapi({ description: 'Less than 0 when credits went.' }),
    who: z.string(),
    why: z.string().nullable(),
    orderNumber: z.string().nullable(),
    productReference: z.string().nullable(),
  })
  .openapi('CreditMovement')

/** What customers have with the shop to pay orders with. */
export const creditOperations: Operation[] = [
  operation(
    {
      id: 'listCredits',
      method: 'get',
      path: '/credits',
      tag: 'Payments',
      summary: 'List the credits of customers',
      access: { role: 'viewer' },
      query: pageQuery(rowId).extend({
        search: z.string().max(200).optional().openapi({ description: 'The start of an e-mail.' }),
      }),
      answer: {
        description: 'A page of accounts, newest first.',
        schema: pageOf(account),
        example: { items: [exampleAccount], next: null },
      },
    },
    async (asked) => {
      const { limit, after, search } = asked.query
      const { accounts, next } = await listCredits(asked.face.shop.db, { before: after, limit, search })
      return answerPage(asked, accounts, next)
    },
  ),

  operation(
    {
      id: 'listCreditMovements',
      method: 'get',
      path: '/credit-movements',
      tag: 'Payments',
      summary: 'List what moved the credits of a customer',
      access: { role: 'viewer' },
      query: pageQuery(rowId).extend({ email: z.string().min(3).max(254) }),
      answer: {
        description: 'A page of movements, newest first; none for who never had credits.',
        schema: pageOf(movement),
        example: {
          items: [
            {
              id: 2,
              at: exampleMoment,
              kind: 'spent',
              amountCents: -36_000,
              who: 'customer',
              why: null,
              orderNumber: exampleNumber,
              productReference: null,
            },
          ],
          next: null,
        },
      },
    },
    async (asked) => {
      const { limit, after, email } = asked.query
      const { db, settings } = asked.face.shop
      const found = await findCredits(db, email, settings.currency)
      if (!found) return answerPage(asked, [], undefined)
      const { movements, next } = await listCreditMovements(db, found.id, { before: after, limit })
      // An order's token is its customer's.
      const items = movements.map(({ order, ...one }) => ({ ...one, orderNumber: order?.number ?? null }))
      return answerPage(asked, items, next)
    },
  ),

  operation(
    {
      id: 'correctCredits',
      method: 'post',
      path: '/credit-corrections',
      tag: 'Payments',
      summary: 'Correct the credits of a customer',
      description: 'Gives credits, or takes them away. The balance never falls below 0.',
      access: { role: 'operator' },
      key: 'required',
      body: {
        schema: z.object({
          email: z.email().max(254),
          amountCents: z
            .int()
            .min(-mostCreditCents)
            .max(mostCreditCents)
            .openapi({ description: 'In the currency of the shop; less than 0 takes away.' }),
          why,
        }),
        example: {
          email: 'compta@company.example',
          amountCents: 5_000,
          why: 'the session of 3 May was late',
        },
      },
      answer: {
        status: 201,
        description: 'What the customer has now.',
        schema: account,
        example: exampleAccount,
      },
      problems: ['conflict'],
    },
    async ({ face, caller, body, once = randomUUID() }) => {
      const { db, settings } = face.shop
      const { currency } = settings
      const corrected = await correctCredits(
        db,
        { email: body.email, currency, amountCents: body.amountCents },
        { who: whoIs(caller), why: body.why, request: once },
      )
      if (corrected.ok) {
        const now = await findCredits(db, body.email, currency)
        return { answer: now ?? { email: body.email.toLowerCase(), currency, balanceCents: 0 } }
      }
      if (corrected.reason === 'balance') {
        return refuse('conflict', {
          detail: {
            en: 'The customer has fewer credits than are to be taken away.',
            fr: 'Le client a moins de crédits qu’il n’en faudrait retirer.',
          },
        })
      }
      const text = { en: 'An amount other than 0.', fr: 'Un montant différent de 0.' }
      return refuse('invalid', { errors: [{ pointer: '/amountCents', text }] })
    },
  ),
]
