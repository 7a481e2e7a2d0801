import { existsSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import type { Proof } from '../kit/testing.ts'
import { folderOfSource, handlerSources } from '../production/handler-sources.ts'
import { StartupError } from '../startup-error.ts'
import type { Command } from './boutique.ts'
import { fromCaller } from './from-caller.ts'
import { readSettings } from './read-settings.ts'
import { watchOver } from './watchdog.ts'

export const test: Command = {
  usage: [
    [
      'test [handler …]',
      'prove handlers, by name or folder, against every crash, race and fault; all, unless named',
    ],
    [
      'test --write <page.md>',
      'the same, and write what became of them into the last section of a page, "Proofs"',
    ],
  ],
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      options: { write: { type: 'string' } },
      allowPositionals: true,
    })
    const sources = handlerSources(readSettings())
    const folders = await Promise.all(sources.map((source) => folderOfSource(source)))
    const named = positionals.map((one) => (existsSync(fromCaller(one)) ? fromCaller(one) : one))
    const handlers = named.length > 0 ? named : await handlersIn(folders)
    // Only here: the other commands don't need the sandbox.
    const { formatProof, openWorlds, proveHandler, writeProofs } = await import('../kit/testing.ts')
    const worlds = await openWorlds()
    const proofs: Proof[] = []
    try {
      for (const handler of handlers) {
        const stopWatching = watchOver(
          `${handler} ran for a minute on end: one of its functions loops without end.`,
        )
        const proof = await proveHandler({ handler, folders, worlds })
        stopWatching()
        console.log(`${formatProof(proof)}\n`)
        proofs.push(proof)
        if (!proof.ok) process.exitCode = 1
      }
    } finally {
      await worlds.close()
    }
    if (values.write === undefined) return
    const file = fromCaller(values.write)
    const page = existsSync(file) ? await readFile(file, 'utf8') : ''
    await writeFile(
      file,
      writeProofs(page, proofs, (handler) => readmeOf(folders, handler, file)),
    )
  },
}

/** The address of a handler's README from a page. */
function readmeOf(folders: string[], handler: string, page: string): string | undefined {
  const file = folders.map((folder) => path.join(folder, handler, 'README.md')).find(existsSync)
  return file && path.relative(path.dirname(page), file).replaceAll('\\', '/')
}

async function handlersIn(folders: string[]): Promise<string[]> {
  const found = await Promise.all(folders.map(entriesOf))
  const names = found.flat().filter((entry) => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name))
  return [...new Set(names.map(({ name }) => name))].sort()
}

const entriesOf = (folder: string) =>
  readdir(folder, { withFileTypes: true }).catch(() => {
    throw new StartupError(`The folder of handlers ${folder} can't be read.`)
  })
