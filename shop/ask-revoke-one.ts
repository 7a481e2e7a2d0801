import { sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import { sendProductions } from '../production/queue.ts'
import { storeProduct } from './product.ts'
import { productsWithUnits } from './products-with-units.ts'
import type { Shop } from './shop.ts'
import { inputOf } from './start-scripts.ts'

/**
 * Asks the handler of a product that was taken back alone to undo what it did for it, where it has a script for that: in
 * the transaction that revokes the product, and once.
 */
export async function askRevokeOne(
  shop: Pick<Shop, 'registry' | 'queue' | 'site'>,
  trx: Transaction<Database>,
  id: number,
): Promise<void> {
  const [owner] = await productsWithUnits(trx, sql<boolean>`p.id = ${id}`)
  if (!owner) return
  const { product, order, unit } = owner
  const { orderId, handler, reference } = product
  if (!shop.registry().handlers.get(handler)?.handler.revokeOne) return
  const input = { ...inputOf(order, unit), product: storeProduct(product) }
  const { rows } = await sql<{ id: string; production: number }>`
    insert into productions (order_id, unit_id, script, occasion, handler, input, job_id)
    values (${orderId}, ${unit.id}, 'revokeOne', ${reference}, ${handler}, ${JSON.stringify(input)}::jsonb,
            gen_random_uuid())
    on conflict (unit_id, script, occasion) do nothing
    returning id as production, job_id as id`.execute(trx)
  await sendProductions(
    shop.queue,
    trx,
    rows.map((job) => ({ ...job, site: shop.site.site })),
  )
}
