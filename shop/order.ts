import { type CompiledQuery, sql, type Transaction } from 'kysely'
import type { Customer, Database, FrozenEntry, MailKind, OrderState, UnitState } from '../db/schema.ts'
import { executeLast, executeTogether } from '../db/send-together.ts'
import type { Asked, Ending } from '../production/production.ts'
import type { Text } from '../sdk/index.ts'

/** Every move that an order may make. Nothing else changes its state. */
export const orderMoves: Record<OrderState, readonly OrderState[]> = {
  placed: ['awaiting_payment', 'refused', 'cancelled', 'expired'],
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
  ordered: ['preparing', 'prepared'],
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

/** A unit with all that its scripts are given. */
export type OrderUnit = {
  id: number
  position: number
  state: UnitState
  external: Record<string, unknown>
  fields: Record<string, unknown>
  /** Its answers were erased: see shop/erase-person.ts. */
  erased?: boolean
  entry: FrozenEntry
}

/**
 * An order that this transaction has locked, and what is to become of it. Functions decide on it in memory, by
 * `moveOrder`, `moveUnits` and their like; `saveOrder` then writes all of it in one statement.
 */
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
  /** The units that were asked for with the lock. */
  units: OrderUnit[]
  /** How many of all its units are in each state. */
  tally: Partial<Record<UnitState, number>>
  changes: Changes
}

export type HistoryDraft = { unitId?: number; event: string; from?: string; to?: string } & Reason
export type MailDraft = { key: string; kind: MailKind; recipient: string; data?: Record<string, unknown> }
export type PaymentDraft = {
  means: string
  reference: string
  amountCents: number
  currency: string
  paidOn: string
  state: 'counted' | 'set_aside'
  recordedBy: Who
  note?: string
}
export type GiveBackDraft = {
  amountCents: number
  currency: string
  unitId?: number
  /** The one product of the unit that it is for. */
  productId?: number
  ofPayment?: boolean
  why: string
}

/** What a transaction means to write of an order. */
export type Changes = {
  /** By the unit's id: where its moves have led it in the end. */
  units: Map<number, { to: UnitState; feedback?: Text }>
  history: HistoryDraft[]
  mails: MailDraft[]
  giveBacks: GiveBackDraft[]
  productions: Asked[]
  payment?: PaymentDraft
  /** The notification that this comes from, and what became of it. */
  notification?: { means: string; eventId: string; outcome: string }
  trust?: { by: number; why: string }
  /** Prepays that have not started are given up. */
  dropPrepays?: boolean
  /** The production whose outcome causes all this. */
  ending?: Ending
}

export const noChanges = (): Changes => ({
  units: new Map(),
  history: [],
  mails: [],
  giveBacks: [],
  productions: [],
})

type LockedRow = Omit<LockedOrder, 'changes'>

/** Which order: of what id, or of what number. */
export type OrderKey = { id: number } | { number: string }

const isOrder = (by: OrderKey) => ('id' in by ? sql`o.id = ${by.id}` : sql`o.number = ${by.number}`)

/**
 * Locks an order for the rest of the transaction: whatever moves an order or its units does this first, before any other
 * lock. Who only writes rows that belong to it is not kept waiting. `units`: the ids of those that will be looked at,
 * or all.
 */
export async function lockOrder(
  trx: Transaction<Database>,
  by: OrderKey,
  units: 'all' | number[] = [],
): Promise<LockedOrder | undefined> {
  // First the lock, then the look: what another transaction wrote of its units while we waited must be seen, so they
  // can't be one statement.
  const lock = sql`select from orders o where ${isOrder(by)} for no key update`
  const [, { rows }] = await executeTogether(trx, lock.compile(trx), lookAtOrder(trx, by, units))
  return lockedOf(rows)
}

/** The statement that looks at an order, for whoever sends it right behind the one that locks it. */
export function lookAtOrder(
  trx: Transaction<Database>,
  by: OrderKey,
  units: 'all' | number[],
): CompiledQuery<LockedRow> {
  const wanted = units === 'all' ? sql`true` : sql`u.id = any(${units}::bigint[])`
  return sql<LockedRow>`
    select o.id, o.number, o.state, o.locale, o.customer, o.currency, o.total_cents as "totalCents",
           o.paid_cents as "paidCents", o.means, o.placed_at as "placedAt", o.paid_at as "paidAt",
           o.produced_at as "producedAt", o.trusted_at as "trustedAt",
           (select coalesce(jsonb_object_agg(state, count), '{}')
              from (select state, count(*) from units where order_id = o.id group by state) as states) as tally,
           (select coalesce(jsonb_agg(jsonb_build_object(
                     'id', u.id, 'position', u.position, 'state', u.state, 'external', u.external,
                     'fields', u.fields, 'erased', u.erased_at is not null, 'entry', l.entry) order by u.id), '[]')
              from units u join order_lines l on l.id = u.line_id
             where u.order_id = o.id and ${wanted}) as units
      from orders o where ${isOrder(by)}`.compile(trx)
}

