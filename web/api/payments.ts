import { z } from '@hono/zod-openapi'
import { settleGiveBack } from '../../shop/give-back.ts'
import {
  deferredMeans,
  listAwaited,
  listGiveBacks,
  listNotifications,
  listSetAside,
} from '../../shop/list-payments.ts'
import { type PaymentRefusal, validatePayment } from '../../shop/payment.ts'
import { findOrder, paymentsOfOrder } from '../../shop/view-order.ts'
import { whoIs } from './caller.ts'
import { type Operation, operation } from './operation.ts'
import { customer, exampleOrder } from './order-answer.ts'
import { answerPage, pageOf, pageQuery } from './page.ts'
import { type Problem, refuse } from './problem.ts'
import { cents, currency, exampleMoment, exampleNumber, moment, orderNumber, rowId } from './values.ts'

const number = z.object({ number: orderNumber.openapi({ example: exampleNumber }) })
const day = z.iso.date()
const reference = z.string().trim().min(1).max(200)

const payment = z
  .object({
    id: z.int(),
    means: z.string(),
    reference: z.string(),
    amountCents: cents,
    currency,
    paidOn: day,
    state: z.enum(['counted', 'set_aside']),
    recordedBy: z.string(),
    note: z.string().nullable(),
    createdAt: moment,
  })
  .openapi('Payment')

const examplePayment = {
  id: 1,
  means: 'transfer',
  reference: 'VIR-2026-11-20-0042',
  amountCents: 49_000,
  currency: 'EUR',
  paidOn: '2026-11-20',
  state: 'counted' as const,
  recordedBy: 'api:compta@atelier.example/bank import',
  note: null,
  createdAt: exampleMoment,
}

const applied = z
  .object({
    outcome: z.enum(['paid', 'part_paid', 'set_aside']).openapi({
      description:
        '`paid`: the order is paid in full, and its production starts. `part_paid`: nothing is produced before the ' +
        'rest comes. `set_aside`: recorded, counted for nothing, and due to be given back.',
    }),
    surplusCents: cents
      .optional()
      .openapi({ description: 'What was paid beyond the total: due to be given back.' }),
    missingCents: cents.optional(),
    why: z.string().optional().openapi({ description: 'Why it was set aside.' }),
  })
  .openapi('AppliedPayment')

const giveBack = z
  .object({
    id: z.int(),
    orderNumber: z.string(),
    customer,
    amountCents: cents,
    currency,
    why: z.string(),
    createdAt: moment,
    payment: z.object({ reference: z.string(), means: z.string() }).nullable(),
    done: z.object({ at: moment, by: z.string(), note: z.string() }).nullable(),
    toCredits: z.boolean().openapi({
      description:
        'It goes back on the credits that paid the order, once it is said to be done: no transfer.',
    }),
  })
  .openapi('GiveBack')

