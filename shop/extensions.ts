import { sql } from 'kysely'
import { handlerOf } from '../production/registry.ts'
import { elementsOf, validate } from '../sdk/form.ts'
import type { FoundProduct, Text } from '../sdk/index.ts'
import type { Entry } from './entry.ts'
import { findAnyProduct, givesAccess, type OwnedProduct, products, toProduct } from './product.ts'
import type { Shop } from './shop.ts'

type Prolonging = Pick<Entry, 'code' | 'handler' | 'internal'>

/** The entries on sale that add days to a product: those whose handler says that it prolongs it. */
export async function extensionsOf(
  shop: Pick<Shop, 'db' | 'registry'>,
  { reference, state, endsAt }: Pick<OwnedProduct, 'reference' | 'state' | 'endsAt'>,
): Promise<{ code: string; title: Text }[]> {
  const able = [...shop.registry().handlers.values()].filter(({ handler }) => handler.prolongs !== undefined)
  if (state === 'revoked' || endsAt === null || able.length === 0) return []
  const [product, entries] = await Promise.all([
    findAnyProduct(shop.db, reference),
    shop.db
      .selectFrom('entries')
      .select(['code', 'title', 'handler', 'internal'])
      .where('state', '=', 'on_sale')
      .where('handler', 'in', [...able.map(({ id }) => id), 'specific'])
      .orderBy('position')
      .orderBy('id')
      .execute(),
  ])
  if (!product) return []
  return entries.filter((entry) => prolongsBy(shop, entry)?.(product))
}

/** The most products that a customer is offered to extend. */
const mostOffered = 100

/** What a customer, by e-mail, holds or has bought and this entry adds days to: first what ends last. */
export async function prolongable(
  shop: Pick<Shop, 'db' | 'registry'>,
  entry: Prolonging,
  email: string,
): Promise<(OwnedProduct & FoundProduct)[]> {
  const prolongs = prolongsBy(shop, entry)
  if (!prolongs) return []
  const own = sql<number>`
    (select id from products where lower(holder->>'email') = ${email.toLowerCase()}
     union
     select p.id from orders o join products p on p.order_id = o.id where o.customer_email = ${email.toLowerCase()})`
  const rows = await products(shop.db)
    .select(givesAccess.as('gives'))
    .where('products.id', 'in', own)
    .where('products.state', '!=', 'revoked')
    .where('products.ends_at', 'is not', null)
    .orderBy('products.ends_at', 'desc')
    .limit(mostOffered)
    .execute()
  return rows.map((row) => ({ ...toProduct(row), givesAccess: row.gives })).filter(prolongs)
}

/** Which products an entry adds days to; undefined when it adds none to any. */
function prolongsBy(
  { registry }: Pick<Shop, 'registry'>,
  entry: Prolonging,
): ((product: FoundProduct) => boolean) | undefined {
  const registered = handlerOf(registry(), entry)
  if (registered === undefined || registered === 'missing') return undefined
  const { prolongs, internal: schema } = registered.handler
  const internal = validate(schema, elementsOf(schema), entry.internal)
  return prolongs && internal.ok ? (product) => prolongs(product, internal.value) : undefined
}
