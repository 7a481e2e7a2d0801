import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import type { Database } from '../db/schema.ts'

/**
 * How far an order has got: the last line of its history, which every move of the order and of its units writes
 * while it holds the order's lock. 0 when there is no such order.
 */
export async function orderRevision(db: Kysely<Database>, number: string): Promise<number> {
  const last = await db
    .selectFrom('history')
    .innerJoin('orders', 'orders.id', 'history.order_id')
    .select('history.id')
    .where('orders.number', '=', number)
    .orderBy('history.id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return last?.id ?? 0
}

async function revisions(db: Kysely<Database>, orderIds: number[]): Promise<Map<number, number>> {
  const { rows } = await sql<{ id: number; revision: number }>`
    select o.id, (select h.id from history h where h.order_id = o.id order by h.id desc limit 1) as revision
      from unnest(${orderIds}::bigint[]) as o(id)`.execute(db)
  return new Map(rows.map((row) => [row.id, row.revision ?? 0]))
}

export type Following = {
  /** The order's revision once it is past the last one given; undefined after `ms` without a move, or once stopped. */
  next(ms: number): Promise<number | undefined>
  stop(): void
}

export type Follow = (orderId: number, since: number) => Following

type Follower = { orderId: number; seen: number; wake?: (revision: number | undefined) => void }

/**
 * Lets any number of open pages follow orders at the price of one small query after each pause, and none while no page is
 * open. It asks instead of listening: a NOTIFY in the transactions that move orders would make their commits queue up.
 */
export function followOrders(db: Kysely<Database>, log: Logger, pause = pauseOf(300)): Follow {
  const followers = new Set<Follower>()
  let looking = false

  async function look() {
    looking = true
    while (followers.size > 0) {
      try {
        const found = await revisions(db, [...new Set([...followers].map((one) => one.orderId))])
        for (const follower of followers) {
          const revision = found.get(follower.orderId) ?? 0
          if (revision <= follower.seen || !follower.wake) continue
          follower.seen = revision
          follower.wake(revision)
        }
      } catch (error) {
        log.warn({ err: error }, 'open pages could not be kept up to date')
      }
      await pause()
    }
    looking = false
  }

  return (orderId, since) => {
    const follower: Follower = { orderId, seen: since }
    followers.add(follower)
    if (!looking) void look()
    return {
      next: (ms) =>
        new Promise((resolve) => {
          if (!followers.has(follower)) return resolve(undefined)
          const timer = setTimeout(() => follower.wake?.(undefined), ms)
          follower.wake = (revision) => {
            clearTimeout(timer)
            follower.wake = undefined
            resolve(revision)
          }
        }),
      stop() {
        followers.delete(follower)
        follower.wake?.(undefined)
      },
    }
  }
}

/** A pause of `ms` that keeps no process alive. */
export function pauseOf(ms: number): () => Promise<void> {
  return () => new Promise((resolve) => void setTimeout(resolve, ms).unref())
}
