import { sql } from 'kysely'
import { changeOrder } from './change-order.ts'
import { type LockedOrder, type OrderUnit, type Reason, record } from './order.ts'
import { putCreditsBack } from './put-credits-back.ts'
import type { Shop } from './shop.ts'

/** Money that must go back to the customer: it stays on the office's home page until an operator says it has. */
export function giveBack(
  order: LockedOrder,
  what: { amountCents: number; currency?: string; unitId?: number; productId?: number; ofPayment?: boolean },
  reason: Reason,
): void {
  if (what.amountCents <= 0) return
  order.changes.giveBacks.push({ currency: order.currency, ...what, why: reason.why ?? '' })
  record(order, { event: 'give_back_due', unitId: what.unitId, ...reason })
}

/** What is left of the price of one unit of a paid order must go back. One that was delivered on trust and never paid owes nothing. */
export function giveBackUnit(order: LockedOrder, unit: OrderUnit, reason: Reason): void {
  if (order.paidAt !== null) giveBack(order, { amountCents: unit.entry.unitCents, unitId: unit.id }, reason)
}

/**
 * An operator says that the money has gone back, and how; what came from credits goes back there with it. False when it
 * was settled before.
 */
export async function settleGiveBack(
  shop: Shop,
  id: number,
  done: { who: string; note: string },
): Promise<boolean> {
  const due = await shop.db
    .selectFrom('give_backs')
    .select('order_id')
    .where('id', '=', id)
    .executeTakeFirst()
  if (!due) return false
  const changed = await changeOrder(shop, { id: due.order_id }, [], async (order, trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('give_backs')
      .set({ done_at: sql`now()`, done_by: done.who, done_note: done.note })
      .where('id', '=', id)
      .where('done_at', 'is', null)
      .executeTakeFirst()
    if (numUpdatedRows !== 1n) return false
    await putCreditsBack(trx, id, done.who)
    record(order, { event: 'give_back_done', who: done.who, why: done.note })
    return true
  })
  return changed?.result ?? false
}
