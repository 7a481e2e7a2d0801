import { sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { Text } from '../sdk/index.ts'
import { giveBack } from './give-back.ts'
import { mail } from './mail.ts'
import { type LockedOrder, lockOrder, moveOrder, moveUnits, type Reason, unitsOf } from './order.ts'
import type { Shop } from './shop.ts'
import { hasScript, startScript } from './start-scripts.ts'

/**
 * An order dies unpaid: refused by a prepay, cancelled, or expired. What was prepared is released, what waits is
 * cancelled, and money that came in part goes back.
 */
export async function closeOrder(
  shop: Shop,
  trx: Transaction<Database>,
  order: LockedOrder,
  to: 'refused' | 'cancelled' | 'expired',
  reason: Reason,
  told?: Text,
) {
  await moveOrder(trx, order, to, reason)
  const units = (await unitsOf(trx, order.id)).filter((unit) => unit.state !== 'refused')
  const prepared = units.filter((unit) => unit.state === 'prepared' && hasScript(shop, unit.entry, 'release'))
  await moveUnits(
    trx,
    order.id,
    units.map((unit) => unit.id),
    'released',
    reason,
  )
  // A prepay that runs at this moment is released when it settles.
  await trx
    .updateTable('productions')
    .set({ state: 'cancelled', ended_at: sql`now()`, attempt: sql`attempt + 1` })
    .where('order_id', '=', order.id)
    .where('script', '=', 'prepay')
    .where('state', 'in', ['queued', 'retrying', 'needs_operator'])
    .execute()
  await startScript(shop, trx, order, prepared, 'release')
  if (order.paidCents > 0) {
    await giveBack(
      trx,
      order,
      { amountCents: order.paidCents },
      { ...reason, why: `the order was ${to} after a part of it was paid` },
    )
  }
  await mail(shop, trx, {
    key: `order_closed:${order.id}`,
    kind: 'order_closed',
    orderId: order.id,
    recipient: order.customer.email,
    data: { state: to, told },
  })
}

/** Cancels an order that isn't paid. `not_open`: it is paid, delivered on trust, or closed already. */
export async function cancelOrder(
  shop: Shop,
  number: string,
  reason: Reason,
): Promise<{ ok: true } | { ok: false; reason: 'not_found' | 'not_open' }> {
  return await shop.db.transaction().execute(async (trx) => {
    const order = await lockOrder(trx, { number })
    if (!order) return { ok: false, reason: 'not_found' }
    const open = order.state === 'placed' || order.state === 'awaiting_payment'
    if (!open || order.trustedAt !== null) return { ok: false, reason: 'not_open' }
    await closeOrder(shop, trx, order, 'cancelled', reason)
    return { ok: true }
  })
}

/** Expires the orders whose deadline has passed, one short transaction each. Returns how many. */
export async function expireOrders(shop: Shop, now = new Date()): Promise<number> {
  const due = await shop.db
    .selectFrom('orders')
    .select('id')
    .where('state', '=', 'awaiting_payment')
    .where('trusted_at', 'is', null)
    .where('pay_before', '<', now)
    .orderBy('pay_before')
    .limit(500)
    .execute()
  let expired = 0
  for (const { id } of due) {
    await shop.db.transaction().execute(async (trx) => {
      const order = await lockOrder(trx, { id })
      if (order?.state !== 'awaiting_payment' || order.trustedAt !== null) return
      await closeOrder(shop, trx, order, 'expired', {
        who: 'shop',
        why: 'the payment did not come before its deadline',
      })
      expired++
    })
  }
  return expired
}
