import { type Kysely, sql } from 'kysely'
import type { Database, Role } from '../db/schema.ts'
import { setPassword, verifyPassword } from './operator.ts'

/**
 * Gives an operator another role, or disables them (their sessions end and their tokens stop working), or lets them in
 * again. `last_admin`: nobody could then look after the shop.
 */
export async function changeOperator(
  db: Kysely<Database>,
  id: number,
  change: { role?: Role; disabled?: boolean },
): Promise<{ ok: true } | { ok: false; reason: 'not_found' | 'last_admin' }> {
  return await db.transaction().execute(async (trx) => {
    // Locks all who are administrators, so that two of them can't remove one another at once.
    const admins = await trx
      .selectFrom('operators')
      .select('id')
      .where('role', '=', 'admin')
      .where('disabled_at', 'is', null)
      .orderBy('id')
      .forUpdate()
      .execute()
    const loses = change.disabled === true || (change.role !== undefined && change.role !== 'admin')
    if (loses && admins.length === 1 && admins[0]?.id === id) return { ok: false, reason: 'last_admin' }
    const { numUpdatedRows } = await trx
      .updateTable('operators')
      .set({
        ...(change.role === undefined ? {} : { role: change.role }),
        ...(change.disabled === undefined ? {} : { disabled_at: change.disabled ? sql<Date>`now()` : null }),
      })
      .where('id', '=', id)
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return { ok: false, reason: 'not_found' }
    if (change.disabled) await trx.deleteFrom('sessions').where('operator_id', '=', id).execute()
    return { ok: true }
  })
}

/** An operator gives themselves another password; all their sessions end. */
export async function changeOwnPassword(
  db: Kysely<Database>,
  email: string,
  given: { current: string; wanted: string },
): Promise<{ ok: true } | { ok: false; reason: 'current_wrong' | 'password_short' }> {
  if (!(await verifyPassword(db, { email, password: given.current })))
    return { ok: false, reason: 'current_wrong' }
  const set = await setPassword(db, { email, password: given.wanted })
  return set.ok ? { ok: true } : { ok: false, reason: 'password_short' }
}
