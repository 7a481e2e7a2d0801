import { type Kysely, sql } from 'kysely'
import type { Cause, Database, ProductionState } from '../db/schema.ts'
import type { Feedback } from '../sdk/index.ts'

export type JournalRow = {
  id: number
  orderNumber: string
  unitId: number
  script: string
  handler: string
  state: ProductionState
  attempt: number
  failures: number
  cause: Cause | null
  dueAt: Date
  startedAt: Date | null
  endedAt: Date | null
  createdAt: Date
}

const rows = (db: Kysely<Database>) =>
  db
    .selectFrom('productions')
    .innerJoin('orders', 'orders.id', 'productions.order_id')
    .select([
      'productions.id',
      'orders.number as orderNumber',
      'unit_id as unitId',
      'script',
      'handler',
      'productions.state',
      'attempt',
      'failures',
      'cause',
      'due_at as dueAt',
      'started_at as startedAt',
      'ended_at as endedAt',
      'productions.created_at as createdAt',
    ])

/** A page of productions, newest first. */
export async function listProductions(
  db: Kysely<Database>,
  { before, limit = 50, state }: { before?: number; limit?: number; state?: ProductionState } = {},
): Promise<{ productions: JournalRow[]; next: number | undefined }> {
  let query = rows(db)
    .orderBy('productions.id', 'desc')
    .limit(limit + 1)
  if (before !== undefined) query = query.where('productions.id', '<', before)
  if (state) query = query.where('productions.state', '=', state)
  const found = await query.execute()
  const page = found.slice(0, limit)
  return { productions: page, next: found.length > limit ? page.at(-1)?.id : undefined }
}

export async function productionsOfOrder(db: Kysely<Database>, orderId: number): Promise<JournalRow[]> {
  return await rows(db).where('productions.order_id', '=', orderId).orderBy('productions.id').execute()
}

export type Journal = JournalRow & {
  orderId: number
  worker: string | null
  input: unknown
  feedback: Feedback | null
  steps: { name: string; attempt: number; result: unknown; milliseconds: number; at: Date }[]
  failed: { attempt: number; at: Date; step: string | null; cause: Cause }[]
}

/** All that is known of one production: its input, its steps, and what went wrong attempt by attempt. */
export async function findJournal(db: Kysely<Database>, id: number): Promise<Journal | undefined> {
  const row = await rows(db)
    .select(['productions.order_id as orderId', 'worker', 'input', 'feedback'])
    .where('productions.id', '=', id)
    .executeTakeFirst()
  if (!row) return undefined
  const [steps, failed] = await Promise.all([
    db
      .selectFrom('steps')
      .select(['name', 'attempt', 'result', 'milliseconds', 'at'])
      .where('production_id', '=', id)
      .orderBy('at')
      .execute(),
    db
      .selectFrom('failures')
      .select(['attempt', 'at', 'step', 'cause'])
      .where('production_id', '=', id)
      .orderBy('attempt')
      .execute(),
  ])
  return { ...row, steps, failed }
}

/** How many productions are live or wait, for the health page. */
export async function countProductions(
  db: Kysely<Database>,
): Promise<Record<'queued' | 'running' | 'retrying' | 'needs_operator', number>> {
  const found = await db
    .selectFrom('productions')
    .select((select) => ['state', select.fn.countAll<number>().as('count')])
    .where('state', 'in', ['queued', 'running', 'retrying', 'needs_operator'])
    .groupBy('state')
    .execute()
  const counts = { queued: 0, running: 0, retrying: 0, needs_operator: 0 }
  for (const row of found)
    if (row.state in counts) counts[row.state as keyof typeof counts] = Number(row.count)
  return counts
}

/** The age in seconds of the oldest production that is due and not yet taken; 0 when there is none. */
export async function oldestWaiting(db: Kysely<Database>): Promise<number> {
  const { rows: found } = await sql<{ seconds: number | null }>`
    select extract(epoch from now() - min(due_at))::float8 as seconds
      from productions where state in ('queued', 'retrying') and due_at <= now()`.execute(db)
  return found[0]?.seconds ?? 0
}
