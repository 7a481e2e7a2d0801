import { z } from '@hono/zod-openapi'
import { findCartWithEntries, idOf, viewCart } from '../../shop/cart.ts'
import { cancelOrder } from '../../shop/close-order.ts'
import { readCustomer } from '../../shop/customer.ts'
import { trustOrder } from '../../shop/payment.ts'
import {
  findPlaced,
  type PlacedCart,
  type PlaceErrors,
  type PlaceResult,
  placeOrder,
} from '../../shop/place-order.ts'
import { revokeUnit } from '../../shop/product.ts'
import { findOrder, findOwnOrder, listOrders, type OrderView, orderHistory } from '../../shop/view-order.ts'
import type { Face } from '../face.ts'
import { routes } from '../routes.ts'
import { startPayment as startPaymentOf } from '../storefront/order/start-payment.ts'
import { type Caller, whoIs } from './caller.ts'
import { faultsOf, linesOf, sentCustomer, sentLines } from './cart-content.ts'
import { type Answered, type Operation, operation, root } from './operation.ts'
import { customer, exampleOrder, order, orderAnswer, orderState } from './order-answer.ts'
import { answerPage, pageOf, pageQuery } from './page.ts'
import { type Fault, type Problem, pointerTo, refuse } from './problem.ts'
import { cents, currency, exampleMoment, exampleNumber, moment, orderNumber, rowId, why } from './values.ts'

const number = z.object({ number: orderNumber.openapi({ example: exampleNumber }) })

const orderRow = z
  .object({
    number: z.string(),
    state: orderState,
    customer,
    currency,
    totalCents: cents,
    paidCents: cents,
    means: z.string(),
    placedAt: moment,
    paidAt: moment.nullable(),
    producedAt: moment.nullable(),
    units: z.int(),
    produced: z.int(),
    troubled: z.int().openapi({ description: 'Units that are tried again or need an operator.' }),
  })
  .openapi('OrderRow')

const exampleRow = {
  number: exampleNumber,
  state: 'paid' as const,
  customer: exampleOrder.customer,
  currency: 'EUR',
  totalCents: 49_000,
  paidCents: 49_000,
  means: 'transfer',
  placedAt: exampleMoment,
  paidAt: exampleMoment,
  producedAt: null,
  units: 1,
  produced: 0,
  troubled: 0,
}

const checkout = z.object({
  lines: sentLines
    .optional()
    .openapi({ description: 'What is ordered; without it, the cart whose token comes along.' }),
  customer: sentCustomer
    .optional()
    .openapi({ description: 'Who buys. What the cart knows already may be left out.' }),
  means: z.string().max(40).openapi({ description: 'A means of payment, see `listMeans`.' }),
  termsAccepted: z.boolean(),
  locale: z
    .enum(['en', 'fr'])
    .optional()
    .openapi({ description: 'The language of the order’s page and mails; that of the request by default.' }),
  expectedTotalCents: z
    .int()
    .optional()
    .openapi({ description: 'The total that the customer saw: another one is refused.' }),
})

const placed = order.extend({
  token: z.string().openapi({ description: 'Opens this order: `Authorization: Order <token>`.' }),
  page: z.url().openapi({ description: 'The order’s own page, for the customer.' }),
})

