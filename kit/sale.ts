import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import type { Cause } from '../db/schema.ts'
import { claim } from '../production/production.ts'
import { run } from '../production/run.ts'
import { cancelOrder } from '../shop/close-order.ts'
import { validatePayment } from '../shop/payment.ts'
import { cartOf, findPlaced, placeOrder } from '../shop/place-order.ts'
import { actOnProduct, revokeUnit } from '../shop/product.ts'
import type { Shop } from '../shop/shop.ts'
import { passEnd } from './pass-end.ts'
import type { Process } from './process.ts'
import { takeOneBack } from './take-one-back.ts'
import type { World } from './world.ts'

/** What happens to a sale, one after the other. `act …` is an after-sale action on every product. */
export type Phase =
  | 'order'
  | 'deliver'
  | 'release'
  | 'revoke'
  | 'revokeOne'
  | 'ended'
  | 'revived'
  | `act ${string}`

/** One order of some units of one entry. */
export type Sale = {
  code: string
  units: Record<string, unknown>[]
  /** The answers of an after-sale action, for the n-th product. */
  action: (name: string, n: number) => Record<string, unknown>
  /** The same request is done once, however often it is made. */
  request: string
}

/** A sale that can't go on, and why. */
export class Stuck extends Error {
  override readonly name = 'Stuck'
}

/** Puts the entry on sale that a handler is proven with. */
export async function putOnSale(
  { ground: { db } }: World,
  entry: { code: string; handler: string; internal: Record<string, unknown> },
): Promise<void> {
  const text = JSON.stringify({ en: `Sample of ${entry.code}`, fr: `Exemple de ${entry.code}` })
  const texts = { title: text, summary: text, description: text, category: text }
  const price = { price_cents: 10_000, currency: 'EUR', vat_basis_points: 2000 }
  await db
    .insertInto('entries')
    .values({
      ...entry,
      ...texts,
      ...price,
      internal: JSON.stringify(entry.internal),
      fields: '[]',
      state: 'on_sale',
    })
    .execute()
}

export const newSale = (sale: Omit<Sale, 'request'>): Sale => ({ ...sale, request: randomUUID() })

/** Asks for a phase: what a customer or an operator does. The shop then goes on by itself. Safe to repeat. */
export async function begin(process: Process, sale: Sale, phase: Phase): Promise<void> {
  const { shop, engine } = process
  if (phase === 'order') return await order(process, sale)
  const placed = await findPlaced(shop, sale.request)
  if (!placed) throw new Stuck('the order was never placed')
  const { number } = placed
  switch (phase) {
    case 'deliver': {
      const due = await shop.db
        .selectFrom('orders')
        .select(['total_cents as amountCents', 'currency'])
        .where('number', '=', number)
        .executeTakeFirstOrThrow()
      const payment = { ...due, means: 'transfer', reference: sale.request, paidOn: '2026-01-01' }
      await validatePayment(shop, number, payment, 'operator:kit')
      return
    }
    case 'release':
      await cancelOrder(shop, number, { who: 'customer' })
      return
    case 'revokeOne':
      for (const id of await unitsOf(process, number)) await takeOneBack(process, id)
      return
    case 'ended':
    case 'revived':
      return await passEnd(process, phase)
    case 'revoke':
      for (const id of await unitsOf(process, number))
        await revokeUnit(shop, id, { who: 'operator:kit', giveBack: true })
      return
    default: {
      const name = phase.slice('act '.length)
      const by = { who: 'operator:kit', audience: actor(process, name) }
      const acted = []
      for (const [index, reference] of (await productsOf(process, number)).entries()) {
        const answers = sale.action(name, index + 1)
        const request = `${sale.request} ${name} ${reference}`
        acted.push(await actOnProduct(shop, engine, reference, name, answers, by, request))
      }
      const invalid = acted.find((one) => !one.ok && one.reason === 'invalid')
      if (invalid && 'errors' in invalid) throw new Stuck(refusedAnswers(name, invalid.errors))
      if (!acted.some(({ ok }) => ok) && !(await wasAsked(process)))
        throw new Stuck(`the action ${name} is offered for none of its products`)
    }
  }
}

function refusedAnswers(name: string, errors: Record<string, { en: string }>): string {
  const faults = Object.entries(errors).map(([field, { en }]) => `${field}: ${en}`)
  return `the sample answers of the action ${name} are refused (${faults.join('; ')}): give actions.${name} in samples.ts`
}

