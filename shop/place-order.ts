import { randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { CartContent, CartUnit, Customer, FrozenBundle, FrozenEntry } from '../db/schema.ts'
import { creditsId } from '../payments/credits.ts'
import { claimAtOnce } from '../production/production.ts'
import { type Engine, run } from '../production/run.ts'
import type { FormErrors, FormValues } from '../sdk/form.ts'
import type { Text } from '../sdk/index.ts'
import { answeredUnits, checkUnit, emptyCart, type ViewedCart, viewCart } from './cart.ts'
import { saveWithJobs } from './change-order.ts'
import { readCustomer } from './customer.ts'
import { type Entry, mostUnitsOfAnOrder, unitForms, whyUnavailable } from './entry.ts'
import { type LockedOrder, mail, moveUnits, noChanges, record } from './order.ts'
import { creditorReference, newOrderNumber } from './reference.ts'
import type { Shop } from './shop.ts'
import { canSpendCredits, whatCreditsPay, whyNoCredits } from './spend-credits.ts'
import { awaitPayment, hasScript, startScript } from './start-scripts.ts'
import type { OrderView } from './view-order.ts'

export type Checkout = {
  customer: FormValues
  means: string
  termsAccepted: boolean
  locale: 'en' | 'fr'
  /** The total that the customer saw: a price that changed meanwhile is shown before anything is placed. */
  expectedTotalCents?: number
  /** The e-mail of the customer who is signed in, if one is: only they can pay with their credits. */
  signedInAs?: string
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

/**
 * `unsaved`: no row of carts; the id, when there is one, names the request that brought it, once and for all. `entries`:
 * those that were read with it.
 */
export type PlacedCart = { id?: string; content: CartContent; unsaved?: boolean; entries?: Entry[] }

/** `view`: the order as it stands now, when nobody but who placed it has touched it yet. */
export type PlaceResult = { ok: true; order: Placed; view?: OrderView } | { ok: false; errors: PlaceErrors }

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
  cart: PlacedCart,
  checkout: Checkout,
): Promise<PlaceResult> {
  const customer = readCustomer(checkout.customer)
  const buyer = customer.ok ? customer.value : undefined
  const viewed = await viewCart(shop, cart.content, buyer, cart.entries)
  const free = viewed.totalCents === 0
  const means = free ? 'free' : checkout.means
  const errors: PlaceErrors = { customer: customer.ok ? {} : customer.errors }
  if (!free && !shop.means.has(means)) {
    errors.means = { en: 'Choose a means of payment.', fr: 'Choisissez un mode de paiement.' }
  } else if (means === creditsId) {
    const paid = { ...whatCreditsPay(shop, viewed), buyer: buyer?.email }
    errors.means = whyNoCredits(await canSpendCredits(shop, paid, checkout.signedInAs))
  }
  if (!checkout.termsAccepted) {
    errors.terms = { en: 'Please accept the terms of sale.', fr: 'Merci d’accepter les conditions de vente.' }
  }
  errors.cart = whyNotComplete(viewed, checkout) ?? (await whyAnyUnavailable(shop, viewed))
  if (!customer.ok || errors.means || errors.terms || errors.cart) return { ok: false, errors }

  const placed = await write(shop, draft(shop, viewed, customer.value, { ...checkout, means }), cart)
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
    return { ok: true, order: placed.order }
  }
  return { ok: true, order: placed.order, view: placed.view }
}

/** The order that a cart, of this id, has ended in. */
export async function findPlaced(shop: Pick<Shop, 'db'>, cartId: string): Promise<Placed | undefined> {
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
  const over = viewed.lines.find((line) => line.units.length > line.most)
  if (over) {
    return {
      en: `One order can have ${over.most} of “${over.entry.title.en}” at the most.`,
      fr: `Une commande peut compter ${over.most} « ${over.entry.title.fr} » au plus.`,
    }
  }
  if (viewed.units > mostUnitsOfAnOrder) {
    return {
      en: `One order can have ${mostUnitsOfAnOrder} units at the most. Please make two orders.`,
      fr: `Une commande peut compter ${mostUnitsOfAnOrder} unités au plus. Merci d’en passer deux.`,
    }
  }
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
      return { en: `${line.entry.title.en}: ${why.en}`, fr: `${line.entry.title.fr} : ${why.fr}` }
    }
  }
  return undefined
}

