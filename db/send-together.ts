import { CompiledQuery, ControlledTransaction, type Kysely, type QueryResult, type Transaction } from 'kysely'
import type pg from 'pg'
import type { Database } from './schema.ts'

/**
 * Has this connection send the statements that are asked for at the same moment in one packet, and `begin` with the
 * statement that follows: each packet wakes PostgreSQL up, which costs more than most statements. The connection must
 * be in pipeline mode, which keeps their order; a `begin` fails only with its connection, and then so does the next.
 */
export function sendTogether(client: pg.PoolClient): void {
  const query = client.query.bind(client)
  const { stream } = client.connection
  let held = false
  /** Its transaction has ended with its last statement; whoever opened it does not know yet. */
  let ended = false
  const together = (text: unknown, ...rest: unknown[]) => {
    if (ended) {
      if (text !== 'commit' && text !== 'rollback')
        throw new Error('a statement after the last of its transaction')
      ended = false
      return nothing(text)
    }
    if (!held) {
      held = true
      stream.cork()
      // Runs when the promises that are ready have had their turn, and so have asked for what comes next.
      process.nextTick(() => {
        held = false
        stream.uncork()
      })
    }
    ended = text === commitNow
    const sent: unknown = Reflect.apply(query, client, [text, ...rest])
    if (text !== 'begin' || !(sent instanceof Promise)) return sent
    sent.catch(() => {})
    return nothing('begin')
  }
  // It answers as the client's own query does, whichever of its forms is used.
  client.query = together as typeof client.query
}

const nothing = (command: string) =>
  Promise.resolve({ command: command.toUpperCase(), rowCount: null, rows: [], oid: 0, fields: [] })

/** A `commit` that comes before its time: see `executeLast`. */
const commitNow = 'commit work'

type Compiled<Rows extends unknown[]> = { [Index in keyof Rows]: CompiledQuery<Rows[Index]> }
type Results<Rows extends unknown[]> = { [Index in keyof Rows]: QueryResult<Rows[Index]> }

/**
 * Executes statements one after the other, in a transaction or not, without waiting between them: they leave in one
 * packet. Each sees what those before it wrote and waited for. Throws what the first one throws that fails.
 */
export async function executeTogether<Rows extends unknown[]>(
  db: Kysely<Database>,
  ...queries: Compiled<Rows>
): Promise<Results<Rows>> {
  return await db.getExecutor().provideConnection(async (connection) => {
    const results = await Promise.all(queries.map((query) => connection.executeQuery(query)))
    return results as Results<Rows> // one each, in their order
  })
}

/**
 * The same for the last statements of a transaction: its commit leaves with them. When one fails, nothing of the whole
 * transaction is kept. Only for whoever opened the transaction, and does nothing more in it.
 */
export async function executeLast<Rows extends unknown[]>(
  trx: Transaction<Database>,
  ...queries: Compiled<Rows>
): Promise<Results<Rows>> {
  if (isPart(trx)) return await executeTogether<Rows>(trx, ...queries)
  const commit = CompiledQuery.raw(commitNow)
  return await trx.getExecutor().provideConnection(async (connection) => {
    const executed = Promise.all(queries.map((query) => connection.executeQuery(query)))
    const [results] = await Promise.all([executed, connection.executeQuery(commit)])
    return results as Results<Rows> // one each, in their order
  })
}

/** Whether this is part of a larger transaction, which it must not end: see shop/undone.ts. */
const isPart = (trx: unknown): boolean => trx instanceof ControlledTransaction
