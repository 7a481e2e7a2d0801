import { type Selectable, sql, type Transaction } from 'kysely'
import { z } from 'zod'
import type { Database, ProductState } from '../db/schema.ts'
import type { Production } from '../production/production.ts'
import { Superseded } from '../production/step.ts'
import { type Product, type ProductChange, Refused } from '../sdk/index.ts'
import { askRevokeOne } from './ask-revoke-one.ts'
import { askTurns } from './ask-turns.ts'
import { handOver, setEntitlements, takeFromHolder } from './change-entitlements.ts'
import { takeCreditsBack } from './credits.ts'
import { draftEntitlement, type EntitlementDraft, targetsOfDrafts } from './entitlement-draft.ts'
import { lockProducts } from './lock-products.ts'
import { moveUp, putOff } from './move-following.ts'
import { lockPlace, requireNoOtherSeat } from './pack.ts'
import { accessOf, tellingOf } from './product-access.ts'
import { readProductReference } from './reference.ts'
import type { Shop } from './shop.ts'

/**
 * What the history of a product keeps of a change. No name and no address: nothing can be erased there. `holder`: Moodle
 * user ids.
 */
export type RecordedChange = {
  state?: ProductState
  startsAt?: Date | string
  endsAt?: Date | string | null
  /** Days added to its end, or taken off it when negative. */
  addDays?: number
  /** How many such days it had. */
  addedDays?: number
  holder?: number | null
}

const day = 86_400_000

/**
 * Writes a change once for this production and product, then makes Moodle agree. Of the product with `reference`, for a
 * script; an action's own otherwise. Returns the product as the change left it. Throws `Superseded` when another worker
 * has the production, and `Refused` when an action comes too late: see `requireAsSeen`.
 */
export async function changeProduct(
  shop: Shop,
  production: Production,
  change: ProductChange,
  reference?: string,
): Promise<Product> {
  const asked = production.input.action
  const named = reference === undefined ? asked?.product.reference : readProductReference(reference)
  if (named === undefined) throw new Error(`${reference ?? 'what is to be changed'} is no product`)
  const given = change.entitlements?.map(draftEntitlement)
  const { left, targets } = await shop.db.transaction().execute(async (trx) => {
    const { holder: next } = change
    const isSeat = next ? await lockPlace(shop, trx, named, next.user) : false
    // A change that is made twice at once waits here for the first, then finds it.
    const product = await lock(shop, trx, named, { given, user: next?.user })
    const { id } = product
    const before = await changeMade(trx, id, production.id)
    if (before) return { left: { ...product, ...before }, targets: await accessOf(trx, [id]) }
    await stillOurs(trx, production)
    if (asked) requireAsSeen(product, asked.product, change)
    if (isSeat && next) await requireNoOtherSeat(trx, product, next)
    const was: RecordedChange = {
      state: product.state,
      startsAt: product.starts_at,
      endsAt: product.ends_at,
      addedDays: product.added_days,
      holder: product.holder_user,
    }
    // Revoked is for good: what was asked before that comes too late.
    const late = product.state === 'revoked'
    const added = late
      ? 0
      : change.takeDaysBack
        ? -(await daysAdded(trx, id, production.unitId))
        : change.addDays
    // An action reckons from what it saw: days that were bought, or taken back, since then are reckoned on top.
    const since = product.added_days - (asked?.product.addedDays ?? product.added_days)
    const now = late ? {} : changed(product, change, { added, since })
    const row = {
      state: now.state ?? product.state,
      starts_at: now.startsAt ?? product.starts_at,
      ends_at: now.endsAt === undefined ? product.ends_at : now.endsAt,
      // What an action adds was not bought.
      added_days: product.added_days + (asked ? 0 : (now.addDays ?? 0)),
    }
    if (!late) {
      // Days were added to what this product gives, whatever else was bought to follow it.
      if (now.addDays && product.ends_at && row.ends_at) {
        await putOff(shop, trx, id, (row.ends_at.getTime() - product.ends_at.getTime()) / 1000)
      }
      await trx
        .updateTable('products')
        .set({
          ...row,
          ...(change.holder !== undefined && {
            holder: change.holder && JSON.stringify(change.holder.person),
            holder_user: change.holder?.user ?? null,
          }),
        })
        .where('id', '=', id)
        .execute()
      if (given) await setEntitlements(trx, shop.site.site, id, given)
      else if (change.holder) await handOver(trx, id, { from: product.holder_user, to: change.holder.user })
      else if (change.holder === null) await takeFromHolder(trx, id, product.holder_user)
      if (row.state === 'revoked') await moveUp(shop, trx, [id])
    }
    await trx
      .insertInto('product_history')
      .values({
        product_id: id,
        who: asked?.who ?? 'shop',
        event: asked?.name ?? 'changed',
        data: JSON.stringify({ production: production.id, change: now, was }),
        why: late ? 'it was revoked meanwhile: nothing was changed' : null,
      })
      .execute()
    const touched = await accessOf(trx, [id])
    if (!late) await shop.site.touchAccess(trx, touched)
    if (product.state === 'ended' && row.state === 'active') await askTurns(shop, trx, [id], 'revived')
    if (!late && row.state === 'revoked') {
      await takeCreditsBack(trx, [id], asked?.who ?? 'shop')
      await askRevokeOne(shop, trx, id)
    }
    const holder = change.holder === undefined || late ? product.holder : (change.holder?.person ?? null)
    return { left: { ...product, ...row, holder }, targets: touched }
  })
  await shop.site.applyAccess(targets, tellingOf(production))
  return readLeft(left)
}

