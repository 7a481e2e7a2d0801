import { type Kysely, sql } from 'kysely'
import type { Database } from '../db/schema.ts'
import { newJobId, type Queue, sendProductions } from './queue.ts'

/** Seconds that a live production may be overdue before the sweep looks whether its job is still there. */
const grace = 30

/**
 * Puts back every production that should be running and has no live job: whatever was lost, it is found here.
 * Safe to run in several processes at once. Returns how many were put back.
 */
export async function sweep(
  db: Kysely<Database>,
  queue: Queue,
  site: string,
  graceSeconds = grace,
): Promise<number> {
  return await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: number }>`
      select p.id from productions p
       where p.state in ('queued', 'running', 'retrying')
         and p.due_at < now() - make_interval(secs => ${graceSeconds})
         and not exists (select from pgboss.job j
                          where j.id = p.job_id and j.name = 'production' and j.state in ('created', 'retry', 'active'))
       order by p.due_at limit 500 for update of p skip locked`.execute(trx)
    const jobs = rows.map((row) => ({ id: newJobId(), production: row.id, site }))
    if (jobs.length > 0) {
      await sql`
        update productions p set job_id = job.id
          from unnest(${jobs.map((job) => job.production)}::bigint[], ${jobs.map((job) => job.id)}::uuid[]) as job(production, id)
         where p.id = job.production`.execute(trx)
      await sendProductions(queue, trx, jobs)
    }
    return jobs.length
  })
}
