import { sql, type Transaction } from 'kysely'
import type { Database, ProductState } from '../db/schema.ts'
import type { Production } from '../production/production.ts'
import type { ProductChange } from '../sdk/index.ts'
import { accessOf } from './product-access.ts'
import type { Shop } from './shop.ts'

/**
 * What the history of a product keeps of a change. No name and no address: nothing can be erased there. `holder`: Moodle
 * user ids.
 */
export type RecordedChange = {
  state?: ProductState
  startsAt?: Date | string
  endsAt?: Date | string | null
  holder?: number | null
}

/** Writes the change that an action asked for, once, then makes Moodle agree. */
export async function changeProduct(
  shop: Shop,
  production: Production,
  change: ProductChange,
): Promise<void> {
  const asked = production.input.action
  if (!asked) throw new Error(`production ${production.id} is no action`)
  const { id } = asked.product
  const targets = await shop.db.transaction().execute(async (trx) => {
    // A change that is made twice at once waits here for the first, then finds it.
    const product = await trx
      .selectFrom('products')
      .selectAll()
      .where('id', '=', id)
      .forUpdate()
      .executeTakeFirstOrThrow()
    const made = await trx
      .selectFrom('product_history')
      .select('id')
      .where('product_id', '=', id)
      .where(sql<string>`data->>'production'`, '=', String(production.id))
      .executeTakeFirst()
    if (made) return await accessOf(trx, [id])
    const was: RecordedChange = {
      state: product.state,
      startsAt: product.starts_at,
      endsAt: product.ends_at,
      holder: product.holder_user,
    }
    // Revoked is for good: what was asked before that comes too late.
    const late = product.state === 'revoked'
    const now = late ? {} : changed(was, change)
    if (!late) {
      await trx
        .updateTable('products')
        .set({
          state: now.state ?? product.state,
          starts_at: now.startsAt ?? product.starts_at,
          ends_at: now.endsAt === undefined ? product.ends_at : now.endsAt,
          ...(change.holder && {
            holder: JSON.stringify(change.holder.person),
            holder_user: change.holder.user,
          }),
        })
        .where('id', '=', id)
        .execute()
      if (change.holder) await handOver(trx, id, { from: product.holder_user, to: change.holder.user })
    }
    await trx
      .insertInto('product_history')
      .values({
        product_id: id,
        who: asked.who,
        event: asked.name,
        data: JSON.stringify({ production: production.id, change: now, was }),
        why: late ? 'it was revoked meanwhile: nothing was changed' : null,
      })
      .execute()
    const touched = await accessOf(trx, [id])
    if (!late) await shop.site.touchAccess(trx, touched)
    return touched
  })
  await shop.site.applyAccess(targets, { again: production.attempt > 1 })
}

/** What of a product becomes other than it was. One that had ended and ends later, or never, is active again. */
function changed(was: RecordedChange, { state, startsAt, endsAt, holder }: ProductChange): RecordedChange {
  const revived =
    was.state === 'ended' && endsAt !== undefined && (endsAt === null || endsAt.getTime() > Date.now())
  return {
    ...(state !== undefined && { state }),
    ...(state === undefined && revived && { state: 'active' }),
    ...(startsAt !== undefined && { startsAt }),
    ...(endsAt !== undefined && { endsAt }),
    ...(holder !== undefined && { holder: holder.user }),
  }
}

/**
 * Gives another person what a product entitles its holder to. What the former one had stays as a withdrawn row: it is
 * what tells that it must be taken away. `from` null: whoever has it.
 */
async function handOver(
  trx: Transaction<Database>,
  productId: number,
  { from, to }: { from: number | null; to: number },
): Promise<void> {
  const moving = sql`product_id = ${productId} and not stays and withdrawn_at is null and user_id <> ${to}
                     and (${from}::integer is null or user_id = ${from})`
  await sql`
    with moved as (
      update entitlements set withdrawn_at = now() where ${moving}
      returning product_id, site, course_id, role_id, group_id, enrols
    )
    insert into entitlements (product_id, site, course_id, user_id, role_id, group_id, enrols)
    select distinct product_id, site, course_id, ${to}::integer, role_id, group_id, enrols from moved
    on conflict (product_id, site, course_id, user_id, enrols, coalesce(role_id, 0), coalesce(group_id, 0))
      do update set withdrawn_at = null`.execute(trx)
  await sql`
    with moved as (
      update membership_entitlements set withdrawn_at = now() where ${moving}
      returning product_id, site, target
    )
    insert into membership_entitlements (product_id, site, target, user_id)
    select distinct product_id, site, target, ${to}::integer from moved
    on conflict (product_id, site, target, user_id) do update set withdrawn_at = null`.execute(trx)
}
