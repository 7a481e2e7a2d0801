import { sql } from 'kysely'
import { type Connection, connect } from '../db/connect.ts'
import { startEmbedded } from '../db/embedded.ts'
import { migrate } from '../db/migrate.ts'
import { StartupError } from '../startup-error.ts'
import { temporaryFolder } from '../test/temporary-folder.ts'

let server: Promise<string> | undefined
let databases = 0

/**
 * A migrated, empty database to prove handlers on: the scratch one at `url`, or one of an embedded server that is
 * started once a process and gone with it.
 */
export async function openScratchDatabase(url?: string): Promise<Connection & { url: string }> {
  const address = url ?? (await newDatabase())
  const connection = await connect(address)
  await migrate(connection.pool)
  const { rows } = await sql`select from orders limit 1`.execute(connection.db)
  if (rows.length === 0) return { ...connection, url: address }
  await connection.db.destroy()
  throw new StartupError(
    'This database has orders: handlers are proven on an empty one, since it is emptied.',
  )
}

async function newDatabase(): Promise<string> {
  server ??= startServer()
  const address = new URL(await server)
  const name = `kit_${++databases}`
  const { db } = await connect(address.href, { max: 1 })
  await sql`create database ${sql.id(name)}`.execute(db)
  await db.destroy()
  address.pathname = name
  return address.href
}

async function startServer(): Promise<string> {
  const { url } = await startEmbedded({ folder: await temporaryFolder(), durable: false })
  return url
}
