import { type Kysely, sql } from 'kysely'
import type { Database } from '../db/schema.ts'

/** An answer as it was given, to be given again to the letter. */
export type KeptAnswer = { status: number; headers: Record<string, string>; body: string }

/** A request that may come twice: whose it is, the key they gave it, and the hash of what it asks. */
export type KeyedRequest = { caller: string; key: string; hash: Buffer }

/** `mine`: nobody else is at it; end it with `keepAnswer` or `freeKey`. */
export type Claimed =
  | { state: 'mine' }
  | { state: 'answered'; answer: KeptAnswer }
  | { state: 'other_request' }
  | { state: 'in_progress' }

/** Seconds after which a request that is still unanswered is taken for dead with its process. None takes this long. */
const abandonedAfter = 120

/** Claims a request: of any number of the same one, however simultaneous, exactly one is `mine`. */
export async function claimKey(db: Kysely<Database>, { caller, key, hash }: KeyedRequest): Promise<Claimed> {
  const mine = await db
    .insertInto('idempotency_keys')
    .values({ caller, key, request_hash: hash })
    .onConflict((conflict) =>
      conflict
        .columns(['caller', 'key'])
        .doUpdateSet({ created_at: sql`now()` })
        .where('idempotency_keys.status', 'is', null)
        .where('idempotency_keys.request_hash', '=', hash)
        .where(
          'idempotency_keys.created_at',
          '<',
          sql<Date>`now() - make_interval(secs => ${abandonedAfter})`,
        ),
    )
    .returning('key')
    .executeTakeFirst()
  if (mine) return { state: 'mine' }
  const found = await db
    .selectFrom('idempotency_keys')
    .select(['request_hash', 'status', 'response'])
    .where('caller', '=', caller)
    .where('key', '=', key)
    .executeTakeFirst()
  // Freed just now: the next try gets it.
  if (!found) return { state: 'in_progress' }
  if (!found.request_hash.equals(hash)) return { state: 'other_request' }
  if (found.status === null) return { state: 'in_progress' }
  const { headers, body } = found.response as Omit<KeptAnswer, 'status'> // what keepAnswer wrote
  return { state: 'answered', answer: { status: found.status, headers, body } }
}

/** Keeps the answer of a claimed request for whoever asks the same again. */
export async function keepAnswer(
  db: Kysely<Database>,
  { caller, key }: KeyedRequest,
  { status, headers, body }: KeptAnswer,
): Promise<void> {
  await db
    .updateTable('idempotency_keys')
    .set({ status, response: JSON.stringify({ headers, body }) })
    .where('caller', '=', caller)
    .where('key', '=', key)
    .where('status', 'is', null)
    .execute()
}

/** Gives a claimed request up: it failed without an answer worth repeating, and may be tried again. */
export async function freeKey(db: Kysely<Database>, { caller, key }: KeyedRequest): Promise<void> {
  await db
    .deleteFrom('idempotency_keys')
    .where('caller', '=', caller)
    .where('key', '=', key)
    .where('status', 'is', null)
    .execute()
}

/** Deletes the keys that are older than `hours`: a client that comes back later asks anew. Returns how many. */
export async function pruneKeys(db: Kysely<Database>, hours = 48): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('idempotency_keys')
    .where('created_at', '<', sql<Date>`now() - make_interval(hours => ${hours})`)
    .executeTakeFirst()
  return Number(numDeletedRows)
}
