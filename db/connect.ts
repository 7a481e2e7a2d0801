import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { StartupError } from '../startup-error.ts'
import { prepareStatements } from './prepare-statements.ts'
import type { Database } from './schema.ts'
import { sendTogether } from './send-together.ts'

export type Connection = { db: Kysely<Database>; pool: pg.Pool }

const { builtins } = pg.types

/** All our numbers are integers far below 2^53: cents, identifiers, and the sums and counts of them. */
const parsers = new Map<number, (text: string) => unknown>([
  [builtins.INT8, Number],
  [builtins.NUMERIC, Number],
  // A day is not a moment: as a Date it would move with the time zone of the process.
  [builtins.DATE, (text) => text],
])

const types: pg.CustomTypesConfig = {
  getTypeParser: (id, format) => parsers.get(id) ?? pg.types.getTypeParser(id, format),
}

/**
 * Opens a pool on the database and makes sure that it answers. `max` is the number of connections, 10 by default.
 * Throws a `StartupError` that names host, port and database, never the password. End it with `db.destroy()`.
 */
export async function connect(url: string, { max = 10 }: { max?: number } = {}): Promise<Connection> {
  const pool = new pg.Pool({
    connectionString: url,
    max,
    types,
    application_name: 'boutique',
    connectionTimeoutMillis: 15_000,
    keepAlive: true,
    // A statement that waits for no other one's answer is sent at once.
    pipeline: true,
    // No query of a page or a step takes seconds: one that does is stuck, and must give its connection back.
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 60_000,
    // An idle pool keeps no command or test waiting at its end.
    allowExitOnIdle: true,
  })
  // A connection that breaks while idle leaves the pool by itself; the next query opens another, or fails and tells.
  pool.on('error', () => {})
  pool.on('connect', prepareStatements)
  pool.on('connect', sendTogether)
  try {
    await pool.query('select 1')
  } catch (error) {
    await pool.end()
    throw new StartupError(explainUnreachable(url, error), { cause: error })
  }
  return { db: new Kysely<Database>({ dialect: new PostgresDialect({ pool }) }), pool }
}

/** One sentence that tells why this database can't be used, and what to do. */
export function explainUnreachable(url: string, error: unknown): string {
  const { hostname, port, pathname, username } = new URL(url)
  const server = `${hostname || 'localhost'}:${port || '5432'}`
  const user = decodeURIComponent(username) || 'of the system'
  const database = decodeURIComponent(pathname.slice(1)) || user
  const { code, message } = errorFacts(error)
  switch (code) {
    case 'ECONNREFUSED':
      return `No PostgreSQL answers at ${server} (database "${database}"): start it, or correct DATABASE_URL.`
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The host of DATABASE_URL, ${hostname}, has no address: correct the name, or the network.`
    case 'ETIMEDOUT':
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `PostgreSQL at ${server} (database "${database}") can't be reached: check DATABASE_URL and the firewall.`
    case '28P01':
    case '28000':
      return `PostgreSQL at ${server} refuses the user "${user}" (database "${database}"): correct DATABASE_URL.`
    case '3D000':
      return `PostgreSQL at ${server} has no database "${database}": create it, or correct DATABASE_URL.`
    case '53300':
      return `PostgreSQL at ${server} (database "${database}") has no connection left: raise its max_connections.`
    default:
      return `PostgreSQL at ${server} (database "${database}") can't be used: ${message}. Check DATABASE_URL.`
  }
}

function errorFacts(error: unknown): { code: string; message: string } {
  // Node tries every address of a host and reports the failures together.
  const first = error instanceof AggregateError ? error.errors[0] : error
  if (!(first instanceof Error)) return { code: '', message: String(first) }
  const timedOut = /timeout/i.test(first.message)
  const code = 'code' in first && typeof first.code === 'string' ? first.code : timedOut ? 'ETIMEDOUT' : ''
  return { code, message: first.message.replace(/\.$/, '') }
}
