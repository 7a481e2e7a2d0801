import { setTimeout as wait } from 'node:timers/promises'
import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import type { Database } from '../db/schema.ts'
import { type Account, MoodleError, type Person, RetryLater } from '../sdk/index.ts'
import type { Client } from './client.ts'
import { coalesce } from './coalesce.ts'
import { fixedFields, formFields } from './form.ts'
import { addressOf, type NewUser, newUser } from './new-user.ts'

export type Accounts = {
  find(email: string): Promise<Account[]>
  ensure(person: Person & { locale?: string }): Promise<{ id: number; created: boolean }>
}

/** Creating hashes a password, 10 to 24 a second on a small machine: 25 in one call answer in about two seconds. */
const creationsACall = 25

/** Longer than a call may take; after it, whoever was creating the account is thought dead. */
const leaseSeconds = 60

/** Milliseconds between looks while another process creates the account; then the script is run again later. */
const looks = [50, 100, 200, 400]

const seen = z.object({
  id: z.int(),
  username: z.string(),
  email: z.string().optional(),
  fullname: z.string().default(''),
  suspended: z.boolean().default(false),
})

const listed = z.object({ users: z.array(seen) })

/**
 * The accounts of people on one site: one for each e-mail address, whatever its case. `accounts` remembers who has
 * which, and holds the lease of whoever creates one; no lock and no transaction is held while Moodle is asked.
 */
export function openAccounts({
  db,
  site,
  client,
}: {
  db: Kysely<Database>
  site: string
  client: Client
}): Accounts {
  const underWay = new Map<string, Promise<{ id: number; created: boolean }>>()
  const readRemembered = coalesce({ send: (emails: string[]) => remembered(db, site, emails), splits: never })
  const remember = coalesce({ send: (found: Found[]) => rememberAll(db, site, found), splits: never })
  const takeLease = coalesce({ send: (emails: string[]) => takeLeases(db, site, emails), splits: never })
  const create = coalesce({
    limit: client.limit,
    max: creationsACall,
    fields: { most: formFields - fixedFields, of: (user: NewUser) => Object.keys(user).length },
    send: async (users) => {
      const created = await client.callNow(
        'core_user_create_users',
        { users },
        z.array(z.object({ id: z.int() })),
      )
      return created.map(({ id }) => id)
    },
  })
  /** Whether the site has a language; undefined when the trial told nothing. Every Moodle has English. */
  const languages = new Map<string, Promise<boolean | undefined>>([['en', Promise.resolve(true)]])

  async function find(email: string): Promise<Account[]> {
    const address = addressOf(email)
    const criteria = [{ key: 'email', value: address }]
    const { users } = await client.call('core_user_get_users', { criteria }, listed)
    if (users.length > 0 && users.every((user) => user.email === undefined)) {
      const message = `Moodle does not show the shop the addresses of its users: let the token's user see them`
      throw new MoodleError(message, { kind: 'request', code: 'emailhidden', call: 'core_user_get_users' })
    }
    // The criterion is a pattern where _ stands for any letter, and one that Moodle doesn't know finds everyone.
    return users.flatMap(({ email, ...user }) =>
      email !== undefined && addressOf(email) === address ? [{ ...user, email }] : [],
    )
  }

  async function findOne(email: string): Promise<number | undefined> {
    return theOne(email, await find(email))
  }

  function theOne(email: string, found: Account[]): number | undefined {
    const [account, another] = found
    if (!account) return undefined
    if (another) {
      const usernames = found.map(({ username }) => username).join(', ')
      throw refusal(
        'core_user_get_users',
        'severalaccounts',
        `several accounts have the address ${email}: ${usernames}. Give all but one another address in Moodle, then retry`,
      )
    }
    return unsuspended(email, account)
  }

  function unsuspended(email: string, { id, username, suspended }: Omit<Account, 'email'>): number {
    if (!suspended) return id
    throw refusal(
      'core_user_get_users',
      'usersuspended',
      `the account ${username} of ${email} is suspended: unsuspend it in Moodle, then retry`,
    )
  }

  /**
   * Whose account this address means, when it was `known` before: Moodle may have suspended or deleted that since, or
   * merged it with another. Undefined: nobody's any more.
   */
  async function findAgain(email: string, known: number): Promise<number | undefined> {
    const found = await find(email)
    if (found.some(({ id, suspended }) => id === known && !suspended)) return known
    const another = theOne(email, found)
    if (another !== undefined) return another
    // Whoever has changed their address there has kept the account.
    const criteria = [{ key: 'id', value: known }]
    const { users } = await client.call('core_user_get_users', { criteria }, listed)
    const kept = users.find(({ id }) => id === known)
    return kept && unsuspended(email, kept)
  }

  async function ensureOnce(person: Person & { locale?: string }): Promise<{ id: number; created: boolean }> {
    const email = addressOf(person.email)
    const known = await readRemembered(email)
    if (known !== undefined) {
      const id = await findAgain(person.email, known)
      if (id !== undefined && id !== known) await remember({ email, id })
      if (id !== undefined) return { id, created: false }
      await forgetAccount(db, site, known)
    }
    for (const pause of [...looks, undefined]) {
      const found = await findOne(person.email)
      if (found !== undefined) {
        await remember({ email, id: found })
        return { id: found, created: false }
      }
      if (await takeLease(email)) break
      // Another process is creating it, or just has: the next look tells.
      const made = await readRemembered(email)
      if (made !== undefined) return { id: made, created: false }
      if (pause === undefined)
        throw new RetryLater(5, `another process is creating the account of ${person.email}`)
      await wait(pause)
    }
    try {
      const made = await createAccount(person)
      await remember({ email, id: made.id })
      return made
    } catch (error) {
      // If this fails too, the lease ends by itself.
      await releaseLease(db, site, email).catch(() => undefined)
      throw error
    }
  }

  /** Creates the account, or finds the one that someone else has just made: Moodle's refusal doesn't tell why. */
  async function createAccount(
    person: Person & { locale?: string },
  ): Promise<{ id: number; created: boolean }> {
    const user = newUser(person)
    try {
      return { id: await createInLanguage(user, person.locale), created: true }
    } catch (error) {
      if (!(error instanceof MoodleError) || error.kind !== 'request') throw error
      const found = await findOne(person.email)
      if (found !== undefined) return { id: found, created: false }
      throw await explainRefusal(user, error)
    }
  }

  /** No web service lists a site's languages, so the first account that asks for one tries it, and the others follow. */
  async function createInLanguage(user: NewUser, language: string | undefined): Promise<number> {
    if (language === undefined) return await create(user)
    for (let trial = languages.get(language); trial; trial = languages.get(language)) {
      const installed = await trial
      if (installed !== undefined) return await create(installed ? { ...user, lang: language } : user)
    }
    const { promise, resolve } = Promise.withResolvers<boolean | undefined>()
    languages.set(language, promise)
    let installed: boolean | undefined
    try {
      const id = await create({ ...user, lang: language })
      installed = true
      return id
    } catch (error) {
      if (!(error instanceof MoodleError) || error.kind !== 'request') throw error
      const id = await create(user)
      installed = false
      return id
    } finally {
      // A trial that told nothing is forgotten before those who wait for it go on: one of them is the next.
      if (installed === undefined) languages.delete(language)
      resolve(installed)
    }
  }

  async function explainRefusal(user: NewUser, error: MoodleError): Promise<MoodleError> {
    const byUsername = { field: 'username', values: [user.username] }
    const [taken] = await client.call('core_user_get_users_by_field', byUsername, z.array(seen))
    if (taken) {
      return refusal(
        'core_user_create_users',
        'usernametaken',
        `the account ${taken.username}, made for ${user.email}, now has the address ${taken.email}: ` +
          'if it is the same person, use that address, or give the account its old one back; then retry',
        error,
      )
    }
    if (error.code !== 'invalidparameter') return error
    return refusal(
      'core_user_create_users',
      error.code,
      `Moodle refuses to create ${user.firstname} ${user.lastname} <${user.email}>, who has no account: ` +
        'check the address and the name, and whether the site allows that address',
      error,
    )
  }

  return {
    find,
    ensure(person) {
      const email = addressOf(person.email)
      const mine = underWay.get(email)
      if (mine) return mine.then(({ id }) => ({ id, created: false }))
      const ensured = ensureOnce(person).finally(() => underWay.delete(email))
      underWay.set(email, ensured)
      return ensured
    },
  }
}

