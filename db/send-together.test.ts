import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql, type Transaction } from 'kysely'
import { testDatabase } from '../test/database.ts'
import type { Database } from './schema.ts'
import { executeLast, executeTogether } from './send-together.ts'

describe('statements that are sent together', async () => {
  const { db } = await testDatabase({ max: 3 })
  await sql`create table notes (text text unique)`.execute(db)
  const note = (trx: Transaction<Database>, text: string) =>
    sql<{ text: string }>`insert into notes values (${text}) returning text`.compile(trx)
  const notes = async () => {
    const { rows } = await sql<{ text: string }>`select text from notes order by 1`.execute(db)
    return rows.map(({ text }) => text)
  }

  it('are executed in their order, and each sees what those before it wrote', async () => {
    await db.transaction().execute(async (trx) => {
      const count = sql<{ n: number }>`select count(*) as n from notes`.compile(trx)
      const [one, counted, two] = await executeTogether(trx, note(trx, 'a'), count, note(trx, 'b'))
      assert.deepEqual([one.rows, counted.rows, two.rows], [[{ text: 'a' }], [{ n: 1 }], [{ text: 'b' }]])
    })
    assert.deepEqual(await notes(), ['a', 'b'])
  })

  it('see what another transaction wrote while the first of them waited for its lock', async () => {
    const held = Promise.withResolvers<void>()
    const locked = Promise.withResolvers<void>()
    const first = db.transaction().execute(async (trx) => {
      await sql`lock table notes`.execute(trx)
      locked.resolve()
      await held.promise
      await executeLast(trx, note(trx, 'c'))
    })
    await locked.promise
    const second = db.transaction().execute(async (trx) => {
      const look = sql<{ text: string }>`select text from notes order by 1 desc limit 1`.compile(trx)
      const [, seen] = await executeTogether(trx, sql`lock table notes`.compile(trx), look)
      return seen.rows
    })
    held.resolve()
    await first
    assert.deepEqual(await second, [{ text: 'c' }])
  })

  it('end their transaction when they are its last, and whoever comes next on the connection begins anew', async () => {
    const kept = await db.connection().execute(async (one) => {
      await one.transaction().execute(async (trx) => {
        await executeTogether(trx, note(trx, 'd'))
        await executeLast(trx, note(trx, 'e'))
        // Seen by others before the opener has heard of it.
        assert.ok((await notes()).includes('e'))
      })
      return await sql<{ idle: boolean }>`select pg_current_xact_id_if_assigned() is null as idle`.execute(
        one,
      )
    })
    assert.deepEqual(kept.rows, [{ idle: true }])
  })

  it('keep nothing of the transaction when one of them fails, the last included', async () => {
    const before = await notes()
    const failing = db.transaction().execute(async (trx) => {
      await executeTogether(trx, note(trx, 'x'))
      await executeLast(trx, note(trx, 'y'), note(trx, 'a'))
    })
    await assert.rejects(failing, /duplicate key/)
    assert.deepEqual(await notes(), before)
    await db.transaction().execute(async (trx) => await executeLast(trx, note(trx, 'f')))
    assert.deepEqual(await notes(), [...before, 'f'])
  })

  it('allow no statement after the last', async () => {
    const before = await notes()
    const careless = db.transaction().execute(async (trx) => {
      await executeLast(trx, note(trx, 'g'))
      await executeTogether(trx, note(trx, 'h'))
    })
    await assert.rejects(careless, /a statement after the last of its transaction/)
    assert.deepEqual(await notes(), [...before, 'g'])
  })

  it('don’t end the larger transaction that they are part of', async () => {
    const before = await notes()
    const whole = await db.startTransaction().execute()
    await executeLast(whole, note(whole, 'i'))
    assert.deepEqual(await notes(), before)
    await whole.rollback().execute()
    assert.deepEqual(await notes(), before)
  })
})