/** Orders: placed by customers and programs, read and acted upon by operators. */
export const orderOperations: Operation[] = [
  operation(
    {
      id: 'placeOrder',
      method: 'post',
      path: '/orders',
      tag: 'Orders',
      summary: 'Place an order, of a cart or in one call',
      description:
        'Prices, totals and availability are decided by the shop. With `Authorization: Cart <token>` and no `lines`, the ' +
        'cart is ordered and ends; pointers to what is wrong then go into the cart. The same key never places two orders.',
      access: { anyone: true, cart: true, role: 'viewer' },
      key: 'required',
      body: {
        schema: checkout,
        example: {
          lines: [
            {
              code: 'EXCEL-1',
              units: [{ external: { email: 'leo@learners.example', firstname: 'Léo', lastname: 'Petit' } }],
            },
          ],
          customer: { email: 'alice@buyers.example', firstname: 'Alice', lastname: 'Martin' },
          means: 'transfer',
          termsAccepted: true,
          locale: 'en',
        },
      },
      answer: {
        status: 201,
        description: 'The order. It may be refused at once: see its state.',
        schema: placed.openapi('PlacedOrder'),
        example: {
          ...exampleOrder,
          token: 'mZ9y2kqkT3uVt0p5b8wXnA',
          page: 'https://shop.example/orders/2611-4K7Q-2MXA/mZ9y2kqkT3uVt0p5b8wXnA',
        },
      },
    },
    async ({ face, caller, body, locale, once }) => {
      const cart = await cartToOrder(face, caller, body.lines, once)
      if ('problem' in cart) return cart
      const result = await place(face, cart, { ...body, locale: body.locale ?? locale })
      // Asked again, after the cart has ended in its order or this process died before it could say so.
      const placed = 'order' in result ? result.order : cart.id && (await findPlaced(face.shop, cart.id))
      if (!placed) return 'problem' in result ? result : refuse('not_found')
      const written = 'view' in result ? result.view : undefined
      const view = written ?? (await findOwnOrder(face.shop.db, placed.number, placed.token))
      if (!view) return refuse('not_found')
      return {
        answer: {
          ...(await orderAnswer(face, view, { operator: false })),
          token: view.token,
          page: `${face.shop.settings.publicUrl}${routes.order.show(view.number, view.token)}`,
        },
        headers: { location: `${root}/orders/${view.number}` },
      }
    },
  ),

  operation(
    {
      id: 'listOrders',
      method: 'get',
      path: '/orders',
      tag: 'Orders',
      summary: 'List and search orders, newest first',
      access: { role: 'viewer' },
      query: pageQuery(rowId).extend({
        state: orderState.optional(),
        search: z
          .string()
          .max(200)
          .optional()
          .openapi({ description: 'A number, a payment reference, or the start of an e-mail.' }),
      }),
      answer: {
        description: 'A page of orders.',
        schema: pageOf(orderRow),
        example: { items: [exampleRow], next: null },
      },
    },
    async (asked) => {
      const { limit, after, state, search } = asked.query
      const { orders, next } = await listOrders(asked.face.shop.db, { limit, before: after, state, search })
      return answerPage(asked, orders, next)
    },
  ),

  operation(
    {
      id: 'readOrder',
      method: 'get',
      path: '/orders/{number}',
      tag: 'Orders',
      summary: 'Read an order with its units and products',
      access: { order: true, role: 'viewer' },
      params: number,
      answer: { description: 'The order.', schema: order, example: exampleOrder },
    },
    async ({ face, caller, params }) => {
      const view = await orderOf(face, caller, params.number)
      return view
        ? { answer: await orderAnswer(face, view, { operator: caller.kind === 'program' }) }
        : refuse('not_found')
    },
  ),

  operation(
    {
      id: 'startPayment',
      method: 'post',
      path: '/orders/{number}/payment',
      tag: 'Orders',
      summary: 'Start an immediate payment: where to send the customer',
      description: 'Coming back from there validates nothing: the provider’s notification does.',
      access: { order: true, role: 'operator' },
      // the provider is asked anew each time: an address may have expired
      key: 'none',
      params: number,
      answer: {
        description: 'Where the customer pays.',
        schema: z.object({ redirectTo: z.url() }),
        example: { redirectTo: 'https://pay.example/session/1' },
      },
      problems: ['conflict'],
    },
    async ({ face, caller, params }) => {
      const view = await orderOf(face, caller, params.number)
      if (!view) return refuse('not_found')
      const redirectTo = await startPaymentOf(face, view, undefined)
      // A page of ours, such as the test card's, is told without its host.
      const { publicUrl } = face.shop.settings
      if (redirectTo) return { answer: { redirectTo: new URL(redirectTo, publicUrl).href } }
      return refuse('conflict', {
        detail: {
          en: 'This order can’t be paid online at the moment.',
          fr: 'Cette commande ne peut pas être payée en ligne pour l’instant.',
        },
      })
    },
  ),

  operation(
    {
      id: 'cancelOrder',
      method: 'post',
      path: '/orders/{number}/cancel',
      tag: 'Orders',
      summary: 'Cancel an order that is not paid',
      description: 'What was prepared is released, and a part that was paid becomes money to give back.',
      access: { order: true, role: 'operator' },
      params: number,
      body: { schema: z.object({ why: why.optional() }), example: { why: 'ordered twice' } },
      answer: { description: 'The order.', schema: order, example: { ...exampleOrder, state: 'cancelled' } },
      problems: ['conflict'],
    },
    async ({ face, caller, params, body }) => {
      if (!(await orderOf(face, caller, params.number))) return refuse('not_found')
      const result = await cancelOrder(face.shop, params.number, { who: whoIs(caller), why: body.why })
      if (!result.ok) {
        return refuse('conflict', {
          detail: {
            en: 'The order is paid, trusted or closed already.',
            fr: 'La commande est déjà payée, en confiance ou close.',
          },
        })
      }
      return await answerOrder(face, caller, params.number)
    },
  ),

  operation(
    {
      id: 'trustOrder',
      method: 'post',
      path: '/orders/{number}/trust',
      tag: 'Orders',
      summary: 'Let the production start before the payment',
      description:
        'A named operator’s recorded act of trust, for a purchase order say: it bears the name of the token’s operator. ' +
        'The order still awaits its payment, and no longer expires.',
      access: { role: 'operator' },
      params: number,
      body: { schema: z.object({ why }), example: { why: 'purchase order 4711 of the city of Lyon' } },
      answer: { description: 'The order.', schema: order, example: exampleOrder },
      problems: ['conflict'],
    },
    async ({ face, caller, params, body }) => {
      if (caller.kind !== 'program') return refuse('unauthenticated')
      const result = await trustOrder(face.shop, params.number, caller.program.operator, body.why)
      if (result.ok) return await answerOrder(face, caller, params.number)
      if (result.reason === 'not_found') return refuse('not_found')
      return refuse('conflict', {
        detail: {
          en: 'The order awaits no payment, or is trusted already.',
          fr: 'La commande n’attend pas de paiement, ou est déjà en confiance.',
        },
      })
    },
  ),

  operation(
    {
      id: 'readOrderHistory',
      method: 'get',
      path: '/orders/{number}/history',
      tag: 'Orders',
      summary: 'Read who did what to an order, when and why',
      access: { role: 'viewer' },
      params: number,
      answer: {
        description: 'The history, oldest first. Nothing in it is ever changed.',
        schema: z.object({
          items: z.array(
            z
              .object({
                id: z.int(),
                unitId: z.int().nullable(),
                at: moment,
                who: z.string(),
                event: z.string(),
                from: z.string().nullable(),
                to: z.string().nullable(),
                why: z.string().nullable(),
              })
              .openapi('HistoryLine'),
          ),
        }),
        example: {
          items: [
            {
              id: 1,
              unitId: null,
              at: exampleMoment,
              who: 'customer',
              event: 'order',
              from: null,
              to: 'placed',
              why: null,
            },
          ],
        },
      },
    },
    async ({ face, params }) => {
      const view = await findOrder(face.shop.db, params.number)
      return view ? { answer: { items: await orderHistory(face.shop.db, view.id) } } : refuse('not_found')
    },
  ),

  operation(
    {
      id: 'revokeUnit',
      method: 'post',
      path: '/orders/{number}/units/{unit}/revoke',
      tag: 'Orders',
      summary: 'Take a produced unit back, and its price too if asked',
      access: { role: 'operator' },
      params: number.extend({ unit: rowId.openapi({ example: 1 }) }),
      body: {
        schema: z.object({ why, giveBack: z.boolean() }),
        example: { why: 'withdrawal within 14 days', giveBack: true },
      },
      answer: { description: 'The order; the unit follows.', schema: order, example: exampleOrder },
      problems: ['conflict'],
    },
    async ({ face, caller, params, body }) => {
      const view = await findOrder(face.shop.db, params.number)
      if (!view?.lines.some((line) => line.units.some((unit) => unit.id === params.unit)))
        return refuse('not_found')
      const result = await revokeUnit(face.shop, params.unit, { who: whoIs(caller), ...body })
      if (result.ok) return await answerOrder(face, caller, params.number)
      return refuse('conflict', {
        detail: {
          en: 'The unit is not produced, or is being taken back already.',
          fr: 'L’unité n’est pas produite, ou est déjà en cours de reprise.',
        },
      })
    },
  ),
]

