import { sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import { sendProductions } from '../production/queue.ts'
import { turnOf } from '../production/turn.ts'
import { storeProduct } from './product.ts'
import { productsWithUnits } from './products-with-units.ts'
import type { Shop } from './shop.ts'
import { inputOf } from './start-scripts.ts'

/**
 * Asks for what handlers do at the end of these products, or when one is active again, in the transaction that ends or
 * revives them: a production each, where the handler has that script. What waits of an earlier turn is called off.
 */
export async function askTurns(
  shop: Pick<Shop, 'registry' | 'queue' | 'site'>,
  trx: Transaction<Database>,
  ids: number[],
  script: 'ended' | 'revived',
): Promise<void> {
  const { handlers } = shop.registry()
  const scripted = [...handlers.values()].filter(({ handler }) => handler[script]).map(({ id }) => id)
  if (scripted.length === 0) return
  const owners = await productsWithUnits(
    trx,
    sql<boolean>`p.id = any(${ids}::bigint[]) and p.handler = any(${scripted}::text[])`,
  )
  if (owners.length === 0) return
  const asked = owners.map(({ product, order, unit }) => ({
    product: product.reference,
    order: product.orderId,
    unit: unit.id,
    handler: product.handler,
    input: { ...inputOf(order, unit), product: storeProduct(product) },
  }))
  const { rows: before } = await sql<{ product: string; count: number; ended: boolean }>`
    with called_off as (
      update productions p set state = 'cancelled', ended_at = now(), attempt = attempt + 1
       where p.id in (select t.id from ${turns(asked)} where t.state in ('queued', 'retrying', 'needs_operator'))
    )
    select product, count(*)::integer as count, bool_or(script = 'ended') as ended from ${turns(asked)} group by product`.execute(
    trx,
  )
  const turnsBefore = new Map(before.map((row) => [row.product, row]))
  const wanted = asked.flatMap(({ product, ...rest }) => {
    const earlier = turnsBefore.get(product)
    // What never came to its end, as this handler sees it, has nothing to come back from.
    if (script === 'revived' && !earlier?.ended) return []
    return [{ ...rest, occasion: turnOf(product, (earlier?.count ?? 0) + 1) }]
  })
  const { rows } = await sql<{ id: string; production: number }>`
    insert into productions (order_id, unit_id, script, occasion, handler, input, job_id)
    select "order", unit, ${script}, occasion, handler, input, gen_random_uuid()
      from jsonb_to_recordset(${JSON.stringify(wanted)}::jsonb)
        as p ("order" bigint, unit bigint, occasion text, handler text, input jsonb)
    returning id as production, job_id as id`.execute(trx)
  await sendProductions(
    shop.queue,
    trx,
    rows.map((job) => ({ ...job, site: shop.site.site })),
  )
}

/** The turns that products had before, called t. */
const turns = (asked: { product: string; unit: number }[]) => sql`
  (select p.id, p.state, p.script, a.product
     from jsonb_to_recordset(${JSON.stringify(asked.map(({ product, unit }) => ({ product, unit })))}::jsonb)
            as a (product text, unit bigint)
     join productions p on p.unit_id = a.unit and p.script in ('ended', 'revived')
                       and split_part(p.occasion, ' ', 1) = a.product) t`
