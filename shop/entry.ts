import { type Kysely, type Selectable, sql } from 'kysely'
import type { Database, EntryState } from '../db/schema.ts'
import { handlerOf, type Registered } from '../production/registry.ts'
import { elementsOf, type FormErrors, parseElements, validate } from '../sdk/form.ts'
import type { FormElement } from '../sdk/form-element.ts'
import { type Finding, type Handler, MoodleError, type Text } from '../sdk/index.ts'
import { closeSecrets, openKnownSecrets } from './seal.ts'
import type { Shop } from './shop.ts'

export type Entry = {
  id: number
  code: string
  state: EntryState
  title: Text
  summary: Text
  description: Text
  category: Text
  priceCents: number
  currency: string
  vatBasisPoints: number
  /** null: none; `specific`: the handler named after the code. */
  handler: string | null
  internal: Record<string, unknown>
  fields: FormElement[]
  maxQuantity: number | null
  position: number
  /** Moves with each save: an editor who has an old one must look again. */
  revision: number
}

/** What an operator sends to save an entry, already read from the form or the API's body. */
export type EntryDraft = {
  code: string
  title: Text
  summary: Text
  description: Text
  category: Text
  priceCents: number
  vatBasisPoints: number
  handler: string | null
  internal: Record<string, unknown>
  fields: unknown
  maxQuantity: number | null
  position: number
}

function toEntry(row: Selectable<Database['entries']>): Entry {
  const fields = parseElements(row.fields)
  return {
    id: row.id,
    code: row.code,
    state: row.state,
    title: row.title,
    summary: row.summary,
    description: row.description,
    category: row.category,
    priceCents: row.price_cents,
    currency: row.currency,
    vatBasisPoints: row.vat_basis_points,
    handler: row.handler,
    internal: row.internal,
    fields: fields.ok ? fields.elements : [],
    maxQuantity: row.max_quantity,
    position: row.position,
    revision: row.revision,
  }
}

export async function findEntry(db: Kysely<Database>, code: string): Promise<Entry | undefined> {
  const row = await db.selectFrom('entries').selectAll().where('code', '=', code).executeTakeFirst()
  return row && toEntry(row)
}

/** The entries on sale with these codes. */
export async function findOnSale(db: Kysely<Database>, codes: string[]): Promise<Entry[]> {
  if (codes.length === 0) return []
  const rows = await db
    .selectFrom('entries')
    .selectAll()
    .where('code', 'in', codes)
    .where('state', '=', 'on_sale')
    .execute()
  return rows.map(toEntry)
}

type CatalogKey = { position: number; id: number }
/** `after`: where the last page ended. `category`: its name in English. */
type CatalogPage = { after?: CatalogKey; limit?: number; category?: string }

/** A page of the catalog, in its order: what is on sale and whose handler is there. */
export async function listCatalog(
  shop: Pick<Shop, 'db' | 'registry'>,
  page: CatalogPage = {},
): Promise<{ entries: Entry[]; next: CatalogKey | undefined }> {
  const rows = await selectCatalog(shop.db, page).selectAll().execute()
  const { listed, next } = cutPage(shop, rows, page)
  return { entries: listed.map(toEntry), next }
}

/** What a page of the catalog shows of an entry. */
export type Offer = Pick<
  Entry,
  'code' | 'title' | 'summary' | 'category' | 'priceCents' | 'currency' | 'vatBasisPoints'
>

/** The same, without what only an entry's own page needs: half the work. */
export async function listOffers(
  shop: Pick<Shop, 'db' | 'registry'>,
  page: CatalogPage = {},
): Promise<{ offers: Offer[]; next: CatalogKey | undefined }> {
  const rows = await selectCatalog(shop.db, page)
    .select(['id', 'code', 'title', 'summary', 'category', 'handler', 'position', 'currency'])
    .select(['price_cents as priceCents', 'vat_basis_points as vatBasisPoints'])
    .execute()
  const { listed, next } = cutPage(shop, rows, page)
  return { offers: listed, next }
}

const catalogLimit = 24

function selectCatalog(db: Kysely<Database>, { after, limit = catalogLimit, category }: CatalogPage) {
  let query = db
    .selectFrom('entries')
    .where('state', '=', 'on_sale')
    .orderBy('position')
    .orderBy('id')
    .limit(limit + 1)
  if (after) query = query.where(sql<boolean>`(position, id) > (${after.position}, ${after.id})`)
  if (category !== undefined) query = query.where(sql<string>`category->>'en'`, '=', category)
  return query
}

