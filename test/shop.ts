import path from 'node:path'
import { after } from 'node:test'
import { pino } from 'pino'
import type { Customer } from '../db/schema.ts'
import { startSandbox } from '../moodle/sandbox/sandbox.ts'
import { connectSite } from '../moodle/site.ts'
import type { Means } from '../payments/means.ts'
import { transfer } from '../payments/transfer.ts'
import { openQueue } from '../production/queue.ts'
import { type Registry, scanHandlers } from '../production/registry.ts'
import type { Engine } from '../production/run.ts'
import { startWorker } from '../production/worker.ts'
import { composeEngine } from '../shop/compose.ts'
import { cartOf, type Placed, type PlaceResult, placeOrder } from '../shop/place-order.ts'
import type { Shop } from '../shop/shop.ts'
import { testDatabase } from './database.ts'

export type TestShop = Awaited<ReturnType<typeof testShop>>

export const buyer: Customer = { email: 'alice@buyers.example', firstname: 'Alice', lastname: 'Martin' }

/**
 * A whole shop without its web side, on a database and a sandbox of its own. No worker runs until `work` is called.
 * `handlers`: folders of handlers, ours by default. `site`: another sandbox's address, for tests that share one.
 */
export async function testShop(options: { handlers?: string[]; means?: Means[] } = {}) {
  const { db, pool, url } = await testDatabase()
  const sandbox = await startSandbox()
  const log = pino({ level: process.env.TEST_LOG ?? 'silent' })
  const queue = await openQueue(url, (error) => log.error(error))
  const registry: Registry = await scanHandlers(
    options.handlers ?? [
      path.join(import.meta.dirname, '../handlers'),
      path.join(import.meta.dirname, 'handlers'),
    ],
  )
  const site = connectSite({ id: 'main', url: sandbox.url, token: sandbox.token, db, log })
  const means = options.means ?? [transfer({ holder: 'Atelier', iban: 'FR76', bic: 'AGRI' })]
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
    log,
  }
  const engine: Engine = composeEngine(shop, 'test')
  let stopWorker: (() => Promise<void>) | undefined
  after(async () => {
    await stopWorker?.()
    await queue.stop({ graceful: false })
    await sandbox.close()
  })

  return {
    db,
    pool,
    url,
    shop,
    engine,
    sandbox,
    site,
    async work() {
      stopWorker ??= await startWorker(engine, log)
    },

    /** Puts an entry on sale, without the checks that the office makes. Returns its code. */
    async sell(entry: {
      code?: string
      handler: string | null
      internal?: Record<string, unknown>
      priceCents?: number
      maxQuantity?: number
      fields?: unknown[]
    }) {
      const code = entry.code ?? `E${Math.random().toString(36).slice(2, 10).toUpperCase()}`
      const text = JSON.stringify({ en: code, fr: code })
      await db
        .insertInto('entries')
        .values({
          code,
          state: 'on_sale',
          title: text,
          summary: text,
          description: text,
          category: text,
          price_cents: entry.priceCents ?? 10_000,
          currency: 'EUR',
          vat_basis_points: 2000,
          handler: entry.handler,
          internal: JSON.stringify(entry.internal ?? {}),
          fields: JSON.stringify(entry.fields ?? []),
          max_quantity: entry.maxQuantity ?? null,
        })
        .execute()
      return code
    },

    /** Orders units of one entry, each with its external parameters. */
    async order(code: string, units: Record<string, unknown>[], means = 'transfer'): Promise<PlaceResult> {
      const content = cartOf([{ code, units: units.map((external) => ({ external, fields: {} })) }])
      return await placeOrder(
        shop,
        engine,
        { content },
        { customer: buyer, means, termsAccepted: true, locale: 'en' },
      )
    },

    async placed(code: string, units: Record<string, unknown>[]): Promise<Placed> {
      const result = await this.order(code, units)
      if (!result.ok) throw new Error(`not placed: ${JSON.stringify(result.errors)}`)
      return result.order
    },

    async unitStates(number: string): Promise<string[]> {
      const rows = await db
        .selectFrom('units')
        .innerJoin('orders', 'orders.id', 'units.order_id')
        .select('units.state')
        .where('orders.number', '=', number)
        .orderBy('units.id')
        .execute()
      return rows.map((row) => row.state)
    },

    async orderState(number: string): Promise<string> {
      const row = await db
        .selectFrom('orders')
        .select('state')
        .where('number', '=', number)
        .executeTakeFirstOrThrow()
      return row.state
    },

    async faults(...rules: Record<string, unknown>[]) {
      await fetch(`${sandbox.url}/sandbox/faults`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${sandbox.token}` },
      })
      for (const rule of rules) {
        const reply = await fetch(`${sandbox.url}/sandbox/faults`, {
          method: 'POST',
          headers: { authorization: `Bearer ${sandbox.token}`, 'content-type': 'application/json' },
          body: JSON.stringify(rule),
        })
        if (!reply.ok) throw new Error(await reply.text())
      }
    },

    async sandboxState(): Promise<SandboxState> {
      const reply = await fetch(`${sandbox.url}/sandbox/state`, {
        headers: { authorization: `Bearer ${sandbox.token}` },
      })
      return (await reply.json()) as SandboxState // our own sandbox's, in a test
    },
  }
}

export type SandboxState = {
  courses: {
    id: number
    shortname: string
    enrolments: {
      email: string
      roles: unknown[]
      timestart: number
      timeend: number
      status: number
      set: number
    }[]
  }[]
}

/** Polls until `condition` gives something; fails after `seconds`, saying what it waited for. */
export async function until<T>(
  what: string,
  condition: () => Promise<T | undefined | false>,
  seconds = 30,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const found = await condition()
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`waited ${seconds} s in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
