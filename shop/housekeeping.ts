import { sql } from 'kysely'
import { sweep } from '../production/sweep.ts'
import { pruneCarts } from './cart.ts'
import { expireOrders } from './close-order.ts'
import { endProducts, tellDue } from './end-products.ts'
import { pruneKeys } from './idempotency.ts'
import type { Shop } from './shop.ts'
import { tellEndings } from './tell-endings.ts'

export const housekeepingQueue = 'housekeeping'

/**
 * What the shop does every minute, in one process at a time: puts back lost productions, expires unpaid orders, ends
 * products and announces it, tells Moodle what time has changed, and throws away what nobody needs any more.
 */
export async function keepHouse(shop: Shop): Promise<void> {
  const putBack = await sweep(shop.db, shop.queue, shop.site.site)
  const expired = await expireOrders(shop)
  const ended = await endProducts(shop)
  const told = await tellDue(shop)
  const announced = await tellEndings(shop)
  const carts = await pruneCarts(shop.db)
  await shop.db.deleteFrom('sessions').where('expires_at', '<', sql<Date>`now()`).execute()
  await pruneKeys(shop.db)
  await sql`delete from rate_limits where expire < ${Date.now()}`.execute(shop.db)
  const done = { putBack, expired, ended, told, announced, carts }
  if (Object.values(done).some((count) => count > 0)) shop.log.info(done, 'house kept')
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
