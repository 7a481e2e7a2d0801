import { createHash, randomBytes, randomInt, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import type { Database, Role } from '../db/schema.ts'

export type Operator = { id: number; email: string; name: string; role: Role }
/** What a program signs in with: the operator it acts for, with the lesser of the two roles. */
export type ApiToken = { id: number; name: string; operator: Operator }

type Fault = 'email_invalid' | 'email_taken' | 'password_short' | 'name_missing'
type Db = Kysely<Database>

const sessionHours = 12
const shortestPassword = 12
/** Any number of ours: it names the lock under which the first operator is made. */
const firstOperatorLock = 482_018_003
const ranks: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 }
const account = ['operators.id', 'operators.email', 'operators.name', 'operators.role'] as const

/** Whether someone who has the one role may do what needs the other. */
export const roleAllows = (has: Role, needs: Role) => ranks[has] >= ranks[needs]

// Operators

/** Makes an operator. `email_taken` also when the one who has the address is disabled. */
export async function createOperator(
  db: Db,
  given: { email: string; name: string; password: string; role: Role },
): Promise<{ ok: true; operator: Operator } | { ok: false; fault: Fault }> {
  const email = emailOf(given.email)
  const name = given.name.trim()
  if (!email) return { ok: false, fault: 'email_invalid' }
  if (!name) return { ok: false, fault: 'name_missing' }
  if (given.password.length < shortestPassword) return { ok: false, fault: 'password_short' }
  const operator = await db
    .insertInto('operators')
    .values({ email, name, role: given.role, password_hash: await hashPassword(given.password) })
    .onConflict((conflict) => conflict.column('email').doNothing())
    .returning(account)
    .executeTakeFirst()
  return operator ? { ok: true, operator } : { ok: false, fault: 'email_taken' }
}

/** Gives an operator another password and ends their sessions. */
export async function setPassword(
  db: Db,
  given: { email: string; password: string },
): Promise<{ ok: true } | { ok: false; fault: 'password_short' | 'email_unknown' }> {
  if (given.password.length < shortestPassword) return { ok: false, fault: 'password_short' }
  const password_hash = await hashPassword(given.password)
  return await db.transaction().execute(async (trx) => {
    const operator = await trx
      .updateTable('operators')
      .set({ password_hash })
      .where('email', '=', emailOf(given.email) ?? '')
      .returning('id')
      .executeTakeFirst()
    if (!operator) return { ok: false, fault: 'email_unknown' }
    await trx.deleteFrom('sessions').where('operator_id', '=', operator.id).execute()
    return { ok: true }
  })
}

/** Lets an operator in no more, or again; their sessions and tokens follow. An administrator always remains. */
export async function setDisabled(
  db: Db,
  email: string,
  disabled: boolean,
): Promise<{ ok: true } | { ok: false; fault: 'email_unknown' | 'last_admin' }> {
  return await db.transaction().execute(async (trx) => {
    const admins = await trx
      .selectFrom('operators')
      .select('email')
      .where('role', '=', 'admin')
      .where('disabled_at', 'is', null)
      .forUpdate()
      .execute()
    const known = emailOf(email) ?? ''
    if (disabled && admins.length === 1 && admins[0]?.email === known)
      return { ok: false, fault: 'last_admin' }
    const operator = await trx
      .updateTable('operators')
      .set({ disabled_at: disabled ? sql`now()` : null })
      .where('email', '=', known)
      .returning('id')
      .executeTakeFirst()
    if (!operator) return { ok: false, fault: 'email_unknown' }
    if (disabled) await trx.deleteFrom('sessions').where('operator_id', '=', operator.id).execute()
    return { ok: true }
  })
}

/** All operators by e-mail. They are few: a training organisation's staff. */
export async function listOperators(db: Db): Promise<(Operator & { disabledAt: Date | null })[]> {
  return await db
    .selectFrom('operators')
    .select([...account, 'disabled_at as disabledAt'])
    .orderBy('email')
    .execute()
}

/** Makes the first operator, an administrator, in a shop that has none. The password is returned this once. */
export async function firstOperator(
  db: Db,
  email = 'admin@boutique.example',
): Promise<{ email: string; password: string } | undefined> {
  return await db.transaction().execute(async (trx) => {
    // Two processes may start a new shop together.
    await sql`select pg_advisory_xact_lock(${firstOperatorLock})`.execute(trx)
    if (await trx.selectFrom('operators').select('id').limit(1).executeTakeFirst()) return undefined
    const password = readablePassword()
    await createOperator(trx, { email, name: 'Administrator', password, role: 'admin' })
    return { email, password }
  })
}

/** 80 random bits that can be read out on the phone: no 0, 1, l, o. */
export function readablePassword(): string {
  const letters = '23456789abcdefghijkmnpqrstuvwxyz'
  const group = () => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('')
  return Array.from({ length: 4 }, group).join('-')
}

// Signing in

/** The operator who has this e-mail and password. It takes the same time when there is no such operator. */
export async function verifyPassword(
  db: Db,
  given: { email: string; password: string },
): Promise<Operator | undefined> {
  const found = await db
    .selectFrom('operators')
    .select([...account, 'password_hash'])
    .where('email', '=', emailOf(given.email) ?? '')
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  if (!(await isPassword(given.password, found?.password_hash ?? nobodysHash)) || !found) return undefined
  const { password_hash: _, ...operator } = found
  return operator
}

/** Opens a session and returns its token, 256 random bits, for the operator's cookie. Only its hash is kept. */
export async function openSession(db: Db, operatorId: number): Promise<string> {
  const token = newToken()
  await db.deleteFrom('sessions').where('expires_at', '<', sql<Date>`now()`).execute()
  await db
    .insertInto('sessions')
    .values({ token_hash: hashToken(token), operator_id: operatorId, expires_at: sessionEnd })
    .execute()
  return token
}

