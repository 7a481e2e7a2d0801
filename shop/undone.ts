import { type ControlledTransaction, type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'

/**
 * Gives `work` a database on which all that it writes is there for itself alone, and gone when it is over. Whoever else
 * writes the same rows meanwhile waits for that: keep it short. It waits for others two seconds at the most.
 */
export async function undone<T>(
  db: Kysely<Database>,
  work: (db: Kysely<Database>) => Promise<T>,
): Promise<T> {
  const trx = await db.startTransaction().execute()
  try {
    await sql`set local lock_timeout = '2s'`.execute(trx)
    return await work(asDatabase(trx))
  } finally {
    await trx.rollback().execute()
  }
}

/** A transaction for those who open transactions themselves: theirs become its savepoints, one after the other. */
function asDatabase(trx: ControlledTransaction<Database>): Kysely<Database> {
  let last: Promise<unknown> = Promise.resolve()
  let count = 0

  async function savepoint<T>(work: (trx: Transaction<Database>) => Promise<T>): Promise<T> {
    const name = sql.id(`part_${++count}`)
    await sql`savepoint ${name}`.execute(trx)
    try {
      const result = await work(trx)
      await sql`release savepoint ${name}`.execute(trx)
      return result
    } catch (error) {
      await sql`rollback to savepoint ${name}`.execute(trx)
      throw error
    }
  }

  const transaction = () => ({
    execute<T>(work: (trx: Transaction<Database>) => Promise<T>): Promise<T> {
      const mine = last.then(() => savepoint(work))
      last = mine.catch(() => {})
      return mine
    },
  })
  return new Proxy<Kysely<Database>>(trx, {
    get(target, key) {
      if (key === 'transaction') return transaction
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
