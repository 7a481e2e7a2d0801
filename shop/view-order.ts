import { timingSafeEqual } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { jsonArrayFrom } from 'kysely/helpers/postgres'
import type { Customer, Database, FrozenBundle, FrozenEntry, OrderState, UnitState } from '../db/schema.ts'
import type { Text } from '../sdk/index.ts'
import { type OwnedProduct, productsOfOrder } from './product.ts'

export type OrderView = {
  id: number
  number: string
  token: string
  state: OrderState
  locale: 'en' | 'fr'
  customer: Customer
  currency: string
  totalCents: number
  vatCents: number
  paidCents: number
  means: string
  paymentReference: string
  payBefore: Date | null
  placedAt: Date
  paidAt: Date | null
  producedAt: Date | null
  trust: { at: Date; why: string; by: string } | null
  lines: LineView[]
  products: OwnedProduct[]
}

export type LineView = {
  id: number
  position: number
  entry: FrozenEntry
  quantity: number
  unitCents: number
  totalCents: number
  vatCents: number
  /** The bundle that it was bought in: the lines of one come one after the other. */
  bundle: FrozenBundle | null
  units: UnitView[]
}

export type UnitView = {
  id: number
  position: number
  state: UnitState
  external: Record<string, unknown>
  fields: Record<string, unknown>
  feedback: Text | null
}

/** An order with all that its pages show; undefined when there is none of this number. */
export async function findOrder(db: Kysely<Database>, number: string): Promise<OrderView | undefined> {
  const order = await db
    .selectFrom('orders')
    .leftJoin('operators', 'operators.id', 'orders.trusted_by')
    .selectAll('orders')
    .select('operators.email as trusted_email')
    .select((of) => [
      jsonArrayFrom(
        of
          .selectFrom('order_lines as l')
          .select(['l.id', 'l.position', 'l.entry', 'l.quantity', 'l.bundle'])
          .select(['l.unit_cents as unitCents', 'l.total_cents as totalCents', 'l.vat_cents as vatCents'])
          .whereRef('l.order_id', '=', 'orders.id')
          .orderBy('l.position'),
      ).as('lines'),
      jsonArrayFrom(
        of
          .selectFrom('units as u')
          .select([
            'u.id',
            'u.line_id as line',
            'u.position',
            'u.state',
            'u.external',
            'u.fields',
            'u.feedback',
          ])
          .whereRef('u.order_id', '=', 'orders.id')
          .orderBy('u.id'),
      ).as('units'),
    ])
    .where('number', '=', number)
    .executeTakeFirst()
  if (!order) return undefined
  const unitsOf = Map.groupBy(order.units, (unit) => unit.line)
  return {
    id: order.id,
    number: order.number,
    token: order.token,
    state: order.state,
    locale: order.locale,
    customer: order.customer,
    currency: order.currency,
    totalCents: order.total_cents,
    vatCents: order.vat_cents,
    paidCents: order.paid_cents,
    means: order.means,
    paymentReference: order.payment_reference,
    payBefore: order.pay_before,
    placedAt: order.placed_at,
    paidAt: order.paid_at,
    producedAt: order.produced_at,
    trust:
      order.trusted_at && order.trusted_why
        ? { at: order.trusted_at, why: order.trusted_why, by: order.trusted_email ?? '' }
        : null,
    // Nothing is delivered before.
    products: order.paid_at || order.trusted_at ? await productsOfOrder(db, order.id) : [],
    lines: order.lines.map((line) => ({
      ...line,
      units: (unitsOf.get(line.id) ?? []).map(({ line: _, ...unit }) => unit),
    })),
  }
}

/** The order of a customer who shows its token (invariant 8); undefined when number and token don't go together. */
export async function findOwnOrder(
  db: Kysely<Database>,
  number: string,
  token: string,
): Promise<OrderView | undefined> {
  const order = await findOrder(db, number)
  if (!order) return undefined
  const expected = Buffer.from(order.token)
  const given = Buffer.from(token)
  return expected.length === given.length && timingSafeEqual(expected, given) ? order : undefined
}

export type OrderRow = {
  id: number
  number: string
  state: OrderState
  customer: Customer
  currency: string
  totalCents: number
  paidCents: number
  means: string
  placedAt: Date
  paidAt: Date | null
  producedAt: Date | null
  units: number
  /** Units that are retrying or need an operator. */
  troubled: number
  produced: number
}

/** A page of orders, newest first. `search`: a number, a payment reference, or the start of an e-mail address. */
export async function listOrders(
  db: Kysely<Database>,
  {
    before,
    limit = 50,
    state,
    search,
  }: { before?: number; limit?: number; state?: OrderState; search?: string } = {},
): Promise<{ orders: OrderRow[]; next: number | undefined }> {
  let page = db
    .selectFrom('orders')
    .select([
      'id',
      'number',
      'state',
      'customer',
      'currency',
      'total_cents as totalCents',
      'paid_cents as paidCents',
      'means',
      'placed_at as placedAt',
      'paid_at as paidAt',
      'produced_at as producedAt',
    ])
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (before !== undefined) page = page.where('id', '<', before)
  if (state) page = page.where('state', '=', state)
  if (search) {
    const plain = search.trim()
    const from = plain.toLowerCase()
    page = page.where((where) =>
      where.or([
        where('number', '=', plain.toUpperCase()),
        where('payment_reference', '=', plain.replace(/\s/g, '').toUpperCase()),
        where.and([where('customer_email', '>=', from), where('customer_email', '<', `${from}\uffff`)]),
      ]),
    )
  }
  const rows = await page.execute()
  const shown = rows.slice(0, limit)
  const counts = await countUnits(
    db,
    shown.map((row) => row.id),
  )
  const none = { units: 0, troubled: 0, produced: 0 }
  return {
    orders: shown.map((row) => ({ ...row, ...(counts.get(row.id) ?? none) })),
    next: rows.length > limit ? shown.at(-1)?.id : undefined,
  }
}

async function countUnits(db: Kysely<Database>, orderIds: number[]) {
  if (orderIds.length === 0) return new Map<number, { units: number; troubled: number; produced: number }>()
  const rows = await db
    .selectFrom('units')
    .select((select) => [
      'order_id',
      select.fn.countAll<number>().as('units'),
      sql<number>`count(*) filter (where state in ('retrying', 'needs_operator'))`.as('troubled'),
      sql<number>`count(*) filter (where state = 'produced')`.as('produced'),
    ])
    .where('order_id', 'in', orderIds)
    .groupBy('order_id')
    .execute()
  return new Map(rows.map(({ order_id, ...counts }) => [order_id, counts]))
}

export type HistoryLine = {
  id: number
  unitId: number | null
  at: Date
  who: string
  event: string
  from: string | null
  to: string | null
  why: string | null
}

/** The history of an order, oldest first. */
export async function orderHistory(db: Kysely<Database>, orderId: number): Promise<HistoryLine[]> {
  return await db
    .selectFrom('history')
    .select(['id', 'unit_id as unitId', 'at', 'who', 'event', 'from_state as from', 'to_state as to', 'why'])
    .where('order_id', '=', orderId)
    .orderBy('id')
    .execute()
}

export async function paymentsOfOrder(db: Kysely<Database>, orderId: number) {
  return await db.selectFrom('payments').selectAll().where('order_id', '=', orderId).orderBy('id').execute()
}

export async function giveBacksOfOrder(db: Kysely<Database>, orderId: number) {
  return await db.selectFrom('give_backs').selectAll().where('order_id', '=', orderId).orderBy('id').execute()
}
