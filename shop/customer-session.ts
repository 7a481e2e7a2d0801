import { createHash, randomBytes } from 'node:crypto'
import { type Kysely, sql, type Transaction } from 'kysely'
import { fromKysely } from 'pg-boss'
import type { Database } from '../db/schema.ts'
import { mailQueue } from './change-order.ts'
import type { Shop } from './shop.ts'

/** Somebody who has proved that mails to this address reach them. The e-mail is in lower case. */
export type SignedIn = { email: string }

type Db = Kysely<Database>

/** How long a mailed link works. */
export const linkMinutes = 30
/** How long a browser stays signed in. */
export const sessionDays = 30
/** Days that the office sees that a link was mailed. */
const mailDays = 7

/**
 * Mails a link to whoever has bought or holds something here, and returns its key; does nothing for anybody else. Links
 * that were sent before go on working. `next`: the page to go to afterwards. The database gets the key's hash, and the
 * key itself only sealed, until the mail has left.
 */
export async function mailSignInLink(
  shop: Pick<Shop, 'db' | 'queue' | 'seal' | 'settings'>,
  given: { email: string; locale: 'en' | 'fr'; next?: string },
): Promise<string | undefined> {
  const email = given.email.trim().toLowerCase()
  // An erased person has an address to which nothing goes.
  if (email.endsWith('.invalid')) return undefined
  return await shop.db.transaction().execute(async (trx) => {
    if (!(await isKnown(trx, email))) return undefined
    const key = newKey()
    const key_hash = hashOf(key)
    await trx.insertInto('customer_links').values({ key_hash, email, expires_at: linkEnd }).execute()
    const { locale, next } = given
    const { id } = await trx
      .insertInto('mails')
      .values({
        key: `sign_in:${key_hash.toString('base64url')}`,
        kind: 'sign_in',
        data: JSON.stringify({ locale, next, key: shop.seal.close(key) }),
        recipient: email,
        state: shop.settings.mailing ? 'queued' : 'kept',
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    // Somebody waits for it: before whatever else is to be sent.
    if (shop.settings.mailing)
      await shop.queue.send(mailQueue, { mail: id }, { db: fromKysely(trx), priority: 1 })
    return key
  })
}

async function isKnown(trx: Transaction<Database>, email: string): Promise<boolean> {
  const { rows } = await sql<{ known: boolean }>`
    select exists (select from orders where customer_email = ${email})
           or exists (select from products where lower(holder->>'email') = ${email})
           or exists (select from credit_accounts where email = ${email}) as known`.execute(trx)
  return rows[0]?.known ?? false
}

/** Whether a link still works. It goes on working: mail scanners open links as well. */
export async function isSignInLink(db: Db, key: string): Promise<boolean> {
  const found = await db
    .selectFrom('customer_links')
    .select('email')
    .where('key_hash', '=', hashOf(key))
    .where('expires_at', '>', sql<Date>`now()`)
    .executeTakeFirst()
  return found !== undefined
}

/** Uses a link, which works once: opens a session and returns the key for the customer's cookie. */
export async function signIn(db: Db, key: string): Promise<string | undefined> {
  return await db.transaction().execute(async (trx) => {
    const link = await trx
      .deleteFrom('customer_links')
      .where('key_hash', '=', hashOf(key))
      .where('expires_at', '>', sql<Date>`now()`)
      .returning('email')
      .executeTakeFirst()
    if (!link) return undefined
    const session = newKey()
    await trx
      .insertInto('customer_sessions')
      .values({ key_hash: hashOf(session), email: link.email, expires_at: sessionEnd })
      .execute()
    return session
  })
}

/** Whose session this is. */
export async function findSignedIn(db: Db, session: string): Promise<SignedIn | undefined> {
  return await db
    .selectFrom('customer_sessions')
    .select('email')
    .where('key_hash', '=', hashOf(session))
    .where('expires_at', '>', sql<Date>`now()`)
    .executeTakeFirst()
}

export async function signOut(db: Db, session: string): Promise<void> {
  await db.deleteFrom('customer_sessions').where('key_hash', '=', hashOf(session)).execute()
}

/** Takes away all that lets a person sign in, with the mails that brought it. For who erases them. */
export async function forgetSignIns(trx: Transaction<Database>, email: string): Promise<void> {
  await trx.deleteFrom('customer_links').where('email', '=', email).execute()
  await trx.deleteFrom('customer_sessions').where('email', '=', email).execute()
  await trx.deleteFrom('mails').where('kind', '=', 'sign_in').where('recipient', '=', email).execute()
}

/** Throws away links and sessions that are over, and the mails of links a week later. Returns how many. */
export async function pruneSignIns(db: Db): Promise<number> {
  const { rows } = await sql<{ pruned: number }>`
    with links as (delete from customer_links where expires_at < now() returning 1),
         sessions as (delete from customer_sessions where expires_at < now() returning 1),
         old as (delete from mails where kind = 'sign_in'
                    and created_at < now() - make_interval(days => ${mailDays}) returning 1)
    select (select count(*) from links) + (select count(*) from sessions) + (select count(*) from old)
           as pruned`.execute(db)
  return Number(rows[0]?.pruned ?? 0)
}

const linkEnd = sql<Date>`now() + make_interval(mins => ${linkMinutes})`
const sessionEnd = sql<Date>`now() + make_interval(days => ${sessionDays})`

/** 128 random bits: nobody finds one by trying, so its hash need not be a slow one. */
const newKey = () => randomBytes(16).toString('base64url')
const hashOf = (key: string) => createHash('sha256').update(key).digest()
