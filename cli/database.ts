import { parseArgs } from 'node:util'
import { findEmbedded } from '../db/embedded.ts'
import { StartupError } from '../startup-error.ts'
import type { Command } from './boutique.ts'
import { readSettings } from './read-settings.ts'

export const database: Command = {
  usage: [['database', 'print the address of the running database, with its password: for psql and pg_dump']],
  async run(args) {
    parseArgs({ args })
    const config = readSettings()
    const url = config.DATABASE_URL ?? (await findEmbedded(config.DATA_DIR))
    if (!url) throw new StartupError('The embedded database is not running: start the shop first.')
    console.log(url)
  },
}
