import type { Config } from '../config.ts'
import { type Connection, connect } from '../db/connect.ts'
import { startEmbedded } from '../db/embedded.ts'
import { migrate } from '../db/migrate.ts'

/**
 * Runs `work` on the shop's database, brought up to date: the one of DATABASE_URL, or the embedded one, which is
 * joined when the shop runs and started for the occasion when it doesn't.
 */
export async function withDatabase<T>(
  config: Config,
  work: (connection: Connection & { url: string; migrated: string[] }) => Promise<T>,
): Promise<T> {
  await using opened = new AsyncDisposableStack()
  const embedded = config.DATABASE_URL ? undefined : await startEmbedded({ folder: config.DATA_DIR })
  if (embedded) opened.defer(() => embedded.stop())
  const url = config.DATABASE_URL ?? embedded?.url ?? ''
  const connection = await connect(url, { max: 2 })
  opened.defer(() => connection.db.destroy())
  const migrated = await migrate(connection.pool)
  return await work({ ...connection, url, migrated })
}
