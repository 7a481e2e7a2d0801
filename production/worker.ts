import { sql } from 'kysely'
import type { Logger } from 'pino'
import { claim, type Production } from './production.ts'
import { type ProductionJob, productionQueue, sendProductions } from './queue.ts'
import { defaultPatience, type Engine, run } from './run.ts'

type Job = { id: string; data: ProductionJob; signal: AbortSignal }

/** How many units may run on beside the fetches that no longer wait for them. */
const mostBeside = 20

/**
 * Starts taking productions off the queue. Each fetch takes many jobs, since Moodle's calls are merged across units;
 * several fetches run side by side, and none waits long for its last units, so that slow ones hold up no other.
 * Returns the way to stop.
 */
export async function startWorker(engine: Engine, log: Logger): Promise<() => Promise<void>> {
  const patience = engine.patience ?? defaultPatience
  let beside = 0

  async function work(jobs: Job[]): Promise<void> {
    const signals = new Map(jobs.map((job) => [job.data.production, job.signal]))
    const claimed = await claim(
      engine.db,
      engine.worker,
      jobs.map((job) => ({ id: job.id, production: job.data.production })),
    )
    const running = new Set(claimed)
    let waiting = true
    const runs = claimed.map(async (production) => {
      const own = new AbortController()
      // The queue aborts the signals of a fetch that has returned, too.
      const stop = () => waiting && own.abort()
      signals.get(production.id)?.addEventListener('abort', stop, { once: true })
      try {
        await run(engine, production, own.signal)
      } catch (error) {
        log.error({ err: error, production: production.id }, 'an outcome could not be recorded')
        throw error
      } finally {
        running.delete(production)
        if (!waiting) beside--
      }
    })
    const ended = Promise.allSettled(runs).then((results) => results.find(isRejected))
    if ((await isLate(ended, patience.fetch)) && beside + running.size <= mostBeside) {
      await lookAfter(engine, [...running], patience.script)
      waiting = false
      beside += running.size
      return
    }
    // Failing the fetch gives its jobs out again; those that did end find nothing left to claim.
    const lost = await ended
    if (lost) throw lost.reason
  }

  await engine.queue.work<ProductionJob>(
    productionQueue,
    {
      batchSize: 50,
      localConcurrency: 3,
      burstWhenBatchFull: true,
      pollingIntervalSeconds: 2,
      // No NOTIFY tells when a retry is due, or when a dead worker's job is given out again.
      notifyPollingIntervalSeconds: 2,
      heartbeatRefreshSeconds: 3,
    },
    work,
  )
  return () => engine.queue.offWork(productionQueue)
}

/** Gives productions that run on in this process jobs that look after them once a script's time is over. */
async function lookAfter(engine: Engine, running: Production[], seconds: number): Promise<void> {
  const dueAt = new Date(Date.now() + (seconds + 30) * 1000)
  await engine.db.transaction().execute(async (trx) => {
    const ids = running.map(({ id }) => id)
    const attempts = running.map(({ attempt }) => attempt)
    const { rows } = await sql<{ id: string; production: number }>`
      update productions p set job_id = gen_random_uuid(), due_at = ${dueAt}
        from unnest(${ids}::bigint[], ${attempts}::integer[]) as r (id, attempt)
       where p.id = r.id and p.attempt = r.attempt and p.state = 'running'
      returning p.job_id as id, p.id as production`.execute(trx)
    const jobs = rows.map((row) => ({ ...row, startAfter: dueAt, site: engine.moodle.site }))
    await sendProductions(engine.queue, trx, jobs)
  })
}

async function isLate(ending: Promise<unknown>, seconds: number): Promise<boolean> {
  const late = Promise.withResolvers<true>()
  const timer = setTimeout(() => late.resolve(true), seconds * 1000)
  const first = await Promise.race([ending.then(() => false), late.promise])
  clearTimeout(timer)
  return first
}

function isRejected(result: PromiseSettledResult<unknown>): result is PromiseRejectedResult {
  return result.status === 'rejected'
}
