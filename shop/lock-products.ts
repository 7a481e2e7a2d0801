import { type Selectable, sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import { withFollowing } from './move-following.ts'
import { accessOf } from './product-access.ts'
import type { AccessTarget, Shop } from './shop.ts'

/**
 * Locks products, and before them what they and those that follow them give access to, with what `more` adds: the order
 * that everyone keeps. While this waits for a product it may be given to somebody else; then it lets go of all, and begins
 * anew. Returns the products as they are now, by id.
 */
export async function lockProducts(
  shop: Pick<Shop, 'site'>,
  trx: Transaction<Database>,
  ids: number[],
  more: (gives: AccessTarget[]) => AccessTarget[] = () => [],
): Promise<Selectable<Database['products']>[]> {
  const givenBy = async () => await accessOf(trx, await withFollowing(trx, ids))
  for (let given = await givenBy(); ; ) {
    await sql`savepoint products`.execute(trx)
    await shop.site.lockAccess(trx, [...given, ...more(given)])
    const which = sql<boolean>`id = any(${ids}::bigint[])`
    const products = await trx
      .selectFrom('products')
      .selectAll()
      .where(which)
      .orderBy('id')
      .forUpdate()
      .execute()
    const now = await givenBy()
    const locked = new Set(given.map(keyOf))
    if (now.every((target) => locked.has(keyOf(target)))) {
      await sql`release savepoint products`.execute(trx)
      return products
    }
    await sql`rollback to savepoint products`.execute(trx)
    given = now
  }
}

const keyOf = (target: AccessTarget) =>
  'course' in target ? `${target.course} ${target.user}` : `${target.membership} ${target.user}`
