import { randomBytes } from 'node:crypto'
import { sql, type Transaction } from 'kysely'
import type { CartContent, Customer, Database, FrozenEntry, UnitState } from '../db/schema.ts'
import { claimAtOnce } from '../production/production.ts'
import { type Engine, run } from '../production/run.ts'
import type { FormErrors, FormValues } from '../sdk/form.ts'
import type { Text } from '../sdk/index.ts'
import { checkUnit, emptyCart, type ViewedCart, viewCart } from './cart.ts'
import { readCustomer } from './customer.ts'
import { unitForms, whyUnavailable } from './entry.ts'
import { mail } from './mail.ts'
import { type LockedOrder, lockOrder, type OrderUnit, unitsOf } from './order.ts'
import { creditorReference } from './reference.ts'
import type { Shop } from './shop.ts'
import { awaitPayment, hasScript, startScript } from './start-scripts.ts'

export type Checkout = {
  customer: FormValues
  means: string
  termsAccepted: boolean
  locale: 'en' | 'fr'
  /** The total that the customer saw: a price that changed meanwhile is shown before anything is placed. */
  expectedTotalCents?: number
}

export type Placed = { number: string; token: string }

/** Why an order was not placed, each thing at its place. Nothing of the cart is lost. */
export type PlaceErrors = {
  customer: FormErrors
  means?: Text
  terms?: Text
  /** The cart as a whole: empty, incomplete, gone, too many, or another price. */
  cart?: Text
}

export type PlaceResult = { ok: true; order: Placed } | { ok: false; errors: PlaceErrors }

/** Orders with no more scripted units than this are prepared in the request that places them. */
const atOnce = 5
/** Seconds after which a worker takes over the preparing of an order whose request has not finished it. */
const safetyNet = 15

/**
 * Places the order of a cart. Everything is decided here, from today's catalog: entries, prices, quantities, answers,
 * means. The cart ends in the same transaction, so that placing it twice gives the same order.
 */
export async function placeOrder(
  shop: Shop,
  engine: Engine,
  cart: { id?: string; content: CartContent },
  checkout: Checkout,
): Promise<PlaceResult> {
  if (cart.id) {
    const before = await findPlaced(shop, cart.id)
    if (before) return { ok: true, order: before }
  }
  const customer = readCustomer(checkout.customer)
  const viewed = await viewCart(shop, cart.content, customer.ok ? customer.value : undefined)
  const means = viewed.totalCents === 0 ? 'free' : checkout.means
  const errors: PlaceErrors = { customer: customer.ok ? {} : customer.errors }
  if (means !== 'free' && !shop.means.has(means)) {
    errors.means = { en: 'Choose a means of payment.', fr: 'Choisissez un mode de paiement.' }
  }
  if (!checkout.termsAccepted) {
    errors.terms = { en: 'Please accept the terms of sale.', fr: 'Merci d’accepter les conditions de vente.' }
  }
  errors.cart = whyNotComplete(viewed, checkout) ?? (await whyAnyUnavailable(shop, viewed))
  if (!customer.ok || errors.means || errors.terms || errors.cart) return { ok: false, errors }

  const placed = await shop.db.transaction().execute(async (trx) => {
    if (cart.id) {
      // Whoever deletes the cart places its order; a second click waits here, then finds the order.
      const mine = await trx.deleteFrom('carts').where('id', '=', cart.id).returning('id').executeTakeFirst()
      if (!mine) return undefined
    }
    return await write(shop, trx, viewed, customer.value, { ...checkout, means, cartId: cart.id })
  })
  if (!placed) {
    const before = cart.id ? await findPlaced(shop, cart.id) : undefined
    if (before) return { ok: true, order: before }
    const gone = {
      en: 'This cart has ended. Please start again.',
      fr: 'Ce panier n’existe plus. Merci de recommencer.',
    }
    return { ok: false, errors: { customer: {}, cart: gone } }
  }
  if (placed.productions.length > 0 && placed.productions.length <= atOnce) {
    await prepareAtOnce(engine, placed.productions)
  }
  return { ok: true, order: placed.order }
}

async function findPlaced(shop: Shop, cartId: string): Promise<Placed | undefined> {
  return await shop.db
    .selectFrom('orders')
    .select(['number', 'token'])
    .where('cart_id', '=', cartId)
    .executeTakeFirst()
}

function whyNotComplete(viewed: ViewedCart, checkout: Checkout): Text | undefined {
  if (viewed.gone.length > 0) {
    return {
      en: 'Something in your cart is no longer for sale. Please look at your cart again.',
      fr: 'Une partie de votre panier n’est plus en vente. Merci de revoir votre panier.',
    }
  }
  if (viewed.units === 0) return { en: 'Your cart is empty.', fr: 'Votre panier est vide.' }
  if (!viewed.complete) {
    return {
      en: 'Some details are missing or wrong in your cart. They are marked there.',
      fr: 'Des informations manquent ou sont à corriger dans votre panier. Elles y sont signalées.',
    }
  }
  if (checkout.expectedTotalCents !== undefined && checkout.expectedTotalCents !== viewed.totalCents) {
    return {
      en: 'A price has changed since you opened this page. Please look at the new total, then place the order again.',
      fr: 'Un prix a changé depuis l’ouverture de cette page. Vérifiez le nouveau total, puis validez à nouveau.',
    }
  }
  return undefined
}

async function whyAnyUnavailable(shop: Shop, viewed: ViewedCart): Promise<Text | undefined> {
  for (const line of viewed.lines) {
    const why = await whyUnavailable(shop, line.entry)
    if (why) {
      return { en: `${line.entry.title.en}: ${why.en}`, fr: `${line.entry.title.fr} : ${why.fr}` }
    }
  }
  return undefined
}

