import { createHmac } from 'node:crypto'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import type pg from 'pg'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import type { Database } from './db/schema.ts'
import { type Sandbox, startSandbox } from './moodle/sandbox/sandbox.ts'
import { connectSite, type Site } from './moodle/site.ts'
import { StartupError } from './startup-error.ts'

/**
 * The Moodle that the settings name; without one, a sandbox of ours that is used over HTTP like a real one. A process
 * that only works leaves the sandbox to the one that serves the pages.
 */
export async function openSite(
  config: Config,
  secret: string,
  db: Kysely<Database>,
  log: Logger,
): Promise<{ site: Site; sandbox?: Sandbox }> {
  if (config.MOODLE_URL && config.MOODLE_TOKEN) {
    return { site: connectSite({ id: 'main', url: config.MOODLE_URL, token: config.MOODLE_TOKEN, db, log }) }
  }
  const port = config.PORT === 0 ? 0 : config.PORT + 1
  const token = createHmac('sha256', secret).update('sandbox').digest('hex').slice(0, 32)
  if (config.ROLE === 'worker') {
    return { site: connectSite({ id: 'main', url: `http://127.0.0.1:${port}`, token, db, log }) }
  }
  const journal = path.join(config.DATA_DIR, 'sandbox.jsonl')
  const sandbox = await startSandbox({ port, host: config.HOST, token, journal })
  return { site: connectSite({ id: 'main', url: sandbox.url, token, db, log }), sandbox }
}

/** Any number of ours, beside that of `db/migrate.ts`. */
const sandboxLock = 482_018_002

/**
 * Holds the one sandbox of a database for this process: a second one would know of nothing that the first did, and give the
 * same numbers to other people. Returns the way to let it go. Throws a `StartupError` when another process has it.
 */
export async function holdSandbox(pool: pg.Pool, patienceMs = 3000): Promise<() => void> {
  const client = await pool.connect()
  // A database that goes away is noticed by whoever asks it.
  client.on('error', () => {})
  // A process that was killed has it until the database finds out.
  for (const end = Date.now() + patienceMs; ; await wait(200)) {
    const { rows } = await client.query('select pg_try_advisory_lock($1) as held', [sandboxLock])
    if (rows[0]?.held) return () => client.release(true)
    if (Date.now() > end) break
  }
  client.release()
  throw new StartupError(
    'A shop with a sandbox runs on this database already: stop it, or give this one another folder by DATA_DIR=…, or start ' +
      'it with --role worker and the same PORT.',
  )
}
