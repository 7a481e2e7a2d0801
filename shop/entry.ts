import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import type { z } from 'zod'
import { containing } from '../db/containing.ts'
import type { Database, EntryState, Part } from '../db/schema.ts'
import { executeTogether } from '../db/send-together.ts'
import { handlerOf, type Registered } from '../production/registry.ts'
import { elementsOf, parseElements } from '../sdk/form.ts'
import type { FormElement } from '../sdk/form-element.ts'
import type { Handler, Text } from '../sdk/index.ts'
import { countPartUnits, type EntryPart, isBundle, whyNoPart } from './bundle.ts'
import { openKnownSecrets } from './seal.ts'
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

type Row = Omit<Selectable<Database['entries']>, 'created_at' | 'updated_at'>

/** Rows as entries; bundles with their parts, for one more query when there are any. */
export async function toEntries(db: Kysely<Database>, rows: Row[]): Promise<Entry[]> {
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

/** The entry of this code, whatever its state. */
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

/** In SQL: the rows, for `toEntries`, of the entries on sale that this content of a cart names. */
export const rowsOnSale = (content: RawBuilder<unknown>) =>
  sql<Row[]>`(select coalesce(jsonb_agg(to_jsonb(e)), '[]') from entries e
               where e.state = 'on_sale'
                 and e.code in (select line->>'code' from jsonb_array_elements(${content}->'lines') line))`

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

/**
 * What the catalog's page shows: a page of offers, without what only an entry's own page needs, and the categories. Its
 * questions leave together: that is a tenth of the page's work less.
 */
export async function readCatalog(
  shop: Pick<Shop, 'db' | 'registry'>,
  page: CatalogPage,
): Promise<{ offers: Offer[]; next: CatalogKey | undefined; categories: Text[] }> {
  const { db } = shop
  const [offers, parts, categories] = await executeTogether(
    db,
    selectCatalog(db, page)
      .select(['id', 'code', 'title', 'summary', 'category', 'handler', 'parts', 'position', 'currency'])
      .select(['price_cents as priceCents', 'vat_basis_points as vatBasisPoints'])
      .compile(),
    selectPartsOnSale(db).compile(),
    selectCategories(db).compile(),
  )
  const found = new Map(parts.rows.map((row) => [row.code, toEntry(row)]))
  const rows = offers.rows.map((row) => ({ ...row, parts: withEntries(row.parts, found) }))
  const { listed, next } = cutPage(shop, rows, page)
  return { offers: listed, next, categories: toCategories(shop, categories.rows) }
}

/** The entries that bundles on sale are made of: there are few. */
const selectPartsOnSale = (db: Kysely<Database>) =>
  db
    .selectFrom('entries')
    .selectAll()
    .where('code', 'in', (select) =>
      select
        .selectFrom('entries as bundle')
        .where('bundle.state', '=', 'on_sale')
        .where(sql<boolean>`bundle.parts <> '[]'`)
        .select(sql<string>`jsonb_array_elements(bundle.parts)->>'code'`.as('code')),
    )

/** The categories of what the catalog lists, in its order. */
export async function listCategories(shop: Pick<Shop, 'db' | 'registry'>): Promise<Text[]> {
  return toCategories(shop, await selectCategories(shop.db).execute())
}

const selectCategories = (db: Kysely<Database>) =>
  db
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

function toCategories(
  shop: Pick<Shop, 'registry'>,
  rows: (Text & { handler: string | null; code: string })[],
): Text[] {
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
    const pattern = containing(search)
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
      fr: `${no.part.title.fr} : ${no.why.fr}`,
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
