import type { Logger } from 'pino'
import { claim } from './production.ts'
import { type ProductionJob, productionQueue } from './queue.ts'
import { type Engine, run } from './run.ts'

/**
 * Starts taking productions off the queue. Each fetch takes many jobs, since Moodle's calls are merged across units;
 * several fetches run side by side, so that one slow unit holds up no other. Returns the way to stop.
 */
export async function startWorker(engine: Engine, log: Logger): Promise<() => Promise<void>> {
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
    async (jobs) => {
      const claimed = await claim(
        engine.db,
        engine.worker,
        jobs.map((job) => ({ id: job.id, production: job.data.production })),
      )
      const signals = new Map(jobs.map((job) => [job.data.production, job.signal]))
      const never = new AbortController().signal
      const results = await Promise.allSettled(
        claimed.map((production) => run(engine, production, signals.get(production.id) ?? never)),
      )
      const lost = results.filter((result) => result.status === 'rejected')
      for (const result of lost) log.error({ err: result.reason }, 'an outcome could not be recorded')
      // Failing the batch gives its jobs out again; those that did end find nothing left to claim.
      if (lost[0]) throw lost[0].reason
    },
  )
  return () => engine.queue.offWork(productionQueue)
}