/** Whose session this is. It lasts 12 hours from its last use. */
export async function findSession(db: Db, token: string): Promise<Operator | undefined> {
  const found = await db
    .selectFrom('sessions')
    .innerJoin('operators', 'operators.id', 'sessions.operator_id')
    .select([...account, sql<boolean>`expires_at < ${sessionEnd} - interval '10 minutes'`.as('stale')])
    .where('token_hash', '=', hashToken(token))
    .where('expires_at', '>', sql<Date>`now()`)
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  if (!found) return undefined
  const { stale, ...operator } = found
  // Not on every page: one write in ten minutes keeps it sliding.
  if (stale) {
    await db
      .updateTable('sessions')
      .set({ expires_at: sessionEnd })
      .where('token_hash', '=', hashToken(token))
      .execute()
  }
  return operator
}

export async function closeSession(db: Db, token: string): Promise<void> {
  await db.deleteFrom('sessions').where('token_hash', '=', hashToken(token)).execute()
}

// Programs

/** Makes a token for a program that acts for an operator. It is returned this once: only its hash is kept. */
export async function createApiToken(
  db: Db,
  given: { operatorId: number; name: string; role: Role },
): Promise<{ id: number; token: string }> {
  const token = `boutique_${newToken()}`
  const { id } = await db
    .insertInto('api_tokens')
    .values({
      operator_id: given.operatorId,
      name: given.name,
      role: given.role,
      token_hash: hashToken(token),
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return { id, token }
}

/** The program behind a token that is neither revoked nor an ex-operator's. */
export async function findApiToken(db: Db, token: string): Promise<ApiToken | undefined> {
  const found = await db
    .selectFrom('api_tokens')
    .innerJoin('operators', 'operators.id', 'api_tokens.operator_id')
    .select([
      ...account,
      'api_tokens.id as tokenId',
      'api_tokens.name as tokenName',
      'api_tokens.role as tokenRole',
      sql<boolean>`coalesce(last_used_at < now() - interval '1 minute', true)`.as('stale'),
    ])
    .where('token_hash', '=', hashToken(token))
    .where('revoked_at', 'is', null)
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  if (!found) return undefined
  const { tokenId, tokenName, tokenRole, stale, ...operator } = found
  if (stale) {
    await db.updateTable('api_tokens').set({ last_used_at: sql`now()` }).where('id', '=', tokenId).execute()
  }
  const role = roleAllows(operator.role, tokenRole) ? tokenRole : operator.role
  return { id: tokenId, name: tokenName, operator: { ...operator, role } }
}

/** The tokens that work, by operator and name. */
export async function listApiTokens(
  db: Db,
): Promise<
  { id: number; name: string; role: Role; email: string; createdAt: Date; lastUsedAt: Date | null }[]
> {
  return await db
    .selectFrom('api_tokens')
    .innerJoin('operators', 'operators.id', 'api_tokens.operator_id')
    .select([
      'api_tokens.id',
      'api_tokens.name',
      'api_tokens.role',
      'operators.email',
      'api_tokens.created_at as createdAt',
      'last_used_at as lastUsedAt',
    ])
    .where('revoked_at', 'is', null)
    .orderBy('operators.email')
    .orderBy('api_tokens.name')
    .execute()
}

/** False when there is no such token, or it was revoked before. */
export async function revokeApiToken(db: Db, id: number): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_tokens')
    .set({ revoked_at: sql`now()` })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

// Secrets

const sessionEnd = sql<Date>`now() + make_interval(hours => ${sessionHours})`

const newToken = () => randomBytes(32).toString('base64url')

// A random token needs no slow hash: nobody can try 2^256 of them.
const hashToken = (token: string) => createHash('sha256').update(token).digest()

function emailOf(text: string): string | undefined {
  const read = z.email().safeParse(text.trim().toLowerCase())
  return read.success ? read.data : undefined
}

/** OWASP's parameters for scrypt: 32 MB and some 80 ms a try. */
const cost = { ln: 15, r: 8, p: 1 }

/** What an unknown e-mail is checked against, so that it takes as long as a known one. No password gives it. */
const nobodysHash = `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${'A'.repeat(22)}==$${'A'.repeat(43)}=`

/** `$scrypt$ln=15,r=8,p=1$salt$hash`: it carries its parameters, so that they may grow. */
async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16)
  const hash = await derive(password, salt, cost)
  return `$scrypt$ln=${cost.ln},r=${cost.r},p=${cost.p}$${salt.toString('base64')}$${hash.toString('base64')}`
}

async function isPassword(password: string, stored: string): Promise<boolean> {
  const [, ln, r, p, salt, hash] = /^\$scrypt\$ln=(\d+),r=(\d+),p=(\d+)\$([^$]+)\$([^$]+)$/.exec(stored) ?? []
  if (!salt || !hash) throw new Error('a stored password hash is not one of ours')
  const expected = Buffer.from(hash, 'base64')
  const found = await derive(password, Buffer.from(salt, 'base64'), {
    ln: Number(ln),
    r: Number(r),
    p: Number(p),
  })
  return timingSafeEqual(found, expected)
}

function derive(password: string, salt: Buffer, { ln, r, p }: typeof cost): Promise<Buffer> {
  const options: ScryptOptions = { N: 2 ** ln, r, p, maxmem: 256 * r * 2 ** ln }
  // The same letters may be typed as different code points.
  return new Promise((done, fail) => {
    scrypt(password.normalize('NFKC'), salt, 32, options, (error, key) => (error ? fail(error) : done(key)))
  })
}
