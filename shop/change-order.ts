import type { Transaction } from 'kysely'
import { fromKysely } from 'pg-boss'
import type { Database } from '../db/schema.ts'
import { sendProductions } from '../production/queue.ts'
import { type LockedOrder, lockOrder, saveOrder } from './order.ts'
import type { Shop } from './shop.ts'

export const mailQueue = 'mail'

/** Saves a locked order with the jobs that this causes. Returns what started; `fresh`: see `saveOrder`. */
export async function saveWithJobs(
  shop: Shop,
  trx: Transaction<Database>,
  order: LockedOrder,
): Promise<{ productions: { id: number; unitId: number }[]; fresh: boolean }> {
  const after = new Map(
    order.changes.productions.map((production) => [production.unitId, production.after ?? 0]),
  )
  const saved = await saveOrder(trx, order, { mailState: shop.settings.mailing ? 'queued' : 'kept' })
  await sendProductions(
    shop.queue,
    trx,
    saved.productions.map(({ id, unitId, jobId }) => {
      const seconds = after.get(unitId) ?? 0
      const startAfter = seconds > 0 ? new Date(Date.now() + seconds * 1000) : undefined
      return { id: jobId, production: id, startAfter, site: shop.site.site }
    }),
  )
  if (shop.settings.mailing) {
    for (const mail of saved.mails) await shop.queue.send(mailQueue, { mail }, { db: fromKysely(trx) })
  }
  return { productions: saved.productions, fresh: saved.fresh }
}

/**
 * The way to change an order: locks it, lets `decide` decide on it, and saves what was decided, in one short
 * transaction. Undefined when there is no such order.
 */
export async function changeOrder<T>(
  shop: Shop,
  by: { id: number } | { number: string },
  units: 'all' | number[],
  decide: (order: LockedOrder, trx: Transaction<Database>) => Promise<T> | T,
): Promise<{ result: T; productions: { id: number; unitId: number }[]; fresh: boolean } | undefined> {
  return await shop.db.transaction().execute(async (trx) => {
    const order = await lockOrder(trx, by, units)
    if (!order) return undefined
    const result = await decide(order, trx)
    return { result, ...(await saveWithJobs(shop, trx, order)) }
  })
}
