import { type Kysely, sql, type Transaction } from 'kysely'
import { containing } from '../db/containing.ts'
import type { Database } from '../db/schema.ts'
import { forgetCredits } from './credits.ts'
import { forgetSignIns } from './customer-session.ts'
import {
  type Erasure,
  eraseAccounts,
  eraseCarts,
  eraseHistories,
  eraseMails,
  eraseMoney,
  eraseOrders,
  eraseProductions,
  eraseProducts,
  eraseReservations,
  eraseUnits,
} from './erase-rows.ts'
import { type Forgotten, forget, namesBeside } from './forget.ts'

/** `open`: numbers of orders that still need them; `credits`: what they still have. The others are counts. */
export type Erased = {
  orders: number
  units: number
  products: number
  mails: number
  open: string[]
  credits: { cents: number; currency: string }[]
}

/**
 * Erases a person from the shop, as buyer and as learner, by e-mail whatever its case (GDPR, article 17). What the law
 * makes a shop keep stays: orders, amounts, dates, payments. Orders that are still under way keep what they need, and
 * so do those of which a script is still to run; their numbers come back in `open`, to be erased once that is over.
 * Products stay, without their holder: they can still be changed and taken back. Credits are theirs until they are spent
 * or, when that is asked for, forfeited. Moodle's own account is Moodle's to delete.
 */
export async function erasePerson(
  db: Kysely<Database>,
  address: string,
  { forfeitCredits = false }: { forfeitCredits?: boolean } = {},
): Promise<Erased> {
  const email = address.trim().toLowerCase()
  return await db.transaction().execute(async (trx) => {
    const { own, others, open } = await lockOrders(trx, email)
    const orders = [...own, ...others]
    const names = await namesOf(trx, email, orders)
    const erasure: Erasure = { trx, email, own, orders, ...forget({ email, names }) }
    await eraseOrders(erasure)
    await eraseAccounts(erasure)
    const products = await eraseProducts(erasure)
    const units = await eraseUnits(erasure)
    await eraseReservations(erasure)
    await eraseProductions(erasure)
    await eraseMoney(erasure)
    await eraseHistories(erasure)
    await forgetSignIns(trx, email)
    const mails = await eraseMails(erasure)
    await eraseCarts(erasure)
    const credits = await forgetCredits(trx, email, { forfeit: forfeitCredits })
    return { orders: own.length, units, products, mails, open, credits }
  })
}

/**
 * Locks all orders that have to do with a person. Ids of those that are over: `own`, the person's, and `others`, that
 * name them. `open`: numbers of the rest.
 */
async function lockOrders(
  trx: Transaction<Database>,
  email: string,
): Promise<{ own: number[]; others: number[]; open: string[] }> {
  const named = containing(JSON.stringify(email))
  const written = containing(email)
  // All that was ever written is read, which may take long in a large shop.
  await sql`set local statement_timeout = 0`.execute(trx)
  const { rows } = await sql<{ id: number; number: string; own: boolean; closed: boolean }>`
    select o.id, o.number, o.customer_email = ${email} as own,
           o.state in ('completed', 'refused', 'cancelled', 'expired', 'refunded') as closed
      from orders o
     where o.customer_email = ${email}
        or o.id in (select order_id from units where external::text ilike ${named} or fields::text ilike ${named}
                    union
                    select order_id from products where lower(holder->>'email') = ${email}
                    union
                    -- Who had a product for a while, by an after-sale action, is named by no unit.
                    select order_id from productions where input::text ilike ${named}
                    union
                    -- And whoever is only spoken of, by nothing but that.
                    select order_id from history where why ilike ${written}
                    union
                    select p.order_id from product_history h join products p on p.id = h.product_id
                     where h.why ilike ${written}
                    union
                    select order_id from payments where note ilike ${written} or reference ilike ${written}
                    union
                    select order_id from give_backs where why ilike ${written} or done_note ilike ${written}
                    union
                    select order_id from mails
                     where lower(recipient) = ${email} or body ilike ${written} or data::text ilike ${written})
        or o.number in (select order_number from notifications where body::text ilike ${written})
     order by o.id for update of o`.execute(trx)
  const { rows: live } = await sql<{ id: number }>`
    select distinct order_id as id from productions
     where order_id = any(${rows.map(({ id }) => id)}::bigint[])
       and state in ('queued', 'running', 'retrying', 'needs_operator')`.execute(trx)
  const busy = new Set(live.map(({ id }) => id))
  const over = rows.filter(({ id, closed }) => closed && !busy.has(id))
  return {
    own: over.filter(({ own }) => own).map(({ id }) => id),
    others: over.filter(({ own }) => !own).map(({ id }) => id),
    open: rows.filter((order) => !over.includes(order)).map(({ number }) => number),
  }
}

/** The names that a person bore in these orders. */
async function namesOf(
  trx: Transaction<Database>,
  email: string,
  orders: number[],
): Promise<Forgotten['names']> {
  const { rows } = await sql<{ value: unknown }>`
    select customer as value from orders where id = any(${orders}::bigint[])
    union all
    select external from units where order_id = any(${orders}::bigint[])
    union all
    select holder from products where order_id = any(${orders}::bigint[])
    union all
    select input->'action' from productions where order_id = any(${orders}::bigint[]) and script = 'action'`.execute(
    trx,
  )
  const names = rows.flatMap(({ value }) => namesBeside(email, value))
  return [...new Map(names.map((name) => [`${name.firstname} ${name.lastname}`, name])).values()]
}
