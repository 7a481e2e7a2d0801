import { AsyncLocalStorage } from 'node:async_hooks'
import type { Kysely } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { Means } from '../payments/means.ts'
import { handlerOf } from '../production/registry.ts'
import type { Engine } from '../production/run.ts'
import type { Handler, Person, Text } from '../sdk/index.ts'
import { composeEngine } from './compose.ts'
import { type holdBack, letOut } from './hold-back.ts'
import { writtenAmount } from './money.ts'
import { sayProductChange } from './say-product-change.ts'
import type { RehearsedCall, Shop } from './shop.ts'

/** Seconds that a script may take in a dry run. */
const patience = 10

/** How a dry run is paid. */
export const payLater: Means = {
  id: 'dry-run',
  kind: 'deferred',
  title: { en: 'Dry run', fr: 'Essai à blanc' },
  summary: { en: 'Dry run', fr: 'Essai à blanc' },
  instructions: () => [],
}

/** For which unit something is done, and when. */
type Acting = { unit: number; when: 'ordered' | 'paid' }
type Note = { call: RehearsedCall } | { says: Text; held?: true }
/** A thing that a script did; `held`: what it called outside Moodle, which was held back. */
export type Noted = Acting & Note

/** Where a sale is played: nothing that happens there is seen, or stays, outside. */
export type Stage = {
  /** The shop, with this database and a Moodle that only listens. */
  shop: Shop
  engine: Engine
  /** What the scripts did, in order. */
  noted: Noted[]
  held: Parameters<typeof holdBack>[0]
  /** How many calls were held back. */
  heldBack: () => number
}

/** A shop on a database that is undone afterwards, with a Moodle that only listens, and an engine that notes what it does. */
export function setStage(
  shop: Shop,
  db: Kysely<Database>,
  entry: { code: string; handler: string | null },
): Stage {
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
  const amount = writtenAmount(cents, currency)
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