/** Forgets that someone had this account: Moodle says that it is gone. The next order looks the address up again. */
export async function forgetAccount(db: Kysely<Database>, site: string, user: number): Promise<void> {
  await db.deleteFrom('accounts').where('site', '=', site).where('user_id', '=', user).execute()
}

function refusal(call: string, code: string, message: string, cause?: unknown): MoodleError {
  return new MoodleError(message, { kind: 'request', code, call }, { cause })
}

function never(): boolean {
  return false
}

type Found = { email: string; id: number }

async function remembered(
  db: Kysely<Database>,
  site: string,
  emails: string[],
): Promise<(number | undefined)[]> {
  const rows = await db
    .selectFrom('accounts')
    .select(['email', 'user_id'])
    .where('site', '=', site)
    .where('email', '=', sql<string>`any(${emails})`)
    .execute()
  const ids = new Map(rows.map((row) => [row.email, row.user_id ?? undefined]))
  return emails.map((email) => ids.get(email))
}

async function rememberAll(db: Kysely<Database>, site: string, found: Found[]): Promise<undefined[]> {
  await sql`
    insert into accounts (site, email, user_id)
    select ${site}, email, id from jsonb_to_recordset(${JSON.stringify(found)}::jsonb) as t (email text, id integer)
     order by email
    on conflict (site, email) do update set user_id = excluded.user_id, creating_until = null`.execute(db)
  return found.map(() => undefined)
}

/** Whether the lease of each is now ours: not where someone else has one that still runs, or has made the account. */
async function takeLeases(db: Kysely<Database>, site: string, emails: string[]): Promise<boolean[]> {
  const { rows } = await sql<{ email: string }>`
    insert into accounts (site, email, creating_until)
    select ${site}, email, now() + make_interval(secs => ${leaseSeconds})
      from unnest(${emails}::text[]) as t (email) order by email
    on conflict (site, email) do update set creating_until = excluded.creating_until
      where accounts.user_id is null and (accounts.creating_until is null or accounts.creating_until < now())
    returning email`.execute(db)
  const ours = new Set(rows.map(({ email }) => email))
  return emails.map((email) => ours.has(email))
}

async function releaseLease(db: Kysely<Database>, site: string, email: string): Promise<void> {
  await db
    .updateTable('accounts')
    .set({ creating_until: null })
    .where('site', '=', site)
    .where('email', '=', email)
    .where('user_id', 'is', null)
    .execute()
}
