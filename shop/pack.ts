import { randomUUID } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import { containing } from '../db/containing.ts'
import type { Database } from '../db/schema.ts'
import type { Engine } from '../production/run.ts'
import { type Person, Refused, type Text } from '../sdk/index.ts'
import type { Learner } from '../sdk/learner-text.ts'
import { findBatch, startBatch } from './batch.ts'
import { type Acted, actOnProduct, findAsked, type OwnedProduct, products, toProduct } from './product.ts'
import type { Shop } from './shop.ts'
import type { TooOften } from './too-often.ts'
import { type Underway, underwayOf } from './underway.ts'

type Db = Kysely<Database>
/** Who gives out, takes back or hands over. */
type By = { who: string; audience: 'operator' | 'customer' }

/** A unit whose products are seats, given out after the sale: see `Handler.pack`. */
export type Pack = {
  unitId: number
  title: Text
  handler: string
  orderNumber: string
  orderToken: string
  buyer: string
  boughtAt: Date
  /** Seats in all, held by somebody, to be given out, and over or withdrawn. */
  total: number
  held: number
  free: number
  over: number
}

/** The handlers whose units are packs, with the action of each that gives a seat. */
function packHandlers(shop: Pick<Shop, 'registry'>): Map<string, string> {
  const found = [...shop.registry().handlers].flatMap(([id, { handler }]): [string, string][] =>
    handler.pack ? [[id, handler.pack.give]] : [],
  )
  return new Map(found)
}

/** The handlers whose products are shown with their pack. */
export const seatHandlers = (shop: Pick<Shop, 'registry'>): string[] => [...packHandlers(shop).keys()]

const running = sql<boolean>`p.state in ('active', 'suspended') and (p.ends_at is null or p.ends_at > now())`
const free = sql<boolean>`p.holder is null and p.state = 'active' and ${running}`

async function readPacks(
  shop: Pick<Shop, 'db' | 'registry'>,
  which: { unit?: number; buyer?: string; before?: number; limit: number },
): Promise<Pack[]> {
  const { unit, buyer, before = Number.MAX_SAFE_INTEGER, limit } = which
  const { rows } = await sql<Pack>`
    select u.id as "unitId", l.entry->'title' as title, s.handler, o.number as "orderNumber", o.token as "orderToken",
           o.customer_email as buyer, coalesce(o.paid_at, o.placed_at) as "boughtAt", s.total, s.held, s.free, s.over
      from orders o
      join units u on u.order_id = o.id
      join order_lines l on l.id = u.line_id
      cross join lateral (
        select min(p.handler) as handler, count(*)::integer as total,
               (count(*) filter (where ${running} and p.holder is not null))::integer as held,
               (count(*) filter (where ${free}))::integer as free,
               (count(*) filter (where not (${running})))::integer as over
          from products p where p.unit_id = u.id
      ) s
     where ${unit === undefined ? sql`true` : sql`u.id = ${unit}`}
       and ${buyer === undefined ? sql`true` : sql`o.customer_email = ${buyer}`}
       and u.id < ${before} and s.handler = any(${seatHandlers(shop)}::text[])
     order by u.id desc limit ${limit}`.execute(shop.db)
  return rows
}

/** A page of the packs that a customer bought, newest first. `before`: the unit of the last one shown. */
export async function listPacks(
  shop: Pick<Shop, 'db' | 'registry'>,
  buyer: string,
  { before, limit = 20 }: { before?: number; limit?: number } = {},
): Promise<{ packs: Pack[]; next: number | undefined }> {
  const rows = await readPacks(shop, { buyer, before, limit: limit + 1 })
  const packs = rows.slice(0, limit)
  return { packs, next: rows.length > limit ? packs.at(-1)?.unitId : undefined }
}

/** The pack of a unit. With `buyer`, only theirs (invariant 8). */
export async function findPack(
  shop: Pick<Shop, 'db' | 'registry'>,
  unit: number,
  buyer?: string,
): Promise<Pack | undefined> {
  const [pack] = await readPacks(shop, { unit, buyer, limit: 1 })
  return pack
}

export type Seat = OwnedProduct & { underway: Underway | undefined }

/** The seats of these: `free` ones nobody holds, `held` ones somebody does, `over` ones can't be used any more. */
export type SeatFilter = 'free' | 'held' | 'over'

/** A page of a pack's seats in their order. `search`: a part of the holder's name or e-mail. */
export async function listSeats(
  db: Db,
  unit: number,
  {
    after = 0,
    limit = 50,
    only,
    search,
  }: { after?: number; limit?: number; only?: SeatFilter; search?: string } = {},
): Promise<{ seats: Seat[]; next: number | undefined }> {
  const filters = {
    free,
    held: sql<boolean>`p.holder is not null and ${running}`,
    over: sql<boolean>`not (${running})`,
  }
  const part = containing((search ?? '').trim())
  const person = sql`concat_ws(' ', holder->>'firstname', holder->>'lastname', holder->>'email')`
  const { rows } = await sql<{ id: number }>`
    select id from products p
     where unit_id = ${unit} and id > ${after} and ${only ? filters[only] : sql`true`}
       and (${part} = '%%' or ${person} ilike ${part})
     order by id limit ${limit + 1}`.execute(db)
  const ids = rows.slice(0, limit).map(({ id }) => id)
  const [seats, pending] = await Promise.all([productsOf(db, ids), underwayOf(db, unit)])
  return {
    seats: seats.map((seat) => ({ ...seat, underway: pending.get(seat.id) })),
    next: rows.length > limit ? ids.at(-1) : undefined,
  }
}

