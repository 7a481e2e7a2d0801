import { randomBytes } from 'node:crypto'
import { after } from 'node:test'
import pg from 'pg'
import { type Connection, connect } from '../db/connect.ts'
import { startEmbedded } from '../db/embedded.ts'
import { migrate } from '../db/migrate.ts'
import { temporaryFolder } from './temporary-folder.ts'

export type TestDatabase = Connection & {
  /** For child processes and further pools. */
  url: string
  /** Closes the pool and drops the database. Happens by itself at the end of the run. */
  drop(): Promise<void>
}

const template = `boutique_template_${randomBytes(4).toString('hex')}`
let server: Promise<string> | undefined
let copies = 0
const inUse = new Set<() => Promise<void>>()

after(async () => {
  for (const drop of inUse) await drop()
  if (server && process.env.TEST_DATABASE_URL) await administer(await server, `drop database ${template}`)
})

/** A migrated, empty database of its own: a copy of a template that is made once a run. */
export async function testDatabase({ max }: { max?: number } = {}): Promise<TestDatabase> {
  server ??= startServer()
  const serverUrl = await server
  const name = `${template}_${++copies}`
  await administer(serverUrl, `create database ${name} template ${template} strategy file_copy`)
  const url = withDatabase(serverUrl, name)
  const connection = await connect(url, { max })
  const drop = async () => {
    inUse.delete(drop)
    await connection.db.destroy()
    await administer(serverUrl, `drop database ${name} with (force)`)
  }
  inUse.add(drop)
  return { ...connection, url, drop }
}

/** The URL of a server that has the template: `TEST_DATABASE_URL`, else one of our own for this run. */
async function startServer(): Promise<string> {
  const url = process.env.TEST_DATABASE_URL ?? (await startThrowAway())
  await administer(url, `create database ${template}`)
  const { db, pool } = await connect(withDatabase(url, template))
  await migrate(pool)
  await db.destroy()
  return url
}

async function startThrowAway(): Promise<string> {
  const { url } = await startEmbedded({
    folder: await temporaryFolder(),
    durable: false,
    settings: { max_connections: '800' },
  })
  return url
}

async function administer(url: string, statement: string): Promise<void> {
  const client = new pg.Client(url)
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

function withDatabase(url: string, name: string): string {
  const copy = new URL(url)
  copy.pathname = `/${name}`
  return copy.href
}
