import { type Kysely, type RawBuilder, sql } from 'kysely'
import type { Database, ProductState } from '../db/schema.ts'
import { type OwnedProduct, products, toProduct } from './product.ts'
import { readProductReference } from './reference.ts'

/** Which products are meant: those that all of these are true of. */
export type ProductFilter = {
  state?: ProductState
  /** A reference, an order's number or the start of the holder's e-mail. */
  search?: string
  /** The code of the entry that was bought. */
  entry?: string
  handler?: string
  /** Its end lies from the one on, and before the other. */
  endsFrom?: Date
  endsBefore?: Date
}

/** A page of products: newest first, or by their end where that is asked for. `after`: the last of the page before. */
export async function listProducts(
  db: Kysely<Database>,
  { after, limit = 50, ...filter }: ProductFilter & { after?: number; limit?: number } = {},
): Promise<{ products: OwnedProduct[]; next: number | undefined }> {
  let query = filtered(db, filter, await entryOf(db, filter)).limit(limit + 1)
  if (byEnd(filter)) {
    query = query.orderBy('products.ends_at').orderBy('products.id')
    if (after !== undefined) {
      query = query.where(
        sql<boolean>`(products.ends_at, products.id) > (select ends_at, id from products where id = ${after})`,
      )
    }
  } else {
    query = query.orderBy('products.id', 'desc')
    if (after !== undefined) query = query.where('products.id', '<', after)
  }
  const rows = await query.execute()
  const page = rows.slice(0, limit).map(toProduct)
  return { products: page, next: rows.length > limit ? page.at(-1)?.id : undefined }
}

/** How many products there are of this kind, counted up to `most`. */
export async function countProducts(
  db: Kysely<Database>,
  filter: ProductFilter,
  most: number,
): Promise<number> {
  const { count } = await db
    .selectFrom(
      filtered(db, filter, await entryOf(db, filter))
        .clearSelect()
        .select('products.id')
        .limit(most)
        .as('counted'),
    )
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow()
  return count
}

/** The products of these references; those that are not there are left out. */
export async function productsNamed(db: Kysely<Database>, references: string[]): Promise<OwnedProduct[]> {
  if (references.length === 0) return []
  const rows = await products(db)
    .where(sql<boolean>`products.reference = any(${references})`)
    .orderBy('products.id', 'desc')
    .execute()
  return rows.map(toProduct)
}

const byEnd = ({ endsFrom, endsBefore }: ProductFilter) => endsFrom !== undefined || endsBefore !== undefined

/** Asked for beforehand: PostgreSQL can't foresee how many products an entry has that it has yet to find. */
async function entryOf(db: Kysely<Database>, { entry }: ProductFilter): Promise<number | undefined> {
  if (entry === undefined) return undefined
  const found = await db.selectFrom('entries').select('id').where('code', '=', entry).executeTakeFirst()
  return found?.id ?? 0
}

function filtered(db: Kysely<Database>, filter: ProductFilter, entry: number | undefined) {
  const { state, search, handler, endsFrom, endsBefore } = filter
  let query = products(db)
  if (state) query = query.where('products.state', '=', state)
  if (search) query = query.where(searched(search.trim()))
  if (entry !== undefined) query = query.where('products.entry_id', '=', entry)
  if (handler !== undefined) query = query.where('products.handler', '=', handler)
  if (endsFrom) query = query.where('products.ends_at', '>=', endsFrom)
  if (endsBefore) query = query.where('products.ends_at', '<', endsBefore)
  return query
}

/** One condition by the shape of what was typed, each with its index: a reference, an order's number, an e-mail. */
function searched(text: string): RawBuilder<boolean> {
  const reference = readProductReference(text)
  if (reference) return sql<boolean>`products.reference = ${reference}`
  if (/^\d{4}-[0-9a-z-]+$/i.test(text)) return sql<boolean>`orders.number = ${text.toUpperCase()}`
  const from = text.toLowerCase()
  const email = sql`lower(products.holder->>'email')`
  return sql<boolean>`(${email} >= ${from} and ${email} < ${`${from}\uffff`})`
}
