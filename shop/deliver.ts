import { sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { Production } from '../production/production.ts'
import { Superseded } from '../production/step.ts'
import type { Delivery, ProductDraft } from '../sdk/index.ts'
import { bringCredits, takeCreditsBack } from './credits.ts'
import { draftEntitlement, type EntitlementDraft, targetsOfDrafts } from './entitlement-draft.ts'
import { lockProducts } from './lock-products.ts'
import { moveUp } from './move-following.ts'
import type { Who } from './order.ts'
import { accessOf, tellingOf } from './product-access.ts'
import { newProductReference } from './reference.ts'
import type { AccessTarget, Shop } from './shop.ts'

/**
 * Keeps what a delivery promised: writes its products once, then makes Moodle agree. Both parts find what an earlier
 * run did: what a unit was given before is not given again, whatever the script says now. A retry tells Moodle the
 * enrolments again: its forerunner may have told them an older state at its last moment. Throws `Superseded` when
 * another worker has the production.
 */
export async function deliver(shop: Shop, production: Production, delivery: Delivery): Promise<void> {
  if (delivery.products.length === 0) return
  const drafts = delivery.products.map((product) => ({
    ...product,
    entitlements: (product.entitlements ?? []).map(draftEntitlement),
  }))
  const targets = await shop.db.transaction().execute(async (trx) => {
    if (production.attempt > 1) {
      const before = await givenBefore(trx, production.unitId)
      if (before) return before
    }
    const wanted = targetsOfDrafts(drafts.flatMap(({ entitlements }) => entitlements))
    // This locks them: of two products that extend the same access, the second sees the first.
    await shop.site.touchAccess(trx, wanted)
    await write(shop, trx, production, drafts, delivery.frees ?? [])
    return wanted
  })
  await shop.site.applyAccess(targets, tellingOf(production))
}

/** What a unit was given access to before; undefined when it was given nothing. */
async function givenBefore(trx: Transaction<Database>, unitId: number): Promise<AccessTarget[] | undefined> {
  const products = await trx.selectFrom('products').select('id').where('unit_id', '=', unitId).execute()
  if (products.length === 0) return undefined
  return await accessOf(
    trx,
    products.map(({ id }) => id),
  )
}

type Draft = Omit<ProductDraft, 'entitlements'> & { entitlements: EntitlementDraft[] }

/**
 * Writes products with what they entitle to, and gives up `frees`, in one statement, under the attempt's fence. A product that extends what
 * its holder has begins where that ends: its whole period is moved there.
 */
async function write(
  shop: Shop,
  trx: Transaction<Database>,
  production: Production,
  products: Draft[],
  frees: string[],
) {
  const { site } = shop.site
  const drafts = products.map(({ entitlements: [first], ...product }) => ({
    ...product,
    reference: newProductReference(),
    holderUser: first?.user,
    // What is extended is what the first entitlement gives.
    first: product.extends === true && product.endsAt !== undefined ? first : undefined,
  }))
  const entitlements = products.flatMap(({ key, entitlements }) =>
    entitlements.map((one) => ({ key, ...one })),
  )
  const { rows } = await sql<{ id: number; key: string }>`
    with fence as (
      select order_id, unit_id, handler from productions
       where id = ${production.id} and attempt = ${production.attempt} and state = 'running'
    ), made as (
      insert into products (reference, order_id, unit_id, key, handler, title, link, holder, holder_user, starts_at,
                            ends_at, data)
      select d.reference, fence.order_id, fence.unit_id, d.key, fence.handler, d.title, d.link, d.holder,
             d."holderUser", had.until,
             -- In seconds: a day of an interval is not always 24 hours long.
             had.until + make_interval(secs => extract(epoch from d."endsAt") - extract(epoch from d."startsAt")),
             coalesce(d.data, '{}')
        from fence,
             jsonb_to_recordset(${JSON.stringify(drafts)}::jsonb)
               as d (reference text, key text, title jsonb, link text, holder jsonb, "holderUser" integer,
                     "startsAt" timestamptz, "endsAt" timestamptz, data jsonb, first jsonb),
             jsonb_to_record(coalesce(d.first, '{}'))
               as f (course integer, "user" integer, role integer, "group" integer, enrols boolean, membership text),
             lateral (
               select greatest(max(p.ends_at), d."startsAt") as until
                 from (select e.product_id from entitlements e
                        where e.site = ${site} and e.course_id = f.course and e.user_id = f."user"
                          and e.enrols = f.enrols and e.withdrawn_at is null
                          and (f.enrols or (e.role_id, e.group_id) is not distinct from (f.role, f."group"))
                       union all
                       select m.product_id from membership_entitlements m
                        where m.site = ${site} and m.target = f.membership and m.user_id = f."user"
                          and m.withdrawn_at is null) given,
                      -- "offset 0": one by one, by their index. A plan made while the table was small reads it all.
                      lateral (select ends_at from products
                                where id = given.product_id and state = 'active' offset 0) p
             ) as had
      returning id, key
    ), given as (
      select distinct made.id, e.course, e."user", e.role, e."group", e.enrols, e.membership, e.stays
        from made
        join jsonb_to_recordset(${JSON.stringify(entitlements)}::jsonb)
               as e (key text, course integer, "user" integer, role integer, "group" integer, enrols boolean,
                     membership text, stays boolean) on e.key = made.key
    ), in_courses as (
      insert into entitlements (product_id, site, course_id, user_id, role_id, group_id, enrols, stays)
      select id, ${site}, course, "user", role, "group", enrols, stays from given where course is not null
    ), beside_courses as (
      insert into membership_entitlements (product_id, site, target, user_id, stays)
      select id, ${site}, membership, "user", stays from given where membership is not null
    ), freed as (
      delete from reservations using fence
       where reservations.unit_id = fence.unit_id and name = any(${frees}::text[])
    ), told as (
      insert into product_history (product_id, who, event) select id, 'shop', 'delivered' from made
    )
    select id, key from made`.execute(trx)
  if (rows.length !== products.length)
    throw new Superseded(`production ${production.id} was taken over at its delivery`)
  const credits = new Map(products.map(({ key, credits }) => [key, credits?.cents ?? 0]))
  const brought = rows.map(({ id, key }) => ({ productId: id, cents: credits.get(key) ?? 0 }))
  await bringCredits(
    trx,
    production.orderId,
    brought.filter(({ cents }) => cents > 0),
  )
}

/** Takes back all that a unit's delivery gave: its products are revoked, and Moodle is told what remains. */
export async function withdraw(shop: Shop, production: Production): Promise<void> {
  const targets = await shop.db
    .transaction()
    .execute(async (trx) => await revokeProducts(shop, trx, production.unitId))
  await shop.site.applyAccess(targets, tellingOf(production))
}

/**
 * Revokes what a unit was given, or `only` one product of it, and returns what that gave access to, for Moodle to be
 * told. `due`: housekeeping tells it, not the caller.
 */
export async function revokeProducts(
  shop: Pick<Shop, 'site'>,
  trx: Transaction<Database>,
  unitId: number,
  options: { who?: Who; why?: string; due?: boolean; only?: number } = {},
): Promise<AccessTarget[]> {
  const { who = 'shop', why = null, due = false, only } = options
  const meant = sql<boolean>`unit_id = ${unitId} and (${only ?? null}::bigint is null or id = ${only ?? null})`
  const products = await trx.selectFrom('products').select('id').where(meant).execute()
  const ids = products.map(({ id }) => id)
  await lockProducts(shop, trx, ids)
  const revoked = await trx
    .updateTable('products')
    .set({ state: 'revoked' })
    .where(meant)
    .where('state', '!=', 'revoked')
    .returning('id')
    .execute()
  if (revoked.length > 0) {
    await trx
      .insertInto('product_history')
      .values(revoked.map(({ id }) => ({ product_id: id, who, event: 'revoked', data: '{}', why })))
      .execute()
  }
  const touched = await accessOf(trx, ids)
  if (revoked.length > 0) {
    await moveUp(
      shop,
      trx,
      revoked.map(({ id }) => id),
    )
    await shop.site.touchAccess(trx, touched, { due })
    await takeCreditsBack(
      trx,
      revoked.map(({ id }) => id),
      who,
    )
  }
  return touched
}
