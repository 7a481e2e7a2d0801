import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../test/database.ts'

describe('prepared statements', async () => {
  const { db } = await testDatabase({ max: 1 })

  it('work again, after one failure, when the database was migrated under a running shop', async () => {
    const look = () => db.selectFrom('products').selectAll().where('reference', '=', '').execute()
    await look()
    await sql`alter table products add column later text`.execute(db)
    await assert.rejects(look(), /cached plan must not change result type/)
    for (let time = 0; time < 2; time++) assert.deepEqual(await look(), [])
  })
})
