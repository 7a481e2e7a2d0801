import { randomBytes } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'

/**
 * The key that signs cookies, forms and notifications: `SECRET_KEY`, or one made once and kept in the data folder,
 * readable by its owner only. Several machines need the same one.
 */
export async function readSecret(config: { SECRET_KEY?: string; DATA_DIR: string }): Promise<string> {
  if (config.SECRET_KEY) return config.SECRET_KEY
  const file = path.join(config.DATA_DIR, 'secret')
  await mkdir(config.DATA_DIR, { recursive: true })
  try {
    // "wx": of two processes that start together, one makes it and the other reads it.
    await writeFile(file, randomBytes(32).toString('base64url'), { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
  }
  return (await readFile(file, 'utf8')).trim()
}