type Draft = {
  order: Placed & {
    locale: 'en' | 'fr'
    customer: Customer
    currency: string
    totalCents: number
    vatCents: number
    means: string
    paymentReference: string
    payBefore: Date
  }
  lines: {
    position: number
    entryId: number
    entry: FrozenEntry
    quantity: number
    totalCents: number
    vatCents: number
    bundle: FrozenBundle | null
  }[]
  units: {
    line: number
    position: number
    external: Record<string, unknown>
    fields: Record<string, unknown>
  }[]
}

/** The rows of an order that is complete and about to be placed. */
function draft(shop: Shop, viewed: ViewedCart, customer: Customer, checkout: Checkout): Draft {
  const number = newOrderNumber()
  const deferred = shop.means.get(checkout.means)?.kind === 'deferred'
  const sold = viewed.lines.flatMap((line) => line.sold.map((one) => ({ line, ...one })))
  return {
    order: {
      number,
      token: randomBytes(16).toString('base64url'),
      locale: checkout.locale,
      customer,
      currency: shop.settings.currency,
      totalCents: viewed.totalCents,
      vatCents: viewed.vatCents,
      means: checkout.means,
      paymentReference: creditorReference(number),
      payBefore: new Date(Date.now() + (deferred ? shop.settings.paymentDays : 1) * 86_400_000),
    },
    lines: sold.map(({ entry, unitCents, quantity, totalCents, vatCents, bundle }, index) => ({
      position: index + 1,
      entryId: entry.id,
      entry: freeze(entry, unitCents),
      quantity,
      totalCents,
      vatCents,
      bundle,
    })),
    units: sold.flatMap(({ line, entry, units }, index) => {
      const forms = unitForms(shop, entry)
      const answered = line.units.flatMap((unit) => {
        const all = answeredUnits(line.entry, unit)
        return units.flatMap((place) => all[place] ?? [])
      })
      return answered.map((unit, before) => {
        const checked = checkUnit(forms, unit, customer).value
        if (!checked) throw new Error('a unit of a complete cart does not validate')
        return { line: index + 1, position: before + 1, ...checked }
      })
    }),
  }
}

type PlacedUnit = { id: number; line: number; position: number }
type PlacedLine = { id: number; position: number }

/**
 * Writes an order with its lines and units, and lets it take its first step, in one transaction. The cart ends with
 * it: undefined when it had ended before, because a second click came first.
 */
