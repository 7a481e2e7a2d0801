import { sql } from 'kysely'
import { executeTogether } from '../db/send-together.ts'
import type { Notification } from '../payments/means.ts'
import { changeOrder, saveWithJobs } from './change-order.ts'
import { giveBack } from './give-back.ts'
import { writtenAmount } from './money.ts'
import { type LockedOrder, lockedOf, lookAtOrder, mail, type Reason, record } from './order.ts'
import type { Shop } from './shop.ts'
import { markPaid, startDelivery } from './start-scripts.ts'

export type Received = {
  means: string
  /** The payment's own reference: the same one is never counted twice. */
  reference: string
  amountCents: number
  currency: string
  /** YYYY-MM-DD */
  paidOn: string
  note?: string
}

/**
 * `paid`: the order is paid now. `part_paid`: not yet enough, nothing is produced. `repeated`: this very payment was
 * recorded before. `set_aside`: recorded, counted for nothing, and put before the operator as money to give back.
 */
export type Applied =
  | { outcome: 'paid'; surplusCents: number }
  | { outcome: 'part_paid'; missingCents: number }
  | { outcome: 'repeated' }
  | { outcome: 'set_aside'; why: string }

/**
 * The one function through which money enters: provider notifications and operators' validations alike. It compares
 * the payment with the locked order (and all its units) and decides; `saveOrder` then writes the payment once, with
 * the moves and the jobs that it causes. Whether it was there before shows only then: see `take`.
 */
export function applyPayment(shop: Shop, order: LockedOrder, received: Received, who: string): Applied {
  const aside = whyAside(order, received)
  const { means, reference, amountCents, currency, paidOn, note } = received
  const state = aside ? 'set_aside' : 'counted'
  order.changes.payment = { means, reference, amountCents, currency, paidOn, note, state, recordedBy: who }
  if (aside) {
    giveBack(order, { amountCents, currency, ofPayment: true }, { who, why: aside })
    return { outcome: 'set_aside', why: aside }
  }
  order.paidCents += amountCents
  record(order, { event: 'payment', who, why: `${writtenAmount(amountCents, currency)}, ${reference}` })
  const surplusCents = order.paidCents - order.totalCents
  if (surplusCents < 0) {
    mail(order, 'payment_partial', `${means}:${reference}`, { missingCents: -surplusCents })
    return { outcome: 'part_paid', missingCents: -surplusCents }
  }
  giveBack(order, { amountCents: surplusCents, ofPayment: true }, { who, why: 'more was paid than was due' })
  // A payment can be quicker than the last prepay: the order is then paid as soon as it may be.
  if (order.state === 'awaiting_payment') markPaid(shop, order, { who })
  return { outcome: 'paid', surplusCents }
}

function whyAside(order: LockedOrder, received: Received): string | undefined {
  if (received.currency !== order.currency)
    return `the payment is in ${received.currency}, the order in ${order.currency}`
  switch (order.state) {
    case 'placed':
    case 'awaiting_payment':
      return order.paidCents >= order.totalCents ? 'the order was paid already' : undefined
    case 'paid':
    case 'completed':
      return 'the order was paid already'
    case 'refused':
    case 'cancelled':
    case 'expired':
    case 'refunded':
      return `the order is ${order.state}`
    default:
      return order.state satisfies never
  }
}

/** What became of a notification. `unknown_order` and `failed` change nothing. */
export type Notified = Applied | { outcome: 'failed' | 'unknown_order' }

/**
 * Applies a verified notification once: it is stored under (means, event id) in the same transaction as what it
 * causes, so a repeated one finds itself and stops.
 */
export async function applyNotification(
  shop: Shop,
  means: string,
  notification: Notification,
): Promise<Notified> {
  const { eventId, orderNumber, body } = notification
  return await shop.db.transaction().execute(async (trx) => {
    // Who comes second waits here for the first, and then finds the event stored. The order is locked by the same
    // statement: "count" has it look for every row to lock.
    const store = sql`
      with stored as (
        insert into notifications (means, event_id, order_number, body, outcome)
        values (${means}, ${eventId}, ${orderNumber}, ${JSON.stringify(body)}, 'unknown_order')
        on conflict do nothing returning order_number
      ), locked as (
        select from orders where number = (select order_number from stored) for no key update
      )
      select (select count(*) from locked) from stored`.compile(trx)
    const look = lookAtOrder(trx, { number: orderNumber }, 'all')
    const [stored, found] = await executeTogether(trx, store, look)
    if (stored.rows.length === 0) return { outcome: 'repeated' }
    const order = lockedOf(found.rows)
    if (!order) return { outcome: 'unknown_order' }
    const who = `means:${means}`
    if (notification.state === 'failed') {
      record(order, { event: 'payment_failed', who, why: notification.reference })
      order.changes.notification = { means, eventId, outcome: 'failed' }
      await saveWithJobs(shop, trx, order, { last: true })
      return { outcome: 'failed' }
    }
    const applied = applyPayment(shop, order, { means, ...notification }, who)
    order.changes.notification = { means, eventId, outcome: applied.outcome }
    const { fresh } = await saveWithJobs(shop, trx, order, { last: true })
    return fresh ? applied : { outcome: 'repeated' }
  })
}

/** Everything that keeps an operator's validation from being taken, said at its field. */
export type PaymentRefusal = 'not_found' | 'amount' | 'date' | 'reference' | 'repeated'

/** An operator validates money that came by a deferred means: amount, date and reference. */
export async function validatePayment(
  shop: Shop,
  number: string,
  received: Received,
  who: string,
): Promise<{ ok: true; applied: Applied } | { ok: false; reason: PaymentRefusal }> {
  if (!Number.isSafeInteger(received.amountCents) || received.amountCents <= 0)
    return { ok: false, reason: 'amount' }
  if (!isPastDay(received.paidOn)) return { ok: false, reason: 'date' }
  if (received.reference.trim() === '') return { ok: false, reason: 'reference' }
  const changed = await changeOrder(shop, { number }, 'all', (order) =>
    applyPayment(shop, order, { ...received, reference: received.reference.trim() }, who),
  )
  if (!changed) return { ok: false, reason: 'not_found' }
  return changed.fresh ? { ok: true, applied: changed.result } : { ok: false, reason: 'repeated' }
}

/** A real day, not later than today. */
function isPastDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== day) return false
  // A day of leeway: somewhere on Earth it is tomorrow already.
  return date.getTime() <= Date.now() + 86_400_000
}

/**
 * A named operator's recorded act of trust (a purchase order, say): production starts before the money is there. The
 * order still awaits its payment, and no longer expires.
 */
export async function trustOrder(
  shop: Shop,
  number: string,
  operator: { id: number; email: string },
  why: string,
): Promise<{ ok: true } | { ok: false; reason: 'not_found' | 'not_awaiting' | 'why' }> {
  if (why.trim() === '') return { ok: false, reason: 'why' }
  const reason: Reason = { who: `operator:${operator.email}`, why: why.trim() }
  const changed = await changeOrder(shop, { number }, 'all', (order) => {
    if (order.state !== 'awaiting_payment' || order.trustedAt !== null) return false
    order.trustedAt = new Date()
    order.changes.trust = { by: operator.id, why: why.trim() }
    record(order, { event: 'trusted', ...reason })
    startDelivery(shop, order, reason)
    return true
  })
  if (!changed) return { ok: false, reason: 'not_found' }
  return changed.result ? { ok: true } : { ok: false, reason: 'not_awaiting' }
}