function cutPage<Row extends CatalogKey & { code: string; handler: string | null }>(
  shop: Pick<Shop, 'registry'>,
  rows: Row[],
  { limit = catalogLimit }: CatalogPage,
): { listed: Row[]; next: CatalogKey | undefined } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    listed: page.filter((row) => handlerOf(shop.registry(), row) !== 'missing'),
    next: rows.length > limit && last ? { position: last.position, id: last.id } : undefined,
  }
}

/** The categories of what the catalog lists, in its order. */
export async function listCategories(shop: Pick<Shop, 'db' | 'registry'>): Promise<Text[]> {
  const rows = await shop.db
    .selectFrom('entries')
    .select([
      sql<string>`category->>'en'`.as('en'),
      sql<string>`min(category->>'fr')`.as('fr'),
      'handler',
      sql<string>`case handler when 'specific' then code else '' end`.as('code'),
    ])
    .where('state', '=', 'on_sale')
    .groupBy((select) => [select.ref('handler'), sql`1`, sql`4`])
    .orderBy((select) => select.fn.min('position'))
    .execute()
  const listed = rows.filter((row) => handlerOf(shop.registry(), row) !== 'missing')
  return [...new Map(listed.map(({ en, fr }) => [en, { en, fr }])).values()]
}

/** A page of all entries for the office, by code. */
export async function listEntries(
  db: Kysely<Database>,
  {
    after,
    limit = 50,
    state,
    search,
  }: { after?: string; limit?: number; state?: EntryState; search?: string } = {},
): Promise<{ entries: Entry[]; next: string | undefined }> {
  let query = db
    .selectFrom('entries')
    .selectAll()
    .orderBy('code')
    .limit(limit + 1)
  if (after) query = query.where('code', '>', after)
  if (state) query = query.where('state', '=', state)
  if (search) {
    const pattern = `%${search.replace(/[\\%_]/g, '\\$&')}%`
    query = query.where((where) =>
      where.or([
        where('code', 'ilike', pattern),
        where(sql<string>`title->>'en'`, 'ilike', pattern),
        where(sql<string>`title->>'fr'`, 'ilike', pattern),
      ]),
    )
  }
  const rows = await query.execute()
  const entries = rows.slice(0, limit).map(toEntry)
  return { entries, next: rows.length > limit ? entries.at(-1)?.code : undefined }
}

/** The handler choices of an entry: standard and extension handlers; specific ones are in no list (design §4). */
export function handlerChoices(shop: Pick<Shop, 'registry'>): Registered[] {
  return [...shop.registry().handlers.values()].filter((handler) => handler.kind !== 'specific')
}

/** Why an entry can't be bought right now, said to the customer; undefined when it can. */
export async function whyUnavailable(shop: Shop, entry: Entry): Promise<Text | undefined> {
  const notForSale = {
    en: 'This is not for sale at the moment.',
    fr: 'Ceci n’est pas en vente pour le moment.',
  }
  if (entry.state !== 'on_sale' || entry.currency !== shop.settings.currency) return notForSale
  const found = handlerOf(shop.registry(), entry)
  if (found === 'missing') return notForSale
  if (!found?.handler.available) return undefined
  const internal = found.handler.internal.safeParse(openKnownSecrets(shop.seal, entry.internal))
  if (!internal.success) return notForSale
  try {
    const answer = await found.handler.available({
      entry: { code: entry.code },
      internal: internal.data,
      moodle: shop.site,
    })
    return answer.ok ? undefined : answer.why
  } catch (error) {
    shop.log.warn({ err: error, entry: entry.code }, 'availability could not be checked')
    return {
      en: 'We can’t check right now whether this is available. Please try again in a few minutes.',
      fr: 'Nous ne pouvons pas vérifier la disponibilité pour l’instant. Réessayez dans quelques minutes.',
    }
  }
}

/** The most units of this entry in one order. */
export function mostUnits(shop: Pick<Shop, 'registry'>, entry: Entry): number {
  const found = handlerOf(shop.registry(), entry)
  const handlerMost = found && found !== 'missing' ? found.handler.maxQuantity : undefined
  return Math.min(
    entry.maxQuantity ?? mostUnitsOfAnOrder,
    handlerMost ?? mostUnitsOfAnOrder,
    mostUnitsOfAnOrder,
  )
}

/** No order has more units than this, whatever its lines allow. */
export const mostUnitsOfAnOrder = 500