/** Money: what is awaited, what came, and what is to go back. */
export const paymentOperations: Operation[] = [
  operation(
    {
      id: 'validatePayment',
      method: 'post',
      path: '/orders/{number}/payments',
      tag: 'Payments',
      summary: 'Validate money that came for an order',
      description:
        'The very function that providers’ notifications go through: the amount and the currency are compared with ' +
        'the order, and a reference is counted once for each means.',
      access: { role: 'operator' },
      key: 'required',
      params: number,
      body: {
        schema: z.object({
          amountCents: z.int().min(1).max(100_000_000_000),
          currency,
          paidOn: day.openapi({ description: 'The day of the statement: today or before.' }),
          reference: reference.openapi({
            description: 'The bank’s own reference, or the number of the cheque.',
          }),
          means: z
            .string()
            .max(40)
            .optional()
            .openapi({ description: 'A deferred means of payment; the order’s own by default.' }),
          note: z.string().trim().max(500).optional(),
        }),
        example: {
          amountCents: 49_000,
          currency: 'EUR',
          paidOn: '2026-11-20',
          reference: 'VIR-2026-11-20-0042',
        },
      },
      answer: {
        status: 201,
        description: 'What became of the payment.',
        schema: applied,
        example: { outcome: 'paid', surplusCents: 0 },
      },
      problems: ['conflict'],
    },
    async ({ face, caller, params, body }) => {
      const deferred = deferredMeans(face.shop)
      const order = deferred.length > 1 ? await findOrder(face.shop.db, params.number) : undefined
      // Money for an order that was to be paid by card comes by transfer all the same.
      const means = body.means ?? (order && deferred.includes(order.means) ? order.means : deferred[0])
      if (means === undefined || !deferred.includes(means)) {
        const text = {
          en: `A deferred means of payment: ${deferred.join(', ') || 'there is none'}.`,
          fr: `Un mode de paiement différé : ${deferred.join(', ') || 'il n’y en a pas'}.`,
        }
        return refuse('invalid', { errors: [{ pointer: '/means', text }] })
      }
      const result = await validatePayment(face.shop, params.number, { ...body, means }, whoIs(caller))
      if (!result.ok) return refused[result.reason]
      const { applied: became } = result
      return became.outcome === 'repeated' ? refused.repeated : { answer: became }
    },
  ),

  operation(
    {
      id: 'listPaymentsOfOrder',
      method: 'get',
      path: '/orders/{number}/payments',
      tag: 'Payments',
      summary: 'List what was paid for an order',
      access: { role: 'viewer' },
      params: number,
      answer: {
        description: 'The payments, oldest first.',
        schema: z.object({ items: z.array(payment) }),
        example: { items: [examplePayment] },
      },
    },
    async ({ face, params }) => {
      const order = await findOrder(face.shop.db, params.number)
      if (!order) return refuse('not_found')
      const items = (await paymentsOfOrder(face.shop.db, order.id)).map((row) => ({
        id: row.id,
        means: row.means,
        reference: row.reference,
        amountCents: row.amount_cents,
        currency: row.currency,
        paidOn: row.paid_on,
        state: row.state,
        recordedBy: row.recorded_by,
        note: row.note,
        createdAt: row.created_at,
      }))
      return { answer: { items } }
    },
  ),

  operation(
    {
      id: 'listAwaitedPayments',
      method: 'get',
      path: '/payments/awaited',
      tag: 'Payments',
      summary: 'List the orders whose payment is to be validated, oldest deadline first',
      access: { role: 'viewer' },
      query: pageQuery(z.string().regex(/^\d{1,15}\.\d{1,15}$/)).extend({
        search: z
          .string()
          .max(200)
          .optional()
          .openapi({ description: 'A number, a payment reference, or the start of an e-mail.' }),
        dueCents: z.coerce
          .number()
          .int()
          .min(0)
          .max(Number.MAX_SAFE_INTEGER)
          .optional()
          .openapi({ description: 'With `search`: orders of which this much is missing are found too.' }),
      }),
      answer: {
        description: 'A page of orders that await a deferred payment.',
        schema: pageOf(
          z
            .object({
              number: z.string(),
              customer,
              reference: z.string(),
              means: z.string(),
              currency,
              totalCents: cents,
              paidCents: cents,
              placedAt: moment,
              payBefore: moment.nullable(),
              trusted: z.boolean(),
            })
            .openapi('AwaitedPayment'),
        ),
        example: {
          items: [
            {
              number: exampleNumber,
              customer: exampleOrder.customer,
              reference: exampleOrder.payment.reference,
              means: 'transfer',
              currency: 'EUR',
              totalCents: 49_000,
              paidCents: 0,
              placedAt: exampleMoment,
              payBefore: '2026-12-22T09:30:00.000Z',
              trusted: false,
            },
          ],
          next: null,
        },
      },
    },
    async (asked) => {
      const { limit, after, search, dueCents } = asked.query
      const [before, id] = (after ?? '').split('.').map(Number)
      const { orders, next } = await listAwaited(asked.face.shop, {
        limit,
        search,
        dueCents,
        after: before !== undefined && id !== undefined ? { payBefore: new Date(before), id } : undefined,
      })
      return answerPage(asked, orders, next && `${next.payBefore.getTime()}.${next.id}`)
    },
  ),

  operation(
    {
      id: 'listSetAsidePayments',
      method: 'get',
      path: '/payments/set-aside',
      tag: 'Payments',
      summary: 'List payments that were recorded and counted for nothing, newest first',
      access: { role: 'viewer' },
      query: pageQuery(rowId),
      answer: {
        description: 'A page of payments: of orders that were paid or closed, or in another currency.',
        schema: pageOf(
          z
            .object({
              id: z.int(),
              orderNumber: z.string(),
              customer,
              means: z.string(),
              reference: z.string(),
              amountCents: cents,
              currency,
              paidOn: day,
              recordedBy: z.string(),
              createdAt: moment,
              why: z.string().nullable(),
              givenBackAt: moment.nullable(),
            })
            .openapi('SetAsidePayment'),
        ),
        example: {
          items: [
            {
              ...examplePayment,
              orderNumber: exampleNumber,
              customer: exampleOrder.customer,
              why: 'the order was paid already',
              givenBackAt: null,
            },
          ],
          next: null,
        },
      },
    },
    async (asked) => {
      const { limit, after } = asked.query
      const { payments, next } = await listSetAside(asked.face.shop.db, { limit, before: after })
      return answerPage(asked, payments, next)
    },
  ),

  operation(
    {
      id: 'listNotifications',
      method: 'get',
      path: '/payments/notifications',
      tag: 'Payments',
      summary: 'List what payment providers sent, newest first',
      access: { role: 'viewer' },
      query: pageQuery(z.string().regex(/^\d{1,12}\.\d{1,9}~.{1,200}$/)),
      answer: {
        description: 'A page of verified notifications, each with what became of it.',
        schema: pageOf(
          z
            .object({
              means: z.string(),
              eventId: z.string(),
              orderNumber: z.string().nullable(),
              outcome: z.string(),
              receivedAt: moment,
            })
            .openapi('Notification'),
        ),
        example: {
          items: [
            {
              means: 'test-card',
              eventId: 'evt_1',
              orderNumber: exampleNumber,
              outcome: 'paid',
              receivedAt: exampleMoment,
            },
          ],
          next: null,
        },
      },
    },
    async (asked) => {
      const { limit, after } = asked.query
      const [cursor = '', eventId = ''] = after?.split(/~(.*)/s) ?? []
      const { notifications, next } = await listNotifications(asked.face.shop.db, {
        limit,
        before: after === undefined ? undefined : { cursor, eventId },
      })
      return answerPage(asked, notifications, next && `${next.cursor}~${next.eventId}`)
    },
  ),

  operation(
    {
      id: 'listGiveBacks',
      method: 'get',
      path: '/give-backs',
      tag: 'Payments',
      summary: 'List money that is to go back to customers',
      access: { role: 'viewer' },
      query: pageQuery(rowId).extend({
        state: z
          .enum(['due', 'done'])
          .default('due')
          .openapi({ description: 'What is due, oldest first; or what has been given back, newest first.' }),
      }),
      answer: {
        description: 'A page of amounts.',
        schema: pageOf(giveBack),
        example: {
          items: [
            {
              id: 1,
              orderNumber: exampleNumber,
              customer: exampleOrder.customer,
              amountCents: 1000,
              currency: 'EUR',
              why: 'more was paid than was due',
              createdAt: exampleMoment,
              payment: { reference: 'VIR-2026-11-20-0042', means: 'transfer' },
              done: null,
              toCredits: false,
            },
          ],
          next: null,
        },
      },
    },
    async (asked) => {
      const { limit, after, state } = asked.query
      const done = state === 'done'
      const { giveBacks, next } = await listGiveBacks(asked.face.shop.db, { done, from: after, limit })
      return answerPage(asked, giveBacks, next)
    },
  ),

  operation(
    {
      id: 'settleGiveBack',
      method: 'post',
      path: '/give-backs/{id}/done',
      tag: 'Payments',
      summary: 'Say that money has gone back, and how',
      access: { role: 'operator' },
      params: z.object({ id: rowId.openapi({ example: 1 }) }),
      body: {
        schema: z.object({ note: z.string().trim().min(3).max(500) }),
        example: { note: 'transfer of 21 November, reference 0043' },
      },
      answer: {
        description: 'It is settled.',
        schema: z.object({ id: z.int(), state: z.literal('done') }),
        example: { id: 1, state: 'done' },
      },
    },
    async ({ face, caller, params, body }) =>
      (await settleGiveBack(face.shop, params.id, { who: whoIs(caller), note: body.note }))
        ? { answer: { id: params.id, state: 'done' as const } }
        : refuse('not_found', {
            detail: { en: 'Nothing of this id is due.', fr: 'Rien de cet identifiant n’est dû.' },
          }),
  ),
]

const refused: Record<PaymentRefusal, Problem> = {
  not_found: refuse('not_found'),
  amount: refuse('invalid', {
    errors: [{ pointer: '/amountCents', text: { en: 'An amount above zero.', fr: 'Un montant positif.' } }],
  }),
  date: refuse('invalid', {
    errors: [
      {
        pointer: '/paidOn',
        text: {
          en: 'A day that has come: today or before.',
          fr: 'Un jour déjà venu : aujourd’hui ou avant.',
        },
      },
    ],
  }),
  reference: refuse('invalid', {
    errors: [
      { pointer: '/reference', text: { en: 'Please fill this in.', fr: 'Merci de remplir ce champ.' } },
    ],
  }),
  repeated: refuse('conflict', {
    detail: {
      en: 'A payment with this reference is recorded already: it is not counted twice.',
      fr: 'Un paiement avec cette référence est déjà enregistré : il n’est pas compté deux fois.',
    },
  }),
}
