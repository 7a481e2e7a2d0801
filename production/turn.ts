import { type Kysely, sql } from 'kysely'
import type { Database } from '../db/schema.ts'
import { RetryLater } from '../sdk/index.ts'
import type { Production } from './production.ts'

// A product may end, be extended, and end again: each time a script is asked for, `ended` or `revived`. They must come
// to Moodle in that order, however long one of them is tried again, so only the last that was asked for does anything.

/** Names a turn of a product's end, from 1, among the productions of its unit. */
export const turnOf = (reference: string, count: number): string => `${reference} ${count}`

/**
 * Whether nothing was asked for after this turn, and nothing is taken back: what is revoked has neither an end nor a
 * return. Throws `RetryLater` while an earlier turn is still running: what it does must not come last.
 */
export async function isLastTurn(db: Kysely<Database>, { id }: Pick<Production, 'id'>): Promise<boolean> {
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
  if (row?.over) return false
  if (row?.busy) throw new RetryLater(2, 'what was asked for before, at its product’s end, is still running')
  return true
}
