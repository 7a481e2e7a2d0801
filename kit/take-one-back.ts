import { askRevokeOne } from '../shop/ask-revoke-one.ts'
import { revokeProducts } from '../shop/deliver.ts'
import type { Process } from './process.ts'

/** Takes the first product of a unit back alone, as the shop does when it is refunded or revoked. Safe to repeat. */
export async function takeOneBack({ shop }: Process, unitId: number): Promise<void> {
  const targets = await shop.db.transaction().execute(async (trx) => {
    const product = await trx
      .selectFrom('products')
      .select('id')
      .where('unit_id', '=', unitId)
      .orderBy('id')
      .executeTakeFirst()
    if (!product) return []
    const touched = await revokeProducts(shop, trx, unitId, { due: true, only: product.id })
    await askRevokeOne(shop, trx, product.id)
    return touched
  })
  await shop.site.applyAccess(targets)
}
