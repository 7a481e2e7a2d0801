import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { Outcome, Production } from './production.ts'
import { newJobId, type Queue, sendProductions } from './queue.ts'

/** An operator's wish that came too late: the production has moved on meanwhile. */
export type Operated = { ok: true } | { ok: false; reason: 'not_waiting' }

export type Hands = {
  db: Kysely<Database>
  queue: Queue
  site: string
  settle: (
    trx: Transaction<Database>,
    production: Pick<Production, 'id' | 'orderId' | 'unitId' | 'script'>,
    outcome: Outcome,
  ) => Promise<unknown>
}

/** Runs a production again now: one that waits for an operator, or whose next try is still to come. */
export async function retryProduction(hands: Hands, id: number): Promise<Operated> {
  return await hands.db.transaction().execute(async (trx) => {
    const jobId = newJobId()
    const retried = await trx
      .updateTable('productions')
      .set({ state: 'retrying', job_id: jobId, due_at: sql`now()`, failures: 0, interruptions: 0 })
      .where('id', '=', id)
      .where('state', 'in', ['needs_operator', 'retrying'])
      .returning('id')
      .executeTakeFirst()
    if (!retried) return { ok: false, reason: 'not_waiting' }
    await sendProductions(hands.queue, trx, [{ id: jobId, production: id, site: hands.site }])
    return { ok: true }
  })
}

/** Runs again now every production that waits because the site was away or refused our token. */
export async function retryWaiting(hands: Omit<Hands, 'settle'>): Promise<number> {
  return await retryAll(
    hands,
    sql<boolean>`state = 'retrying' and cause->>'kind' in ('outage', 'maintenance', 'token')`,
  )
}

/** Runs again now every production that needs an operator: what kept them from succeeding was put right. */
export async function retryStuck(hands: Omit<Hands, 'settle'>): Promise<number> {
  return await retryAll(hands, sql<boolean>`state = 'needs_operator'`)
}

async function retryAll(hands: Omit<Hands, 'settle'>, which: RawBuilder<boolean>): Promise<number> {
  return await hands.db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: number }>`
      select id from productions where ${which} for update skip locked`.execute(trx)
    const jobs = rows.map((row) => ({ id: newJobId(), production: row.id, site: hands.site }))
    await sql`
      update productions p
         set job_id = job.id, due_at = now(), failures = 0, interruptions = 0, state = 'retrying'
        from unnest(${jobs.map((job) => job.production)}::bigint[], ${jobs.map((job) => job.id)}::uuid[]) as job(production, id)
       where p.id = job.production`.execute(trx)
    await sendProductions(hands.queue, trx, jobs)
    return jobs.length
  })
}

/**
 * Ends a production by an operator's decision: `skipped` (it was done by hand, or isn't needed) or `cancelled` (it
 * won't be done). The reason stays in the history. One that is running can't be ended: it may be about to succeed.
 */
export async function endProduction(
  hands: Hands,
  id: number,
  decision: { state: 'skipped' | 'cancelled'; who: string; why: string },
): Promise<Operated> {
  return await hands.db.transaction().execute(async (trx) => {
    const production = await trx
      .selectFrom('productions')
      .select(['id', 'order_id as orderId', 'unit_id as unitId', 'script'])
      .where('id', '=', id)
      .executeTakeFirst()
    if (!production) return { ok: false, reason: 'not_waiting' }
    await trx
      .selectFrom('orders')
      .select('id')
      .where('id', '=', production.orderId)
      .forNoKeyUpdate()
      .execute()
    const { numUpdatedRows } = await trx
      .updateTable('productions')
      .set({ state: decision.state, ended_at: sql`now()`, attempt: sql`attempt + 1` })
      .where('id', '=', id)
      .where('state', 'in', ['needs_operator', 'retrying', 'queued'])
      .executeTakeFirst()
    if (numUpdatedRows !== 1n) return { ok: false, reason: 'not_waiting' }
    await hands.settle(trx, { ...production, script: production.script as Production['script'] }, decision)
    return { ok: true }
  })
}