async function write(
  shop: Shop,
  { order, lines, units }: Draft,
  cart: PlacedCart,
): Promise<{ order: Placed; view: OrderView; productions: number[] } | undefined> {
  return await shop.db.transaction().execute(async (trx) => {
    const id = cart.id ?? null
    const hasCart = id !== null && !cart.unsaved
    const { rows } = await sql<{ id: number; placedAt: Date; lines: PlacedLine[]; units: PlacedUnit[] }>`
      with ended as (
        delete from carts where ${hasCart} and id = ${id} returning id
      ), placed as (
        insert into orders (number, token, cart_id, state, locale, customer, customer_email, currency, total_cents,
                            vat_cents, means, payment_reference, pay_before, terms_accepted_at)
        select ${order.number}, ${order.token}, ${id}::uuid, 'placed', ${order.locale},
               ${JSON.stringify(order.customer)}::jsonb, ${order.customer.email.toLowerCase()}, ${order.currency},
               ${order.totalCents}::bigint, ${order.vatCents}::bigint, ${order.means}, ${order.paymentReference},
               ${order.payBefore}::timestamptz, now()
         where not ${hasCart} or exists (select from ended)
        on conflict (cart_id) do nothing returning id, placed_at
      ), lines as (
        insert into order_lines
               (order_id, position, entry_id, entry, quantity, unit_cents, total_cents, vat_cents, bundle)
        select placed.id, position, "entryId", entry, quantity, (entry->>'unitCents')::bigint, "totalCents", "vatCents",
               nullif(bundle, 'null')
          from placed, jsonb_to_recordset(${JSON.stringify(lines)}::jsonb)
            as l (position integer, "entryId" bigint, entry jsonb, quantity integer, "totalCents" bigint,
                  "vatCents" bigint, bundle jsonb)
        returning id, order_id, position
      ), units as (
        insert into units (order_id, line_id, position, state, external, fields)
        select lines.order_id, lines.id, u.position, 'ordered', external, fields
          from jsonb_to_recordset(${JSON.stringify(units)}::jsonb)
            as u (line integer, position integer, external jsonb, fields jsonb)
          join lines on lines.position = u.line
         order by u.line, u.position
        returning id, line_id, position
      )
      select id, placed_at as "placedAt",
             (select jsonb_agg(jsonb_build_object('id', id, 'position', position) order by position) from lines) as lines,
             (select jsonb_agg(jsonb_build_object('id', units.id, 'line', lines.position, 'position', units.position)
                               order by units.id)
                from units join lines on lines.id = units.line_id) as units
        from placed`.execute(trx)
    const [row] = rows
    if (!row) return undefined
    const placed: LockedOrder = {
      id: row.id,
      number: order.number,
      state: 'placed',
      locale: order.locale,
      customer: order.customer,
      currency: order.currency,
      totalCents: order.totalCents,
      paidCents: 0,
      means: order.means,
      placedAt: row.placedAt,
      paidAt: null,
      producedAt: null,
      trustedAt: null,
      units: row.units.map(({ id, line, position }) => {
        const unit = units.find((one) => one.line === line && one.position === position)
        const entry = lines[line - 1]?.entry
        if (!unit || !entry) throw new Error('an order was not written as it was drafted')
        return { id, position, state: 'ordered', external: unit.external, fields: unit.fields, entry }
      }),
      tally: { ordered: row.units.length },
      changes: noChanges(),
    }
    prepare(shop, placed)
    const { productions } = await saveWithJobs(shop, trx, placed, { last: true })
    return {
      order: { number: order.number, token: order.token },
      view: viewPlaced(placed, order, lines, row),
      productions: productions.map((production) => production.id),
    }
  })
}

/** What `findOrder` would read: it was written just now. */
function viewPlaced(
  { id, state, paidCents, placedAt, paidAt, producedAt, units }: LockedOrder,
  order: Draft['order'],
  lines: Draft['lines'],
  row: { lines: PlacedLine[]; units: PlacedUnit[] },
): OrderView {
  return {
    ...order,
    id,
    state,
    paidCents,
    placedAt,
    paidAt,
    producedAt,
    trust: null,
    products: [],
    lines: row.lines.map(({ id, position }) => {
      const line = lines[position - 1]
      if (!line) throw new Error('an order was not written as it was drafted')
      const { entryId: _, ...drafted } = line
      const own = units.filter((_, index) => row.units[index]?.line === position)
      return {
        ...drafted,
        id,
        unitCents: line.entry.unitCents,
        units: own.map(({ entry: _, ...unit }) => ({ ...unit, feedback: null })),
      }
    }),
  }
}

function freeze(entry: Entry, unitCents: number): FrozenEntry {
  return {
    code: entry.code,
    title: entry.title,
    unitCents,
    currency: entry.currency,
    vatBasisPoints: entry.vatBasisPoints,
    handler: entry.handler,
    internal: entry.internal,
    fields: entry.fields,
  }
}

/** The first step of an order: prepay of the units that have one; without any, it awaits its payment at once. */
function prepare(shop: Shop, order: LockedOrder): void {
  record(order, { event: 'order', to: 'placed', who: 'customer' })
  mail(order, 'order_placed', String(order.id))
  const scripted = order.units.filter((unit) => hasScript(shop, unit.entry, 'prepay'))
  const plain = order.units.filter((unit) => !scripted.includes(unit))
  moveUnits(order, plain, 'prepared', { who: 'shop' })
  moveUnits(order, scripted, 'preparing', { who: 'shop' })
  startScript(order, scripted, 'prepay', { after: scripted.length <= atOnce ? safetyNet : 0 })
  if (scripted.length === 0) awaitPayment(shop, order)
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
  lines: { code: string; units: (Omit<CartUnit, 'key' | 'forMe'> & { forMe?: boolean })[] }[],
): CartContent {
  return {
    ...emptyCart(),
    lines: lines.map((line) => ({
      code: line.code,
      units: line.units.map((unit, index) => ({ forMe: false, ...unit, key: String(index + 1) })),
    })),
  }
}
