import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { connect } from './db/connect.ts'
import { holdSandbox } from './open-site.ts'
import { testDatabase } from './test/database.ts'

describe('the sandbox of a database', async () => {
  const { url, pool } = await testDatabase()

  it('is one: a second process is told so, until the first has let it go', async () => {
    const other = await connect(url, { max: 1 })
    try {
      const letGo = await holdSandbox(pool)
      await assert.rejects(holdSandbox(other.pool, 0), /runs on this database already: stop it, or/)
      const waiting = holdSandbox(other.pool)
      letGo()
      const letOtherGo = await waiting
      letOtherGo()
    } finally {
      await other.db.destroy()
    }
  })
})
