import { randomUUID } from 'node:crypto'
import { after } from 'node:test'
import { sql } from 'kysely'
import type { Customer, EntryState, Part } from '../db/schema.ts'
import { startSandbox } from '../moodle/sandbox/sandbox.ts'
import type { Means, Notification } from '../payments/means.ts'
import { testCardId } from '../payments/test-card.ts'
import { claim } from '../production/production.ts'
import { productionQueue } from '../production/queue.ts'
import { type Patience, run } from '../production/run.ts'
import { startWorker } from '../production/worker.ts'
import { applyNotification } from '../shop/payment.ts'
import { cartOf, type Placed, type PlaceResult, placeOrder } from '../shop/place-order.ts'
import { type OwnedProduct, productsOfOrder } from '../shop/product.ts'
import { testDatabase } from './database.ts'
import { openShop } from './open-shop.ts'

export type TestShop = Awaited<ReturnType<typeof testShop>>

export const buyer: Customer = { email: 'alice@buyers.example', firstname: 'Alice', lastname: 'Martin' }

/**
 * A whole shop without its web side, on a database and a sandbox of its own. No worker runs until `work` is called.
 * `handlers`: folders of handlers, ours and those for tests by default. `patience`: see the engine.
 */
export async function testShop(options: { handlers?: string[]; means?: Means[]; patience?: Patience } = {}) {
  const { db, pool, url } = await testDatabase()
  const sandbox = await startSandbox()
  const { shop, site, engine } = await openShop({ ...options, db, url, sandbox, worker: 'test' })
  let stopWorker: (() => Promise<void>) | undefined
  after(async () => {
    await stopWorker?.()
    await shop.queue.stop({ graceful: false })
    await site.close()
    await sandbox.close()
  })

  async function control(method: string, body?: Record<string, unknown>): Promise<string> {
    const reply = await fetch(`${sandbox.url}/sandbox/faults`, {
      method,
      headers: { authorization: `Bearer ${sandbox.token}`, 'content-type': 'application/json' },
      body: body && JSON.stringify(body),
    })
    const text = await reply.text()
    if (!reply.ok) throw new Error(text)
    return text
  }

  return {
    db,
    pool,
    url,
    shop,
    engine,
    sandbox,
    site,
    async work() {
      stopWorker ??= await startWorker(engine, shop.log)
    },

    /** Stops the worker that `work` started. */
    async rest() {
      await stopWorker?.()
      stopWorker = undefined
    },

    /** Puts an entry on sale, without the checks that the office makes. Returns its code. */
    async sell(entry: {
      code?: string
      handler: string | null
      internal?: Record<string, unknown>
      priceCents?: number
      vatBasisPoints?: number
      maxQuantity?: number
      fields?: unknown[]
      parts?: Part[]
      state?: EntryState
    }) {
      const code = entry.code ?? `E${Math.random().toString(36).slice(2, 10).toUpperCase()}`
      const text = JSON.stringify({ en: code, fr: code })
      await db
        .insertInto('entries')
        .values({
          code,
          state: entry.state ?? 'on_sale',
          title: text,
          summary: text,
          description: text,
          category: text,
          price_cents: entry.priceCents ?? 10_000,
          currency: 'EUR',
          vat_basis_points: entry.vatBasisPoints ?? 2000,
          handler: entry.handler,
          internal: JSON.stringify(entry.internal ?? {}),
          fields: JSON.stringify(entry.fields ?? []),
          parts: JSON.stringify(entry.parts ?? []),
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

    /** What a card company would tell us of a payment of this order: in full, unless `but` says otherwise. */
    async notification(number: string, but: Partial<Notification> = {}): Promise<Notification> {
      const order = await db
        .selectFrom('orders')
        .select(['total_cents', 'currency'])
        .where('number', '=', number)
        .executeTakeFirstOrThrow()
      const id = randomUUID()
      return {
        eventId: `evt_${id}`,
        orderNumber: number,
        state: 'paid',
        reference: `pay_${id}`,
        amountCents: order.total_cents,
        currency: order.currency,
        paidOn: new Date().toISOString().slice(0, 10),
        body: {},
        ...but,
      }
    },

    /** Pays an order by card. */
    async pay(number: string, but: Partial<Notification> = {}) {
      return await applyNotification(shop, testCardId, await this.notification(number, but))
    },

    /** Orders units of one entry, pays and delivers them. Returns what they brought, the oldest first. */
    async bought(code: string, units: Record<string, unknown>[]): Promise<OwnedProduct[]> {
      const { number } = await this.placed(code, units)
      await this.pay(number)
      await this.takeOver()
      const { id } = await db
        .selectFrom('orders')
        .select('id')
        .where('number', '=', number)
        .executeTakeFirstOrThrow()
      return await productsOfOrder(db, id)
    },

    /**
     * Takes every live production at once, be it due or not, and runs it: as a worker would that finds the others dead
     * and has all the time in the world. `rounds`: how often, for what comes of it or is to be tried again. Returns how
     * many it ran.
     */
    async takeOver(rounds = 1): Promise<number> {
      let ran = 0
      for (let round = 0; round < rounds; round++) {
        // The lease of whoever was creating an account is over.
        await db
          .updateTable('accounts')
          .set({ creating_until: new Date(0) })
          .execute()
        const live = await db
          .selectFrom('productions')
          .select(['id', 'job_id'])
          .where('state', 'in', ['queued', 'running', 'retrying'])
          .execute()
        const jobs = live.flatMap(({ id, job_id }) => (job_id ? [{ id: job_id, production: id }] : []))
        const claimed = await claim(db, 'successor', jobs)
        if (claimed.length === 0) break
        ran += claimed.length
        await Promise.all(claimed.map((production) => run(engine, production, new AbortController().signal)))
      }
      return ran
    },

    /** Makes whatever waits for its time due now, for a worker that is running. */
    async hurry() {
      await sql`update productions set due_at = now() where state in ('queued', 'retrying')`.execute(db)
      await sql`
        update pgboss.job set start_after = now()
         where name = ${productionQueue} and state in ('created', 'retry') and start_after > now()`.execute(
        db,
      )
    },

    /** Somebody of the office. */
    async operator(): Promise<{ id: number; email: string }> {
      const email = `operator-${randomUUID().slice(0, 8)}@atelier.example`
      const { id } = await db
        .insertInto('operators')
        .values({ email, name: 'Olga', password_hash: 'none', role: 'operator' })
        .returning('id')
        .executeTakeFirstOrThrow()
      return { id, email }
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

    /** Has the sandbox misbehave: these faults, instead of those there were. Without any, it is well again. */
    async faults(...rules: Record<string, unknown>[]) {
      await control('DELETE')
      for (const rule of rules) await control('POST', rule)
    },

    /** How many faults are still to come or to stay: one with `times` is gone once it has struck so often. */
    async faultsLeft(): Promise<number> {
      const reply: { faults: unknown[] } = JSON.parse(await control('GET'))
      return reply.faults.length
    },

    /** Has a learner enter a course of the sandbox. */
    async enter(course: number, email: string) {
      const reply = await fetch(`${sandbox.url}/sandbox/visits`, {
        method: 'POST',
        headers: { authorization: `Bearer ${sandbox.token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ course, email }),
      })
      if (!reply.ok) throw new Error(await reply.text())
    },

    /** What Moodle has now; `email`: only what concerns this person. */
    async sandboxState(email = ''): Promise<SandboxState> {
      const reply = await fetch(`${sandbox.url}/sandbox/state?email=${encodeURIComponent(email)}`)
      return (await reply.json()) as SandboxState // our own sandbox's, in a test
    },
  }
}

export type SandboxState = {
  accounts: { id: number; username: string; email: string }[]
  courses: {
    id: number
    shortname: string
    groups: { id: number; name: string; members: string[] }[]
    enrolments: {
      email: string
      roles: string[]
      groups: string[]
      /** Unix seconds; 0 is no end. */
      timestart: number
      timeend: number
      status: 'active' | 'suspended'
      /** Whether the learner gets in now. */
      open: boolean
      /** How often it came to be, was set, and was taken away. */
      created: number
      set: number
      removed: number
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
