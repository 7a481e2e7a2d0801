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
    const made = await trx
      .insertInto('products')
      .values(
        delivery.products.map((product) => ({
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
      .onConflict((conflict) => conflict.columns(['unit_id', 'key']).doNothing())
      .returning(['id', 'key'])
      .execute()
    if (made.length === 0) return
    const ids = new Map(made.map((product) => [product.key, product.id]))
    const entitlements = delivery.products.flatMap((product) => {
      const id = ids.get(product.key)
      return id === undefined
        ? []
        : (product.entitlements ?? []).map((entitlement) => ({
            product_id: id,
            site: shop.site.site,
            course_id: entitlement.course,
            user_id: entitlement.user,
            role_id: entitlement.role,
            group_id: entitlement.group ?? null,
          }))
    })
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
    await shop.site.touchEnrolments(trx, targets)
  })
  await shop.site.applyEnrolments(targets)
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
