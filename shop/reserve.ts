import type { Kysely } from 'kysely'
import type { Database } from '../db/schema.ts'

/** Reserves a name for a unit; true when it holds it, now or from an earlier run. */
export async function reserve(db: Kysely<Database>, unitId: number, name: string): Promise<boolean> {
  await db
    .insertInto('reservations')
    .values({ name, unit_id: unitId })
    .onConflict((conflict) => conflict.doNothing())
    .execute()
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
