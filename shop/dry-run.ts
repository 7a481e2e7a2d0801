import { AsyncLocalStorage } from 'node:async_hooks'
import { type Kysely, sql } from 'kysely'
import type { Database, MailKind, OrderState, UnitState } from '../db/schema.ts'
import type { Means } from '../payments/means.ts'
import { claim } from '../production/production.ts'
import { handlerOf } from '../production/registry.ts'
import { type Engine, run } from '../production/run.ts'
import { elementsOf, type FormErrors, parseElements, validate } from '../sdk/form.ts'
import type { Finding, Handler, Person, Text } from '../sdk/index.ts'
import { isBundle } from './bundle.ts'
import { viewCart } from './cart.ts'
import { checkInternal, type EntryDraft } from './check-entry.ts'
import { composeEngine } from './compose.ts'
import { unitForms } from './entry.ts'
import { holdBack, letOut } from './hold-back.ts'
import { validatePayment } from './payment.ts'
import { cartOf, placeOrder } from './place-order.ts'
import { refusalOf } from './refusal.ts'
import { sampleAnswers } from './sample-answers.ts'
import { openNames, sayCall } from './say-call.ts'
import { sayProductChange } from './say-product-change.ts'
import { closeSecrets, openKnownSecrets } from './seal.ts'
import type { RehearsedCall, Shop } from './shop.ts'
import { undone } from './undone.ts'

/** What is tried: an entry as it is kept, or as an operator has just written it. */
export type DryEntry = Pick<
  EntryDraft,
  'code' | 'title' | 'handler' | 'internal' | 'fields' | 'parts' | 'priceCents' | 'vatBasisPoints'
>

/** One unit's answers: those that the handler asks, and those to the operator's own fields. */
export type DryAnswers = { external: Record<string, unknown>; fields?: Record<string, unknown> }

/** One thing that the sale would do, in words; `call`: the call that Moodle would get. */
export type DryLine = {
  when: 'ordered' | 'paid'
  says: Text
  call?: { function: string; parameters: Record<string, unknown> }
}

/** A thing that the customer would own. */
export type DryProduct = {
  title: Text
  holder: Person | null
  link: string | null
  startsAt: Date
  endsAt: Date | null
}

export type DryUnit = {
  position: number
  external: Record<string, unknown>
  /** Where it would stand in the end; `why`: what keeps it from being produced. */
  state: UnitState
  why?: Text
  lines: DryLine[]
  products: DryProduct[]
  /** What its customer would read. */
  feedback: Text | null
}

export type DryRun =
  /**
   * `order`: where the order would stand in the end. `mails`: what its customer would get. `findings`: what the handler
   * says of its parameters on this site; since nothing is sent, a call that Moodle would refuse shows only there.
   */
  | {
      ok: true
      order: OrderState
      totalCents: number
      units: DryUnit[]
      mails: MailKind[]
      findings: Finding[]
    }
  /** What keeps it from being ordered, each thing at its place; `units`: by unit. */
  | {
      ok: false
      why: Text
      internal?: FormErrors
      units?: { external: FormErrors; fields: FormErrors }[]
    }

/** The most units of a dry run: enough to see what happens. */
export const mostDryUnits = 10
/** Seconds that a script may take in a dry run. */
const patience = 10

const buyer = { email: 'sample.buyer@customers.example', firstname: 'Camille', lastname: 'Durand' }
const payLater: Means = {
  id: 'dry-run',
  kind: 'deferred',
  title: { en: 'Dry run', fr: 'Essai à blanc' },
  summary: { en: 'Dry run', fr: 'Essai à blanc' },
  instructions: () => [],
}

/**
 * Tells what a sale of this entry would do, without doing it: the order is placed, paid and produced by the shop's own
 * functions in a transaction that is undone; Moodle is asked what is only read, and calls that change something are
 * noted instead of sent; nothing else leaves this process. `samples`: each unit's answers; made-up ones for one unit
 * when there are none.
 */
