import assert from 'node:assert/strict'
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { testDatabase } from '../test/database.ts'
import { migrate } from './migrate.ts'

describe('migrate', async () => {
  const { pool } = await testDatabase()
  let folder = ''

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'boutique-migrations-'))
    await cp(join(import.meta.dirname, 'migrations'), folder, { recursive: true })
  })
  afterEach(async () => {
    await pool.query('drop table if exists shelf')
    await pool.query('delete from migrations where number >= 9000')
    await rm(folder, { recursive: true })
  })
  const add = (name: string, sql: string) => writeFile(join(folder, name), sql)

  it('does nothing the second time', async () => {
    await add('9001_shelf.sql', 'create table shelf (id integer)')
    assert.deepEqual(await migrate(pool, folder), ['9001_shelf.sql'])
    assert.deepEqual(await migrate(pool, folder), [])
  })

  it('applies in order, and once although ten processes start together', async () => {
    await add('9001_shelf.sql', 'create table shelf (id integer); select pg_sleep(0.05)')
    await add('9002_first.sql', 'insert into shelf values (1)')
    const applied = await Promise.all(Array.from({ length: 10 }, () => migrate(pool, folder)))
    assert.deepEqual(applied.flat(), ['9001_shelf.sql', '9002_first.sql'])
    assert.equal((await pool.query('select from shelf')).rowCount, 1)
  })

  it('undoes a migration that fails and keeps those before it', async () => {
    await add('9001_shelf.sql', 'create table shelf (id integer)')
    await add('9002_bad.sql', 'insert into shelf values (1); insert into nowhere values (1)')
    await assert.rejects(migrate(pool, folder), {
      name: 'StartupError',
      message: 'Migration 9002_bad.sql failed and was undone: relation "nowhere" does not exist.',
    })
    assert.equal((await pool.query('select from shelf')).rowCount, 0)
    await add('9002_bad.sql', 'insert into shelf values (2)')
    assert.deepEqual(await migrate(pool, folder), ['9002_bad.sql'])
  })

  it('reports a migration that was edited after it was applied', async () => {
    await add('9001_shelf.sql', 'create table shelf (id integer)')
    await migrate(pool, folder)
    await add('9001_shelf.sql', 'create table shelf (id bigint)')
    await assert.rejects(
      migrate(pool, folder),
      /^StartupError: Migration 9001_shelf\.sql was edited after this database/,
    )
  })

  it('takes the line ends of Windows for the same file', async () => {
    await add('9001_shelf.sql', 'create table shelf (\n  id integer\n)')
    await migrate(pool, folder)
    await add('9001_shelf.sql', 'create table shelf (\r\n  id integer\r\n)')
    assert.deepEqual(await migrate(pool, folder), [])
  })

  it('refuses a database that is newer than the shop', async () => {
    await add('9001_shelf.sql', 'create table shelf (id integer)')
    await migrate(pool, folder)
    await rm(join(folder, '9001_shelf.sql'))
    await assert.rejects(migrate(pool, folder), /newer than this shop: it has migration 9001_shelf\.sql/)
  })

  it('refuses two migrations of one number and a misnamed one', async () => {
    await add('9001_shelf.sql', 'select 1')
    await add('9001_other.sql', 'select 1')
    await assert.rejects(migrate(pool, folder), /Two migrations have the number of 9001_shelf\.sql/)
    await rm(join(folder, '9001_other.sql'))
    await add('shelf.sql', 'select 1')
    await assert.rejects(migrate(pool, folder), /shelf\.sql is misnamed/)
  })
})
