import { parseArgs } from 'node:util'
import { handlerSources } from '../production/handler-sources.ts'
import { scanHandlers } from '../production/registry.ts'
import type { Command } from './boutique.ts'
import { readSettings } from './read-settings.ts'
import { table } from './table.ts'

const scripts = [
  'check',
  'available',
  'prepay',
  'release',
  'postpay',
  'revoke',
  'revokeOne',
  'ended',
  'revived',
] as const

export const handlers: Command = {
  usage: [['handlers', 'list the production handlers, and what is wrong with those that can’t be used']],
  async run(args) {
    parseArgs({ args })
    const registry = await scanHandlers(handlerSources(readSettings()))
    const found = [...registry.handlers.values()]
    console.log(
      table([
        ['HANDLER', 'KIND', 'TITLE', 'HAS'],
        ...found.map(({ id, kind, handler }) => [
          id,
          kind,
          handler.title.en,
          [...scripts.filter((script) => handler[script]), ...Object.keys(handler.actions ?? {})].join(', '),
        ]),
      ]),
    )
    if (registry.faults.length === 0) return
    console.error(`\nCan't be used, nor can the entries that name them be sold:`)
    for (const { file, reason } of registry.faults) console.error(`  ${file}\n    ${reason}`)
    process.exitCode = 1
  },
}
