import { type Kysely, sql } from 'kysely'
import type { Database, ProductState, UnitState } from '../db/schema.ts'
import { askRevokeOne } from './ask-revoke-one.ts'
import { changeOrder } from './change-order.ts'
import { revokeProducts } from './deliver.ts'
import { giveBack } from './give-back.ts'
import { type Reason, record } from './order.ts'
import { takeUnitBack } from './product.ts'
import type { AccessTarget, Shop } from './shop.ts'

/** What can be given back for one product, and what of it is proposed. */
export type RefundOffer = {
  currency: string
  /** What is left of the price of its unit; 0 when the order was never paid. */
  restCents: number
  /** The product's share of the unit's price, as far as it is left. The shares of all products add up to the price. */
  shareCents: number
  /** The only product of its unit that is left: the whole unit is taken back with it. */
  last: boolean
  /** It was taken back before: there is only money to give back. */
  gone: boolean
}

type Row = {
  currency: string
  state: ProductState
  unitState: UnitState
  paid: boolean
  price: number
  before: number
  /** How many products the unit has, how many of them come before this one, and how many others are left. */
  products: number
  earlier: number
  others: number
  /** Its share was given back, or its whole unit is being taken back. */
  settled: boolean
}

/** What may be given back for a product; undefined when nothing may: it was settled, or its unit is not delivered. */
export async function refundOffer(db: Kysely<Database>, productId: number): Promise<RefundOffer | undefined> {
  const { rows } = await sql<Row>`
    select o.currency, p.state, u.state as "unitState", o.paid_at is not null as paid, l.unit_cents as price,
           (select coalesce(sum(amount_cents), 0) from give_backs where unit_id = u.id)::bigint as before,
           s.products, s.earlier, s.others,
           exists (select from give_backs where product_id = p.id)
             or exists (select from productions where unit_id = u.id and script = 'revoke' and state <> 'cancelled')
             as settled
      from products p
      join orders o on o.id = p.order_id
      join units u on u.id = p.unit_id
      join order_lines l on l.id = u.line_id,
           lateral (select count(*) as products, count(*) filter (where id < p.id) as earlier,
                           count(*) filter (where id <> p.id and state <> 'revoked') as others
                      from products where unit_id = p.unit_id) s
     where p.id = ${productId}`.execute(db)
  const [row] = rows
  if (!row || row.settled || (row.unitState !== 'produced' && row.unitState !== 'skipped')) return undefined
  const restCents = row.paid ? row.price - row.before : 0
  const gone = row.state === 'revoked'
  if (gone && restCents === 0) return undefined
  const upTo = (count: number) => Math.floor((row.price * count) / row.products)
  return {
    currency: row.currency,
    restCents,
    shareCents: Math.min(restCents, upTo(row.earlier + 1) - upTo(row.earlier)),
    last: !gone && row.others === 0,
    gone,
  }
}

export type Refunded =
  | { ok: true }
  | { ok: false; reason: 'not_found' | 'not_now' }
  | { ok: false; reason: 'too_much'; restCents: number }

/**
 * Takes one product of a unit back, and makes `amountCents` of the unit's price money to give back: whole cents, at the
 * most what is left of it. The others of its unit stay; with the last one the unit itself is revoked, by its script.
 */
export async function refundProduct(
  shop: Shop,
  productId: number,
  { amountCents, ...reason }: Reason & { amountCents: number },
): Promise<Refunded> {
  const product = await shop.db
    .selectFrom('products')
    .select(['order_id', 'unit_id'])
    .where('id', '=', productId)
    .executeTakeFirst()
  if (!product) return { ok: false, reason: 'not_found' }
  let targets: AccessTarget[] = []
  const changed = await changeOrder(
    shop,
    { id: product.order_id },
    [product.unit_id],
    async (order, trx): Promise<Refunded> => {
      const [unit] = order.units
      // The order is locked: what is read here is as it stays until this is written.
      const offer = await refundOffer(trx, productId)
      if (!unit || !offer) return { ok: false, reason: 'not_now' }
      const { restCents, gone, last } = offer
      if (!Number.isSafeInteger(amountCents) || amountCents < 0 || amountCents > restCents) {
        return { ok: false, reason: 'too_much', restCents }
      }
      if (gone && amountCents === 0) return { ok: false, reason: 'not_now' }
      if (last) {
        if (!(await takeUnitBack(trx, order, unit, reason))) return { ok: false, reason: 'not_now' }
      } else if (!gone) {
        record(order, { event: 'product_revoked', unitId: unit.id, ...reason })
        // Due: should this process die before it has told Moodle, housekeeping does.
        targets = await revokeProducts(shop, trx, unit.id, { ...reason, due: true, only: productId })
        await askRevokeOne(shop, trx, productId)
      }
      giveBack(order, { amountCents, unitId: unit.id, productId }, reason)
      return { ok: true }
    },
  )
  if (targets.length > 0) {
    await shop.site.applyAccess(targets).catch((error: unknown) => {
      shop.log.warn(
        { err: error, product: productId },
        'Moodle will be told later of a product that was taken back',
      )
    })
  }
  return changed?.result ?? { ok: false, reason: 'not_found' }
}
