import { type Kysely, sql, type Transaction } from 'kysely'
import type { CreditMovementKind, Database } from '../db/schema.ts'
import { writtenAmount } from './money.ts'
import type { Who } from './order.ts'

/** What a customer has with the shop, in one currency. */
export type CreditAccount = { id: number; email: string; currency: string; balanceCents: number }

export type CreditMovement = {
  id: number
  at: Date
  kind: CreditMovementKind
  amountCents: number
  who: Who
  why: string | null
  /** The order that it is about. Its token lets whoever has it act as its customer. */
  order: { number: string; token: string } | null
  productReference: string | null
}

/** A page of the accounts that somebody owns, newest first. `search`: the start of an e-mail. */
export async function listCredits(
  db: Kysely<Database>,
  { before, limit = 50, search }: { before?: number; limit?: number; search?: string } = {},
): Promise<{ accounts: CreditAccount[]; next: number | undefined }> {
  let page = db
    .selectFrom('credit_accounts')
    .select(['id', 'email', 'currency', 'balance_cents as balanceCents'])
    .where('email', 'is not', null)
    .$narrowType<{ email: string }>()
    .orderBy('id', 'desc')
    .limit(limit + 1)
  if (before !== undefined) page = page.where('id', '<', before)
  if (search) {
    const from = search.trim().toLowerCase()
    page = page.where('email', '>=', from).where('email', '<', `${from}\uffff`)
  }
  const rows = await page.execute()
  const accounts = rows.slice(0, limit)
  return { accounts, next: rows.length > limit ? accounts.at(-1)?.id : undefined }
}

/** The account of a person, by e-mail whatever its case; undefined when they never had credits. */
export async function findCredits(
  db: Kysely<Database>,
  email: string,
  currency: string,
): Promise<CreditAccount | undefined> {
  const row = await db
    .selectFrom('credit_accounts')
    .select(['id', 'balance_cents as balanceCents'])
    .where('email', '=', email.toLowerCase())
    .where('currency', '=', currency)
    .executeTakeFirst()
  return row && { ...row, email: email.toLowerCase(), currency }
}

/** A page of what moved the credits of an account, newest first. */
export async function listCreditMovements(
  db: Kysely<Database>,
  account: number,
  { before, limit = 50 }: { before?: number; limit?: number } = {},
): Promise<{ movements: CreditMovement[]; next: number | undefined }> {
  let page = db
    .selectFrom('credit_movements as m')
    .leftJoin('orders as o', 'o.id', 'm.order_id')
    .leftJoin('products as p', 'p.id', 'm.product_id')
    .select(['m.id', 'm.at', 'm.kind', 'm.amount_cents as amountCents', 'm.who', 'm.why'])
    .select(['o.number', 'o.token', 'p.reference as productReference'])
    .where('m.account_id', '=', account)
    .orderBy('m.id', 'desc')
    .limit(limit + 1)
  if (before !== undefined) page = page.where('m.id', '<', before)
  const rows = await page.execute()
  const movements = rows.slice(0, limit).map(({ number, token, ...movement }) => ({
    ...movement,
    order: number && token ? { number, token } : null,
  }))
  return { movements, next: rows.length > limit ? movements.at(-1)?.id : undefined }
}

type Movement = {
  kind: CreditMovementKind
  /** What causes it: the same cause moves credits once. */
  cause: string
  amountCents: number
  who: Who
  why?: string
  orderId?: number
  productId?: number
}

/**
 * Moves the credits of an account, once for its cause: false when they were moved before. Whoever takes credits away has
 * locked the account. Accounts come last of all that is locked, and a transaction touches one: see
 * docs/architecture.md, "Locks".
 */
export async function moveCredits(
  trx: Transaction<Database>,
  account: number,
  { kind, cause, amountCents, who, why, orderId, productId }: Movement,
): Promise<boolean> {
  const moved = await trx
    .insertInto('credit_movements')
    .values({
      account_id: account,
      kind,
      cause,
      amount_cents: amountCents,
      who,
      why: why ?? null,
      order_id: orderId ?? null,
      product_id: productId ?? null,
    })
    .onConflict((conflict) => conflict.column('cause').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!moved) return false
  await trx
    .updateTable('credit_accounts')
    .set({ balance_cents: sql`balance_cents + ${amountCents}` })
    .where('id', '=', account)
    .execute()
  return true
}