export async function dryRun(shop: Shop, entry: DryEntry, samples: DryAnswers[] = []): Promise<DryRun> {
  const parts = entry.parts ?? []
  if (isBundle({ parts })) {
    const codes = parts.map(({ code }) => code).join(', ')
    const why = {
      en: `Each part of a bundle is produced by itself: try the parts out one by one (${codes}).`,
      fr: `Chaque partie d’une offre groupée est produite séparément : essayez les parties une à une (${codes}).`,
    }
    return { ok: false, why }
  }
  const found = handlerOf(shop.registry(), entry)
  if (found === 'missing') {
    const why = { en: 'Its handler is not installed.', fr: 'Son gestionnaire n’est pas installé.' }
    return { ok: false, why }
  }
  const internal = found ? readInternal(shop, found.handler, entry) : { ok: true as const, value: {} }
  if (!internal.ok) {
    const why = {
      en: 'Put the handler’s parameters right first.',
      fr: 'Corrigez d’abord les paramètres du gestionnaire.',
    }
    return { ok: false, why, internal: internal.errors }
  }
  if (samples.length > mostDryUnits) {
    return {
      ok: false,
      why: { en: `${mostDryUnits} units at the most.`, fr: `${mostDryUnits} unités au plus.` },
    }
  }
  const units = samples.length > 0 ? samples : [madeUp(shop, entry, internal.value)]
  try {
    return await undone(shop.db, async (db) => {
      const stage = setStage(shop, db, entry)
      return await holdBack(stage.held, () => play(stage, { ...entry, internal: internal.value }, units))
    })
  } catch (error) {
    if (!isLockTimeout(error)) throw error
    const why = {
      en: 'The shop is writing the same things at this moment: try again.',
      fr: 'La boutique écrit les mêmes choses en ce moment : réessayez.',
    }
    return { ok: false, why }
  }
}

const isLockTimeout = (error: unknown) => error instanceof Error && 'code' in error && error.code === '55P03'

function madeUp(shop: Shop, entry: DryEntry, internal: Record<string, unknown>): DryAnswers {
  const own = parseElements(entry.fields)
  const forms = unitForms(shop, { ...entry, internal, fields: own.ok ? own.elements : [] })
  return { external: sampleAnswers(forms.external, 1), fields: sampleAnswers(forms.fields, 1) }
}

function readInternal(shop: Shop, handler: Handler, { internal }: DryEntry) {
  return validate(handler.internal, elementsOf(handler.internal), openKnownSecrets(shop.seal, internal))
}

const notTaken = {
  en: 'The order would not be taken with these answers.',
  fr: 'La commande ne serait pas acceptée avec ces réponses.',
}
const unknown = {
  en: 'The rest depends on an answer that a dry run can’t know.',
  fr: 'La suite dépend d’une réponse qu’un essai à blanc ne peut connaître.',
}

type Acting = { unit: number; when: DryLine['when'] }
type Note = { call: RehearsedCall } | { says: Text; held?: true }
type Noted = Acting & Note

type Stage = {
  /** The shop, with this database and a Moodle that only listens. */
  shop: Shop
  engine: Engine
  /** What the scripts did, in order. */
  noted: Noted[]
  held: Parameters<typeof holdBack>[0]
  /** How many calls were held back. */
  heldBack: () => number
}

function setStage(shop: Shop, db: Kysely<Database>, entry: DryEntry): Stage {
  const acting = new AsyncLocalStorage<Acting>()
  const noted: Noted[] = []
  let heldBack = 0
  const note = (what: Note) => {
    const by = acting.getStore()
    if (by) noted.push({ ...by, ...what })
  }
  const site = shop.site.rehearse({ db, note: (call) => note({ call }), read: letOut })
  const found = handlerOf(shop.registry(), entry)
  const handlers = new Map(
    found && found !== 'missing' ? [[found.id, { ...found, handler: observed(found.handler, acting) }]] : [],
  )
  const stage: Shop = {
    ...shop,
    db,
    site: {
      ...site,
      rehearse: shop.site.rehearse,
      async ensureAccount(person) {
        const account = await site.ensureAccount(person)
        // One that is made tells itself by its call.
        if (!account.created) note({ says: sayFound(person) })
        return account
      },
    },
    registry: () => ({ handlers, faults: [] }),
    means: new Map([[payLater.id, payLater]]),
    settings: { ...shop.settings, mailing: false },
  }
  const engine = composeEngine(stage, 'dry run')
  return {
    shop: stage,
    noted,
    held({ method, url }) {
      heldBack += 1
      note({ says: sayHeld(method, url), held: true })
    },
    heldBack: () => heldBack,
    engine: {
      ...engine,
      patience: { script: patience, fetch: patience },
      async reserve(unit, name) {
        const reserved = await engine.reserve(unit, name)
        if (reserved) note({ says: sayReserved(name.slice(name.indexOf(':') + 1)) })
        return reserved
      },
      async change(production, change, reference) {
        const changed = await engine.change(production, change, reference)
        for (const says of await sayChanged(db, changed)) note({ says })
        return changed
      },
      deliver: (production, delivery) =>
        acting.run({ unit: production.unitId, when: 'paid' }, async () => {
          await engine.deliver(production, delivery)
          for (const { credits } of delivery.products) {
            if (credits) note({ says: sayCredits(credits.cents, shop.settings.currency) })
          }
        }),
    },
  }
}