/** The two forms of a unit of this entry: what its handler asks, and the operator's own fields. */
export function unitForms(shop: Pick<Shop, 'registry'>, entry: Pick<Entry, 'code' | 'handler' | 'fields'>) {
  const found = handlerOf(shop.registry(), entry)
  const handler = found && found !== 'missing' ? found.handler : undefined
  return {
    handler,
    external: handler ? elementsOf(handler.external) : [],
    fields: entry.fields,
  }
}

export type EntryErrors = {
  /** By field of the entry itself. */
  entry: FormErrors
  /** By internal parameter. */
  internal: FormErrors
  /** In the operator's own fields, by path. */
  fields: { path: string; text: Text }[]
}

export type SavedEntry =
  | { ok: true; entry: Entry; findings: Finding[] }
  /** `stale`: somebody saved it meanwhile. `code_taken`: another entry has this code. */
  | { ok: false; reason: 'invalid' | 'stale' | 'code_taken'; errors: EntryErrors; findings: Finding[] }

const codePattern = /^[A-Z0-9][A-Z0-9-]{1,39}$/

/**
 * Saves an entry. Its own fields must be sound; a draft may keep internal parameters that are not, and then can't be
 * put on sale. `check` of the handler runs against the live site, outside any transaction, and its findings come back
 * either way. An entry on sale stays so only if it is sound.
 */
export async function saveEntry(
  shop: Shop,
  draft: EntryDraft,
  want: { state: EntryState; revision?: number },
): Promise<SavedEntry> {
  const checked = await checkEntry(shop, draft)
  const { errors, findings } = checked
  if (!(want.state === 'on_sale' ? checked.sellable : checked.savable)) {
    return { ok: false, reason: 'invalid', errors, findings }
  }
  const values = {
    code: draft.code,
    state: want.state,
    title: JSON.stringify(draft.title),
    summary: JSON.stringify(draft.summary),
    description: JSON.stringify(draft.description),
    category: JSON.stringify(draft.category),
    price_cents: draft.priceCents,
    currency: shop.settings.currency,
    vat_basis_points: draft.vatBasisPoints,
    handler: draft.handler,
    internal: JSON.stringify(sealInternal(shop, draft, checked.internal)),
    fields: JSON.stringify(checked.fields),
    max_quantity: draft.maxQuantity,
    position: draft.position,
  }
  const saved =
    want.revision === undefined
      ? await shop.db
          .insertInto('entries')
          .values(values)
          .onConflict((conflict) => conflict.column('code').doNothing())
          .returningAll()
          .executeTakeFirst()
      : await shop.db
          .updateTable('entries')
          .set({ ...values, revision: sql`revision + 1`, updated_at: sql`now()` })
          .where('code', '=', draft.code)
          .where('revision', '=', want.revision)
          .returningAll()
          .executeTakeFirst()
  if (!saved) {
    return { ok: false, reason: want.revision === undefined ? 'code_taken' : 'stale', errors, findings }
  }
  return { ok: true, entry: toEntry(saved), findings }
}

function sealInternal(
  shop: Shop,
  entry: Pick<EntryDraft, 'code' | 'handler'>,
  internal: Record<string, unknown>,
) {
  const found = handlerOf(shop.registry(), entry)
  if (!found || found === 'missing') return internal
  return closeSecrets(shop.seal, elementsOf(found.handler.internal), internal)
}

export type CheckedEntry = {
  /** It may be kept as a draft: its own fields are sound. */
  savable: boolean
  /** It may be put on sale: its internal parameters are sound too, and its handler finds no error on the site. */
  sellable: boolean
  errors: EntryErrors
  findings: Finding[]
  internal: Record<string, unknown>
  fields: FormElement[]
}

/** All that saving an entry checks, the live site included, without saving it. */
export async function checkEntry(shop: Shop, draft: EntryDraft): Promise<CheckedEntry> {
  const fields = parseElements(draft.fields)
  const checked = await checkInternal(shop, draft)
  const errors: EntryErrors = {
    entry: checkTexts(draft),
    internal: checked.errors,
    fields: fields.ok ? [] : fields.errors,
  }
  const savable = Object.keys(errors.entry).length === 0 && fields.ok
  return {
    savable,
    sellable: savable && checked.sound && !checked.findings.some((finding) => finding.level === 'error'),
    errors,
    findings: checked.findings,
    internal: checked.internal,
    fields: fields.ok ? fields.elements : [],
  }
}

