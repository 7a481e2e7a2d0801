import { type Kysely, type Selectable, sql } from 'kysely'
import type { Cause, Database } from '../db/schema.ts'
import type { Feedback, Product, Text, Unit } from '../sdk/index.ts'

/** The scripts of a handler, and its after-sale actions. */
export type Script =
  | 'prepay'
  | 'release'
  | 'postpay'
  | 'revoke'
  | 'revokeOne'
  | 'ended'
  | 'revived'
  | 'action'

/** All that a script is given, frozen when the production was asked for (design, invariant 9). */
export type Input = {
  unit: Omit<Unit, 'order'> & {
    order: Omit<Unit['order'], 'placedAt' | 'paidAt'> & { placedAt: string; paidAt: string | null }
  }
  internal: Record<string, unknown>
  external: Record<string, unknown>
  fields: Record<string, unknown>
  /** The answers were erased at somebody's wish: what is left of them has its shape. */
  erased?: boolean
  /** For `revoke`: what the unit's delivery made. */
  products?: StoredProduct[]
  /** For `revokeOne`, `ended` and `revived`: which product of the unit. */
  product?: StoredProduct
  /** For `action`: which one, on what, with which answers, asked by whom. */
  action?: {
    name: string
    product: StoredProduct
    input: Record<string, unknown>
    who: string
    audience?: 'operator' | 'customer'
  }
}

/** A product as JSON keeps it. What was kept before days were counted says nothing of them. */
export type StoredProduct = Omit<Product, 'startsAt' | 'endsAt' | 'addedDays'> & {
  startsAt: string
  endsAt: string | null
  addedDays?: number
}

/** One run of one script for one unit. */
export type Production = {
  id: number
  orderId: number
  unitId: number
  script: Script
  handler: string
  input: Input
  attempt: number
  /** How it failed last, and how often in a row that way. */
  lastFailure: { kind: Cause['kind']; count: number } | null
  /** How often in a row the process that ran it died. */
  interruptions: number
}

/** How a production ended, or why it waits: told to the shop in the transaction that records it. */
export type Outcome =
  | { state: 'done'; feedback?: Feedback }
  | { state: 'refused'; cause: Cause; text: Text }
  | { state: 'retrying'; cause: Cause; dueAt: Date }
  | { state: 'needs_operator'; cause: Cause }
  | { state: 'skipped' | 'cancelled'; who: string; why: string }

/** What the row of a production becomes with an outcome, under the attempt that made it. */
export type Ending = {
  id: number
  attempt: number
  state: Outcome['state']
  cause?: Cause
  feedback?: Feedback
} & Partial<Retry>

/** The next try of a production: its job, when it is due, and how often it has failed in a row. */
export type Retry = { jobId: string; dueAt: Date; failures: number }

/**
 * A production that is asked for. It exists once for each unit, script and occasion: asking again changes nothing.
 * The shop writes it together with what causes it, and sends its job in the same transaction (`sendProductions`).
 */
export type Asked = {
  unitId: number
  script: Script
  handler: string
  input: Input
  /** Tells apart the runs of an after-sale action. */
  occasion?: string
  /** Seconds before a worker may take it, for what the asker means to run at once itself. */
  after?: number
}

/**
 * Takes productions for this worker: each gets a new attempt number, which fences whoever had it before. A job may
 * take a production that says it is running, since the queue gives a job out again only when its worker is dead; a
 * stale job, whose id the production no longer names, takes nothing.
 */
export async function claim(
  db: Kysely<Database>,
  worker: string,
  jobs: { id: string; production: number }[],
): Promise<Production[]> {
  const ids = jobs.map((job) => job.production)
  const jobIds = jobs.map((job) => job.id)
  const { rows } = await sql<Row>`
    update productions p
       set state = 'running', attempt = p.attempt + 1, worker = ${worker}, started_at = now(),
           interruptions = case was.state when 'running' then p.interruptions + 1 else 0 end
      from (select p.id, p.state from productions p
              join unnest(${ids}::bigint[], ${jobIds}::uuid[]) as job(production, id)
                on p.id = job.production and p.job_id = job.id
             where p.state in ('queued', 'retrying', 'running') for update of p skip locked) was
     where p.id = was.id
    returning p.*`.execute(db)
  return rows.map(toProduction)
}

/** Takes freshly asked productions to run them at once, in the request that placed the order. */
export async function claimAtOnce(
  db: Kysely<Database>,
  worker: string,
  ids: number[],
): Promise<Production[]> {
  const rows = await db
    .updateTable('productions')
    .set({ state: 'running', attempt: sql`attempt + 1`, worker, started_at: sql`now()` })
    .where('id', 'in', ids)
    .where('state', '=', 'queued')
    .returningAll()
    .execute()
  return rows.map(toProduction)
}

type Row = Selectable<Database['productions']>

function toProduction(row: Row): Production {
  return {
    id: row.id,
    orderId: row.order_id,
    unitId: row.unit_id,
    script: row.script as Script, // the table holds what enqueue wrote
    handler: row.handler,
    input: row.input as Input, // likewise
    attempt: row.attempt,
    lastFailure: row.cause && { kind: row.cause.kind, count: row.failures },
    interruptions: row.interruptions,
  }
}
