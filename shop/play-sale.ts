import { sql } from 'kysely'
import { claim } from '../production/production.ts'
import { handlerOf } from '../production/registry.ts'
import { type Engine, run } from '../production/run.ts'
import { elementsOf } from '../sdk/form.ts'
import type { Finding } from '../sdk/index.ts'
import { viewCart } from './cart.ts'
import { checkInternal } from './check-entry.ts'
import { describeSale } from './describe-sale.ts'
import type { DryAnswers, DryEntry, DryRun } from './dry-run.ts'
import { payLater, type Stage } from './dry-stage.ts'
import { validatePayment } from './payment.ts'
import { cartOf, placeOrder } from './place-order.ts'
import { closeSecrets } from './seal.ts'
import type { Shop } from './shop.ts'

const buyer = { email: 'sample.buyer@customers.example', firstname: 'Camille', lastname: 'Durand' }
const notTaken = {
  en: 'The order would not be taken with these answers.',
  fr: 'La commande ne serait pas acceptée avec ces réponses.',
}

/** Has the sale of this entry happen on a stage, from the cart to the last product, and tells what came of it. */
export async function playSale(stage: Stage, entry: DryEntry, units: DryAnswers[]): Promise<DryRun> {
  const { shop, engine } = stage
  await putOnSale(shop, entry)
  const content = cartOf([
    { code: entry.code, units: units.map(({ external, fields = {} }) => ({ external, fields })) },
  ])
  const placed = await placeOrder(
    shop,
    engine,
    { content, unsaved: true },
    { customer: buyer, means: payLater.id, termsAccepted: true, locale: 'en' },
  )
  if (!placed.ok) {
    const viewed = await viewCart(shop, content, buyer)
    const errors = viewed.lines.flatMap((line) => line.units.map((unit) => unit.errors))
    if (!viewed.complete) return { ok: false, why: notTaken, units: errors }
    return { ok: false, why: placed.errors.cart ?? notTaken }
  }
  const { number } = placed.order
  await runQueued(engine, number)
  await payIfPrepared(shop, number)
  await runQueued(engine, number)
  return { ...(await describeSale(stage, number)), findings: await check(stage, entry) }
}

/** What the handler finds; nothing when it asks somebody other than Moodle, who is not asked here. */
async function check({ shop, heldBack }: Stage, entry: DryEntry): Promise<Finding[]> {
  const before = heldBack()
  const { findings } = await checkInternal(shop, entry)
  return heldBack() === before ? findings : []
}

/** The entry as it is tried, be it on sale or not, or not even kept yet. */
async function putOnSale(shop: Shop, entry: DryEntry): Promise<void> {
  const found = handlerOf(shop.registry(), entry)
  const elements = found && found !== 'missing' ? elementsOf(found.handler.internal) : []
  const title = JSON.stringify(entry.title)
  const values = {
    state: 'on_sale' as const,
    title,
    price_cents: entry.priceCents,
    currency: shop.settings.currency,
    vat_basis_points: entry.vatBasisPoints,
    handler: entry.handler,
    internal: JSON.stringify(closeSecrets(shop.seal, elements, entry.internal)),
    fields: typeof entry.fields === 'string' ? entry.fields || '[]' : JSON.stringify(entry.fields),
    parts: '[]',
    max_quantity: null,
  }
  await shop.db
    .insertInto('entries')
    .values({ ...values, code: entry.code, summary: title, description: title, category: title })
    .onConflict((conflict) => conflict.column('code').doUpdateSet(values))
    .execute()
}

/** Runs what there is to run, one after the other, each once: nobody waits for a second try. */
async function runQueued(engine: Engine, number: string): Promise<void> {
  const { rows } = await sql<{ id: string; production: number }>`
    select job_id as id, p.id as production from productions p join orders o on o.id = p.order_id
     where o.number = ${number} and p.state = 'queued' order by p.id`.execute(engine.db)
  for (const row of rows) {
    for (const production of await claim(engine.db, engine.worker, [row])) {
      await run(engine, production, new AbortController().signal)
    }
  }
}

async function payIfPrepared(shop: Shop, number: string): Promise<void> {
  const order = await shop.db
    .selectFrom('orders')
    .select(['state', 'total_cents as amountCents', 'currency'])
    .where('number', '=', number)
    .executeTakeFirstOrThrow()
  if (order.state !== 'awaiting_payment') return
  const { amountCents, currency } = order
  const paidOn = new Date().toISOString().slice(0, 10)
  const payment = { means: payLater.id, reference: number, amountCents, currency, paidOn }
  await validatePayment(shop, number, payment, 'dry run')
}
