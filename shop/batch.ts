import { type Kysely, sql, type Transaction } from 'kysely'
import type { Cause, Database, ProductionState } from '../db/schema.ts'
import { sendProductions } from '../production/queue.ts'
import { elementsOf, type FormErrors, validateSent } from '../sdk/form.ts'
import type { Text } from '../sdk/index.ts'
import { actionsFor, storeProduct } from './product.ts'
import { productsWithUnits } from './products-with-units.ts'
import type { Shop } from './shop.ts'
import { inputOf } from './start-scripts.ts'
import { askedTooOften, type TooOften } from './too-often.ts'
import { underwayOf } from './underway.ts'

/** The most products that one batch acts on. */
export const mostRows = 1000

/** A sale goes before what is done with many products at once. */
const priority = -1

/** An action that is asked for on many products, with the answers to its form for each. */
export type BatchAsked = {
  action: string
  by: { who: string; audience: 'operator' | 'customer' }
  rows: { reference: string; values: Record<string, unknown> }[]
  /** None of the products may have another action under way: it would not be now. */
  idle?: boolean
}

/** What keeps a row, counted from 0, from being asked for. */
export type RowFault = { row: number; reference: string } & (
  | { reason: 'not_found' | 'not_now' | 'twice' }
  | { reason: 'invalid'; errors: FormErrors }
)

export type BatchStarted =
  /** `fresh`: false when this very request has started it before. */
  | { ok: true; batch: number; fresh: boolean }
  | { ok: false; reason: 'empty' | 'too_many' }
  /** Nothing at all was started. */
  | { ok: false; reason: 'rows'; faults: RowFault[] }
  | TooOften

/**
 * Asks for one action on many products: a production each, as durable as one asked for alone, all written at once or
 * none. `asked` names the request: the same one of the same person twice is one batch. Whether these are the caller's
 * products is for the caller to know.
 */
export async function startBatch(
  shop: Shop,
  { action, by, rows, idle = false }: BatchAsked,
  asked: string,
): Promise<BatchStarted> {
  if (rows.length === 0) return { ok: false, reason: 'empty' }
  if (rows.length > mostRows) return { ok: false, reason: 'too_many' }
  const before = await findBatch(shop.db, by.who, asked)
  if (before !== undefined) return { ok: true, batch: before, fresh: false }
  const references = rows.map(({ reference }) => reference)
  return await shop.db.transaction().execute(async (trx) => {
    // Whoever is being erased is erased before this looks at what they had, and two batches of one order come one
    // after the other.
    await sql`
      select from orders where id in (select order_id from products where reference = any(${references}::text[]))
       order by id for no key update`.execute(trx)
    const found = await productsWithUnits(trx, sql<boolean>`p.reference = any(${references}::text[])`)
    const owners = new Map(found.map((owner) => [owner.product.reference, owner]))
    const units = countBy(found, ({ unit }) => unit.id)
    const busy = new Set<number>()
    for (const unit of idle ? units.keys() : []) {
      for (const product of (await underwayOf(trx, unit)).keys()) busy.add(product)
    }
    const seen = new Set<string>()
    const faults: RowFault[] = []
    const productions = rows.flatMap(({ reference, values }, row) => {
      const fault = (why: { reason: 'not_found' | 'not_now' | 'twice' }) => {
        faults.push({ row, reference, ...why })
        return []
      }
      const owner = owners.get(reference)
      if (!owner) return fault({ reason: 'not_found' })
      if (seen.has(reference)) return fault({ reason: 'twice' })
      seen.add(reference)
      const { product, order, unit } = owner
      const offered = actionsFor(shop, product, by.audience).find(([name]) => name === action)?.[1]
      if (!offered || busy.has(product.id)) return fault({ reason: 'not_now' })
      const read = validateSent(offered.input, elementsOf(offered.input), values)
      if (!read.ok) {
        faults.push({ row, reference, reason: 'invalid', errors: read.errors })
        return []
      }
      const asking = { name: action, product: storeProduct(product), input: values, ...by }
      return [
        {
          position: row + 1,
          product: product.id,
          order: product.orderId,
          unit: product.unitId,
          handler: product.handler,
          input: { ...inputOf(order, unit), action: asking },
        },
      ]
    })
    if (faults.length > 0) return { ok: false, reason: 'rows', faults }
    for (const [unit, count] of by.audience === 'customer' ? units : []) {
      const tooOften = await askedTooOften(trx, unit, count)
      if (tooOften) return tooOften
    }
    const orders = new Set(productions.map(({ order }) => order))
    const [order = null] = orders.size === 1 ? orders : []
    const made = await trx
      .insertInto('batches')
      .values({ action, ...by, request: asked, order_id: order })
      .onConflict((conflict) => conflict.columns(['who', 'request']).doNothing())
      .returning('id')
      .executeTakeFirst()
    if (!made) return { ok: true, batch: (await findBatch(trx, by.who, asked)) ?? 0, fresh: false }
    await write(shop, trx, made.id, productions)
    return { ok: true, batch: made.id, fresh: true }
  })
}

function countBy<T, Key>(items: T[], keyOf: (item: T) => Key): Map<Key, number> {
  const counts = new Map<Key, number>()
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1)
  return counts
}

