import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import { moveCredits } from './credits.ts'
import type { Who } from './order.ts'

/**
 * Puts money that must go back on the credits that it came from, in the transaction that settles it, which has locked
 * the order. False when it came from elsewhere, or its owner was erased: then it goes back in another way.
 */
export async function putCreditsBack(
  trx: Transaction<Database>,
  giveBackId: number,
  who: Who,
): Promise<boolean> {
  const { rows } = await sql<{ accountId: number; orderId: number; amountCents: number }>`
    ${backTo} where g.id = ${giveBackId}`.execute(trx)
  const [due] = rows
  if (!due) return false
  return await moveCredits(trx, due.accountId, {
    kind: 'given_back',
    cause: `given_back:${giveBackId}`,
    amountCents: due.amountCents,
    who,
    orderId: due.orderId,
  })
}

/** Of these, what goes back on the credits that it came from. */
export async function giveBacksToCredits(db: Kysely<Database>, ids: number[]): Promise<Set<number>> {
  const { rows } = await sql<{ id: number }>`${backTo} where g.id = any(${ids}::bigint[])`.execute(db)
  return new Set(rows.map(({ id }) => id))
}

// An order that credits paid had no other money: `spendCredits` takes none that has. Another payment of it was set aside
// and is named by its own give-back. Never more goes back than was taken.
const backTo = sql`
  select g.id, m.account_id as "accountId", g.order_id as "orderId", g.amount_cents as "amountCents"
    from give_backs g
    join credit_movements m on m.order_id = g.order_id and m.kind = 'spent'
    join credit_accounts a on a.id = m.account_id and a.email is not null
     and g.payment_id is null
     and g.amount_cents <= -m.amount_cents - (select coalesce(sum(b.amount_cents), 0) from credit_movements b
                                              where b.order_id = g.order_id and b.kind = 'given_back')`
