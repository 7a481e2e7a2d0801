import { StartupError } from '../startup-error.ts'
import { database } from './database.ts'
import { dryRun } from './dry-run.ts'
import { erase } from './erase.ts'
import { explain } from './explain.ts'
import { handlers } from './handlers.ts'
import { migrate } from './migrate.ts'
import { newHandler } from './new.ts'
import { operator } from './operator.ts'
import { reconcile } from './reconcile.ts'
import { start } from './start.ts'
import { table } from './table.ts'
import { test } from './test.ts'
import { token } from './token.ts'

/** One command of `boutique`. It may throw: the failure is explained in one place. */
export type Command = {
  /** The forms that it has, and what each does: one line. */
  usage: [form: string, does: string][]
  run(args: string[]): Promise<void>
}

const commands = new Map<string, Command>(
  Object.entries({
    start,
    migrate,
    handlers,
    new: newHandler,
    test,
    operator,
    token,
    erase,
    database,
    reconcile,
    'dry-run': dryRun,
  }),
)

const [name = 'help', ...args] = process.argv.slice(2)
try {
  if (['help', '--help', '-h'].includes(name)) console.log(help(args[0]))
  else if (args.includes('--help') || args.includes('-h')) console.log(help(name))
  else await find(name).run(args)
} catch (error) {
  console.error(explain(error))
  process.exitCode = 1
}

function find(name: string): Command {
  const command = commands.get(name)
  if (command) return command
  throw new StartupError(`There is no command "${name}": "npx boutique help" has those there are.`)
}

/** Of one command, or of all. */
function help(name?: string): string {
  const forms = name ? find(name).usage : [...commands.values()].flatMap(({ usage }) => usage)
  return [
    name ? 'Run as: npx boutique …' : 'The shop’s commands, run as: npx boutique <command>',
    '',
    table(forms.map(([form, does]) => [`  ${form}`, does])),
    '',
    'Settings come from the environment: docs/operating.md has them all.',
  ].join('\n')
}
