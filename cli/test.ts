import { readdir } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { folderOfSource, handlerSources } from '../production/handler-sources.ts'
import { StartupError } from '../startup-error.ts'
import type { Command } from './boutique.ts'
import { readSettings } from './read-settings.ts'

export const test: Command = {
  usage: [
    [
      'test [handler …]',
      'prove handlers, by name or folder, against every crash, race and fault; all, unless named',
    ],
  ],
  async run(args) {
    const { positionals } = parseArgs({ args, allowPositionals: true })
    const sources = handlerSources(readSettings())
    const folders = await Promise.all(sources.map((source) => folderOfSource(source)))
    const handlers = positionals.length > 0 ? positionals : await handlersIn(folders)
    // Only here: the other commands don't need the sandbox.
    const { formatProof, openWorlds, proveHandler } = await import('../kit/testing.ts')
    const worlds = await openWorlds()
    try {
      for (const handler of handlers) {
        const proof = await proveHandler({ handler, folders, worlds })
        console.log(`${formatProof(proof)}\n`)
        if (!proof.ok) process.exitCode = 1
      }
    } finally {
      await worlds.close()
    }
  },
}

async function handlersIn(folders: string[]): Promise<string[]> {
  const found = await Promise.all(folders.map(entriesOf))
  const names = found.flat().filter((entry) => entry.isDirectory() && !/^\.|^node_modules$/.test(entry.name))
  return [...new Set(names.map(({ name }) => name))]
}

const entriesOf = (folder: string) =>
  readdir(folder, { withFileTypes: true }).catch(() => {
    throw new StartupError(`The folder of handlers ${folder} can't be read.`)
  })