function checkTexts(draft: EntryDraft): FormErrors {
  const errors: FormErrors = {}
  if (!codePattern.test(draft.code)) {
    errors.code = {
      en: 'Two to forty capitals, digits and hyphens, such as EXCEL-1.',
      fr: 'De deux à quarante capitales, chiffres et tirets, par exemple EXCEL-1.',
    }
  }
  for (const name of ['title', 'summary', 'category'] as const) {
    if (draft[name].en.trim() === '' || draft[name].fr.trim() === '') {
      errors[name] = { en: 'Write this in both languages.', fr: 'À écrire dans les deux langues.' }
    }
  }
  if (!Number.isSafeInteger(draft.priceCents) || draft.priceCents < 0 || draft.priceCents > 100_000_000) {
    errors.price = { en: 'A price between 0 and 1,000,000.', fr: 'Un prix entre 0 et 1 000 000.' }
  }
  if (!Number.isInteger(draft.vatBasisPoints) || draft.vatBasisPoints < 0 || draft.vatBasisPoints > 10_000) {
    errors.vat = { en: 'A rate between 0 and 100 %.', fr: 'Un taux entre 0 et 100 %.' }
  }
  const most = draft.maxQuantity
  if (most !== null && (!Number.isInteger(most) || most < 1 || most > mostUnitsOfAnOrder)) {
    errors.maxQuantity = {
      en: `A whole number from 1 to ${mostUnitsOfAnOrder}, or nothing.`,
      fr: `Un nombre entier de 1 à ${mostUnitsOfAnOrder}, ou rien.`,
    }
  }
  return errors
}

type CheckedInternal = {
  sound: boolean
  internal: Record<string, unknown>
  errors: FormErrors
  findings: Finding[]
}

/** Validates internal parameters against the handler's schema, then asks the handler to check them on the live site. */
export async function checkInternal(
  shop: Shop,
  draft: Pick<EntryDraft, 'code' | 'handler' | 'internal'>,
): Promise<CheckedInternal> {
  const found = handlerOf(shop.registry(), draft)
  if (found === undefined) return { sound: true, internal: {}, errors: {}, findings: [] }
  if (found === 'missing') {
    const specific = draft.handler === 'specific'
    const text = specific
      ? {
          en: `No handler named ${draft.code} is installed: a specific handler is a folder with the entry's code.`,
          fr: `Aucun gestionnaire nommé ${draft.code} n’est installé : un gestionnaire spécifique est un dossier au nom du code de l’entrée.`,
        }
      : {
          en: `The handler ${draft.handler} is not installed, or can't be loaded.`,
          fr: `Le gestionnaire ${draft.handler} n’est pas installé, ou ne peut être chargé.`,
        }
    return {
      sound: false,
      internal: draft.internal,
      errors: {},
      findings: [{ field: 'handler', level: 'error', text }],
    }
  }
  const { handler } = found
  const given = openKnownSecrets(shop.seal, draft.internal)
  const read = validate(handler.internal, elementsOf(handler.internal), given)
  if (!read.ok) return { sound: false, internal: draft.internal, errors: read.errors, findings: [] }
  return {
    sound: true,
    internal: read.value,
    errors: {},
    findings: await findingsOf(shop, handler, read.value),
  }
}

async function findingsOf(
  shop: Shop,
  handler: Handler,
  internal: Record<string, unknown>,
): Promise<Finding[]> {
  const findings: Finding[] = []
  try {
    const info = await shop.site.siteInfo()
    const missing = (handler.functions ?? []).filter((name) => !info.functions.has(name))
    if (missing.length > 0) {
      findings.push({
        level: 'error',
        text: {
          en: `The web service of this Moodle lacks: ${missing.join(', ')}.`,
          fr: `Il manque au service web de ce Moodle : ${missing.join(', ')}.`,
        },
      })
    }
    if (handler.check) findings.push(...(await handler.check({ internal, moodle: shop.site })))
  } catch (error) {
    shop.log.warn({ err: error }, 'an entry could not be checked')
    const why = error instanceof Error ? error.message : String(error)
    const text =
      error instanceof MoodleError
        ? { en: `Moodle could not be asked: ${why}`, fr: `Moodle n’a pas pu être interrogé : ${why}` }
        : {
            en: `The handler's own check failed: ${why}`,
            fr: `La vérification du gestionnaire a échoué : ${why}`,
          }
    findings.push({ level: 'error', text })
  }
  return findings
}