/** Locks an account for the rest of the transaction. Undefined when there is none. */
export async function lockCredits(
  trx: Transaction<Database>,
  by: { id: number } | { email: string; currency: string },
): Promise<{ id: number; email: string | null; balanceCents: number } | undefined> {
  const query = trx
    .selectFrom('credit_accounts')
    .select(['id', 'email', 'balance_cents as balanceCents'])
    // Not the key: movements of others refer to it meanwhile.
    .forNoKeyUpdate()
  return 'id' in by
    ? await query.where('id', '=', by.id).executeTakeFirst()
    : await query
        .where('email', '=', by.email.toLowerCase())
        .where('currency', '=', by.currency)
        .executeTakeFirst()
}

/** Opens the account of a person, or finds it. Returns its id. */
async function openCredits(trx: Transaction<Database>, email: string, currency: string): Promise<number> {
  const owner = { email: email.toLowerCase(), currency }
  await trx
    .insertInto('credit_accounts')
    .values(owner)
    .onConflict((conflict) => conflict.columns(['email', 'currency']).doNothing())
    .execute()
  const { id } = await trx
    .selectFrom('credit_accounts')
    .select('id')
    .where('email', '=', owner.email)
    .where('currency', '=', currency)
    .executeTakeFirstOrThrow()
  return id
}

/** Puts what freshly made products bring on the account of who bought them. */
export async function bringCredits(
  trx: Transaction<Database>,
  orderId: number,
  brought: { productId: number; cents: number }[],
): Promise<void> {
  if (brought.length === 0) return
  const { customer_email, currency } = await trx
    .selectFrom('orders')
    .select(['customer_email', 'currency'])
    .where('id', '=', orderId)
    .executeTakeFirstOrThrow()
  const account = await openCredits(trx, customer_email, currency)
  for (const { productId, cents } of brought) {
    await moveCredits(trx, account, {
      kind: 'delivered',
      cause: `delivered:${productId}`,
      amountCents: cents,
      who: 'shop',
      orderId,
      productId,
    })
  }
}

/**
 * Takes back what revoked products brought, in the transaction that revokes them: what is still there of it. What is
 * missing, since it was spent, the history of the order says.
 */
export async function takeCreditsBack(
  trx: Transaction<Database>,
  productIds: number[],
  who: Who,
): Promise<void> {
  if (productIds.length === 0) return
  const brought = await broughtBy(trx, sql<boolean>`p.id = any(${productIds}::bigint[])`).execute()
  for (const { accountId, orderId, unitId, productId, broughtCents, currency } of brought) {
    const account = await lockCredits(trx, { id: accountId })
    const left = Math.min(broughtCents, account?.balanceCents ?? 0)
    const missing = broughtCents - left
    const why =
      missing === 0
        ? `${writtenAmount(left, currency)} of credits taken back`
        : `${writtenAmount(left, currency)} of credits taken back; ${writtenAmount(missing, currency)} had been spent and are missing`
    const moved = await moveCredits(trx, accountId, {
      kind: 'taken_back',
      cause: `taken_back:${productId}`,
      amountCents: -left,
      who,
      why: missing === 0 ? undefined : why,
      orderId,
      productId,
    })
    if (!moved) continue
    const event = missing === 0 ? 'credits_taken_back' : 'credits_missing'
    await trx.insertInto('history').values({ order_id: orderId, unit_id: unitId, who, event, why }).execute()
  }
}

/** What a product brought in credits, and what there still is to take it back from. */
export type BroughtCredits = {
  productId: number
  unitId: number
  broughtCents: number
  /** What its account has, whatever brought it. */
  balanceCents: number
  currency: string
  /** Whose credits they are; null once that person was erased. */
  email: string | null
}

/** The credits that an order's products brought, those that were not taken back yet. */
export async function creditsOfOrder(db: Kysely<Database>, orderId: number): Promise<BroughtCredits[]> {
  return await broughtBy(db, sql<boolean>`p.order_id = ${orderId}`).execute()
}

