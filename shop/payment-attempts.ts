import type { Kysely } from 'kysely'
import type { Database } from '../db/schema.ts'

/** How many payments of an order its means has told to have failed. */
export async function countFailedPayments(db: Kysely<Database>, orderId: number): Promise<number> {
  const { count } = await db
    .selectFrom('history')
    .select((select) => select.fn.countAll<number>().as('count'))
    .where('order_id', '=', orderId)
    .where('event', '=', 'payment_failed')
    .executeTakeFirstOrThrow()
  return count
}
