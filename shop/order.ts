import { sql, type Transaction } from 'kysely'
import type { Customer, Database, FrozenEntry, OrderState, UnitState } from '../db/schema.ts'

/** Every move that an order may make. Nothing else changes its state. */
export const orderMoves: Record<OrderState, readonly OrderState[]> = {
  placed: ['awaiting_payment', 'refused', 'cancelled'],
  awaiting_payment: ['paid', 'cancelled', 'expired'],
  paid: ['completed', 'refunded'],
  completed: ['refunded'],
  refused: [],
  cancelled: [],
  expired: [],
  refunded: [],
}

/** Every move that a unit may make. */
export const unitMoves: Record<UnitState, readonly UnitState[]> = {
  ordered: ['preparing', 'prepared', 'cancelled', 'released'],
  preparing: ['prepared', 'refused', 'retrying', 'needs_operator', 'cancelled', 'released'],
  prepared: ['producing', 'produced', 'released', 'cancelled'],
  producing: ['produced', 'retrying', 'needs_operator', 'skipped', 'cancelled'],
  retrying: [
    'prepared',
    'produced',
    'refused',
    'retrying',
    'needs_operator',
    'skipped',
    'cancelled',
    'released',
  ],
  needs_operator: [
    'prepared',
    'produced',
    'refused',
    'retrying',
    'needs_operator',
    'skipped',
    'cancelled',
    'released',
  ],
  produced: ['revoked'],
  skipped: ['revoked'],
  refused: [],
  cancelled: [],
  released: [],
  revoked: [],
}

/** A unit in one of these has nothing more to wait for. */
export const finalUnitStates: readonly UnitState[] = [
  'produced',
  'skipped',
  'cancelled',
  'revoked',
  'released',
  'refused',
]

/** A unit in one of these gives nothing: what it had reserved is free again. */
const deadUnitStates: readonly UnitState[] = ['released', 'refused', 'cancelled', 'revoked']

/** Who did something, as the history shows it: `customer`, `shop`, `operator:<e-mail>`, `api:<token>`, `means:<id>`. */
export type Who = string
export type Reason = { who: Who; why?: string }

export type LockedOrder = {
  id: number
  number: string
  state: OrderState
  locale: 'en' | 'fr'
  customer: Customer
  currency: string
  totalCents: number
  paidCents: number
  means: string
  placedAt: Date
  paidAt: Date | null
  producedAt: Date | null
  trustedAt: Date | null
}

/** Locks an order for the rest of the transaction. Everything that moves an order or its units does this first. */
export async function lockOrder(
  trx: Transaction<Database>,
  by: { id: number } | { number: string },
): Promise<LockedOrder | undefined> {
  const row = await trx
    .selectFrom('orders')
    .select([
      'id',
      'number',
      'state',
      'locale',
      'customer',
      'currency',
      'total_cents as totalCents',
      'paid_cents as paidCents',
      'means',
      'placed_at as placedAt',
      'paid_at as paidAt',
      'produced_at as producedAt',
      'trusted_at as trustedAt',
    ])
    .where((where) => ('id' in by ? where('id', '=', by.id) : where('number', '=', by.number)))
    .forUpdate()
    .executeTakeFirst()
  return row
}

/** Moves a locked order, with its line of history. Throws when the table of moves has no such move. */
export async function moveOrder(
  trx: Transaction<Database>,
  order: Pick<LockedOrder, 'id' | 'number' | 'state'>,
  to: OrderState,
  reason: Reason,
  set: { paid_at?: Date; produced_at?: Date } = {},
): Promise<void> {
  if (!orderMoves[order.state].includes(to)) {
    throw new Error(`order ${order.number} is ${order.state}: it can't become ${to}`)
  }
  await trx
    .updateTable('orders')
    .set({ state: to, ...set })
    .where('id', '=', order.id)
    .execute()
  await record(trx, order.id, { event: 'order', from: order.state, to, ...reason })
  order.state = to
}

/** Moves units of a locked order, with a line of history each. Throws unless every one of them may make that move. */
export async function moveUnits(
  trx: Transaction<Database>,
  orderId: number,
  unitIds: number[],
  to: UnitState,
  reason: Reason,
): Promise<void> {
  if (unitIds.length === 0) return
  const from = (Object.keys(unitMoves) as UnitState[]).filter((state) => unitMoves[state].includes(to))
  const { rows } = await sql<{ id: number }>`
    with old as (
      select id, state from units
       where order_id = ${orderId} and id = any(${unitIds}::bigint[]) and state = any(${from}::text[])
    ), moved as (
      update units set state = ${to} from old where units.id = old.id returning units.id
    ), freed as (
      delete from reservations where ${deadUnitStates.includes(to)} and unit_id = any(${unitIds}::bigint[])
    ), told as (
      insert into history (order_id, unit_id, who, event, from_state, to_state, why)
      select ${orderId}, id, ${reason.who}, 'unit', state, ${to}, ${reason.why ?? null} from old
    )
    select id from moved`.execute(trx)
  if (rows.length !== unitIds.length) {
    throw new Error(`of units ${unitIds.join(', ')}, ${unitIds.length - rows.length} can't become ${to}`)
  }
}

/** Adds a line to the history of an order. */
export async function record(
  trx: Transaction<Database>,
  orderId: number,
  line: { event: string; unitId?: number; from?: string; to?: string } & Reason,
): Promise<void> {
  await trx
    .insertInto('history')
    .values({
      order_id: orderId,
      unit_id: line.unitId ?? null,
      who: line.who,
      event: line.event,
      from_state: line.from ?? null,
      to_state: line.to ?? null,
      why: line.why ?? null,
    })
    .execute()
}

/** A unit with all that its scripts are given. */
export type OrderUnit = {
  id: number
  position: number
  state: UnitState
  external: Record<string, unknown>
  fields: Record<string, unknown>
  entry: FrozenEntry
}

/** The units of an order, in the order of its lines. */
export async function unitsOf(
  trx: Transaction<Database>,
  orderId: number,
  ids?: number[],
): Promise<OrderUnit[]> {
  let query = trx
    .selectFrom('units')
    .innerJoin('order_lines', 'order_lines.id', 'units.line_id')
    .select([
      'units.id',
      'units.position',
      'units.state',
      'units.external',
      'units.fields',
      'order_lines.entry',
    ])
    .where('units.order_id', '=', orderId)
    .orderBy('units.id')
  if (ids) query = query.where('units.id', 'in', ids)
  return await query.execute()
}
