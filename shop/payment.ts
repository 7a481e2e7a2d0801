import type { Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { Notification } from '../payments/means.ts'
import { giveBack } from './give-back.ts'
import { mail } from './mail.ts'
import { type LockedOrder, lockOrder, type Reason, record } from './order.ts'
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
 * The one function through which money enters: provider notifications and operators' validations alike. It records
 * the payment once, compares it with the order, and moves the order with the jobs that this causes, all in the
 * caller's transaction with the order locked.
 */
export async function applyPayment(
  shop: Shop,
  trx: Transaction<Database>,
  order: LockedOrder,
  received: Received,
  who: string,
): Promise<Applied> {
  const aside = whyAside(order, received)
  const payment = await trx
    .insertInto('payments')
    .values({
      order_id: order.id,
      means: received.means,
      reference: received.reference,
      amount_cents: received.amountCents,
      currency: received.currency,
      paid_on: received.paidOn,
      state: aside ? 'set_aside' : 'counted',
      recorded_by: who,
      note: received.note ?? null,
    })
    .onConflict((conflict) => conflict.columns(['means', 'reference']).doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!payment) return { outcome: 'repeated' }
  const amount = `${(received.amountCents / 100).toFixed(2)} ${received.currency}, ${received.reference}`
  if (aside) {
    await giveBack(
      trx,
      order,
      { amountCents: received.amountCents, currency: received.currency, paymentId: payment.id },
      { who, why: aside },
    )
    return { outcome: 'set_aside', why: aside }
  }
  order.paidCents += received.amountCents
  await trx.updateTable('orders').set({ paid_cents: order.paidCents }).where('id', '=', order.id).execute()
  await record(trx, order.id, { event: 'payment', who, why: amount })
  const surplusCents = order.paidCents - order.totalCents
  if (surplusCents < 0) {
    await mail(shop, trx, {
      key: `payment_partial:${payment.id}`,
      kind: 'payment_partial',
      orderId: order.id,
      recipient: order.customer.email,
      data: { missingCents: -surplusCents },
    })
    return { outcome: 'part_paid', missingCents: -surplusCents }
  }
  if (surplusCents > 0) {
    await giveBack(
      trx,
      order,
      { amountCents: surplusCents, paymentId: payment.id },
      { who, why: 'more was paid than was due' },
    )
  }
  // A payment can be quicker than the last prepay: the order is then paid as soon as it may be.
  if (order.state === 'awaiting_payment') await markPaid(shop, trx, order, { who })
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
export type Notified = Applied | { outcome: 'failed' | 'unknown_order' | 'unexpected_amount'; why?: string }

/**
 * Applies a verified notification once: it is stored under (means, event id) in the same transaction as what it
 * causes, so a repeated one finds itself and stops. An amount that isn't the order's is never production.
 */
export async function applyNotification(
  shop: Shop,
  means: string,
  notification: Notification,
): Promise<Notified> {
  return await shop.db.transaction().execute(async (trx) => {
    const stored = await trx
      .insertInto('notifications')
      .values({
        means,
        event_id: notification.eventId,
        order_number: notification.orderNumber,
        body: JSON.stringify(notification.body),
        outcome: 'received',
      })
      .onConflict((conflict) => conflict.doNothing())
      .returning('event_id')
      .executeTakeFirst()
    if (!stored) return { outcome: 'repeated' }
    const result = await takeNotification(shop, trx, means, notification)
    await trx
      .updateTable('notifications')
      .set({ outcome: result.outcome })
      .where('means', '=', means)
      .where('event_id', '=', notification.eventId)
      .execute()
    return result
  })
}

async function takeNotification(
  shop: Shop,
  trx: Transaction<Database>,
  means: string,
  notification: Notification,
): Promise<Notified> {
  const order = await lockOrder(trx, { number: notification.orderNumber })
  if (!order) return { outcome: 'unknown_order' }
  const who = `means:${means}`
  if (notification.state === 'failed') {
    await record(trx, order.id, { event: 'payment_failed', who, why: notification.reference })
    return { outcome: 'failed' }
  }
  return await applyPayment(shop, trx, order, { means, ...notification }, who)
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
  return await shop.db.transaction().execute(async (trx) => {
    const order = await lockOrder(trx, { number })
    if (!order) return { ok: false, reason: 'not_found' }
    const applied = await applyPayment(
      shop,
      trx,
      order,
      { ...received, reference: received.reference.trim() },
      who,
    )
    return applied.outcome === 'repeated' ? { ok: false, reason: 'repeated' } : { ok: true, applied }
  })
}

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
  return await shop.db.transaction().execute(async (trx) => {
    const order = await lockOrder(trx, { number })
    if (!order) return { ok: false, reason: 'not_found' }
    if (order.state !== 'awaiting_payment' || order.trustedAt !== null)
      return { ok: false, reason: 'not_awaiting' }
    order.trustedAt = new Date()
    await trx
      .updateTable('orders')
      .set({ trusted_at: order.trustedAt, trusted_by: operator.id, trusted_why: why.trim() })
      .where('id', '=', order.id)
      .execute()
    const reason: Reason = { who: `operator:${operator.email}`, why: why.trim() }
    await record(trx, order.id, { event: 'trusted', ...reason })
    await startDelivery(shop, trx, order, reason)
    return { ok: true }
  })
}
