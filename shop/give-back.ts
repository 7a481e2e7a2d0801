import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import { type LockedOrder, lockOrder, type Reason, record } from './order.ts'

/** Money that must go back to the customer: it stays on the office's home page until an operator says it has. */
export async function giveBack(
  trx: Transaction<Database>,
  order: Pick<LockedOrder, 'id' | 'currency'>,
  what: { amountCents: number; currency?: string; unitId?: number; paymentId?: number },
  reason: Reason,
): Promise<void> {
  if (what.amountCents <= 0) return
  await trx
    .insertInto('give_backs')
    .values({
      order_id: order.id,
      unit_id: what.unitId ?? null,
      payment_id: what.paymentId ?? null,
      amount_cents: what.amountCents,
      currency: what.currency ?? order.currency,
      why: reason.why ?? '',
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
  await record(trx, order.id, { event: 'give_back_due', unitId: what.unitId, ...reason })
}

/** The price of one unit of a paid order must go back. A unit that was delivered on trust and never paid owes nothing. */
export async function giveBackUnit(
  trx: Transaction<Database>,
  order: LockedOrder,
  unitId: number,
  reason: Reason,
) {
  if (order.paidAt === null) return
  const unit = await trx
    .selectFrom('units')
    .innerJoin('order_lines', 'order_lines.id', 'units.line_id')
    .select('order_lines.unit_cents as amountCents')
    .where('units.id', '=', unitId)
    .executeTakeFirstOrThrow()
  await giveBack(trx, order, { amountCents: unit.amountCents, unitId }, reason)
}

/** An operator says that the money has gone back, and how. False when it was settled before. */
export async function settleGiveBack(
  db: Kysely<Database>,
  id: number,
  done: { who: string; note: string },
): Promise<boolean> {
  return await db.transaction().execute(async (trx) => {
    const due = await trx.selectFrom('give_backs').select('order_id').where('id', '=', id).executeTakeFirst()
    if (!due) return false
    await lockOrder(trx, { id: due.order_id })
    const { numUpdatedRows } = await trx
      .updateTable('give_backs')
      .set({ done_at: sql`now()`, done_by: done.who, done_note: done.note })
      .where('id', '=', id)
      .where('done_at', 'is', null)
      .executeTakeFirst()
    if (numUpdatedRows !== 1n) return false
    await record(trx, due.order_id, { event: 'give_back_done', who: done.who, why: done.note })
    return true
  })
}