/** What `lookAtOrder` found. */
export function lockedOf([row]: LockedRow[]): LockedOrder | undefined {
  return row && { ...row, changes: noChanges() }
}

/** Moves a locked order, with its line of history. Throws when the table of moves has no such move. */
export function moveOrder(order: LockedOrder, to: OrderState, reason: Reason): void {
  if (!orderMoves[order.state].includes(to)) {
    throw new Error(`order ${order.number} is ${order.state}: it can't become ${to}`)
  }
  order.changes.history.push({ event: 'order', from: order.state, to, ...reason })
  order.state = to
}

/** Moves units of a locked order, with a line of history each. Throws unless every one of them may make that move. */
export function moveUnits(order: LockedOrder, units: OrderUnit[], to: UnitState, reason: Reason): void {
  for (const unit of units) {
    if (!unitMoves[unit.state].includes(to)) {
      throw new Error(`unit ${unit.id} of order ${order.number} is ${unit.state}: it can't become ${to}`)
    }
    order.changes.history.push({ event: 'unit', unitId: unit.id, from: unit.state, to, ...reason })
    order.changes.units.set(unit.id, { ...order.changes.units.get(unit.id), to })
    order.tally[unit.state] = (order.tally[unit.state] ?? 1) - 1
    order.tally[to] = (order.tally[to] ?? 0) + 1
    unit.state = to
  }
}

/** Adds a line to the history of an order. */
export function record(order: LockedOrder, line: HistoryDraft): void {
  order.changes.history.push(line)
}

/** Decides a mail about an order: it is composed and sent once, whatever happens. `key` makes it unique. */
export function mail(
  order: LockedOrder,
  kind: MailKind,
  key: string,
  data: Record<string, unknown> = {},
): void {
  order.changes.mails.push({ key: `${kind}:${key}`, kind, recipient: order.customer.email, data })
}

/** How many of the order's units are in one of these states. */
export function countUnits(order: LockedOrder, states: readonly UnitState[]): number {
  return states.reduce((sum, state) => sum + (order.tally[state] ?? 0), 0)
}

/** How many units the order has. */
export function allUnits(order: LockedOrder): number {
  return Object.values(order.tally).reduce((sum, count) => sum + count, 0)
}

type Saved = {
  productions: { id: number; unitId: number; jobId: string }[]
  /** Those that a mail server shall have. */
  mails: number[]
  /**
   * False when a payment of this means and reference was there before, or another attempt has the production: then
   * nothing was written but the outcome of the notification, `repeated`.
   */
  fresh: boolean
}

/**
 * Writes what became of a locked order, in one statement. A payment that was recorded before undoes the whole
 * statement, and so does a production that another worker has taken over. Deliveries are written after the payment
 * that allows them, which the database checks as well. `last`: the transaction's commit leaves with it.
 */