async function write(
  shop: Shop,
  trx: Transaction<Database>,
  viewed: ViewedCart,
  customer: Customer,
  checkout: Checkout & { cartId: string | undefined },
): Promise<{ order: Placed; productions: number[] }> {
  const { rows: numbers } = await sql<{ number: string }>`
    select to_char(now(), 'YYYY') || '-' || lpad(nextval('order_numbers')::text, 6, '0') as number`.execute(
    trx,
  )
  const number = numbers[0]?.number
  if (!number) throw new Error('PostgreSQL gave no order number')
  const token = randomBytes(16).toString('base64url')
  const deferred = shop.means.get(checkout.means)?.kind === 'deferred'
  const row = await trx
    .insertInto('orders')
    .values({
      number,
      token,
      cart_id: checkout.cartId ?? null,
      state: 'placed',
      locale: checkout.locale,
      customer: JSON.stringify(customer),
      customer_email: customer.email.toLowerCase(),
      currency: shop.settings.currency,
      total_cents: viewed.totalCents,
      vat_cents: viewed.vatCents,
      means: checkout.means,
      payment_reference: creditorReference(number),
      pay_before: new Date(Date.now() + (deferred ? shop.settings.paymentDays : 1) * 86_400_000),
      terms_accepted_at: new Date(),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  const units = await writeLines(shop, trx, row.id, viewed, customer)
  await trx
    .insertInto('history')
    .values([
      {
        order_id: row.id,
        unit_id: null,
        who: 'customer',
        event: 'order',
        from_state: null,
        to_state: 'placed',
        why: null,
      },
    ])
    .execute()
  const order = await lockOrder(trx, { id: row.id })
  if (!order) throw new Error(`order ${number} vanished in its own transaction`)
  await mail(shop, trx, {
    key: `order_placed:${row.id}`,
    kind: 'order_placed',
    orderId: row.id,
    recipient: customer.email,
  })
  const productions = await prepare(shop, trx, order, units)
  return { order: { number, token }, productions }
}

/** Writes lines and units, and returns the units with what their scripts need. */
async function writeLines(
  shop: Shop,
  trx: Transaction<Database>,
  orderId: number,
  viewed: ViewedCart,
  customer: Customer,
): Promise<OrderUnit[]> {
  const lines = await trx
    .insertInto('order_lines')
    .values(
      viewed.lines.map((line, index) => ({
        order_id: orderId,
        position: index + 1,
        entry_id: line.entry.id,
        entry: JSON.stringify(freeze(line.entry)),
        quantity: line.units.length,
        unit_cents: line.entry.priceCents,
        total_cents: line.totalCents,
        vat_cents: line.vatCents,
      })),
    )
    .returning(['id', 'position'])
    .execute()
  const lineIds = new Map(lines.map((line) => [line.position, line.id]))
  const units = viewed.lines.flatMap((line, index) => {
    const forms = unitForms(shop, line.entry)
    return line.units.map((unit) => {
      const checked = checkUnit(forms, unit, customer).value
      if (!checked) throw new Error('a unit of a complete cart does not validate')
      const state: UnitState = hasScript(shop, freeze(line.entry), 'prepay') ? 'preparing' : 'prepared'
      return {
        order_id: orderId,
        line_id: lineIds.get(index + 1) ?? 0,
        position: unit.position,
        state,
        external: JSON.stringify(checked.external),
        fields: JSON.stringify(checked.fields),
      }
    })
  })
  await trx.insertInto('units').values(units).execute()
  return await unitsOf(trx, orderId)
}

function freeze(entry: ViewedCart['lines'][number]['entry']): FrozenEntry {
  return {
    code: entry.code,
    title: entry.title,
    unitCents: entry.priceCents,
    currency: entry.currency,
    vatBasisPoints: entry.vatBasisPoints,
    handler: entry.handler,
    internal: entry.internal,
    fields: entry.fields,
  }
}

/** Starts the prepay of the units that have one; an order without any awaits its payment at once. */
async function prepare(
  shop: Shop,
  trx: Transaction<Database>,
  order: LockedOrder,
  units: OrderUnit[],
): Promise<number[]> {
  const scripted = units.filter((unit) => unit.state === 'preparing')
  if (scripted.length === 0) {
    await awaitPayment(shop, trx, order)
    return []
  }
  const after = scripted.length <= atOnce ? safetyNet : 0
  const made = await startScript(shop, trx, order, scripted, 'prepay', after)
  return made.map((production) => production.id)
}

/** Runs the prepay of a small order here and now; whatever is not finished is left to the queued jobs. */
async function prepareAtOnce(engine: Engine, ids: number[]) {
  const signal = AbortSignal.timeout((safetyNet - 5) * 1000)
  try {
    const claimed = await claimAtOnce(engine.db, engine.worker, ids)
    await Promise.all(claimed.map((production) => run(engine, production, signal)))
  } catch (error) {
    engine.log.error({ err: error }, 'an order could not be prepared at once; its queued jobs will')
  }
}

/** A cart of one's own for a program that orders in one call: entries, and answers for each unit. */
export function cartOf(
  lines: {
    code: string
    units: { external: Record<string, unknown>; fields: Record<string, unknown>; forMe?: boolean }[]
  }[],
): CartContent {
  return {
    ...emptyCart(),
    lines: lines.map((line) => ({
      code: line.code,
      units: line.units.map((unit, index) => ({
        key: String(index + 1),
        forMe: unit.forMe ?? false,
        external: unit.external,
        fields: unit.fields,
      })),
    })),
  }
}