/** The order, for an operator's program or for whoever has its token. */
export async function orderOf(face: Face, caller: Caller, number: string): Promise<OrderView | undefined> {
  switch (caller.kind) {
    case 'program':
      return await findOrder(face.shop.db, number)
    case 'order':
      return await findOwnOrder(face.shop.db, number, caller.token)
    case 'cart':
    case 'anyone':
      return undefined
    default:
      return caller satisfies never
  }
}

async function answerOrder(
  face: Face,
  caller: Caller,
  number: string,
): Promise<Answered<z.output<typeof order>> | Problem> {
  const view = await orderOf(face, caller, number)
  return view
    ? { answer: await orderAnswer(face, view, { operator: caller.kind === 'program' }) }
    : refuse('not_found')
}

/** What is to be ordered: the lines that came along, else the cart whose token did. */
async function cartToOrder(
  face: Face,
  caller: Caller,
  lines: z.output<typeof sentLines> | undefined,
  once: string | undefined,
): Promise<PlacedCart | Problem> {
  if (lines) return { id: once && idOf(once), content: { lines: linesOf(lines) }, unsaved: true }
  if (caller.kind !== 'cart') {
    const text = { en: 'Lines, or the token of a cart.', fr: 'Des lignes, ou le jeton d’un panier.' }
    return refuse('invalid', { errors: [{ pointer: '/lines', text }] })
  }
  const cart = await findCartWithEntries(face.shop.db, caller.token)
  return cart ?? { id: idOf(caller.token), content: { lines: [] } }
}