async function wasAsked({ shop }: Process): Promise<boolean> {
  const { rows } = await sql`select from productions where script = 'action' limit 1`.execute(shop.db)
  return rows.length > 0
}

function actor({ engine }: Process, name: string): 'operator' | 'customer' {
  const [registered] = engine.registry().handlers.values()
  return registered?.handler.actions?.[name]?.audience === 'customer' ? 'customer' : 'operator'
}

async function order({ shop, engine }: Process, sale: Sale): Promise<void> {
  if (await findPlaced(shop, sale.request)) return
  const units = sale.units.map((external) => ({ external, fields: {} }))
  const content = cartOf([{ code: sale.code, units }])
  const customer = {
    email: 'buyer@company.example',
    firstname: 'Claire',
    lastname: 'Durand',
    company: 'Durand SA',
  }
  const placed = await placeOrder(
    shop,
    engine,
    { id: sale.request, content, unsaved: true },
    { customer, means: 'transfer', termsAccepted: true, locale: 'en' },
  )
  if (!placed.ok)
    throw new Stuck(`the order is not taken: ${placed.errors.cart?.en ?? 'the customer is refused'}`)
}

const unitsOf = async ({ shop }: Process, number: string) =>
  (
    await shop.db
      .selectFrom('units')
      .innerJoin('orders', 'orders.id', 'units.order_id')
      .select('units.id')
      .where('orders.number', '=', number)
      .orderBy('units.id')
      .execute()
  ).map(({ id }) => id)

/** The references of an order's products, in the order of its units. */
export const productsOf = async ({ shop }: Process, number: string) =>
  (
    await shop.db
      .selectFrom('products')
      .innerJoin('orders', 'orders.id', 'products.order_id')
      .select('products.reference')
      .where('orders.number', '=', number)
      .orderBy('products.unit_id')
      .orderBy('products.id')
      .execute()
  ).map(({ reference }) => reference)

type Live = {
  production: number
  id: string
  script: string
  state: 'queued' | 'running' | 'retrying' | 'needs_operator'
  cause: Cause | null
}

/** The productions that are to be run, or wait for an operator. */
async function live({ shop }: Process): Promise<Live[]> {
  const { rows } = await sql<Live>`
    select id as production, job_id as id, script, state, cause from productions
     where state in ('queued', 'running', 'retrying', 'needs_operator') order by id`.execute(shop.db)
  return rows
}

async function take({ shop, engine }: Process, productions: Live[]): Promise<void> {
  const claimed = await claim(shop.db, engine.worker, productions)
  const { signal } = new AbortController()
  await Promise.all(claimed.map((production) => run(engine, production, signal)))
}

/** Takes every production once, due or not: as a worker that finds all others dead and has all the time in the world. */
export async function takeOver(process: Process): Promise<void> {
  await take(process, await live(process))
}

/** Rounds after which a script is thought never to end. */
const mostRounds = 12

/** Goes on until nothing is left to run. Throws `Stuck` when there is no end to it, or an operator would be asked. */
export async function finish(process: Process, { oneByOne = false } = {}): Promise<void> {
  for (let tries = 0; ; ) {
    const productions = await live(process)
    const left = productions.filter(({ state }) => state !== 'needs_operator')
    const asked = productions.find(({ state }) => state === 'needs_operator')
    if (left.length === 0 && asked) throw stuck('needs an operator', asked)
    if (left.length === 0) return
    const again = left.find(({ state }) => state === 'retrying')
    if (again && ++tries > mostRounds) throw stuck('is tried again and again', again)
    // What kept the breaker open is over, and a lease that the dead took with their last breath.
    if (again) await passTime(process.shop)
    if (again) await process.probe()
    await take(process, oneByOne ? left.slice(0, 1) : left)
  }
}

function stuck(what: string, { script, cause }: Live): Stuck {
  return new Stuck(`its ${script} ${what}: ${cause?.message ?? 'for no known cause'}`)
}

/** Lets the time pass in which a call that was never answered may still be done. */
export async function passDoubt({ db }: Pick<Shop, 'db'>): Promise<void> {
  const over = { doubted_until: new Date(0), look_again_at: new Date(0) }
  await db.updateTable('enrolments').set(over).where('doubted_until', 'is not', null).execute()
  await db.updateTable('memberships').set(over).where('doubted_until', 'is not', null).execute()
}

/** Lets the time pass that a process has to create an account, before others take it for dead. */
export async function passTime({ db }: Pick<Shop, 'db'>): Promise<void> {
  await db
    .updateTable('accounts')
    .set({ creating_until: new Date(0) })
    .execute()
}
