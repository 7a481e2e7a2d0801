import { sql } from 'kysely'
import { askTurns } from '../shop/ask-turns.ts'
import { endProducts, tellDue } from '../shop/end-products.ts'
import { accessOf } from '../shop/product-access.ts'
import type { Process } from './process.ts'

// The time of a product is moved a century back and forth: its dates are afterwards as they were.
const century = sql`interval '100 years'`
/** For the time being, the end of a product that has none. */
const someEnd = sql`timestamptz '1900-01-01'`

/** Has the end of all products come. Safe to repeat. */
export async function passEnd({ shop }: Process): Promise<void> {
  await sql`
    update products set starts_at = starts_at - ${century}, ends_at = coalesce(ends_at - ${century}, ${someEnd})
     where state = 'active' and (ends_at is null or ends_at > now())`.execute(shop.db)
  await endProducts(shop)
  await tellDue(shop)
}

/** Moves the end of all that has ended to where it was: it is active again. Safe to repeat. */
export async function takeEndBack({ shop }: Process): Promise<void> {
  await shop.db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: number }>`
      update products
         set state = 'active', starts_at = starts_at + ${century}, ends_at = nullif(ends_at, ${someEnd}) + ${century}
       where state = 'ended' returning id`.execute(trx)
    const ids = rows.map(({ id }) => id)
    await shop.site.touchAccess(trx, await accessOf(trx, ids), { due: true })
    await askTurns(shop, trx, ids, 'revived')
  })
  await tellDue(shop)
}
