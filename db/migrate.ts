import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type pg from 'pg'
import { StartupError } from '../startup-error.ts'

type Migration = { number: number; name: string; sql: string; checksum: string }

const ourMigrations = join(import.meta.dirname, 'migrations')
/** Any number of ours: it names the lock that one migrating process holds. */
const lock = 482_018_001

/**
 * Brings the database up to the newest of the numbered `.sql` files, each in a transaction of its own. Safe to run
 * from many processes at once. Returns the names of those that it applied.
 */
export async function migrate(pool: pg.Pool, folder: string = ourMigrations): Promise<string[]> {
  const migrations = await readMigrations(folder)
  const client = await pool.connect()
  try {
    await client.query('set statement_timeout = 0')
    await client.query('select pg_advisory_lock($1)', [lock])
    await client.query(`create table if not exists migrations (
      number integer primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`)
    const known = await client.query<Omit<Migration, 'sql'>>('select number, name, checksum from migrations')
    refuseOtherHistory(known.rows, migrations)
    const done = new Set(known.rows.map((row) => row.number))
    const waiting = migrations.filter((migration) => !done.has(migration.number))
    for (const migration of waiting) await apply(client, migration)
    return waiting.map((migration) => migration.name)
  } finally {
    // Closing the connection gives the lock and its settings back, whatever happened.
    client.release(true)
  }
}

/** The names of our migrations that the database lacks: none once `migrate` has run. */
export async function waitingMigrations(pool: pg.Pool, folder: string = ourMigrations): Promise<string[]> {
  const { rows } = await pool.query<{ number: number }>('select number from migrations')
  const done = new Set(rows.map((row) => row.number))
  return (await readMigrations(folder)).filter(({ number }) => !done.has(number)).map(({ name }) => name)
}

async function apply(client: pg.PoolClient, { number, name, checksum, sql }: Migration): Promise<void> {
  try {
    await client.query('begin')
    // The row comes first: whoever else is at it, past the lock or around it, stops here.
    await client.query('insert into migrations (number, name, checksum) values ($1, $2, $3)', [
      number,
      name,
      checksum,
    ])
    await client.query(sql)
    await client.query('commit')
  } catch (error) {
    await client.query('rollback')
    const reason = error instanceof Error ? error.message : String(error)
    throw new StartupError(`Migration ${name} failed and was undone: ${reason}.`, { cause: error })
  }
}

function refuseOtherHistory(applied: Omit<Migration, 'sql'>[], migrations: Migration[]): void {
  for (const row of applied) {
    const file = migrations.find((migration) => migration.number === row.number)
    if (!file) {
      throw new StartupError(
        `The database is newer than this shop: it has migration ${row.name}. Run its version.`,
      )
    }
    if (file.checksum !== row.checksum) {
      throw new StartupError(
        `Migration ${file.name} was edited after this database had it: put it back, and add a new one instead.`,
      )
    }
  }
}

async function readMigrations(folder: string): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).sort()
  const migrations = await Promise.all(
    names.map(async (name) => {
      const number = Number(/^(\d{4})_[a-z0-9_]+\.sql$/.exec(name)?.[1])
      if (!number) throw new StartupError(`Migration ${name} is misnamed: call it 0002_what_it_does.sql.`)
      const sql = (await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n')
      return { number, name, sql, checksum: createHash('sha256').update(sql).digest('hex') }
    }),
  )
  for (const [i, { number, name }] of migrations.entries()) {
    if (migrations[i - 1]?.number === number) {
      throw new StartupError(`Two migrations have the number of ${name}: give one of them the next number.`)
    }
  }
  return migrations
}
