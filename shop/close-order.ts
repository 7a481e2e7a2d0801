import type { Text } from '../sdk/index.ts'
import { changeOrder } from './change-order.ts'
import { giveBack } from './give-back.ts'
import { type LockedOrder, mail, moveOrder, moveUnits, type Reason } from './order.ts'
import type { Shop } from './shop.ts'
import { hasScript, startScript } from './start-scripts.ts'

/**
 * An order dies unpaid: refused by a prepay, cancelled, or expired. What was prepared is released, what waits is
 * cancelled, and money that came in part goes back. The order is locked with all its units.
 */
export function closeOrder(
  shop: Pick<Shop, 'registry'>,
  order: LockedOrder,
  to: 'refused' | 'cancelled' | 'expired',
  reason: Reason,
  told?: Text,
): void {
  moveOrder(order, to, reason)
  const units = order.units.filter((unit) => unit.state !== 'refused')
  const prepared = units.filter(({ state, entry }) => {
    // Where there was nothing to prepare there is nothing to undo.
    return state === 'prepared' && hasScript(shop, entry, 'prepay') && hasScript(shop, entry, 'release')
  })
  moveUnits(order, units, 'released', reason)
  // A prepay that runs at this moment is released when it settles.
  order.changes.dropPrepays = true
  startScript(order, prepared, 'release')
  giveBack(
    order,
    // What was paid too much goes back already, since it came.
    { amountCents: Math.min(order.paidCents, order.totalCents) },
    { ...reason, why: `the order was ${to} after a part of it was paid` },
  )
  mail(order, 'order_closed', String(order.id), { state: to, told })
}

/** Cancels an order that isn't paid. `not_open`: it is paid, delivered on trust, or closed already. */
export async function cancelOrder(
  shop: Shop,
  number: string,
  reason: Reason,
): Promise<{ ok: true } | { ok: false; reason: 'not_found' | 'not_open' }> {
  const changed = await changeOrder(shop, { number }, 'all', (order) => {
    const open = order.state === 'placed' || order.state === 'awaiting_payment'
    if (!open || order.trustedAt !== null) return false
    closeOrder(shop, order, 'cancelled', reason)
    return true
  })
  if (!changed) return { ok: false, reason: 'not_found' }
  return changed.result ? { ok: true } : { ok: false, reason: 'not_open' }
}

/**
 * Expires the orders whose deadline has passed, one short transaction each: unpaid, or never prepared. Returns how many.
 */
export async function expireOrders(shop: Shop, now = new Date()): Promise<number> {
  const due = await shop.db
    .selectFrom('orders')
    .select('id')
    .where('state', 'in', ['placed', 'awaiting_payment'])
    .where('trusted_at', 'is', null)
    .where('pay_before', '<', now)
    .orderBy('pay_before')
    .limit(500)
    .execute()
  let expired = 0
  for (const { id } of due) {
    const changed = await changeOrder(shop, { id }, 'all', (order) => {
      const open = order.state === 'placed' || order.state === 'awaiting_payment'
      if (!open || order.trustedAt !== null) return false
      closeOrder(shop, order, 'expired', { who: 'shop', why: 'the payment did not come before its deadline' })
      return true
    })
    if (changed?.result) expired++
  }
  return expired
}