/** The handler, of whose scripts it is known for which unit and when they do a thing. */
function observed(handler: Handler, acting: AsyncLocalStorage<Acting>): Handler {
  const { prepay, postpay } = handler
  return {
    ...handler,
    ...(prepay && {
      prepay: (context) => acting.run({ unit: context.unit.id, when: 'ordered' }, () => prepay(context)),
    }),
    ...(postpay && {
      postpay: (context) => acting.run({ unit: context.unit.id, when: 'paid' }, () => postpay(context)),
    }),
  }
}

async function play(stage: Stage, entry: DryEntry, units: DryAnswers[]): Promise<DryRun> {
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
  return { ...(await describe(stage, number)), findings: await check(stage, entry) }
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

/** What came of it, read where it was written for the while. */
async function describe({ shop, noted }: Stage, number: string) {
  const { db } = shop
  const order = await db
    .selectFrom('orders')
    .select(['id', 'state', 'total_cents'])
    .where('number', '=', number)
    .executeTakeFirstOrThrow()
  const units = await db
    .selectFrom('units')
    .select(['id', 'position', 'external', 'state', 'feedback'])
    .where('order_id', '=', order.id)
    .orderBy('id')
    .execute()
  const products = await db
    .selectFrom('products')
    .select(['unit_id', 'title', 'holder', 'link', 'starts_at as startsAt', 'ends_at as endsAt'])
    .where('order_id', '=', order.id)
    .orderBy('id')
    .execute()
  const causes = await db
    .selectFrom('productions')
    .select(['unit_id', 'cause'])
    .where('order_id', '=', order.id)
    .where('cause', 'is not', null)
    .execute()
  const mails = await db
    .selectFrom('mails')
    .select('kind')
    .where('order_id', '=', order.id)
    .orderBy('id')
    .execute()
  const refusal = await refusalOf(db, order.id)
  const names = openNames(shop, db, noted)
  const linesOf = (unit: number) =>
    noted
      .filter((one) => one.unit === unit)
      .map(async (one): Promise<DryLine> => {
        if ('says' in one) return { when: one.when, says: one.says }
        const { function: name, parameters } = one.call
        return { when: one.when, says: await sayCall(one.call, names), call: { function: name, parameters } }
      })
  const described = units.map(async ({ id, ...unit }): Promise<DryUnit> => {
    const cause = causes.find(({ unit_id }) => unit_id === id)?.cause
    const held = noted.some((one) => one.unit === id && 'held' in one)
    const why =
      unit.state === 'refused' ? refusal : held ? unknown : cause && { en: cause.message, fr: cause.message }
    return {
      ...unit,
      ...(unit.state !== 'produced' && why && { why }),
      lines: await Promise.all(linesOf(id)),
      products: products.flatMap(({ unit_id, ...product }) => (unit_id === id ? [product] : [])),
    }
  })
  return {
    ok: true as const,
    order: order.state,
    totalCents: order.total_cents,
    units: await Promise.all(described),
    mails: mails.map(({ kind }) => kind),
  }
}

function sayFound({ email }: Person): Text {
  return {
    en: `Uses the account of ${email}, which is there already.`,
    fr: `Utilise le compte de ${email}, qui existe déjà.`,
  }
}

function sayReserved(name: string): Text {
  return { en: `Holds the name “${name}”.`, fr: `Retient le nom « ${name} ».` }
}

function sayCredits(cents: number, currency: string): Text {
  const amount = `${(cents / 100).toFixed(2)} ${currency}`
  return {
    en: `Puts ${amount} of credits on the buyer’s account.`,
    fr: `Porte ${amount.replace('.', ',')} de crédits au compte de l’acheteur.`,
  }
}

function sayHeld(method: string, url: string): Text {
  return {
    en: `Calls ${method} ${url}.`,
    fr: `Appelle ${method} ${url}.`,
  }
}

/** What the last line of a product's history says. */
async function sayChanged(
  db: Kysely<Database>,
  { id, reference }: { id: number; reference: string },
): Promise<Text[]> {
  const last = await db
    .selectFrom('product_history')
    .select('data')
    .where('product_id', '=', id)
    .orderBy('id', 'desc')
    .executeTakeFirst()
  return sayProductChange(last?.data ?? {}).map(({ en, fr }) => ({
    en: `Changes the product ${reference}: ${en}`,
    fr: `Modifie le produit ${reference} : ${fr}`,
  }))
}
