import type { Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { Production } from '../production/production.ts'
import type { Delivery, ProductDraft } from '../sdk/index.ts'
import { newProductReference } from './reference.ts'
import type { EnrolmentTarget, Shop } from './shop.ts'

/**
 * Keeps what a delivery promised: writes its products once, then makes Moodle agree. Both parts find what an earlier
 * run did: a product is unique within its unit, and an enrolment that Moodle was told is not told again.
 */
export async function deliver(shop: Shop, production: Production, delivery: Delivery): Promise<void> {
  if (delivery.products.length === 0) return
  const targets = targetsOf(delivery.products)
  await shop.db.transaction().execute(async (trx) => {
    const before = await trx
      .selectFrom('products')
      .select('key')
      .where('unit_id', '=', production.unitId)
      .execute()
    const missing = delivery.products.filter((product) => !before.some(({ key }) => key === product.key))
    if (missing.length === 0) return
    // This locks the enrolments, so that of two products which extend the same access, the second sees the first.
    await shop.site.touchEnrolments(trx, targets)
    const drafts: ProductDraft[] = []
    for (const product of missing) drafts.push(await extended(shop, trx, product))
    await write(shop, trx, production, drafts)
  })
  await shop.site.applyEnrolments(targets)
}

/** A product that extends what its holder has begins where that ends: its whole period is moved there. */
async function extended(
  shop: Shop,
  trx: Transaction<Database>,
  product: ProductDraft,
): Promise<ProductDraft> {
  const { startsAt, endsAt } = product
  const [first] = product.entitlements ?? []
  if (!product.extends || !endsAt || !first) return product
  const found = await trx
    .selectFrom('entitlements')
    .innerJoin('products', 'products.id', 'entitlements.product_id')
    .select((select) => select.fn.max('products.ends_at').as('latest'))
    .where('entitlements.site', '=', shop.site.site)
    .where('entitlements.course_id', '=', first.course)
    .where('entitlements.user_id', '=', first.user)
    .where('products.state', '=', 'active')
    .executeTakeFirst()
  const latest = found?.latest
  if (!latest || latest <= startsAt) return product
  const moved = latest.getTime() - startsAt.getTime()
  return { ...product, startsAt: latest, endsAt: new Date(endsAt.getTime() + moved) }
}

async function write(shop: Shop, trx: Transaction<Database>, production: Production, drafts: ProductDraft[]) {
  const made = await trx
    .insertInto('products')
    .values(
      drafts.map((product) => ({
        reference: newProductReference(),
        order_id: production.orderId,
        unit_id: production.unitId,
        key: product.key,
        handler: production.handler,
        title: JSON.stringify(product.title),
        link: product.link ?? null,
        holder: product.holder ? JSON.stringify(product.holder) : null,
        starts_at: product.startsAt,
        ends_at: product.endsAt ?? null,
        data: JSON.stringify(product.data ?? {}),
      })),
    )
    .returning(['id', 'key'])
    .execute()
  const ids = new Map(made.map((product) => [product.key, product.id]))
  const entitlements = drafts.flatMap((product) =>
    (product.entitlements ?? []).map((entitlement) => ({
      product_id: ids.get(product.key) ?? 0,
      site: shop.site.site,
      course_id: entitlement.course,
      user_id: entitlement.user,
      role_id: entitlement.role,
      group_id: entitlement.group ?? null,
    })),
  )
  if (entitlements.length > 0) await trx.insertInto('entitlements').values(entitlements).execute()
  await trx
    .insertInto('product_history')
    .values(
      made.map((product) => ({
        product_id: product.id,
        who: 'shop',
        event: 'delivered',
        data: '{}',
        why: null,
      })),
    )
    .execute()
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
  await shop.site.applyEnrolments(targets)
}
