import { type Kysely, sql } from 'kysely'
import type { Database } from '../db/schema.ts'

/** An action that was asked for of a product and isn't over yet. `email`: of whom it is about to go to, if anybody. */
export type Underway = { action: string; email: string | null; state: 'waiting' | 'needs_operator' }

/** What is still under way in a unit, by product. */
export async function underwayOf(db: Kysely<Database>, unit: number): Promise<Map<number, Underway>> {
  const { rows } = await sql<Omit<Underway, 'state'> & { product: number; stuck: boolean }>`
    select (input->'action'->'product'->>'id')::bigint as product, input->'action'->>'name' as action,
           lower(input->'action'->'input'->>'email') as email, state = 'needs_operator' as stuck
      from productions
     where unit_id = ${unit} and script = 'action' and input->'action' is not null
       and state in ('queued', 'running', 'retrying', 'needs_operator')`.execute(db)
  return new Map(
    rows.map(({ product, stuck, ...rest }) => [
      product,
      { ...rest, state: stuck ? 'needs_operator' : 'waiting' },
    ]),
  )
}
