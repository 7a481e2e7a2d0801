import { spawn } from 'node:child_process'
import { chmod, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A new data folder. Once this process is gone, however it went, the database that still runs in it is ended and
 * the folder is removed.
 */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'boutique-test-'))
  const script = join(import.meta.dirname, 'remove-afterwards.mjs')
  // A pipe tells it of our end, even by kill -9. Detached: Ctrl-C must not reach it before its work.
  spawn(process.execPath, [script, folder], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] }).unref()
  // As root, the database runs as another user.
  await chmod(folder, 0o755)
  return folder
}
