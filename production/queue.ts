import { randomUUID } from 'node:crypto'
import { CompiledQuery, type Transaction } from 'kysely'
import { type Db, fromKysely, PgBoss } from 'pg-boss'
import type { Database } from '../db/schema.ts'
import { executeLast } from '../db/send-together.ts'

/** A wake-up for one production. What it is about stands in our tables; the job only says: look now. */
export type ProductionJob = { production: number }

export const productionQueue = 'production'
const deadQueue = 'production_dead'

export type Queue = PgBoss

/**
 * Opens pg-boss with the settings that fit work that must never be forgotten: a dead worker is noticed within
 * seconds, jobs wait for years rather than being deleted after 14 days, and workers are woken by LISTEN/NOTIFY.
 */
export async function openQueue(url: string, onTrouble: (error: Error) => void): Promise<Queue> {
  const boss = new PgBoss({
    connectionString: url,
    application_name: 'boutique-queue',
    max: 4,
    useListenNotify: true,
    monitorIntervalSeconds: 5,
    superviseIntervalSeconds: 5,
    openTelemetry: { enabled: false },
  })
  boss.on('error', onTrouble)
  await boss.start()
  const tenYears = 10 * 365 * 86_400
  await boss.createQueue(deadQueue, { retentionSeconds: tenYears })
  await boss.createQueue(productionQueue, {
    notify: true,
    heartbeatSeconds: 10,
    expireInSeconds: 900,
    retryLimit: 20,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 60,
    retentionSeconds: tenYears,
    deleteAfterSeconds: 3600,
    deadLetter: deadQueue,
  })
  return boss
}

/**
 * Sends a job in the caller's transaction: it exists if and only if what caused it is committed. Of those that are due,
 * those of a greater `priority` come first; 0 when absent. `last`: the transaction's commit leaves with it.
 */
export async function sendProductions(
  queue: Queue,
  trx: Transaction<Database>,
  jobs: { id: string; production: number; startAfter?: Date; priority?: number; site: string }[],
  { last = false }: { last?: boolean } = {},
): Promise<void> {
  if (jobs.length === 0) return
  await queue.insert(
    productionQueue,
    jobs.map((job) => ({
      id: job.id,
      data: { production: job.production } satisfies ProductionJob,
      startAfter: job.startAfter,
      priority: job.priority,
      group: { id: job.site },
    })),
    { db: last ? lastIn(trx) : fromKysely(trx) },
  )
}

const lastIn = (trx: Transaction<Database>): Db => ({
  async executeSql(text, values = []) {
    const [result] = await executeLast(trx, CompiledQuery.raw(text, values))
    return { rows: [...result.rows] }
  },
})

export const newJobId = (): string => randomUUID()
