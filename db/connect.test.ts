import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../test/database.ts'
import { connect, explainUnreachable } from './connect.ts'

describe('connect', async () => {
  const { db, url } = await testDatabase()

  it('reads big integers, sums and counts as numbers, and a day as its text', async () => {
    const { rows } = await sql`
      select 9007199254740991::int8 as big, sum(12345::int8) as total, count(*) as count, date '2026-02-28' as day
    `.execute(db)
    assert.deepEqual(rows, [{ big: Number.MAX_SAFE_INTEGER, total: 12345, count: 1, day: '2026-02-28' }])
  })

  it('ends a query that takes forever', async () => {
    const { rows } = await sql`select current_setting('statement_timeout') as timeout`.execute(db)
    assert.deepEqual(rows, [{ timeout: '30s' }])
  })

  it('says in one sentence which server does not answer, without the password', async () => {
    await assert.rejects(connect('postgresql://shop:s3cret@127.0.0.1:1/books'), {
      name: 'StartupError',
      message: 'No PostgreSQL answers at 127.0.0.1:1 (database "books"): start it, or correct DATABASE_URL.',
    })
  })

  it('tells a wrong password from a missing database', async () => {
    const wrong = new URL(url)
    wrong.password = 's3cret'
    await assert.rejects(connect(wrong.href), (error: Error) => {
      assert.match(error.message, /^PostgreSQL at 127\.0\.0\.1:\d+ refuses the user "\w+"/)
      assert.doesNotMatch(error.message, /s3cret/)
      return true
    })
    const missing = new URL(url)
    missing.pathname = '/nowhere'
    await assert.rejects(
      connect(missing.href),
      /has no database "nowhere": create it, or correct DATABASE_URL\.$/,
    )
  })

  it('explains the failures of names and networks', () => {
    const explain = (code: string) =>
      explainUnreachable('postgresql://u@db.example/shop', Object.assign(new Error('x'), { code }))
    assert.match(explain('ENOTFOUND'), /db\.example, has no address/)
    assert.match(explain('EHOSTUNREACH'), /db\.example:5432 .* can't be reached/)
    assert.match(explain('53300'), /no connection left/)
  })
})
