import { randomUUID } from 'node:crypto'
import { type Kysely, type Selectable, sql, type Transaction } from 'kysely'
import type { Database, UnitState } from '../db/schema.ts'
import { claimAtOnce, type StoredProduct } from '../production/production.ts'
import { type Engine, run } from '../production/run.ts'
import { elementsOf, type FormErrors, validateSent } from '../sdk/form.ts'
import type { FoundProduct, Handler, Product, Text } from '../sdk/index.ts'
import { changeOrder } from './change-order.ts'
import { giveBackUnit } from './give-back.ts'
import { type LockedOrder, type OrderUnit, type Reason, record } from './order.ts'
import { readProductReference } from './reference.ts'
import type { Shop } from './shop.ts'
import { handlerIdOf, markRevoked, startScript } from './start-scripts.ts'
import { askedTooOften, type TooOften } from './too-often.ts'

/** A product with where it comes from. */
export type OwnedProduct = Product & {
  orderId: number
  orderNumber: string
  unitId: number
  unitState: UnitState
  handler: string
  link: string | null
  createdAt: Date
}

/** Whether the delivery that made the product has yet to end: Moodle may not know of it. */
export function isUndelivered({ unitState }: Pick<OwnedProduct, 'unitState'>): boolean {
  return unitState === 'producing' || unitState === 'retrying' || unitState === 'needs_operator'
}

/** A row of `products` with its order’s number, as the shop knows it. */
export function toProduct(
  row: Selectable<Database['products']> & { number: string; unit_state: UnitState },
): OwnedProduct {
  return {
    id: row.id,
    reference: row.reference,
    key: row.key,
    title: row.title,
    holder: row.holder,
    startsAt: row.starts_at,
    endsAt: row.ends_at,
    addedDays: row.added_days,
    state: row.state,
    data: row.data,
    orderId: row.order_id,
    orderNumber: row.number,
    unitId: row.unit_id,
    unitState: row.unit_state,
    handler: row.handler,
    link: row.link,
    createdAt: row.created_at,
  }
}

/** Products with what `toProduct` reads of them. */
export const products = (db: Kysely<Database>) =>
  db
    .selectFrom('products')
    .innerJoin('orders', 'orders.id', 'products.order_id')
    .innerJoin('units', 'units.id', 'products.unit_id')
    .selectAll('products')
    .select(['orders.number', 'units.state as unit_state'])

export async function findProduct(
  db: Kysely<Database>,
  reference: string,
): Promise<OwnedProduct | undefined> {
  const row = await products(db).where('products.reference', '=', reference).executeTakeFirst()
  return row && toProduct(row)
}

/** Whether a product entitles anyone to something in Moodle. */
export const givesAccess = sql<boolean>`
  exists (select from entitlements where product_id = products.id)
  or exists (select from membership_entitlements where product_id = products.id)`

/** The product of a reference, however that is written, as a script sees it. */
export async function findAnyProduct(
  db: Kysely<Database>,
  typed: string,
): Promise<(OwnedProduct & FoundProduct) | undefined> {
  const reference = readProductReference(typed)
  const row = await products(db)
    .select(givesAccess.as('gives'))
    .where('products.reference', '=', reference ?? '')
    .executeTakeFirst()
  return row && { ...toProduct(row), givesAccess: row.gives }
}

export async function productsOfOrder(db: Kysely<Database>, orderId: number): Promise<OwnedProduct[]> {
  const rows = await products(db).where('products.order_id', '=', orderId).orderBy('products.id').execute()
  return rows.map(toProduct)
}

