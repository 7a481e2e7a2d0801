import { stat } from 'node:fs/promises'
import path from 'node:path'
import { loadHandler, type Registered } from '../production/registry.ts'
import { StartupError } from '../startup-error.ts'
import { openProcess } from './process.ts'
import { type ProofRow, proveCase } from './prove-case.ts'
import { type Case, casesOf, readSamples } from './samples.ts'
import { openWorlds, type World, type Worlds } from './world.ts'

/** What became of a handler's proof. */
export type Proof = {
  handler: string
  title: string
  ok: boolean
  rows: ProofRow[]
  milliseconds: number
}

export type ProveOptions = {
  /** A handler's folder, or its identifier: then it is looked for in `folders`. */
  handler: string
  /** Folders of handlers: those that ship with Boutique unless given. */
  folders?: string[]
  /** Instead of what `samples.ts` in the handler's folder exports. */
  samples?: unknown
  /** Worlds that are open: to prove several handlers in them, one after the other. */
  worlds?: Worlds
  /** Told each row as soon as it is known. */
  onRow?: (row: ProofRow) => void
}

const shipped = path.join(import.meta.dirname, '../handlers')

/**
 * Proves a handler: runs it by the shop's own engine on a database and a Moodle of its own (the sandbox), without
 * trouble and with every trouble that there is, and compares how it ends. A handler that can't be loaded, or fails, is
 * no error: the proof says it.
 */
export async function proveHandler(options: ProveOptions): Promise<Proof> {
  const started = performance.now()
  const folder = await findFolder(options.handler, options.folders ?? [shipped])
  const registered = await loadHandler(folder)
  const proof = (title: string, rows: ProofRow[]): Proof => ({
    handler: registered.id,
    title,
    ok: rows.every(({ findings }) => findings.length === 0),
    rows,
    milliseconds: Math.round(performance.now() - started),
  })
  if ('reason' in registered) {
    const finding = { where: registered.file, what: [registered.reason], advice: 'Put this right first.' }
    return proof(registered.id, [
      { kind: 'loaded', sample: '', scenario: 'loaded', runs: 1, findings: [finding] },
    ])
  }
  const cases = casesOf(registered, options.samples ?? (await readSamples(folder)))
  const opened = options.worlds ?? (await openWorlds())
  try {
    const rows: ProofRow[] = []
    for (const sample of cases) {
      const internal = new Map(
        await Promise.all(
          opened.worlds.map(async (world) => [world, await internalIn(world, registered, sample)] as const),
        ),
      )
      rows.push(...(await proveCase(opened.worlds, { registered, sample, internal }, options.onRow)))
    }
    return proof(registered.handler.title.en, rows)
  } finally {
    if (!options.worlds) await opened.close()
  }
}

async function internalIn(world: World, registered: Registered, sample: Case) {
  await world.reset(sample.service)
  const process = openProcess(world, registered)
  const internal = await sample.internal(process.shop.site, world.serviceUrl)
  await process.close()
  return internal
}

async function findFolder(handler: string, folders: string[]): Promise<string> {
  const places = [...folders.map((folder) => path.join(folder, handler)), path.resolve(handler)]
  for (const place of places) {
    const found = await stat(place).catch(() => undefined)
    if (found?.isDirectory()) return place
  }
  throw new StartupError(`There is no handler "${handler}": looked at ${places.join(', ')}.`)
}
