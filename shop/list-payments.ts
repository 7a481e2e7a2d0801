import { type Kysely, sql } from 'kysely'
import type { Customer, Database } from '../db/schema.ts'
import { giveBacksToCredits } from './put-credits-back.ts'
import type { Shop } from './shop.ts'

/** An order whose payment is awaited, and what is missing of it. */
export type AwaitedOrder = {
  id: number
  number: string
  customer: Customer
  reference: string
  means: string
  currency: string
  totalCents: number
  paidCents: number
  placedAt: Date
  payBefore: Date | null
  trusted: boolean
}

/** The query of orders in awaiting_payment, to be narrowed. */
export const awaitedOrders = (db: Kysely<Database>) =>
  db
    .selectFrom('orders')
    .select([
      'id',
      'number',
      'customer',
      'payment_reference as reference',
      'means',
      'currency',
      'total_cents as totalCents',
      'paid_cents as paidCents',
      'placed_at as placedAt',
      'pay_before as payBefore',
      sql<boolean>`trusted_at is not null`.as('trusted'),
    ])
    .where('state', '=', 'awaiting_payment')

/** The identifiers of the means whose money an operator validates. */
export function deferredMeans(shop: Pick<Shop, 'means'>): string[] {
  return [...shop.means.values()].filter((means) => means.kind === 'deferred').map((means) => means.id)
}

/**
 * A page of the orders whose payment an operator is to validate, oldest deadline first. `search`: an order's number, a
 * payment reference, the start of an e-mail, or what is due in cents.
 */
export async function listAwaited(
  shop: Pick<Shop, 'db' | 'means'>,
  {
    after,
    limit = 50,
    search,
    dueCents,
  }: { after?: { payBefore: Date; id: number }; limit?: number; search?: string; dueCents?: number } = {},
): Promise<{ orders: AwaitedOrder[]; next: { payBefore: Date; id: number } | undefined }> {
  const deferred = deferredMeans(shop)
  if (deferred.length === 0) return { orders: [], next: undefined }
  let page = awaitedOrders(shop.db)
    .where('means', 'in', deferred)
    .orderBy('pay_before')
    .orderBy('id')
    .limit(limit + 1)
  if (after) page = page.where(sql<boolean>`(pay_before, id) > (${after.payBefore}, ${after.id})`)
  if (search) {
    const plain = search.trim()
    page = page.where((where) =>
      where.or([
        where('number', '=', plain.toUpperCase()),
        where('payment_reference', '=', plain.replace(/\s/g, '').toUpperCase()),
        sql<boolean>`starts_with(customer_email, ${plain.toLowerCase()})`,
        ...(dueCents === undefined ? [] : [sql<boolean>`total_cents - paid_cents = ${dueCents}`]),
      ]),
    )
  }
  const rows = await page.execute()
  const orders = rows.slice(0, limit)
  const last = orders.at(-1)
  return {
    orders,
    next: rows.length > limit && last?.payBefore ? { payBefore: last.payBefore, id: last.id } : undefined,
  }
}

/** Money that is to go back, or has gone back. */
export type GiveBack = {
  id: number
  orderNumber: string
  customer: Customer
  amountCents: number
  currency: string
  why: string
  createdAt: Date
  /** The payment that it comes from. One that was set aside goes back whole, a counted one in part. */
  payment: { reference: string; means: string; setAside: boolean } | null
  done: { at: Date; by: string; note: string } | null
  /** It goes back on the credits that paid the order, as soon as an operator says so. */
  toCredits: boolean
}