/** What a person owns now, by e-mail whatever its case: neither revoked nor ended. `course`: only what opens it. */
export async function ownedProducts(
  db: Kysely<Database>,
  email: string,
  course?: number,
): Promise<OwnedProduct[]> {
  let query = products(db)
    .where(sql<string>`lower(products.holder->>'email')`, '=', email.toLowerCase())
    .where('products.state', 'in', ['active', 'suspended'])
    .where((where) =>
      where.or([where('products.ends_at', 'is', null), where('products.ends_at', '>', sql<Date>`now()`)]),
    )
    .orderBy('products.id', 'desc')
    .limit(200)
  if (course !== undefined) {
    query = query.where((where) =>
      where.exists(
        where
          .selectFrom('entitlements')
          .select('entitlements.product_id')
          .whereRef('entitlements.product_id', '=', 'products.id')
          .where('entitlements.course_id', '=', course)
          .where('entitlements.enrols', '=', true)
          .where('entitlements.withdrawn_at', 'is', null),
      ),
    )
  }
  return (await query.execute()).map(toProduct)
}

export type ProductEvent = {
  at: Date
  who: string
  event: string
  data: Record<string, unknown>
  why: string | null
}

export async function productHistory(db: Kysely<Database>, productId: number): Promise<ProductEvent[]> {
  return await db
    .selectFrom('product_history')
    .select(['at', 'who', 'event', 'data', 'why'])
    .where('product_id', '=', productId)
    .orderBy('id')
    .execute()
}

export type OfferedAction = NonNullable<Handler['actions']>[string]

/** The after-sale actions that make sense for a product now, for this audience. */
export function actionsFor(
  shop: Pick<Shop, 'registry'>,
  product: OwnedProduct,
  audience: 'operator' | 'customer',
): [string, OfferedAction][] {
  const actions = shop.registry().handlers.get(product.handler)?.handler.actions ?? {}
  return Object.entries(actions).filter(
    ([, action]) =>
      (action.audience === 'both' || action.audience === audience) && (action.when?.(product) ?? true),
  )
}

export type Acted =
  /** `state`: that of the action's production. Not `done`: it goes on by itself, or waits for an operator. */
  | { ok: true; production: number; state: 'done' | 'waiting' | 'needs_operator' }
  | { ok: false; reason: 'not_found' | 'not_now' }
  | { ok: false; reason: 'invalid'; errors: FormErrors }
  /** The action itself says no; nothing was changed. */
  | { ok: false; reason: 'refused'; why: Text }
  | TooOften

/**
 * Runs an after-sale action as durably as a script: it is a production with its own journal, run at once here and by
 * a worker if this process dies. `asked` names the request: the same one twice is done once.
 */
export async function actOnProduct(
  shop: Shop,
  engine: Engine,
  reference: string,
  action: string,
  values: Record<string, unknown>,
  by: { who: string; audience: 'operator' | 'customer' },
  asked: string = randomUUID(),
): Promise<Acted> {
  const product = await findProduct(shop.db, reference)
  if (!product) return { ok: false, reason: 'not_found' }
  const found = actionsFor(shop, product, by.audience).find(([name]) => name === action)?.[1]
  // A form that is sent twice finds the product as the first has left it.
  const before = async () =>
    (await findAsked(shop.db, product.unitId, asked)) ?? ({ ok: false, reason: 'not_now' } as const)
  if (!found) return await before()
  const read = validateSent(found.input, elementsOf(found.input), values)
  if (!read.ok) return { ok: false, reason: 'invalid', errors: read.errors }
  const changed = await changeOrder(shop, { id: product.orderId }, [product.unitId], async (order, trx) => {
    // While we waited for the order, who held it may have been erased, or somebody else have got it.
    const now = await findProduct(trx, reference)
    if (!now || now.holder?.email !== product.holder?.email) return undefined
    const tooOften = by.audience === 'customer' && (await askedTooOften(trx, now.unitId, 1))
    if (tooOften) return tooOften
    const asking = { name: action, product: storeProduct(now), input: values, ...by }
    startScript(order, order.units, 'action', { after: 15, occasion: asked, input: { action: asking } })
    return undefined
  })
  if (changed?.result) return changed.result
  const made = changed?.productions[0]
  if (!made) return await before()
  const [production] = await claimAtOnce(shop.db, engine.worker, [made.id])
  const outcome = production && (await run(engine, production, AbortSignal.timeout(10_000)))
  if (outcome !== undefined && outcome !== 'superseded' && outcome.state === 'refused') {
    return { ok: false, reason: 'refused', why: outcome.text }
  }
  const state = outcome === undefined || outcome === 'superseded' ? 'retrying' : outcome.state
  return {
    ok: true,
    production: made.id,
    state: state === 'done' ? 'done' : state === 'needs_operator' ? 'needs_operator' : 'waiting',
  }
}

