import { parseArgs } from 'node:util'
import type { Logger } from 'pino'
import { type Config, demoIban } from '../config.ts'
import { createLog } from '../log.ts'
import type { Running } from '../main.ts'
import { StartupError } from '../startup-error.ts'
import { routes } from '../web/routes.ts'
import type { Command } from './boutique.ts'
import { readSettings } from './read-settings.ts'
import { table } from './table.ts'
import { watchOver } from './watchdog.ts'

/** Longer than the queue gives its last jobs. */
const stopMilliseconds = 20_000
/** npm and the terminal both pass one Ctrl-C on: a second one counts only when it comes later. */
const sameKeyMilliseconds = 1_000

export const start: Command = {
  usage: [
    ['start', 'start the shop'],
    ['start --role web|worker', 'only its pages, or only its productions (both by default)'],
    ['start --watch off', 'leave handlers that are new, changed or gone to the next start'],
    ['start --port 8080', 'elsewhere; --host and --data-dir likewise stand for their settings'],
  ],
  async run(args) {
    const { values } = parseArgs({
      args,
      options: {
        role: { type: 'string' },
        port: { type: 'string' },
        host: { type: 'string' },
        'data-dir': { type: 'string' },
        watch: { type: 'string' },
      },
    })
    const config = readSettings({
      ROLE: values.role,
      PORT: values.port,
      HOST: values.host,
      DATA_DIR: values['data-dir'],
      WATCH_HANDLERS: values.watch,
    })
    if (!config.sandboxed && !config.TEST_MODE && config.TRANSFER_IBAN === demoIban) {
      throw new StartupError(
        'TRANSFER_IBAN: set it, with TRANSFER_ACCOUNT_HOLDER and TRANSFER_BIC: customers would be told to pay to an account ' +
          'that is nobody’s. To try the shop out on a real Moodle, TEST_MODE=on does without. See docs/operating.md.',
      )
    }
    // A person at a terminal wants to read where to go; a log collector wants every line.
    const quiet = process.stderr.isTTY && !process.env.LOG_LEVEL
    const log = createLog(quiet ? 'warn' : config.LOG_LEVEL)
    const stopped = stopSignal()
    // The whole shop: the other commands do without.
    const { start: startShop } = await import('../main.ts')
    const running = await startShop(config, log)
    stopOnCrash(running, log)
    watchOver(takenByALoop)
    console.log(banner(config, running))
    await stopped
    await running.stop()
    console.log('Stopped.')
    process.exit(0)
  },
}

const takenByALoop =
  'The shop did nothing for a minute but run something that does not end: a loop in a handler, most likely. The log’s last ' +
  '“production started” lines name what it was. It ends, to be started again: what is paid goes on then, and a script that ' +
  'ends the shop time and again is put before an operator.'

/** Resolves at the first signal to stop. Another one, later, or a stop that takes too long, ends the process as it is. */
function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let first = 0
    const onSignal = () => {
      if (first && Date.now() - first > sameKeyMilliseconds) process.exit(1)
      if (first) return
      first = Date.now()
      console.log('Stopping …')
      setTimeout(() => {
        console.error(
          'The shop did not stop in time and was ended. What it was doing goes on at the next start.',
        )
        process.exit(1)
      }, stopMilliseconds).unref()
      resolve()
    }
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, onSignal)
  })
}

/** A fault nobody caught: the log says it, the database ends well, and whatever watches the shop starts it again. */
function stopOnCrash(running: Running, log: Logger): void {
  process.once('uncaughtException', (error) => {
    log.fatal({ err: error }, 'the shop ends by a fault of its own')
    setTimeout(() => process.exit(1), stopMilliseconds).unref()
    running.stop().finally(() => process.exit(1))
  })
}

function banner(config: Config, { url, sandboxUrl, firstOperator }: Running): string {
  const places = [
    ...(url
      ? [
          ['Shop', url],
          ['Office', url + routes.office.home()],
        ]
      : []),
    ...(sandboxUrl
      ? [['Moodle', `${sandboxUrl} (a sandbox: set MOODLE_URL and MOODLE_TOKEN for a real one)`]]
      : []),
    ...(config.MOODLE_URL ? [['Moodle', config.MOODLE_URL]] : []),
    ['Data', config.DATABASE_URL ? 'in the database of DATABASE_URL' : `in ${config.DATA_DIR}`],
  ]
  const signIn = firstOperator
    ? [
        'Sign in to the office with these. The password is shown this once:',
        '',
        table([
          ['  E-mail', firstOperator.email],
          ['  Password', firstOperator.password],
        ]),
      ]
    : ['Forgotten the office’s password? npx boutique operator password <e-mail>']
  return [
    '',
    `${config.SHOP_NAME} ${url ? 'is open' : 'has a worker more, which serves no pages'}. Ctrl-C stops it.`,
    '',
    table(places.map(([name, place]) => [`  ${name}`, place ?? ''])),
    '',
    ...(url ? [...signIn, ''] : []),
  ].join('\n')
}