/** A page of what is to be given back, oldest first; or, with `done`, of what has been, newest first. */
export async function listGiveBacks(
  db: Kysely<Database>,
  { done = false, from, limit = 50 }: { done?: boolean; from?: number; limit?: number } = {},
): Promise<{ giveBacks: GiveBack[]; next: number | undefined }> {
  let page = db
    .selectFrom('give_backs as g')
    .innerJoin('orders as o', 'o.id', 'g.order_id')
    .leftJoin('payments as p', 'p.id', 'g.payment_id')
    .select([
      'g.id',
      'o.number as orderNumber',
      'o.customer',
      'g.amount_cents as amountCents',
      'g.currency',
      'g.why',
      'g.created_at as createdAt',
      'g.done_at as doneAt',
      'g.done_by as doneBy',
      'g.done_note as doneNote',
      'p.reference',
      'p.means',
      'p.state',
    ])
    .where('g.done_at', done ? 'is not' : 'is', null)
    .orderBy('g.id', done ? 'desc' : 'asc')
    .limit(limit + 1)
  if (from !== undefined) page = page.where('g.id', done ? '<' : '>', from)
  const rows = await page.execute()
  const giveBacks = rows
    .slice(0, limit)
    .map(({ doneAt, doneBy, doneNote, reference, means, state, ...giveBack }) => ({
      ...giveBack,
      payment: reference && means ? { reference, means, setAside: state === 'set_aside' } : null,
      done: doneAt ? { at: doneAt, by: doneBy ?? '', note: doneNote ?? '' } : null,
    }))
  const toCredits = await giveBacksToCredits(
    db,
    giveBacks.flatMap(({ id, done }) => (done ? [] : [id])),
  )
  return {
    giveBacks: giveBacks.map((giveBack) => ({ ...giveBack, toCredits: toCredits.has(giveBack.id) })),
    next: rows.length > limit ? giveBacks.at(-1)?.id : undefined,
  }
}

/** A payment that was recorded and counted for nothing. */
export type SetAside = {
  id: number
  orderNumber: string
  customer: Customer
  means: string
  reference: string
  amountCents: number
  currency: string
  paidOn: string
  recordedBy: string
  createdAt: Date
  why: string | null
  givenBackAt: Date | null
}

/** A page of the payments that were set aside, newest first. */
export async function listSetAside(
  db: Kysely<Database>,
  { before, limit = 50 }: { before?: number; limit?: number } = {},
): Promise<{ payments: SetAside[]; next: number | undefined }> {
  let page = db
    .selectFrom('payments as p')
    .innerJoin('orders as o', 'o.id', 'p.order_id')
    .leftJoin('give_backs as g', 'g.payment_id', 'p.id')
    .select([
      'p.id',
      'o.number as orderNumber',
      'o.customer',
      'p.means',
      'p.reference',
      'p.amount_cents as amountCents',
      'p.currency',
      'p.paid_on as paidOn',
      'p.recorded_by as recordedBy',
      'p.created_at as createdAt',
      'g.why',
      'g.done_at as givenBackAt',
    ])
    .where('p.state', '=', 'set_aside')
    .orderBy('p.id', 'desc')
    .limit(limit + 1)
  if (before !== undefined) page = page.where('p.id', '<', before)
  const rows = await page.execute()
  const payments = rows.slice(0, limit)
  return { payments, next: rows.length > limit ? payments.at(-1)?.id : undefined }
}

/** What a provider sent, and what became of it. */
export type NotificationRow = {
  means: string
  eventId: string
  orderNumber: string | null
  outcome: string
  body: unknown
  receivedAt: Date
  /** The moment to the microsecond: where the next page starts. */
  cursor: string
}

/** A page of the notifications of payment providers, newest first. */
export async function listNotifications(
  db: Kysely<Database>,
  { before, limit = 50 }: { before?: { cursor: string; eventId: string }; limit?: number } = {},
): Promise<{ notifications: NotificationRow[]; next: { cursor: string; eventId: string } | undefined }> {
  let page = db
    .selectFrom('notifications')
    .select([
      'means',
      'event_id as eventId',
      'order_number as orderNumber',
      'outcome',
      'body',
      'received_at as receivedAt',
      sql<string>`extract(epoch from received_at)::text`.as('cursor'),
    ])
    .orderBy('received_at', 'desc')
    .orderBy('event_id', 'desc')
    .limit(limit + 1)
  if (before) {
    page = page.where(
      sql<boolean>`(received_at, event_id) < (to_timestamp(${before.cursor}::numeric), ${before.eventId})`,
    )
  }
  const rows = await page.execute()
  const notifications = rows.slice(0, limit)
  const last = notifications.at(-1)
  return {
    notifications,
    next: rows.length > limit && last ? { cursor: last.cursor, eventId: last.eventId } : undefined,
  }
}
