import { type Kysely, type Selectable, sql } from 'kysely'
import type { z } from 'zod'
import type { Database, EntryState, Part } from '../db/schema.ts'
import { handlerOf, type Registered } from '../production/registry.ts'
import { elementsOf, type FormErrors, parseElements, validate } from '../sdk/form.ts'
import type { FormElement } from '../sdk/form-element.ts'
import { type Finding, type Handler, MoodleError, type Text } from '../sdk/index.ts'
import {
  countPartUnits,
  type EntryPart,
  isBundle,
  ofPart,
  priceOfParts,
  whyNoPart,
  whyNoParts,
} from './bundle.ts'
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
  /** What a bundle is made of: it has no handler, and each part is produced by its own. Empty otherwise. */
  parts: EntryPart[]
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
  /** Of a bundle, which has neither a handler nor fields of its own. */
  parts?: Part[]
  maxQuantity: number | null
  position: number
}

type Row = Selectable<Database['entries']>

/** Rows as entries; bundles with their parts, for one more query when there are any. */
async function toEntries(db: Kysely<Database>, rows: Row[]): Promise<Entry[]> {
  const found = await findParts(
    db,
    rows.flatMap((row) => row.parts),
  )
  return rows.map((row) => toEntry(row, found))
}

type Parts = ReadonlyMap<string, Entry>

async function findParts(db: Kysely<Database>, parts: Part[]): Promise<Parts> {
  if (parts.length === 0) return new Map()
  const codes = [...new Set(parts.map(({ code }) => code))]
  const rows = await db.selectFrom('entries').selectAll().where('code', 'in', codes).execute()
  return new Map(rows.map((row) => [row.code, toEntry(row)]))
}

const withEntries = (parts: Part[], found: Parts): EntryPart[] =>
  parts.map((part) => ({ ...part, entry: found.get(part.code) }))

/** Parts with their entries, as they stand today. */
export async function readParts(db: Kysely<Database>, parts: Part[]): Promise<EntryPart[]> {
  return withEntries(parts, await findParts(db, parts))
}

function toEntry(row: Row, found: Parts = new Map()): Entry {
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
    parts: withEntries(row.parts, found),
    maxQuantity: row.max_quantity,
    position: row.position,
    revision: row.revision,
  }
}

export async function findEntry(db: Kysely<Database>, code: string): Promise<Entry | undefined> {
  const row = await db.selectFrom('entries').selectAll().where('code', '=', code).executeTakeFirst()
  return row && (await toEntries(db, [row]))[0]
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
  return await toEntries(db, rows)
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
  const { listed, next } = cutPage(shop, await toEntries(shop.db, rows), page)
  return { entries: listed, next }
}

/** What a page of the catalog shows of an entry. */
export type Offer = Pick<
  Entry,
  'code' | 'title' | 'summary' | 'category' | 'priceCents' | 'currency' | 'vatBasisPoints' | 'parts'
>

