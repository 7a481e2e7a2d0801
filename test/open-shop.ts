import path from 'node:path'
import type { Kysely } from 'kysely'
import { pino } from 'pino'
import type { Database } from '../db/schema.ts'
import { connectSite } from '../moodle/site.ts'
import type { Means } from '../payments/means.ts'
import { transfer } from '../payments/transfer.ts'
import { openQueue } from '../production/queue.ts'
import { scanHandlers } from '../production/registry.ts'
import type { Patience } from '../production/run.ts'
import { composeEngine } from '../shop/compose.ts'
import { sealWith } from '../shop/seal.ts'
import type { Shop } from '../shop/shop.ts'

const folders = [path.join(import.meta.dirname, '../handlers'), path.join(import.meta.dirname, 'handlers')]

/**
 * A shop for tests without its web side, on a database and a sandbox that are there: what each process of a test opens.
 * `handlers`: folders of handlers, ours and those for tests unless given. `worker` names the process in the journal.
 */
export async function openShop(parts: {
  db: Kysely<Database>
  url: string
  sandbox: { url: string; token: string }
  worker: string
  handlers?: string[]
  means?: Means[]
  patience?: Patience
}) {
  const { db, url, sandbox, worker } = parts
  const log = pino({ level: process.env.TEST_LOG ?? 'silent' })
  const queue = await openQueue(url, (error) => log.error(error))
  const registry = await scanHandlers(parts.handlers ?? folders)
  const site = connectSite({ id: 'main', url: sandbox.url, token: sandbox.token, db, log })
  const means = parts.means ?? [transfer({ holder: 'Atelier', iban: 'FR76', bic: 'AGRI' })]
  const shop: Shop = {
    db,
    queue,
    registry: () => registry,
    site,
    means: new Map(means.map((one) => [one.id, one])),
    settings: {
      name: 'Atelier',
      publicUrl: 'http://127.0.0.1',
      currency: 'EUR',
      paymentDays: 30,
      mailing: false,
    },
    seal: sealWith('x'.repeat(32)),
    log,
  }
  return { shop, site, engine: { ...composeEngine(shop, worker), patience: parts.patience } }
}
