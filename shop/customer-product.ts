import { type Kysely, type Selectable, sql } from 'kysely'
import type { Database, OrderState, UnitState } from '../db/schema.ts'
import type { Engine } from '../production/run.ts'
import type { Text } from '../sdk/index.ts'
import { seatHandlers } from './pack.ts'
import {
  type Acted,
  actionsFor,
  actOnProduct,
  type OfferedAction,
  type OwnedProduct,
  toProduct,
} from './product.ts'
import { readProductReference } from './reference.ts'
import type { Shop } from './shop.ts'

/** A product as one of the people sees it whom it concerns: who bought it, or who holds it. */
export type CustomerProduct = OwnedProduct & {
  /** Whether it is the customer's own to use. */
  held: boolean
  /** The key of the order that brought it: for its buyer alone. */
  orderToken: string | undefined
}

/** `mine`: to use oneself; `others`: bought for somebody else; `ended`: over, of both. */
export type ProductList = 'mine' | 'others' | 'ended'

type Db = Kysely<Database>
type Row = Selectable<Database['products']> & {
  number: string
  unit_state: UnitState
  held: boolean
  bought: boolean
  token: string
}

/**
 * A page of what a signed-in customer holds or has bought, newest first; what they have given out of a pack is with that.
 * `before`: the id of the last one shown.
 */
export async function listCustomerProducts(
  { db, registry }: Pick<Shop, 'db' | 'registry'>,
  email: string,
  { list, before, limit = 20 }: { list: ProductList; before?: number; limit?: number },
): Promise<{ products: CustomerProduct[]; next: number | undefined }> {
  const running = sql`p.state in ('active', 'suspended') and (p.ends_at is null or p.ends_at > now())`
  const held = sql`lower(p.holder->>'email') is not distinct from ${email}`
  const within = {
    // What nobody holds is its buyer's.
    mine: sql`${running} and (p.holder is null or ${held})`,
    others: sql`${running} and p.holder is not null and not (${held})`,
    ended: sql`not (${running})`,
  }[list]
  const { rows } = await sql<Row>`
    with own as (
      select id from products where lower(holder->>'email') = ${email}
      union
      select p.id from orders o join products p on p.order_id = o.id where o.customer_email = ${email}
    )
    select p.*, o.number, o.token, u.state as unit_state, ${held} as held, o.customer_email = ${email} as bought
      from own join products p using (id) join orders o on o.id = p.order_id join units u on u.id = p.unit_id
     where ${within} and p.id < ${before ?? Number.MAX_SAFE_INTEGER}
       and (${held} or p.handler <> all(${seatHandlers({ registry })}::text[]))
     order by p.id desc limit ${limit + 1}`.execute(db)
  const page = rows.slice(0, limit).map(toCustomerProduct)
  return { products: page, next: rows.length > limit ? page.at(-1)?.id : undefined }
}

/** The product of a reference, however that is written, for its buyer and its holder (invariant 8); undefined for anybody else. */
export async function findCustomerProduct(
  db: Db,
  email: string,
  reference: string,
): Promise<CustomerProduct | undefined> {
  const { rows } = await sql<Row>`
    select p.*, o.number, o.token, u.state as unit_state,
           lower(p.holder->>'email') is not distinct from ${email} as held, o.customer_email = ${email} as bought
      from products p join orders o on o.id = p.order_id join units u on u.id = p.unit_id
     where p.reference = ${readProductReference(reference) ?? ''}
       and (lower(p.holder->>'email') = ${email} or o.customer_email = ${email})`.execute(db)
  return rows[0] && toCustomerProduct(rows[0])
}

function toCustomerProduct(row: Row): CustomerProduct {
  return { ...toProduct(row), held: row.held, orderToken: row.bought ? row.token : undefined }
}

/** The after-sale actions of a product that are this customer's to ask: its buyer's; a holder who did not buy it has none. */
export function customerActions(
  shop: Pick<Shop, 'registry'>,
  product: CustomerProduct,
): [string, OfferedAction][] {
  return product.orderToken === undefined ? [] : actionsFor(shop, product, 'customer')
}

/** As `actOnProduct`, for the buyer of the product: to anybody else there is no such product, or nothing to do with it. */
export async function actOnCustomerProduct(
  shop: Shop,
  engine: Engine,
  email: string,
  {
    reference,
    action,
    values,
    asked,
  }: {
    reference: string
    action: string
    values: Record<string, unknown>
    /** Names the request: the same one twice is done once. */
    asked?: string
  },
): Promise<Acted> {
  const product = await findCustomerProduct(shop.db, email, reference)
  if (!product) return { ok: false, reason: 'not_found' }
  if (product.orderToken === undefined) return { ok: false, reason: 'not_now' }
  const by = { who: 'customer', audience: 'customer' } as const
  return await actOnProduct(shop, engine, product.reference, action, values, by, asked)
}

export type AskedAction =
  | { state: 'done' | 'refused'; told: Text | undefined }
  | { state: 'waiting' | 'needs_operator' | 'dropped' }

/**
 * What became of an action that this customer asked for on this product: only its buyer does. Undefined for anybody else,
 * and when the production is another's: an operator's, say.
 */
export async function findAskedAction(
  db: Db,
  { unitId, reference, orderToken }: Pick<CustomerProduct, 'unitId' | 'reference' | 'orderToken'>,
  production: number,
): Promise<AskedAction | undefined> {
  if (orderToken === undefined) return undefined
  const row = await db
    .selectFrom('productions')
    .select(['state', 'feedback'])
    .where('id', '=', production)
    .where('unit_id', '=', unitId)
    .where('script', '=', 'action')
    .where(sql<string>`input #>> '{action,product,reference}'`, '=', reference)
    .where(sql<string>`input #>> '{action,audience}'`, '=', 'customer')
    .executeTakeFirst()
  if (!row) return undefined
  switch (row.state) {
    case 'done':
    case 'refused':
      return { state: row.state, told: row.feedback?.shown }
    case 'queued':
    case 'running':
    case 'retrying':
      return { state: 'waiting' }
    case 'needs_operator':
      return { state: 'needs_operator' }
    case 'skipped':
    case 'cancelled':
      return { state: 'dropped' }
    default:
      return row.state satisfies never
  }
}

export type CustomerOrder = {
  id: number
  number: string
  token: string
  state: OrderState
  placedAt: Date
  totalCents: number
  currency: string
}

/** A page of a signed-in customer's orders, newest first. */
export async function listCustomerOrders(
  db: Db,
  email: string,
  { before, limit = 20 }: { before?: number; limit?: number } = {},
): Promise<{ orders: CustomerOrder[]; next: number | undefined }> {
  let query = db
    .selectFrom('orders')
    .select(['id', 'number', 'token', 'state', 'currency'])
    .select(['placed_at as placedAt', 'total_cents as totalCents'])
    .where('customer_email', '=', email)
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (before !== undefined) query = query.where('id', '<', before)
  const rows = await query.execute()
  const orders = rows.slice(0, limit)
  return { orders, next: rows.length > limit ? orders.at(-1)?.id : undefined }
}
