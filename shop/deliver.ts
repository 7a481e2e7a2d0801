import { sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { Production } from '../production/production.ts'
import { Superseded } from '../production/step.ts'
import type { Delivery, ProductDraft } from '../sdk/index.ts'
import { newProductReference } from './reference.ts'
import type { EnrolmentTarget, Shop } from './shop.ts'

/**
 * Keeps what a delivery promised: writes its products once, then makes Moodle agree. Both parts find what an earlier
 * run did: what a unit was given before is not given again, whatever the script says now. A retry tells Moodle the
 * enrolments again: its forerunner may have told them an older state at its last moment. Throws `Superseded` when
 * another worker has the production.
 */
export async function deliver(shop: Shop, production: Production, delivery: Delivery): Promise<void> {
  if (delivery.products.length === 0) return
  const targets = await shop.db.transaction().execute(async (trx) => {
    if (production.attempt > 1) {
      const before = await targetsOfUnit(trx, shop.site.site, production.unitId)
      if (before) return before
    }
    const wanted = targetsOf(delivery.products)
    // This locks the enrolments: of two products that extend the same access, the second sees the first.
    await shop.site.touchEnrolments(trx, wanted)
    await write(shop, trx, production, delivery.products)
    return wanted
  })
  await shop.site.applyEnrolments(targets, { again: production.attempt > 1 })
}

/** The enrolments of what a unit was given before; undefined when it was given nothing. */
async function targetsOfUnit(
  trx: Transaction<Database>,
  site: string,
  unitId: number,
): Promise<EnrolmentTarget[] | undefined> {
  const rows = await trx
    .selectFrom('products')
    .leftJoin('entitlements', (join) =>
      join.onRef('entitlements.product_id', '=', 'products.id').on('entitlements.site', '=', site),
    )
    .select(['course_id as course', 'user_id as user'])
    .distinct()
    .where('products.unit_id', '=', unitId)
    .execute()
  if (rows.length === 0) return undefined
  return rows.flatMap(({ course, user }) => (course !== null && user !== null ? [{ course, user }] : []))
}

/**
 * Writes products with what they entitle to, in one statement, under the attempt's fence. A product that extends what
 * its holder has begins where that ends: its whole period is moved there.
 */
async function write(
  shop: Shop,
  trx: Transaction<Database>,
  production: Production,
  products: ProductDraft[],
) {
  const drafts = products.map((product) => ({
    ...product,
    reference: newProductReference(),
    extends: product.extends === true && product.endsAt !== undefined,
    course: product.entitlements?.[0]?.course,
    user: product.entitlements?.[0]?.user,
  }))
  const entitlements = products.flatMap(({ key, entitlements = [] }) =>
    entitlements.map((one) => ({ key, ...one })),
  )
  const { rows } = await sql<{ id: number }>`
    with fence as (
      select order_id, unit_id, handler from productions
       where id = ${production.id} and attempt = ${production.attempt} and state = 'running'
    ), made as (
      insert into products (reference, order_id, unit_id, key, handler, title, link, holder, starts_at, ends_at, data)
      select d.reference, fence.order_id, fence.unit_id, d.key, fence.handler, d.title, d.link, d.holder,
             d."startsAt" + moved.by, d."endsAt" + moved.by, coalesce(d.data, '{}')
        from fence,
             jsonb_to_recordset(${JSON.stringify(drafts)}::jsonb)
               as d (reference text, key text, title jsonb, link text, holder jsonb, "startsAt" timestamptz,
                     "endsAt" timestamptz, data jsonb, extends boolean, course integer, "user" integer),
             lateral (
               select greatest(max(p.ends_at) - d."startsAt", interval '0') as by
                 from entitlements e join products p on p.id = e.product_id
                where d.extends and e.site = ${shop.site.site} and e.course_id = d.course and e.user_id = d."user"
                  and p.state = 'active'
             ) as latest,
             lateral (select coalesce(latest.by, interval '0') as by) as moved
      returning id, key
    ), entitled as (
      insert into entitlements (product_id, site, course_id, user_id, role_id, group_id)
      select made.id, ${shop.site.site}, e.course, e."user", e.role, e."group"
        from made
        join jsonb_to_recordset(${JSON.stringify(entitlements)}::jsonb)
               as e (key text, course integer, "user" integer, role integer, "group" integer) on e.key = made.key
    ), told as (
      insert into product_history (product_id, who, event) select id, 'shop', 'delivered' from made
    )
    select id from made`.execute(trx)
  if (rows.length !== products.length)
    throw new Superseded(`production ${production.id} was taken over at its delivery`)
}

function targetsOf(products: ProductDraft[]): EnrolmentTarget[] {
  const all = products.flatMap((product) => product.entitlements ?? [])
  const unique = new Map(all.map(({ course, user }) => [`${course}:${user}`, { course, user }]))
  return [...unique.values()]
}

/** Takes back all that a unit's delivery gave: its products are revoked, and Moodle is told what remains. */
export async function withdraw(shop: Shop, production: Production): Promise<void> {
  const targets = await shop.db.transaction().execute(async (trx) => {
    const revoked = await trx
      .updateTable('products')
      .set({ state: 'revoked' })
      .where('unit_id', '=', production.unitId)
      .where('state', '!=', 'revoked')
      .returning('id')
      .execute()
    if (revoked.length > 0) {
      await trx
        .insertInto('product_history')
        .values(
          revoked.map(({ id }) => ({ product_id: id, who: 'shop', event: 'revoked', data: '{}', why: null })),
        )
        .execute()
    }
    const touched = await trx
      .selectFrom('entitlements')
      .innerJoin('products', 'products.id', 'entitlements.product_id')
      .select(['entitlements.course_id as course', 'entitlements.user_id as user'])
      .distinct()
      .where('products.unit_id', '=', production.unitId)
      .where('entitlements.site', '=', shop.site.site)
      .execute()
    if (revoked.length > 0) await shop.site.touchEnrolments(trx, touched)
    return touched
  })
  await shop.site.applyEnrolments(targets, { again: production.attempt > 1 })
}