const broughtBy = (db: Kysely<Database>, which: ReturnType<typeof sql<boolean>>) =>
  db
    .selectFrom('credit_movements as m')
    .innerJoin('products as p', 'p.id', 'm.product_id')
    .innerJoin('credit_accounts as a', 'a.id', 'm.account_id')
    .select(['m.product_id as productId', 'm.amount_cents as broughtCents', 'm.account_id as accountId'])
    .select(['p.order_id as orderId', 'p.unit_id as unitId'])
    .select(['a.currency', 'a.email', 'a.balance_cents as balanceCents'])
    .$narrowType<{ productId: number }>()
    .where('m.kind', '=', 'delivered')
    .where(which)
    .where((where) =>
      where.not(
        where.exists(
          where
            .selectFrom('credit_movements as back')
            .select('back.id')
            .whereRef('back.product_id', '=', 'm.product_id')
            .where('back.kind', '=', 'taken_back'),
        ),
      ),
    )
    .orderBy('m.id')

export type Corrected = { ok: true } | { ok: false; reason: 'email' | 'amount' | 'why' | 'balance' }

/**
 * An operator's correction, with its reason: gives credits, or takes them away when less than nothing. `request` names
 * it: the same one twice is made once. `balance`: there are not as many to take away.
 */
export async function correctCredits(
  db: Kysely<Database>,
  correction: { email: string; currency: string; amountCents: number },
  reason: { who: Who; why: string; request: string },
): Promise<Corrected> {
  const { email, currency, amountCents } = correction
  const why = reason.why.trim()
  if (!/^\S+@\S+$/.test(email)) return { ok: false, reason: 'email' }
  if (!Number.isSafeInteger(amountCents) || amountCents === 0 || Math.abs(amountCents) > mostCreditCents)
    return { ok: false, reason: 'amount' }
  if (why === '') return { ok: false, reason: 'why' }
  return await db.transaction().execute(async (trx): Promise<Corrected> => {
    if (amountCents > 0) await openCredits(trx, email, currency)
    const account = await lockCredits(trx, { email, currency })
    if (!account) return { ok: false, reason: 'balance' }
    const cause = `corrected:${reason.request}`
    const before = await trx
      .selectFrom('credit_movements')
      .select('id')
      .where('cause', '=', cause)
      .executeTakeFirst()
    if (before) return { ok: true }
    if (account.balanceCents + amountCents < 0) return { ok: false, reason: 'balance' }
    await moveCredits(trx, account.id, { kind: 'corrected', cause, amountCents, who: reason.who, why })
    return { ok: true }
  })
}

/** The most that one movement may be, in cents. */
export const mostCreditCents = 100_000_000

/**
 * Leaves the accounts of a person without their name, for who erases them. One that still has credits is kept as it is,
 * unless they are to be forfeited: what was kept comes back. The histories must be open for it: see `erasePerson`.
 */
export async function forgetCredits(
  trx: Transaction<Database>,
  email: string,
  { forfeit }: { forfeit: boolean },
): Promise<{ cents: number; currency: string }[]> {
  const accounts = await trx
    .selectFrom('credit_accounts')
    .select(['id', 'currency', 'balance_cents as cents'])
    .where('email', '=', email)
    .orderBy('id')
    .forUpdate()
    .execute()
  const kept = forfeit ? [] : accounts.filter(({ cents }) => cents > 0)
  for (const { id, cents } of accounts.filter((account) => !kept.includes(account))) {
    if (cents > 0) {
      const cause = `forfeited:${id}`
      await moveCredits(trx, id, { kind: 'forfeited', cause, amountCents: -cents, who: 'shop' })
    }
    await trx.updateTable('credit_accounts').set({ email: null }).where('id', '=', id).execute()
    await trx
      .updateTable('credit_movements')
      .set({ why: null })
      .where('account_id', '=', id)
      .where('why', 'is not', null)
      .execute()
  }
  return kept.map(({ cents, currency }) => ({ cents, currency }))
}
