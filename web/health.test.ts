import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Database } from '../db/schema.ts'
import { testFace } from '../test/face.ts'
import { testShop } from '../test/shop.ts'
import type { Face } from './face.ts'
import { health } from './health.ts'

type Told = {
  status: string
  checks: Record<
    'database' | 'migrations' | 'queue' | 'site',
    { status: string; ms?: number; since?: string }
  >
}

const site = { health: async () => ({ state: 'up' as const, since: new Date(0) }) }

describe('health', async () => {
  const shop = await testShop({ handlers: [] })
  const face: Face = { ...testFace(shop), site: { ...shop.site, ...site } }
  const ready = async (changed: Partial<Face> = {}) => {
    const reply = await health({ ...face, ...changed }).request('/readyz')
    const body: Told = JSON.parse(await reply.text())
    return { status: reply.status, body }
  }

  it('says that the process is alive without asking anything of anybody', async () => {
    const reply = await health(face).request('/healthz')
    assert.equal(reply.status, 200)
    assert.deepEqual(await reply.json(), { status: 'ok' })
  })

  it('is ready when the database, its migrations and the queue are there', async () => {
    const { status, body } = await ready()
    assert.equal(status, 200)
    assert.equal(body.status, 'ready')
    for (const name of ['database', 'migrations', 'queue'] as const) {
      assert.equal(body.checks[name].status, 'up', name)
      assert.equal(typeof body.checks[name].ms, 'number', name)
    }
    assert.deepEqual(body.checks.site, { status: 'up', since: '1970-01-01T00:00:00.000Z' })
  })

  it('stays ready while Moodle is down, and shows it without its cause', async () => {
    const down = async () => ({ state: 'down' as const, cause: 'token abc refused', since: new Date(0) })
    const { status, body } = await ready({ site: { ...shop.site, health: down } })
    assert.equal(status, 200)
    assert.equal(body.checks.site.status, 'down')
    assert.doesNotMatch(JSON.stringify(body), /abc/)
  })

  it('is not ready without its queue, and tells no more than that', async () => {
    const queue = Object.create(shop.shop.queue, { getQueue: { value: async () => null } })
    const { status, body } = await ready({ shop: { ...shop.shop, queue } })
    assert.equal(status, 503)
    assert.equal(body.status, 'not_ready')
    assert.deepEqual(Object.keys(body.checks.queue), ['status', 'ms'])
    assert.equal(body.checks.queue.status, 'down')
    assert.equal(body.checks.database.status, 'up')
  })

  it('is not ready when a migration is missing', async () => {
    await shop.pool.query('create table kept as select * from migrations where number = 1')
    await shop.pool.query('delete from migrations where number = 1')
    const { status, body } = await ready()
    assert.equal(status, 503)
    assert.equal(body.checks.migrations.status, 'down')
    await shop.pool.query('insert into migrations select * from kept')
  })

  it('is not ready when the database is away', async () => {
    const pool = new pg.Pool({ connectionString: 'postgres://nobody@127.0.0.1:1/boutique' })
    const db = new Kysely<Database>({ dialect: new PostgresDialect({ pool }) })
    const { status, body } = await ready({ shop: { ...shop.shop, db }, pool })
    await db.destroy()
    assert.equal(status, 503)
    assert.equal(body.checks.database.status, 'down')
    assert.deepEqual(body.checks.site, { status: 'unknown' })
    assert.doesNotMatch(JSON.stringify(body), /boutique|postgres|127\.0\.0\.1/)
  })

  it('asks the database once for all who ask within a second', async () => {
    let asked = 0
    const getQueue = (name: string) => {
      asked++
      return shop.shop.queue.getQueue(name)
    }
    const queue = Object.create(shop.shop.queue, { getQueue: { value: getQueue } })
    const app = health({ ...face, shop: { ...shop.shop, queue } })
    await Promise.all(Array.from({ length: 20 }, () => app.request('/readyz')))
    assert.equal(asked, 1)
  })
})