/** What of a pack can be given out now, and who has, or is about to have, a seat in it. */
export type Room = { free: string[]; learners: Set<string> }

/** Looks at a pack before seats of it are given out. */
export async function roomIn(db: Db, unit: number): Promise<Room> {
  const [{ rows }, pending] = await Promise.all([
    sql<{ id: number; reference: string; free: boolean; email: string | null }>`
      select id, reference, ${free} as free, case when ${running} then lower(holder->>'email') end as email
        from products p where unit_id = ${unit} order by id`.execute(db),
    underwayOf(db, unit),
  ])
  const emails = [...rows.map(({ email }) => email), ...[...pending.values()].map(({ email }) => email)]
  return {
    free: rows.filter(({ id, free }) => free && !pending.has(id)).map(({ reference }) => reference),
    learners: new Set(emails.filter((email) => email !== null)),
  }
}

export const hasSeat: Text = {
  en: 'This person has a seat in this pack already.',
  fr: 'Cette personne a déjà une place dans ce lot.',
}

/**
 * Waits, before anything else of a transaction is locked, for whoever gives this person another seat of the same pack.
 * False when the product is no seat.
 */
export async function lockPlace(
  shop: Pick<Shop, 'registry'>,
  trx: Transaction<Database>,
  reference: string,
  user: number,
): Promise<boolean> {
  const { rows } = await sql`
    select pg_advisory_xact_lock(hashtextextended(concat('seat ', p.unit_id, ' ', ${user}::integer), 0))
      from products p where p.reference = ${reference} and p.handler = any(${seatHandlers(shop)}::text[])`.execute(
    trx,
  )
  return rows.length > 0
}

/** Throws `Refused` when this person has another seat of the pack: it is theirs by their address or by their account. */
export async function requireNoOtherSeat(
  trx: Transaction<Database>,
  seat: { id: number; unit_id: number },
  { person, user }: { person: Person; user: number },
): Promise<void> {
  const { rows } = await sql`
    select from products p
     where p.unit_id = ${seat.unit_id} and p.id <> ${seat.id} and ${running}
       and (p.holder_user = ${user} or lower(p.holder->>'email') = ${person.email.trim().toLowerCase()})
     limit 1`.execute(trx)
  if (rows.length > 0) throw new Refused(hasSeat)
}

/** Whoever gives the same seat at this moment gets it: the next one is as good, this often. */
const mostTries = 5

/** Gives the first free seat of a pack to one learner, at once. `asked` names the request: the same one twice is one seat. */
export async function giveSeat(
  shop: Shop,
  engine: Engine,
  pack: Pack,
  values: Record<string, unknown>,
  by: By,
  asked: string = randomUUID(),
): Promise<Acted | { ok: false; reason: 'full' }> {
  const give = packHandlers(shop).get(pack.handler) ?? ''
  const { email } = values
  for (let tries = 0, lost = 0; tries < mostTries; tries++) {
    const name = lost === 0 ? asked : `${asked} ${lost}`
    const room = await roomIn(shop.db, pack.unitId)
    // After the look at the pack, which may show what this very request has done.
    const before = await findAsked(shop.db, pack.unitId, name)
    if (before?.ok) return before
    if (before) {
      lost++
      continue
    }
    if (typeof email === 'string' && room.learners.has(email.trim().toLowerCase())) {
      return { ok: false, reason: 'invalid', errors: { email: hasSeat } }
    }
    const [reference] = room.free
    if (reference === undefined) break
    const acted = await actOnProduct(shop, engine, reference, give, values, by, name)
    if (acted.ok || (acted.reason !== 'refused' && acted.reason !== 'not_now')) return acted
    if (acted.reason === 'refused') lost++
  }
  return { ok: false, reason: 'full' }
}

export type SeatsGiven =
  | { ok: true; batch: number }
  | { ok: false; reason: 'too_few'; free: number }
  /** The positions, from 0, of those who have a seat already. */
  | { ok: false; reason: 'have_seats'; positions: number[] }
  /** Somebody else gave out seats at the same moment: look again. */
  | { ok: false; reason: 'moved' }
  | TooOften

/** Gives seats of a pack to many learners, each with its own production. `asked`: see `startBatch`. */
export async function giveSeats(
  shop: Shop,
  pack: Pack,
  learners: Learner[],
  by: By,
  asked: string,
): Promise<SeatsGiven> {
  const before = await findBatch(shop.db, by.who, asked)
  if (before !== undefined) return { ok: true, batch: before }
  const { free, learners: known } = await roomIn(shop.db, pack.unitId)
  const positions = learners.flatMap(({ email }, position) =>
    known.has(email.toLowerCase()) ? [position] : [],
  )
  if (positions.length > 0) return { ok: false, reason: 'have_seats', positions }
  if (learners.length > free.length) return { ok: false, reason: 'too_few', free: free.length }
  const action = packHandlers(shop).get(pack.handler) ?? ''
  const rows = learners.map((values, i) => ({ reference: free[i] ?? '', values }))
  const started = await startBatch(shop, { action, by, rows, idle: true }, asked)
  if (started.ok) return { ok: true, batch: started.batch }
  return started.reason === 'too_often' ? started : { ok: false, reason: 'moved' }
}

async function productsOf(db: Db, ids: number[]): Promise<OwnedProduct[]> {
  return ids.length === 0
    ? []
    : (await products(db).where('products.id', 'in', ids).orderBy('products.id').execute()).map(toProduct)
}