/** What became of the request of this name in a unit; undefined when there was none, or it was called off. */
export async function findAsked(
  db: Kysely<Database>,
  unitId: number,
  asked: string,
): Promise<Extract<Acted, { ok: true } | { reason: 'refused' }> | undefined> {
  const row = await db
    .selectFrom('productions')
    .select(['id', 'state', 'feedback'])
    .where('unit_id', '=', unitId)
    .where('script', '=', 'action')
    .where('occasion', '=', asked)
    .executeTakeFirst()
  switch (row?.state) {
    case undefined:
    case 'cancelled':
      return undefined
    case 'refused':
      return row?.feedback?.shown && { ok: false, reason: 'refused', why: row.feedback.shown }
    case 'done':
    case 'skipped':
      return { ok: true, production: row.id, state: 'done' }
    case 'needs_operator':
      return { ok: true, production: row.id, state: 'needs_operator' }
    case 'queued':
    case 'running':
    case 'retrying':
      return { ok: true, production: row.id, state: 'waiting' }
  }
}

/** A product as an action's input keeps it. */
export function storeProduct(product: OwnedProduct): StoredProduct {
  return {
    ...product,
    startsAt: product.startsAt.toISOString(),
    endsAt: product.endsAt?.toISOString() ?? null,
  }
}

/** The products of a unit, as a script's input keeps them. */
export async function storedProducts(trx: Transaction<Database>, unitId: number): Promise<StoredProduct[]> {
  const rows = await products(trx).where('products.unit_id', '=', unitId).orderBy('products.id').execute()
  return rows.map((row) => storeProduct(toProduct(row)))
}

/**
 * Takes a produced unit back: its revoke script runs, its products are revoked, what other products give stays. With
 * `giveBack`, what is left of the unit's price becomes money to give back.
 */
export async function revokeUnit(
  shop: Shop,
  unitId: number,
  reason: Reason & { giveBack: boolean },
): Promise<{ ok: true } | { ok: false; reason: 'not_found' | 'not_produced' }> {
  const row = await shop.db.selectFrom('units').select('order_id').where('id', '=', unitId).executeTakeFirst()
  if (!row) return { ok: false, reason: 'not_found' }
  const changed = await changeOrder(shop, { id: row.order_id }, [unitId], async (order, trx) => {
    const [unit] = order.units
    if (!unit || !(await takeUnitBack(trx, order, unit, reason))) return false
    if (reason.giveBack) giveBackUnit(order, unit, reason)
    return true
  })
  return changed?.result ? { ok: true } : { ok: false, reason: 'not_produced' }
}

/** Starts the revocation of a unit of a locked order. False when there is nothing to revoke, or it was asked before. */
export async function takeUnitBack(
  trx: Transaction<Database>,
  order: LockedOrder,
  unit: OrderUnit,
  reason: Reason,
): Promise<boolean> {
  if (unit.state !== 'produced' && unit.state !== 'skipped') return false
  const before = await trx
    .selectFrom('productions')
    .select('state')
    .where('unit_id', '=', unit.id)
    .where('script', '=', 'revoke')
    .execute()
  // Asked once; again only when an operator has called it off.
  if (before.some(({ state }) => state !== 'cancelled')) return false
  record(order, { event: 'revoke_asked', unitId: unit.id, who: reason.who, why: reason.why })
  if (handlerIdOf(unit.entry) === undefined) markRevoked(order, unit, reason)
  else {
    const occasion = before.length === 0 ? '' : String(before.length)
    startScript(order, [unit], 'revoke', {
      occasion,
      input: { products: await storedProducts(trx, unit.id) },
    })
  }
  return true
}
