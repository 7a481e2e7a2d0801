import type { Transaction } from 'kysely'
import { fromKysely } from 'pg-boss'
import type { Database } from '../db/schema.ts'
import { sendProductions } from '../production/queue.ts'
import { type LockedOrder, lockOrder, type OrderKey, saveOrder } from './order.ts'
import type { Shop } from './shop.ts'

export const mailQueue = 'mail'

/**
 * Saves a locked order with the jobs that this causes. Returns what started; `fresh`: see `saveOrder`. `last`: the
 * transaction has nothing more to do, so that its commit may leave with what is written last.
 */
export async function saveWithJobs(
  shop: Shop,
  trx: Transaction<Database>,
  order: LockedOrder,
  { last = false }: { last?: boolean } = {},
): Promise<{ productions: { id: number; unitId: number }[]; fresh: boolean }> {
  const { mailing } = shop.settings
  const { productions, mails } = order.changes
  const after = new Map(productions.map((production) => [production.unitId, production.after ?? 0]))
  const hasJobs = productions.length > 0 || (mailing && mails.length > 0)
  const saved = await saveOrder(trx, order, {
    mailState: mailing ? 'queued' : 'kept',
    last: last && !hasJobs,
  })
  const mailed = mailing ? saved.mails : []
  await sendProductions(
    shop.queue,
    trx,
    saved.productions.map(({ id, unitId, jobId }) => {
      const seconds = after.get(unitId) ?? 0
      const startAfter = seconds > 0 ? new Date(Date.now() + seconds * 1000) : undefined
      return { id: jobId, production: id, startAfter, site: shop.site.site }
    }),
    { last: last && mailed.length === 0 },
  )
  for (const mail of mailed) await shop.queue.send(mailQueue, { mail }, { db: fromKysely(trx) })
  return { productions: saved.productions, fresh: saved.fresh }
}

/**
 * The way to change an order: locks it, lets `decide` decide on it, and saves what was decided, in one short
 * transaction. Undefined when there is no such order.
 */
export async function changeOrder<T>(
  shop: Shop,
  by: OrderKey,
  units: 'all' | number[],
  decide: (order: LockedOrder, trx: Transaction<Database>) => Promise<T> | T,
): Promise<{ result: T; productions: { id: number; unitId: number }[]; fresh: boolean } | undefined> {
  return await shop.db.transaction().execute(async (trx) => {
    const order = await lockOrder(trx, by, units)
    if (!order) return undefined
    const result = await decide(order, trx)
    return { result, ...(await saveWithJobs(shop, trx, order, { last: true })) }
  })
}
