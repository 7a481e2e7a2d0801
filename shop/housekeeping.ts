import { sql } from 'kysely'
import { sweep } from '../production/sweep.ts'
import { pruneCarts } from './cart.ts'
import { expireOrders } from './close-order.ts'
import { pruneSignIns } from './customer-session.ts'
import { endProducts, tellDue } from './end-products.ts'
import { pruneKeys } from './idempotency.ts'
import { sendOnLost } from './send-mail.ts'
import type { Shop } from './shop.ts'
import { tellEndings } from './tell-endings.ts'

export const housekeepingQueue = 'housekeeping'

/**
 * What the shop does every minute, in one process at a time: puts back lost productions, expires unpaid orders, ends
 * products and announces it, tells Moodle what time has changed, and throws away what nobody needs any more. What
 * fails keeps none of the rest from being done: it is logged, and done again in a minute.
 */
export async function keepHouse(shop: Shop): Promise<void> {
  const { db } = shop
  const chores: Record<string, () => Promise<number>> = {
    putBack: () => sweep(db, shop.queue, shop.site.site),
    expired: () => expireOrders(shop),
    ended: () => endProducts(shop),
    told: () => tellDue(shop),
    announced: () => tellEndings(shop),
    mails: () => sendOnLost(shop),
    carts: () => pruneCarts(db),
    keys: () => pruneKeys(db),
    signIns: () => pruneSignIns(db),
    async sessions() {
      const { numDeletedRows } = await db
        .deleteFrom('sessions')
        .where('expires_at', '<', sql<Date>`now()`)
        .executeTakeFirst()
      return Number(numDeletedRows)
    },
    async limits() {
      await sql`delete from rate_limits where expire < ${Date.now()}`.execute(db)
      return 0
    },
  }
  const done: Record<string, number> = {}
  for (const [chore, run] of Object.entries(chores)) {
    try {
      const count = await run()
      if (count > 0) done[chore] = count
    } catch (error) {
      shop.log.error({ err: error, chore }, 'a part of the housekeeping failed')
    }
  }
  if (Object.keys(done).length > 0) shop.log.info(done, 'house kept')
}

/** Has the queue call `keepHouse` every minute, in whichever worker process takes the job. */
export async function startHousekeeping(shop: Shop): Promise<void> {
  await shop.queue.createQueue(housekeepingQueue, {
    policy: 'exclusive',
    expireInSeconds: 300,
    retryLimit: 0,
    deleteAfterSeconds: 600,
  })
  await shop.queue.schedule(housekeepingQueue, '* * * * *')
  await shop.queue.work(housekeepingQueue, { pollingIntervalSeconds: 5 }, async () => {
    await keepHouse(shop)
  })
}
