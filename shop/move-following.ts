import { type RawBuilder, sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import { accessOf } from './product-access.ts'
import type { Shop } from './shop.ts'

// Products that were bought to follow one another begin where the one before ends (`extends`). So when one of them
// moves its end, those that follow move with it, that no day of theirs is lost. They have some access in common, and each
// may give more: whoever moves them locks it all first, and housekeeping tells it to Moodle.

/** What follows products that were just revoked moves up by the time they had left: it is still paid for. */
export async function moveUp(
  shop: Pick<Shop, 'site'>,
  trx: Transaction<Database>,
  revoked: number[],
): Promise<void> {
  await moveFollowing(
    shop,
    trx,
    revoked,
    sql`extract(epoch from greatest(starts_at, now())) - extract(epoch from ends_at)`,
  )
}

/** What follows a product whose end is about to move by so many seconds moves as far: to be called before it does. */
export async function putOff(
  shop: Pick<Shop, 'site'>,
  trx: Transaction<Database>,
  product: number,
  seconds: number,
): Promise<void> {
  await moveFollowing(shop, trx, [product], sql`${seconds}::float8`)
}

/** These products, and those that move when they do. */
export async function withFollowing(trx: Transaction<Database>, products: number[]): Promise<number[]> {
  const { rows } = await sql<{ id: number }>`
    with recursive ${following(products, sql`0`)} select distinct id from following`.execute(trx)
  return [...new Set([...products, ...rows.map(({ id }) => id)])]
}

/** What follows `products`, in a recursive query: `seconds` is reckoned of each of them and goes down its line. */
const following = (products: number[], seconds: RawBuilder<unknown>) => sql`
    following (id, ends_at, seconds) as (
      select id, ends_at, (${seconds})::float8 from products where id = any(${products}::bigint[]) and ends_at > now()
      union
      select next.id, next.ends_at, following.seconds
        from following join lateral (
          select p.id, p.ends_at from products p
           where p.starts_at = following.ends_at and p.state in ('active', 'suspended')
             and p.id in (
               select b.product_id from entitlements a join entitlements b using (site, course_id, user_id)
                where a.product_id = following.id and a.withdrawn_at is null and b.withdrawn_at is null
               union all
               select b.product_id
                 from membership_entitlements a join membership_entitlements b using (site, target, user_id)
                where a.product_id = following.id and a.withdrawn_at is null and b.withdrawn_at is null)
        ) next on true
    )`

async function moveFollowing(
  { site }: Pick<Shop, 'site'>,
  trx: Transaction<Database>,
  products: number[],
  seconds: RawBuilder<unknown>,
): Promise<void> {
  const { rows: moved } = await sql<{ id: number }>`
    with recursive ${following(products, seconds)}, moved as (
      update products p
         set starts_at = p.starts_at + make_interval(secs => following.seconds),
             ends_at = p.ends_at + make_interval(secs => following.seconds)
        from following where p.id = following.id and p.id <> all(${products}::bigint[])
      returning p.id, p.starts_at, p.ends_at
    )
    insert into product_history (product_id, who, event, data)
    select moved.id, 'shop', 'moved',
           jsonb_build_object('change', jsonb_build_object('startsAt', moved.starts_at, 'endsAt', moved.ends_at),
                              'was', jsonb_build_object('startsAt', p.starts_at, 'endsAt', p.ends_at))
      from moved join products p on p.id = moved.id
    returning product_id as id`.execute(trx)
  if (moved.length === 0) return
  const ids = moved.map(({ id }) => id)
  await site.touchAccess(trx, await accessOf(trx, ids), { due: true })
}
