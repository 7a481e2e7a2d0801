import { parseArgs } from 'node:util'
import type { Command } from './boutique.ts'
import { readSettings } from './read-settings.ts'
import { withDatabase } from './with-database.ts'

export const migrate: Command = {
  usage: [['migrate', 'bring the database up to date (start does so too)']],
  async run(args) {
    parseArgs({ args })
    await withDatabase(readSettings(), async ({ migrated }) => {
      for (const name of migrated) console.log(`Applied ${name}`)
      if (migrated.length === 0) console.log('The database is up to date.')
    })
  },
}
