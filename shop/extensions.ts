import { handlerOf } from '../production/registry.ts'
import { elementsOf, validate } from '../sdk/form.ts'
import type { Text } from '../sdk/index.ts'
import { findAnyProduct, type OwnedProduct } from './product.ts'
import type { Shop } from './shop.ts'

/** The entries on sale that add days to a product: those whose handler says that it prolongs it. */
export async function extensionsOf(
  shop: Pick<Shop, 'db' | 'registry'>,
  { reference, state, endsAt }: Pick<OwnedProduct, 'reference' | 'state' | 'endsAt'>,
): Promise<{ code: string; title: Text }[]> {
  const registry = shop.registry()
  const able = [...registry.handlers.values()].filter(({ handler }) => handler.prolongs !== undefined)
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
  return entries.filter((entry) => {
    const registered = handlerOf(registry, entry)
    if (registered === undefined || registered === 'missing') return false
    const { prolongs, internal: schema } = registered.handler
    const internal = validate(schema, elementsOf(schema), entry.internal)
    return prolongs !== undefined && internal.ok && prolongs(product, internal.value)
  })
}
