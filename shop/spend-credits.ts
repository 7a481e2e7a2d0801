import type { Kysely, Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import { creditsId } from '../payments/credits.ts'
import { handlerOf } from '../production/registry.ts'
import type { Text } from '../sdk/index.ts'
import type { ViewedCart } from './cart.ts'
import { saveWithJobs } from './change-order.ts'
import { findCredits, lockCredits, moveCredits } from './credits.ts'
import { lockOrder } from './order.ts'
import { type Applied, applyPayment } from './payment.ts'
import type { Shop } from './shop.ts'

/**
 * Why credits don't pay. `stranger`: nobody is signed in, or not as who bought. `balance`: there are too few.
 * `credits`: something of it brings credits itself. `not_now`: the order awaits no payment, or had a part of it.
 */
export type NoCredits = 'stranger' | 'balance' | 'credits' | 'not_now'

export type Spent =
  | { ok: true; applied: Applied }
  | { ok: false; reason: NoCredits | 'not_found'; balanceCents?: number }

/** Whether what an entry sells brings credits: credits can't be bought with credits. */
export function bringsCredits(
  shop: Pick<Shop, 'registry'>,
  entry: { code: string; handler: string | null },
): boolean {
  const found = handlerOf(shop.registry(), entry)
  return found !== undefined && found !== 'missing' && found.handler.bringsCredits === true
}

/** What credits could pay: a cart that becomes an order, or an order. */
export type Payment = {
  entries: { code: string; handler: string | null }[]
  cents: number
  currency: string
  /** Who buys; undefined while that isn't known. */
  buyer: string | undefined
}

/** The same of a cart. */
export function whatCreditsPay(shop: Pick<Shop, 'settings'>, { lines, totalCents }: ViewedCart) {
  return {
    entries: lines.flatMap(({ sold }) => sold.map(({ entry }) => entry)),
    cents: totalCents,
    currency: shop.settings.currency,
  }
}

export type Affordable =
  | { ok: true; balanceCents: number }
  | { ok: false; reason: Exclude<NoCredits, 'not_now'>; balanceCents?: number }

/** Whether the credits of who is signed in would pay this now. Only `spendCredits` decides. */
export async function canSpendCredits(
  shop: Pick<Shop, 'db' | 'registry'>,
  { entries, cents, currency, buyer }: Payment,
  signedIn: string | undefined,
): Promise<Affordable> {
  if (entries.some((entry) => bringsCredits(shop, entry))) return { ok: false, reason: 'credits' }
  const owner = signedIn?.toLowerCase()
  if (owner === undefined) return { ok: false, reason: 'stranger' }
  if (buyer !== undefined && buyer.toLowerCase() !== owner) return { ok: false, reason: 'stranger' }
  const balanceCents = (await findCredits(shop.db, owner, currency))?.balanceCents ?? 0
  return balanceCents >= cents ? { ok: true, balanceCents } : { ok: false, reason: 'balance', balanceCents }
}

/** What to say of credits where means of payment are chosen; undefined where nobody would miss them. */
export async function offerCredits(
  shop: Pick<Shop, 'db' | 'registry' | 'means'>,
  payment: Payment,
  signedIn: string | undefined,
): Promise<Affordable | undefined> {
  if (!shop.means.has(creditsId)) return undefined
  const answer = await canSpendCredits(shop, payment, signedIn)
  if (answer.ok) return answer
  if (answer.reason === 'credits') return undefined
  const known =
    signedIn === undefined
      ? await anyCredits(shop.db)
      : (await findCredits(shop.db, signedIn, payment.currency)) !== undefined
  return known ? answer : undefined
}

/** Whether anybody has credits in this shop. */
async function anyCredits(db: Kysely<Database>): Promise<boolean> {
  const found = await db.selectFrom('credit_accounts').select('id').limit(1).executeTakeFirst()
  return found !== undefined
}

/** Why credits don't pay, said to the customer; undefined when they do. */
export function whyNoCredits(answer: { ok: boolean; reason?: string }): Text | undefined {
  if (answer.ok) return undefined
  switch (answer.reason) {
    case 'stranger':
      return {
        en: 'To pay with credits, sign in with the e-mail address that you order with.',
        fr: 'Pour payer en crédits, connectez-vous avec l’adresse e-mail de la commande.',
      }
    case 'credits':
      return {
        en: 'Credits can’t be bought with credits.',
        fr: 'Des crédits ne s’achètent pas avec des crédits.',
      }
    case 'balance':
      return {
        en: 'You have too few credits for this order.',
        fr: 'Vos crédits ne couvrent pas cette commande.',
      }
    default:
      return {
        en: 'This order can’t be paid with credits now.',
        fr: 'Cette commande ne peut pas être payée en crédits pour l’instant.',
      }
  }
}

/**
 * Pays an order with the credits of who bought it: takes them off and applies the payment, in one transaction and once
 * for the order. `signedIn`: the e-mail of who asks, proven.
 */
export async function spendCredits(shop: Shop, number: string, signedIn: string | undefined): Promise<Spent> {
  return await shop.db.transaction().execute(async (trx): Promise<Spent> => {
    const order = await lockOrder(trx, { number }, 'all')
    if (!order) return { ok: false, reason: 'not_found' }
    if (signedIn?.toLowerCase() !== order.customer.email.toLowerCase())
      return { ok: false, reason: 'stranger' }
    const cause = `spent:${order.id}`
    if (await wasMoved(trx, cause)) return { ok: true, applied: { outcome: 'repeated' } }
    if (order.means !== creditsId || order.state !== 'awaiting_payment' || order.paidCents > 0)
      return { ok: false, reason: 'not_now' }
    if (order.units.some(({ entry }) => bringsCredits(shop, entry))) return { ok: false, reason: 'credits' }
    // Of two orders at once, the second waits here and sees what the first left.
    const account = await lockCredits(trx, { email: signedIn, currency: order.currency })
    const balanceCents = account?.balanceCents ?? 0
    if (!account || balanceCents < order.totalCents) return { ok: false, reason: 'balance', balanceCents }
    await moveCredits(trx, account.id, {
      kind: 'spent',
      cause,
      amountCents: -order.totalCents,
      who: 'customer',
      orderId: order.id,
    })
    const payment = {
      means: creditsId,
      reference: order.number,
      amountCents: order.totalCents,
      currency: order.currency,
      paidOn: new Date().toISOString().slice(0, 10),
    }
    const applied = applyPayment(shop, order, payment, 'customer')
    const { fresh } = await saveWithJobs(shop, trx, order)
    if (!fresh || applied.outcome !== 'paid') {
      throw new Error(`order ${number} took its credits and was not paid: nothing of it is kept`)
    }
    return { ok: true, applied }
  })
}

async function wasMoved(trx: Transaction<Database>, cause: string): Promise<boolean> {
  const moved = await trx
    .selectFrom('credit_movements')
    .select('id')
    .where('cause', '=', cause)
    .executeTakeFirst()
  return moved !== undefined
}
