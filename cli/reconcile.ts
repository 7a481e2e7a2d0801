import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { Kysely } from 'kysely'
import { pino } from 'pino'
import type { Database } from '../db/schema.ts'
import { openSite } from '../open-site.ts'
import { MoodleError } from '../sdk/index.ts'
import { readSecret } from '../secret.ts'
import {
  type ListedDifference,
  lastReconciliation,
  listDifferences,
  type Reconciliation,
} from '../shop/list-differences.ts'
import {
  askRepairs,
  beginReconciliation,
  noteFailure,
  repairAsked,
  reconcile as run,
} from '../shop/reconcile.ts'
import { sayDifference, sayPlace } from '../shop/say-difference.ts'
import type { Site } from '../shop/shop.ts'
import { StartupError } from '../startup-error.ts'
import type { Command } from './boutique.ts'
import { readSettings } from './read-settings.ts'
import { table } from './table.ts'
import { withDatabase } from './with-database.ts'

/** Who asked, as histories show it. */
const who = 'operator:cli'

export const reconcile: Command = {
  usage: [
    ['reconcile', 'compare what products give with what Moodle shows; exits with 1 when they differ'],
    ['reconcile --repair', 'and tell Moodle again what products give, where they differ'],
  ],
  async run(args) {
    const { values } = parseArgs({ args, options: { repair: { type: 'boolean', default: false } } })
    const config = readSettings()
    await withDatabase(config, async ({ db }) => {
      const log = pino({ level: 'silent' })
      // The sandbox belongs to the shop that runs.
      const { site } = await openSite({ ...config, ROLE: 'worker' }, await readSecret(config), db, log)
      try {
        const found = await compare(db, site)
        await print(db, site, found)
        if (values.repair && found.differences > 0) await repair(db, site, found.id)
        const left = values.repair ? await lastReconciliation(db, site.site) : found
        if (left && left.differences > left.repairs.repaired) process.exitCode = 1
      } finally {
        await site.close()
      }
    })
  },
}

/** Compares here, or waits for a worker that is at it. */
async function compare(db: Kysely<Database>, site: Site): Promise<Reconciliation> {
  const { id, fresh } = await db.transaction().execute((trx) => beginReconciliation(trx, site.site, who))
  if (fresh) {
    try {
      await run({ db, site }, id, (checked) => tellProgress(`${checked} compared`))
    } catch (error) {
      await noteFailure(db, id, error, true)
      throw explained(error)
    }
  }
  for (;;) {
    const last = await lastReconciliation(db, site.site)
    if (!last || last.state === 'failed') throw new StartupError(`It could not be done: ${last?.cause}.`)
    if (last.state === 'done') return last
    tellProgress(`${last.checked} of ${last.total} compared, by a worker of the shop`)
    await wait(1000)
  }
}

async function repair(db: Kysely<Database>, site: Site, id: number): Promise<void> {
  const { asked } = await db.transaction().execute((trx) => askRepairs(trx, site.site, 'all', who))
  try {
    await repairAsked({ db, site }, id, (done) => tellProgress(`${done} of ${asked} told again`))
  } catch (error) {
    throw explained(error)
  }
  const last = await lastReconciliation(db, site.site)
  const { repaired = 0, refused = 0 } = last?.repairs ?? {}
  console.log(`\nTold again: ${repaired}. Refused by Moodle: ${refused}.`)
  await eachPage(db, site, ({ differences }) => {
    for (const { repair, trouble } of differences) if (repair === 'refused') console.log(`  ${trouble}`)
  })
}

/** A site that is away is no fault of the shop. */
function explained(error: unknown): unknown {
  if (!(error instanceof MoodleError)) return error
  return new StartupError(`Moodle can't be asked: ${error.message}. Run it again.`, { cause: error })
}

async function print(
  db: Kysely<Database>,
  site: Site,
  { checked, differences }: Reconciliation,
): Promise<void> {
  await eachPage(db, site, (page) => {
    console.log(table([['WHERE', 'WHO', 'PRODUCT', 'WHAT'], ...page.differences.map(row)]))
  })
  const gap = differences > 0 ? '\n' : ''
  console.log(`${gap}Enrolments and memberships compared: ${checked}. Differences: ${differences}.`)
}

function row(difference: ListedDifference): string[] {
  const { user, products } = difference
  const [product] = products
  const person = user === null ? 'everyone' : (product?.holder?.email ?? `user ${user}`)
  const what = sayDifference(difference).map(({ en }) => en)
  return [sayPlace(difference).en, person, product?.reference ?? '–', what.join(' ')]
}

type Page = Awaited<ReturnType<typeof listDifferences>>

async function eachPage(db: Kysely<Database>, site: Site, show: (page: Page) => void): Promise<void> {
  for (let after: number | undefined = 0; after !== undefined; ) {
    const page: Page = await listDifferences(db, site.site, { after, limit: 500 })
    if (page.differences.length > 0) show(page)
    after = page.next
  }
}

/** On a terminal only, and on its own line: what is printed can be piped. */
function tellProgress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}…\r`)
}