async function place(
  face: Face,
  cart: PlacedCart,
  sent: z.output<typeof checkout> & { locale: 'en' | 'fr' },
): Promise<Extract<PlaceResult, { ok: true }> | Problem> {
  const customer = { ...cart.content.customer, ...sent.customer }
  const result = await placeOrder(face.shop, face.engine, cart, {
    customer,
    means: sent.means,
    termsAccepted: sent.termsAccepted,
    locale: sent.locale,
    expectedTotalCents: sent.expectedTotalCents,
  })
  if (result.ok) return result
  const known = readCustomer(customer)
  const viewed = await viewCart(face.shop, cart.content, known.ok ? known.value : undefined)
  const faults = faultsOf(cart.content, viewed)
  // What is said of the cart as a whole is said better where it is wrong.
  const { cart: whole, ...errors } = result.errors
  return refuse('invalid', {
    errors: [...faults, ...faultsOfCheckout(faults.length > 0 ? errors : { ...errors, cart: whole })],
  })
}

function faultsOfCheckout({ customer, means, terms, cart }: PlaceErrors): Fault[] {
  return [
    ...Object.entries(customer).map(([field, text]) => ({ pointer: pointerTo('customer', field), text })),
    ...(means ? [{ pointer: '/means', text: means }] : []),
    ...(terms ? [{ pointer: '/termsAccepted', text: terms }] : []),
    ...(cart ? [{ pointer: '/lines', text: cart }] : []),
  ]
}