export async function saveOrder(
  trx: Transaction<Database>,
  order: LockedOrder,
  { mailState, last = false }: { mailState: 'queued' | 'kept'; last?: boolean },
): Promise<Saved> {
  const { history, mails, giveBacks, productions, payment, notification, trust, dropPrepays, ending } =
    order.changes
  const units = [...order.changes.units].map(([id, change]) => ({ id, ...change }))
  const dead = units.filter((unit) => deadUnitStates.includes(unit.to)).map((unit) => unit.id)
  const write = sql<Saved>`
    with paid as (
      insert into payments (order_id, means, reference, amount_cents, currency, paid_on, state, recorded_by, note)
      select ${order.id}, means, reference, "amountCents", currency, "paidOn", state, "recordedBy", note
        from jsonb_to_recordset(${JSON.stringify(payment ? [payment] : [])}::jsonb)
          as p (means text, reference text, "amountCents" bigint, currency text, "paidOn" date, state text,
                "recordedBy" text, note text)
      on conflict (means, reference) do nothing returning id
    ), ended as (
      update productions
         set state = e.state, cause = e.cause, feedback = e.feedback,
             ended_at = case when e."dueAt" is null then now() end, due_at = coalesce(e."dueAt", productions.due_at),
             job_id = coalesce(e."jobId", productions.job_id), failures = coalesce(e.failures, productions.failures)
        from jsonb_to_recordset(${JSON.stringify(ending ? [ending] : [])}::jsonb)
          as e (id bigint, attempt integer, state text, cause jsonb, feedback jsonb, "dueAt" timestamptz,
                "jobId" uuid, failures integer)
       where productions.id = e.id and productions.attempt = e.attempt and productions.state = 'running'
      returning productions.id
    ), fresh as (
      select 1 where (${!payment} or exists (select from paid)) and (${!ending} or exists (select from ended))
    ), moved as (
      update orders
         set state = ${order.state}, paid_cents = ${order.paidCents}, paid_at = ${order.paidAt},
             produced_at = ${order.producedAt}, trusted_at = ${order.trustedAt},
             trusted_by = coalesce(${trust?.by ?? null}::bigint, trusted_by),
             trusted_why = coalesce(${trust?.why ?? null}, trusted_why)
        from fresh where id = ${order.id} returning id
    ), moved_units as (
      update units set state = u."to", feedback = coalesce(u.feedback, units.feedback)
        from moved, jsonb_to_recordset(${JSON.stringify(units)}::jsonb) as u (id bigint, "to" text, feedback jsonb)
       where units.id = u.id and units.order_id = moved.id
    ), noted as (
      -- A new event about a payment that we have: kept, and nothing else.
      update notifications
         set outcome = case when exists (select from fresh) then ${notification?.outcome ?? ''} else 'repeated' end
       where means = ${notification?.means ?? ''} and event_id = ${notification?.eventId ?? ''}
    ), freed as (
      delete from reservations using fresh where unit_id = any(${dead}::bigint[])
    ), told as (
      insert into history (order_id, unit_id, who, event, from_state, to_state, why)
      select moved.id, "unitId", who, event, "from", "to", why
        from moved, jsonb_to_recordset(${JSON.stringify(history)}::jsonb)
          as h ("unitId" bigint, who text, event text, "from" text, "to" text, why text)
    ), owed as (
      insert into give_backs (order_id, unit_id, product_id, payment_id, amount_cents, currency, why)
      select moved.id, "unitId", "productId", case when "ofPayment" then (select id from paid) end,
             "amountCents" - before, currency, why
        from moved, jsonb_to_recordset(${JSON.stringify(giveBacks)}::jsonb)
          as g ("unitId" bigint, "productId" bigint, "ofPayment" boolean, "amountCents" bigint, currency text, why text),
             -- Of a whole unit: without what was given back of its products before.
             lateral (select coalesce(sum(amount_cents), 0) as before from give_backs
                       where unit_id = "unitId" and "productId" is null) given
       where "amountCents" > before
      on conflict do nothing
    ), dropped as (
      update productions set state = 'cancelled', ended_at = now(), attempt = attempt + 1
        from moved
       where ${dropPrepays ?? false} and order_id = moved.id and script = 'prepay'
         and productions.state in ('queued', 'retrying', 'needs_operator')
    ), mailed as (
      insert into mails (order_id, key, kind, data, recipient, state)
      select moved.id, key, kind, coalesce(data, '{}'), recipient, ${mailState}
        from moved, jsonb_to_recordset(${JSON.stringify(mails)}::jsonb)
          as m (key text, kind text, data jsonb, recipient text)
      on conflict (key) do nothing returning id
    ), asked as (
      insert into productions (order_id, unit_id, script, occasion, handler, input, job_id, due_at)
      select moved.id, "unitId", script, coalesce(occasion, ''), handler, input, gen_random_uuid(),
             now() + make_interval(secs => coalesce("after", 0))
        from moved, jsonb_to_recordset(${JSON.stringify(productions)}::jsonb)
          as p ("unitId" bigint, script text, occasion text, handler text, input jsonb, "after" float8)
      on conflict (unit_id, script, occasion) do nothing returning id, unit_id, job_id
    )
    select exists (select from fresh) as fresh,
           (select coalesce(jsonb_agg(id), '[]') from mailed) as mails,
           (select coalesce(jsonb_agg(jsonb_build_object('id', id, 'unitId', unit_id, 'jobId', job_id)), '[]')
              from asked) as productions`
  const [{ rows }] = await (last ? executeLast : executeTogether)(trx, write.compile(trx))
  const [saved] = rows
  if (!saved) throw new Error(`order ${order.number} could not be saved`)
  order.changes = noChanges()
  return saved
}
