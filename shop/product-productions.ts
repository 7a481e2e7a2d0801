import { type Kysely, sql } from 'kysely'
import type { Cause, Database, ProductionState } from '../db/schema.ts'
import type { Feedback } from '../sdk/index.ts'
import type { Who } from './order.ts'

/** A script that ran, or runs, for a product: of its unit, or an after-sale action on itself. */
export type ProductProduction = {
  id: number
  script: string
  /** The after-sale action's name, and who asked for it. */
  action: string | null
  who: Who | null
  state: ProductionState
  cause: Cause | null
  feedback: Feedback | null
  createdAt: Date
  endedAt: Date | null
}

/** What ran for a product, newest first: 50 at the most. */
export async function productionsOfProduct(
  db: Kysely<Database>,
  { id, unitId }: { id: number; unitId: number },
): Promise<ProductProduction[]> {
  const { rows } = await sql<ProductProduction>`
    select id, script, input->'action'->>'name' as action, input->'action'->>'who' as who, state, cause, feedback,
           created_at as "createdAt", ended_at as "endedAt"
      from productions
     where unit_id = ${unitId}
       and (script not in ('action', 'revokeOne', 'ended', 'revived')
            or (coalesce(input->'action'->'product', input->'product')->>'id')::bigint = ${id})
     order by id desc limit 50`.execute(db)
  return rows
}
