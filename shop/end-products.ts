import { sql } from 'kysely'
import { MoodleError } from '../sdk/index.ts'
import { askTurns } from './ask-turns.ts'
import { lockProducts } from './lock-products.ts'
import { accessOf } from './product-access.ts'
import type { Shop } from './shop.ts'

type Ending = Pick<Shop, 'db' | 'site' | 'registry' | 'queue'>

/** Of one transaction, and of one look at what is due. */
const batch = 500

/** Batches of one run: the rest waits for the next minute. */
const batches = 8

/**
 * Ends the products whose end has come. It leaves it to `tellDue` to tell Moodle, and to productions to do what their
 * handlers do then. Suspended ones stay so: they end once they are resumed. Returns how many it ended.
 */
export async function endProducts(shop: Ending): Promise<number> {
  let ended = 0
  for (let i = 0; i < batches; i++) {
    const count = await endSome(shop)
    ended += count
    if (count < batch) break
  }
  return ended
}

async function endSome(shop: Ending): Promise<number> {
  const { db, site } = shop
  return await db.transaction().execute(async (trx) => {
    const { rows: due } = await sql<{ id: number }>`
      select id from products where state = 'active' and ends_at <= now()
       order by ends_at, id limit ${batch}`.execute(trx)
    const ids = due.map(({ id }) => id)
    if (ids.length === 0) return 0
    await lockProducts(shop, trx, ids)
    // What was extended, or taken back, while this waited is not due any more.
    const { rows: ended } = await sql<{ id: number }>`
      with ended as (
        update products set state = 'ended'
         where id = any(${ids}::bigint[]) and state = 'active' and ends_at <= now() returning id
      ), told as (
        insert into product_history (product_id, who, event) select id, 'shop', 'ended' from ended
      )
      select id from ended`.execute(trx)
    const over = ended.map(({ id }) => id)
    if (over.length > 0) {
      await site.touchAccess(trx, await accessOf(trx, over), { due: true })
      await askTurns(shop, trx, over, 'ended')
    }
    return over.length
  })
}

/**
 * Tells Moodle what time has changed: products that ended, memberships that begin or end. While the site is away all of
 * it stays due. Returns how much was told.
 */
export async function tellDue(shop: Pick<Shop, 'site' | 'log'>): Promise<number> {
  let told = 0
  try {
    for (let i = 0; i < batches; i++) {
      const done = await shop.site.applyDue(batch)
      told += done.told
      if (done.failed > 0) shop.log.warn(done, 'Moodle refuses what is due: it is tried again in an hour')
      if (done.told + done.failed < batch) break
    }
  } catch (error) {
    if (!(error instanceof MoodleError)) throw error
    shop.log.warn({ cause: error.message }, 'what is due waits for Moodle')
  }
  return told
}
