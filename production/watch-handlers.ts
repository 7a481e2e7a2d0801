import { type FSWatcher, watch } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { folderOfSource } from './handler-sources.ts'
import { type HandlerFault, loadHandler, type Registered, type Registry, scanHandlers } from './registry.ts'

/** The handlers as they are now: a new registry after each change. */
export type LiveRegistry = { current: () => Registry; close: () => Promise<void> }

/** What became of a handler's folder while the shop runs. `reason`: of what is broken, or can't be watched. */
export type HandlerNews = {
  id: string
  news: 'added' | 'changed' | 'removed' | 'broken' | 'not watched'
  file: string
  reason?: string
}

/** Milliseconds without a change before the folders are read again: an editor or git writes several files. */
const calm = 150

/** How often each folder was imported in this process: no version of a module comes twice. */
const imports = new Map<string, number>()

/**
 * Scans folders of handlers (see `scanHandlers`) and goes on watching them: a new, changed or removed handler is picked up, with every file
 * of its folder. A change that breaks a handler is told, and the last good version stays in use.
 */
export async function watchHandlers(
  sources: string[],
  onNews: (news: HandlerNews) => void,
): Promise<LiveRegistry> {
  const watched = new Map<string, { inode: number; watcher: FSWatcher }>()
  let known = new Map<string, { files: string; read: (Registered | HandlerFault)[] }>()
  let scanning = Promise.resolve()
  let soon: NodeJS.Timeout | undefined
  let closed = false
  let registry = await scan()

  function changed(): void {
    clearTimeout(soon)
    soon = setTimeout(() => {
      scanning = scanning.then(scanAgain)
    }, calm)
  }

  async function scanAgain(): Promise<void> {
    if (closed) return
    const before = registry
    registry = await scan()
    for (const news of newsSince(before, registry)) onNews(news)
  }

  async function scan(): Promise<Registry> {
    const seen: typeof known = new Map()
    const directories = new Set<string>()
    for (const source of sources) {
      const folder = await folderOfSource(source).catch(() => undefined)
      if (folder) await follow(folder, directories)
    }
    const scanned = await scanHandlers(sources, async (folder, id) => {
      const files = (await filesIn(folder, directories)).join('\n')
      const before = known.get(folder)
      const read = before?.files === files ? before.read : await readAnew(folder, id, before?.read)
      seen.set(folder, { files, read })
      return read
    })
    for (const [directory, { watcher }] of watched) {
      if (directories.has(directory)) continue
      watcher.close()
      watched.delete(directory)
    }
    known = seen
    return scanned
  }

  /** Each file of a folder with what tells that it changed. Every directory is watched before it is read. */
  async function filesIn(directory: string, directories: Set<string>): Promise<string[]> {
    await follow(directory, directories)
    const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
    const found = entries
      .filter(({ name }) => !name.startsWith('.') && name !== 'node_modules')
      .map(async (entry) => {
        const file = path.join(directory, entry.name)
        if (entry.isDirectory()) return await filesIn(file, directories)
        const { mtimeMs, size } = await stat(file).catch(() => ({ mtimeMs: 0, size: 0 }))
        return [`${file} ${mtimeMs} ${size}`]
      })
    return (await Promise.all(found)).flat()
  }

  async function follow(directory: string, directories: Set<string>): Promise<void> {
    const found = await stat(directory).catch(() => undefined)
    if (!found?.isDirectory() || closed) return
    directories.add(directory)
    const before = watched.get(directory)
    // A directory that was made anew is another one.
    if (before?.inode === found.ino) return
    before?.watcher.close()
    try {
      const watcher = watch(directory, changed).unref()
      watcher.on('error', () => watcher.close())
      watched.set(directory, { inode: found.ino, watcher })
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      onNews({ id: path.basename(directory), news: 'not watched', file: directory, reason })
    }
  }

  return {
    current: () => registry,
    async close() {
      closed = true
      clearTimeout(soon)
      await scanning
      for (const { watcher } of watched.values()) watcher.close()
    },
  }
}

/** Loads a folder that is new or has changed. The handler that it was stays while it is broken. */
async function readAnew(
  folder: string,
  id: string,
  before: (Registered | HandlerFault)[] = [],
): Promise<(Registered | HandlerFault)[]> {
  const version = imports.get(folder) ?? 0
  imports.set(folder, version + 1)
  const loaded = await loadHandler(folder, id, version)
  const last = before.find((one) => 'handler' in one)
  return 'reason' in loaded && last ? [{ ...loaded, kept: true }, last] : [loaded]
}

function newsSince(before: Registry, now: Registry): HandlerNews[] {
  const said = new Set(before.faults.map(({ file, reason }) => `${file} ${reason}`))
  const broken = now.faults.filter(({ file, reason }) => !said.has(`${file} ${reason}`))
  const removed = [...before.handlers.values()].filter(({ id }) => !now.handlers.has(id))
  const fresh = [...now.handlers.values()].filter((handler) => before.handlers.get(handler.id) !== handler)
  return [
    ...broken.map(({ id, file, reason }) => ({ id, news: 'broken' as const, file, reason })),
    ...removed.map(({ id, folder }) => ({ id, news: 'removed' as const, file: folder })),
    ...fresh.map(({ id, folder }) => {
      const news = before.handlers.has(id) ? ('changed' as const) : ('added' as const)
      return { id, news, file: folder }
    }),
  ]
}
