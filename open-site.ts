import { createHmac } from 'node:crypto'
import path from 'node:path'
import type { Kysely } from 'kysely'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import type { Database } from './db/schema.ts'
import { type Sandbox, startSandbox } from './moodle/sandbox/sandbox.ts'
import { connectSite, type Site } from './moodle/site.ts'

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
