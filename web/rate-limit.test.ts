import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { keepHouse } from '../shop/housekeeping.ts'
import { type TestDatabase, testDatabase } from '../test/database.ts'
import { testShop } from '../test/shop.ts'
import { rateLimit } from './rate-limit.ts'

describe('a limit', () => {
  let database: TestDatabase
  before(async () => {
    database = await testDatabase()
  })

  it('refuses what comes too often and says when to come again', async () => {
    const limit = rateLimit(database.pool, { name: 'often', attempts: 3, seconds: 60 })
    for (let attempt = 1; attempt <= 3; attempt++) assert.equal((await limit.take('a')).ok, true)
    const refused = await limit.take('a')
    assert.ok(!refused.ok && refused.retryAfter > 50 && refused.retryAfter <= 60)
    assert.equal((await limit.take('b')).ok, true)
  })

  it('counts for all processes together, and twenty at once no less than one by one', async () => {
    const settings = { name: 'together', attempts: 5, seconds: 60 }
    const [one, other] = [rateLimit(database.pool, settings), rateLimit(database.pool, settings)]
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? one : other).take('a')),
    )
    assert.equal(answers.filter(({ ok }) => ok).length, 5)
  })

  it('forgives, and takes an address for the same however it is written', async () => {
    const limit = rateLimit(database.pool, { name: 'forgiving', attempts: 1, seconds: 60 })
    await limit.take('ada@example.org')
    assert.equal((await limit.take(' Ada@Example.org ')).ok, false)
    await limit.forgive('ada@example.org')
    assert.equal((await limit.take('ada@example.org')).ok, true)
  })

  it('keeps no address, and nothing once its time is over', async () => {
    const { pool, shop } = await testShop()
    const rows = async () => (await pool.query<{ key: string }>('select key from rate_limits')).rows
    await rateLimit(pool, { name: 'over', attempts: 1, seconds: 60 }).take('x@example.org')
    await pool.query('update rate_limits set expire = $1', [Date.now() - 1])
    await rateLimit(pool, { name: 'lasting', attempts: 1, seconds: 60 }).take('x@example.org')
    await keepHouse(shop)
    const [kept, ...others] = await rows()
    assert.match(kept?.key ?? '', /^lasting:/)
    assert.doesNotMatch(kept?.key ?? '', /example/)
    assert.deepEqual(others, [])
  })

  it('fails loudly when it can’t count', async () => {
    const broken = await testDatabase()
    const limit = rateLimit(broken.pool, { name: 'broken', attempts: 1, seconds: 60 })
    await broken.pool.query('drop table rate_limits')
    await assert.rejects(limit.take('a'), /rate_limits/)
  })
})
