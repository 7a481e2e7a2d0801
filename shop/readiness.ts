import { sql } from 'kysely'
import type pg from 'pg'
import { waitingMigrations } from '../db/migrate.ts'
import { productionQueue } from '../production/queue.ts'
import type { Shop } from './shop.ts'

/** `ms`: what the check took. `error`: for the log, never for the world. */
export type Check = { ok: boolean; ms: number; error?: unknown }

/** What the shop can't work without. Each check ends within `patience` milliseconds, with its error if need be. */
export async function checkReadiness(
  shop: Pick<Shop, 'db' | 'queue'>,
  pool: pg.Pool,
  patience = 2000,
): Promise<{ database: Check; migrations: Check; queue: Check }> {
  const [database, migrations, queue] = await Promise.all([
    check(patience, () => sql`select 1`.execute(shop.db)),
    check(patience, async () => {
      const waiting = await waitingMigrations(pool)
      if (waiting.length > 0) throw new Error(`the database lacks ${waiting.join(', ')}`)
    }),
    check(patience, async () => {
      if (!(await shop.queue.getQueue(productionQueue))) throw new Error('the queue of productions is gone')
    }),
  ])
  return { database, migrations, queue }
}

async function check(patience: number, ask: () => Promise<unknown>): Promise<Check> {
  const started = performance.now()
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`no answer within ${patience} ms`)), patience)
  const ms = () => Math.round((performance.now() - started) * 10) / 10
  try {
    await Promise.race([ask(), late.promise])
    return { ok: true, ms: ms() }
  } catch (error) {
    return { ok: false, ms: ms(), error }
  } finally {
    clearTimeout(timer)
  }
}