/** Locks a product with what it gives, and what it will give: all that is done to it, or follows it, then waits. */
async function lock(
  shop: Shop,
  trx: Transaction<Database>,
  reference: string,
  { given = [], user }: { given?: EntitlementDraft[]; user?: number },
): Promise<Selectable<Database['products']>> {
  const found = await trx
    .selectFrom('products')
    .select('id')
    .where('reference', '=', reference)
    .executeTakeFirst()
  const [product] = found
    ? await lockProducts(shop, trx, [found.id], (gives) => [
        ...(user === undefined ? [] : gives.map((target) => ({ ...target, user }))),
        ...targetsOfDrafts(given),
      ])
    : []
  if (!product) throw new Error(`there is no product ${reference}`)
  return product
}

function readLeft(row: Selectable<Database['products']>): Product {
  const { id, reference, key, title, holder, state, data } = row
  const [startsAt, endsAt, addedDays] = [row.starts_at, row.ends_at, row.added_days]
  return { id, reference, key, title, holder, startsAt, endsAt, addedDays, state, data }
}

/** How this production's change left the product; undefined when it is yet to be made. */
async function changeMade(trx: Transaction<Database>, productId: number, productionId: number) {
  const made = await trx
    .selectFrom('product_history')
    .select('data')
    .where('product_id', '=', productId)
    .where(sql<string>`data->>'production'`, '=', String(productionId))
    .executeTakeFirst()
  if (!made) return undefined
  const { was, change } = recorded.parse(made.data)
  const { state, startsAt, endsAt, addedDays, addDays = 0 } = { ...was, ...change }
  // Of an action, which counts none, nobody asks how it left them.
  return {
    state,
    starts_at: startsAt,
    ends_at: endsAt,
    ...(addedDays !== undefined && { added_days: addedDays + addDays }),
  }
}

const period = z.object({
  state: z.enum(['active', 'suspended', 'ended', 'revoked']),
  startsAt: z.coerce.date(),
  endsAt: z.coerce.date().nullable(),
  // Not kept by what is older than these.
  addedDays: z.number().optional(),
})
const recorded = z.object({
  was: period,
  change: period.partial().extend({ addDays: z.number().optional() }),
})

/** The days that scripts of this unit have added to a product, less those that they took back. */
async function daysAdded(trx: Transaction<Database>, productId: number, unitId: number): Promise<number> {
  const { rows } = await sql<{ days: number }>`
    select coalesce(sum((h.data->'change'->>'addDays')::integer), 0)::integer as days
      from product_history h join productions p on p.id = (h.data->>'production')::bigint
     where h.product_id = ${productId} and p.unit_id = ${unitId} and p.script <> 'action'`.execute(trx)
  return rows[0]?.days ?? 0
}

/** Throws `Superseded` when another worker has taken the production over. */
async function stillOurs(trx: Transaction<Database>, { id, attempt }: Production): Promise<void> {
  const ours = await trx
    .selectFrom('productions')
    .select('id')
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .where('state', '=', 'running')
    .executeTakeFirst()
  if (!ours) throw new Superseded(`production ${id} was taken over before its change`)
}

/** Who asks for what comes too late is told: it was revoked, or somebody else has changed its holder at that moment. */
function requireAsSeen(
  { holder, state }: Pick<Product, 'holder' | 'state'>,
  seen: Pick<Product, 'holder'>,
  change: ProductChange,
): void {
  if (state === 'revoked') {
    throw new Refused({
      en: 'It was revoked meanwhile: nothing was changed.',
      fr: 'Il a été révoqué entre-temps : rien n’a été changé.',
    })
  }
  if (change.holder === undefined) return
  if (holder?.email.toLowerCase() === seen.holder?.email.toLowerCase()) return
  throw new Refused({
    en: 'Somebody else has changed who holds it meanwhile: look at it again.',
    fr: 'Quelqu’un d’autre a changé entre-temps la personne qui le détient : regardez-le à nouveau.',
  })
}

type Period = Pick<Selectable<Database['products']>, 'holder' | 'state' | 'starts_at' | 'ends_at'>

/**
 * What of a product becomes other than it was. One that had ended and ends later, or never, is active again. `added`:
 * days, or less than nothing when they are taken off; `since`: those by which an end is off that was reckoned before.
 */
function changed(
  product: Period,
  { state, startsAt, endsAt, holder }: ProductChange,
  { added = 0, since }: { added: number | undefined; since: number },
): RecordedChange & { startsAt?: Date; endsAt?: Date | null } {
  const moved = added === 0 ? undefined : movedEnd(product, added)
  const end = moved ?? (endsAt && since !== 0 ? new Date(endsAt.getTime() + since * day) : endsAt)
  const revived =
    product.state === 'ended' && end !== undefined && (end === null || end.getTime() > Date.now())
  return {
    ...(state !== undefined && { state }),
    ...(state === undefined && revived && { state: 'active' }),
    ...(startsAt !== undefined && { startsAt }),
    ...(end !== undefined && { endsAt: end }),
    // What nobody holds may have an end again with its next holder: what days were bought, or taken back, counts then.
    ...((moved || added < 0 || (added > 0 && product.holder === null)) && { addDays: added }),
    ...(holder !== undefined && { holder: holder?.user ?? null }),
  }
}

/** Days are added to the end, or to now when that is past; what they are taken off never ends before it starts. */
function movedEnd(
  { starts_at, ends_at }: Pick<Period, 'starts_at' | 'ends_at'>,
  days: number,
): Date | undefined {
  if (ends_at === null) return undefined
  const from = days > 0 ? Math.max(ends_at.getTime(), Date.now()) : ends_at.getTime()
  return new Date(Math.max(starts_at.getTime(), from + days * day))
}