/** The same, without what only an entry's own page needs: half the work. */
export async function listOffers(
  shop: Pick<Shop, 'db' | 'registry'>,
  page: CatalogPage = {},
): Promise<{ offers: Offer[]; next: CatalogKey | undefined }> {
  const rows = await selectCatalog(shop.db, page)
    .select(['id', 'code', 'title', 'summary', 'category', 'handler', 'parts', 'position', 'currency'])
    .select(['price_cents as priceCents', 'vat_basis_points as vatBasisPoints'])
    .execute()
  const found = await findParts(
    shop.db,
    rows.flatMap(({ parts }) => parts),
  )
  const offers = rows.map((row) => ({ ...row, parts: withEntries(row.parts, found) }))
  const { listed, next } = cutPage(shop, offers, page)
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

function cutPage<Listed extends CatalogKey & Produced>(
  shop: Pick<Shop, 'registry'>,
  rows: Listed[],
  { limit = catalogLimit }: CatalogPage,
): { listed: Listed[]; next: CatalogKey | undefined } {
  const page = rows.slice(0, limit)
  const last = page.at(-1)
  return {
    listed: page.filter((row) => canBeProduced(shop, row)),
    next: rows.length > limit && last ? { position: last.position, id: last.id } : undefined,
  }
}

type Produced = Pick<Entry, 'code' | 'handler' | 'parts' | 'currency'>

/** Whether the handler of an entry is there, or those of all its parts, which must be able to be parts. */
export function canBeProduced(shop: Pick<Shop, 'registry'>, entry: Produced): boolean {
  if (!isBundle(entry)) return handlerOf(shop.registry(), entry) !== 'missing'
  return entry.parts.every(
    (part) => whyNoPart(part, entry.currency) === undefined && part.entry && canBeProduced(shop, part.entry),
  )
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
  const entries = await toEntries(db, rows.slice(0, limit))
  return { entries, next: rows.length > limit ? entries.at(-1)?.code : undefined }
}

/** The handler choices of an entry: standard and extension handlers; specific ones are in no list (design §4). */
export function handlerChoices(shop: Pick<Shop, 'registry'>): Registered[] {
  return [...shop.registry().handlers.values()].filter((handler) => handler.kind !== 'specific')
}

/** Why an entry can't be bought right now, said to the customer; undefined when it can. */
export async function whyUnavailable(shop: Shop, entry: Entry): Promise<Text | undefined> {
  if (entry.state !== 'on_sale' || entry.currency !== shop.settings.currency) return notForSale
  if (!canBeProduced(shop, entry)) return notForSale
  if (!isBundle(entry)) return await whyHandlerRefuses(shop, entry)
  const answers = await Promise.all(
    entry.parts.map(async ({ entry: part }) => ({
      part,
      why: part && (await whyHandlerRefuses(shop, part)),
    })),
  )
  const no = answers.find(({ why }) => why)
  return (
    no?.part &&
    no.why && {
      en: `${no.part.title.en}: ${no.why.en}`,
      fr: `${no.part.title.fr} : ${no.why.fr}`,
    }
  )
}

const notForSale = {
  en: 'This is not for sale at the moment.',
  fr: 'Ceci n’est pas en vente pour le moment.',
}

async function whyHandlerRefuses(shop: Shop, entry: Entry): Promise<Text | undefined> {
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

/** The most units of this entry in one order; of a bundle, as its parts allow it. */
export function mostUnits(shop: Pick<Shop, 'registry'>, entry: Entry): number {
  if (isBundle(entry)) {
    return Math.min(
      entry.maxQuantity ?? mostUnitsOfAnOrder,
      Math.floor(mostUnitsOfAnOrder / countPartUnits(entry.parts)),
      ...entry.parts.map((part) =>
        part.entry ? Math.floor(mostUnits(shop, part.entry) / part.quantity) : 0,
      ),
    )
  }
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

/** The two forms of a unit of this entry: what its handler asks, by `schema`, and the operator's own fields. */
export function unitForms(
  shop: Pick<Shop, 'registry'>,
  entry: Pick<Entry, 'code' | 'handler' | 'internal' | 'fields'>,
) {
  const found = handlerOf(shop.registry(), entry)
  const handler = found && found !== 'missing' ? found.handler : undefined
  const schema = handler && asked(handler, entry.internal)
  return { handler, schema, external: schema ? elementsOf(schema) : [], fields: entry.fields }
}

function asked({ asks, internal, external }: Handler, parameters: Record<string, unknown>): z.ZodObject {
  if (!asks) return external
  const read = internal.safeParse(parameters)
  return read.success ? asks(read.data) : external
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
    parts: JSON.stringify((draft.parts ?? []).map(({ code, quantity }) => ({ code, quantity }))),
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
  const [entry] = await toEntries(shop.db, saved ? [saved] : [])
  if (!entry) {
    return { ok: false, reason: want.revision === undefined ? 'code_taken' : 'stale', errors, findings }
  }
  return { ok: true, entry, findings }
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
  const { parts = [] } = draft
  const fields = parseElements(draft.fields)
  const checked = await checkProduction(shop, draft)
  const itself = draft.handler !== null || (fields.ok && fields.elements.length > 0)
  const wrongParts = isBundle({ parts }) ? (itself ? onlyParts : whyNoParts(draft.code, parts)) : undefined
  const errors: EntryErrors = {
    entry: { ...checkTexts(draft), ...(wrongParts && { parts: wrongParts }) },
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

const onlyParts = {
  en: 'A bundle has neither a handler nor fields of its own: its parts have them.',
  fr: 'Une offre groupée n’a ni gestionnaire ni champs à elle : ce sont ses parties qui en ont.',
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

/**
 * Checks what an entry is produced by: its handler's parameters, or each part of a bundle. A part need not be on sale
 * itself, but it must be able to be.
 */
export async function checkProduction(
  shop: Shop,
  draft: Pick<EntryDraft, 'code' | 'handler' | 'internal' | 'parts' | 'priceCents'>,
): Promise<CheckedInternal> {
  const parts = await readParts(shop.db, draft.parts ?? [])
  if (parts.length === 0) return await checkInternal(shop, draft)
  const [checks, owners] = await Promise.all([
    Promise.all(parts.map((part) => checkPart(shop, part))),
    bundlesWith(shop.db, draft.code),
  ])
  const findings = checks.flatMap((check) => check.findings)
  if (owners.length > 0) {
    const text = {
      en: `It is a part of ${owners.join(', ')}, and so it can’t be a bundle.`,
      fr: `Elle fait partie de ${owners.join(', ')} : elle ne peut pas être une offre groupée.`,
    }
    findings.push({ field: 'parts', level: 'error', text })
  }
  if (draft.priceCents > priceOfParts(parts)) {
    const text = {
      en: 'Its parts are cheaper one by one.',
      fr: 'Achetées une à une, ses parties coûtent moins cher.',
    }
    findings.push({ field: 'parts', level: 'warning', text })
  }
  return { sound: checks.every((check) => check.sound), internal: {}, errors: {}, findings }
}

async function checkPart(shop: Shop, part: EntryPart): Promise<{ sound: boolean; findings: Finding[] }> {
  const why = whyNoPart(part, shop.settings.currency)
  if (why) return { sound: false, findings: [{ field: 'parts', level: 'error', text: why }] }
  if (!part.entry) return { sound: false, findings: [] }
  const { sound, errors, findings } = await checkInternal(shop, part.entry)
  const unset = {
    en: 'Its parameters are not complete: open it and put them right.',
    fr: 'Ses paramètres sont incomplets : ouvrez-la et corrigez-les.',
  }
  const found = Object.keys(errors).length > 0 ? [{ level: 'error' as const, text: unset }] : findings
  return { sound, findings: found.map((finding) => ofPart(part, finding)) }
}

/** What a bundle may be made of, by code: entries that are neither bundles nor retired. */
export async function listPartChoices(
  db: Kysely<Database>,
  limit = 500,
): Promise<Pick<Entry, 'code' | 'title'>[]> {
  return await db
    .selectFrom('entries')
    .select(['code', 'title'])
    .where('state', '<>', 'retired')
    .where(sql<boolean>`parts = '[]'`)
    .orderBy('code')
    .limit(limit)
    .execute()
}

/** The codes of the bundles that have this entry as a part. */
export async function bundlesWith(db: Kysely<Database>, code: string): Promise<string[]> {
  const rows = await db
    .selectFrom('entries')
    .select('code')
    .where(sql<boolean>`parts <> '[]' and parts @> ${JSON.stringify([{ code }])}`)
    .orderBy('code')
    .limit(20)
    .execute()
  return rows.map((row) => row.code)
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
