import { type Kysely, sql } from 'kysely'
import type { Database } from '../db/schema.ts'

/**
 * Reserves a name for a unit; true when it holds it, now or from an earlier run. One whose order has died unpaid gets
 * none: a prepay that is still at it would keep the name for ever.
 */
export async function reserve(db: Kysely<Database>, unitId: number, name: string): Promise<boolean> {
  // The lock waits for whoever closes the order at this moment.
  await sql`
    insert into reservations (name, unit_id)
    select ${name}, id from units where id = ${unitId} and state not in ('released', 'refused') for share
    on conflict do nothing`.execute(db)
  const held = await db
    .selectFrom('reservations')
    .select('name')
    .where('name', '=', name)
    .where('unit_id', '=', unitId)
    .executeTakeFirst()
  return held !== undefined
}

/** Gives up a name that a unit holds. */
export async function free(db: Kysely<Database>, unitId: number, name: string): Promise<void> {
  await db.deleteFrom('reservations').where('name', '=', name).where('unit_id', '=', unitId).execute()
}
