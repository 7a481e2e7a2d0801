import { type Kysely, sql } from 'kysely'
import type { Database } from '../db/schema.ts'
import { RetryLater } from '../sdk/index.ts'
import type { Production } from './production.ts'

// A product may end, be extended, and end again: each time a script is asked for, `ended` or `revived`. They must come
// to Moodle in that order, however long one of them is tried again, so only the last that was asked for does anything.

/** Names a turn of a product's end, from 1, among the productions of its unit. */
export const turnOf = (reference: string, count: number): string => `${reference} ${count}`

/**
 * Whether this turn is still to be done: nothing was asked for after it, and nothing is taken back, since what is revoked
 * has neither an end nor a return. Throws `RetryLater` while an earlier turn is still running: what it does must not come
 * last.
 */
export async function isLastTurn(db: Kysely<Database>, production: Pick<Production, 'id'>): Promise<boolean> {
  const { over, busy } = await readTurn(db, production)
  if (busy && !over)
    throw new RetryLater(2, 'what was asked for before, at its product’s end, is still running')
  return !over
}

/** `over`: it is no longer to be done. `busy`: an earlier turn is running. */
export async function readTurn(
  db: Kysely<Database>,
  { id }: Pick<Production, 'id'>,
): Promise<{ over: boolean; busy: boolean }> {
  const { rows } = await sql<{ over: boolean; busy: boolean }>`
    select bool_or(other.id > mine.id or other.script = 'revoke' or product.state = 'revoked') as over,
           bool_or(other.id < mine.id and other.state = 'running') as busy
      from productions mine
      join products product on product.reference = split_part(mine.occasion, ' ', 1)
      join productions other
        on other.unit_id = mine.unit_id
       and ((other.script in ('ended', 'revived') and split_part(other.occasion, ' ', 1) = product.reference)
            or (other.script = 'revoke' and other.state <> 'cancelled'))
     where mine.id = ${id}`.execute(db)
  const [row] = rows
  if (!row) throw new Error(`production ${id} is no turn of a product's end`)
  return row
}