/** The batch that this request of this person started before. */
export async function findBatch(
  db: Kysely<Database>,
  who: string,
  request: string,
): Promise<number | undefined> {
  const found = await db
    .selectFrom('batches')
    .select('id')
    .where('who', '=', who)
    .where('request', '=', request)
    .executeTakeFirst()
  return found?.id
}

/** Writes the productions of a batch and their rows in one statement, and their jobs. */
async function write(
  shop: Shop,
  trx: Transaction<Database>,
  batch: number,
  productions: {
    position: number
    product: number
    order: number
    unit: number
    handler: string
    input: unknown
  }[],
): Promise<void> {
  const { rows } = await sql<{ id: number; job: string }>`
    with asked as (
      select *, ${`batch:${batch}:`} || position as occasion
        from jsonb_to_recordset(${JSON.stringify(productions)}::jsonb)
          as p (position integer, product bigint, "order" bigint, unit bigint, handler text, input jsonb)
    ), made as (
      -- Whoever locks several orders does so in one order.
      insert into productions (order_id, unit_id, script, occasion, handler, input, job_id)
      select "order", unit, 'action', occasion, handler, input, gen_random_uuid() from asked order by "order", position
      returning id, job_id, occasion
    ), listed as (
      insert into batch_rows (batch_id, position, product_id, production_id)
      select ${batch}::bigint, asked.position, asked.product, made.id from made join asked using (occasion)
    )
    select id, job_id as job from made order by id`.execute(trx)
  const jobs = rows.map(({ id, job }) => ({ id: job, production: id, priority, site: shop.site.site }))
  await sendProductions(shop.queue, trx, jobs)
}

/** `waiting`: it goes on by itself. `done`: or an operator says so. `refused`: told no, or called off. */
export type RowState = 'waiting' | 'done' | 'refused' | 'needs_operator'

const rowStates: Record<ProductionState, RowState> = {
  queued: 'waiting',
  running: 'waiting',
  retrying: 'waiting',
  done: 'done',
  skipped: 'done',
  refused: 'refused',
  cancelled: 'refused',
  needs_operator: 'needs_operator',
}

/** What became of one product of a batch. */
export type BatchRow = {
  /** From 1, as it was asked for. */
  position: number
  reference: string
  title: Text
  handler: string
  unitId: number
  /** The answers that were given; null once a person among them was erased. */
  values: Record<string, unknown> | null
  production: number
  state: RowState
  /** What the action, or its refusal, says to whoever asked. */
  says: Text | null
  /** For operators: why it waits, or why it failed. */
  cause: Cause | null
}

export type Batch = {
  id: number
  action: string
  who: string
  audience: 'operator' | 'customer'
  /** The order that all its products are of, if they are of one. */
  orderNumber: string | null
  createdAt: Date
  total: number
  counts: Record<RowState, number>
  rows: BatchRow[]
  /** The last position of these rows, when there are more. */
  next: number | undefined
}

/**
 * A batch with a page of its rows, all of them by default; `only`: of those in one state.
 * `ownedBy`: undefined unless a customer of this address asked for it, and the order is theirs.
 */
export async function viewBatch(
  db: Kysely<Database>,
  id: number,
  {
    after = 0,
    limit = mostRows,
    only,
    ownedBy,
  }: { after?: number; limit?: number; only?: RowState; ownedBy?: string } = {},
): Promise<Batch | undefined> {
  const found = await db
    .selectFrom('batches')
    .leftJoin('orders', 'orders.id', 'batches.order_id')
    .select(['batches.id', 'action', 'who', 'audience', 'created_at as createdAt', 'number as orderNumber'])
    .where('batches.id', '=', id)
    .$if(ownedBy !== undefined, (query) =>
      query.where('audience', '=', 'customer').where('customer_email', '=', (ownedBy ?? '').toLowerCase()),
    )
    .executeTakeFirst()
  if (!found) return undefined
  const states = Object.entries(rowStates).flatMap(([state, is]) => (is === only ? [state] : []))
  const ofState = only === undefined ? sql`true` : sql`p.state = any(${states}::text[])`
  const [counted, listed] = await Promise.all([
    sql<{ state: ProductionState; count: number }>`
      select p.state, count(*)::integer as count from batch_rows r join productions p on p.id = r.production_id
       where r.batch_id = ${id} group by p.state`.execute(db),
    sql<Omit<BatchRow, 'state'> & { state: ProductionState }>`
      select r.position, s.reference, s.title, s.handler, s.unit_id as "unitId", p.input->'action'->'input' as values, p.id as production,
             p.state, p.feedback->'shown' as says, p.cause
        from batch_rows r
        join productions p on p.id = r.production_id
        join products s on s.id = r.product_id
       where r.batch_id = ${id} and r.position > ${after} and ${ofState}
       order by r.position limit ${limit + 1}`.execute(db),
  ])
  const counts: Batch['counts'] = { waiting: 0, done: 0, refused: 0, needs_operator: 0 }
  for (const { state, count } of counted.rows) counts[rowStates[state]] += count
  const rows = listed.rows.slice(0, limit).map((row) => ({ ...row, state: rowStates[row.state] }))
  return {
    ...found,
    total: Object.values(counts).reduce((sum, count) => sum + count, 0),
    counts,
    rows,
    next: listed.rows.length > limit ? rows.at(-1)?.position : undefined,
  }
}
