import { readFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { pino } from 'pino'
import { z } from 'zod'
import type { Config } from '../config.ts'
import { openSite } from '../open-site.ts'
import { handlerSources } from '../production/handler-sources.ts'
import { openQueue } from '../production/queue.ts'
import { scanHandlers } from '../production/registry.ts'
import type { FormErrors } from '../sdk/form.ts'
import { learnersFrom } from '../sdk/learner-list.ts'
import { readSecret } from '../secret.ts'
import {
  type DryAnswers,
  type DryLine,
  type DryRun,
  type DryUnit,
  dryRun as tryOut,
} from '../shop/dry-run.ts'
import { findEntry } from '../shop/entry.ts'
import { writtenAmount } from '../shop/money.ts'
import { sealWith } from '../shop/seal.ts'
import type { Shop } from '../shop/shop.ts'
import { StartupError } from '../startup-error.ts'
import type { Command } from './boutique.ts'
import { fromCaller } from './from-caller.ts'
import { readSettings } from './read-settings.ts'
import { withDatabase } from './with-database.ts'

export const dryRun: Command = {
  usage: [
    [
      'dry-run <entry code>',
      'tell what a sale of this entry would do, with made-up answers, and touch nothing',
    ],
    ['dry-run <entry code> --file <answers.json>', 'the same with these answers: a list, one for each unit'],
  ],
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      options: { file: { type: 'string' } },
      allowPositionals: true,
    })
    const [code, ...more] = positionals
    if (!code || more.length > 0) throw new StartupError('Name the entry: npx boutique dry-run <entry code>.')
    const given = values.file === undefined ? [] : await readAnswers(values.file)
    const config = readSettings()
    await withShop(config, async (shop) => {
      const entry = await findEntry(shop.db, code)
      if (!entry) throw new StartupError(`There is no entry ${code}.`)
      const own = new Set(entry.fields.map(({ name }) => name))
      const run = await tryOut(
        shop,
        entry,
        given.map((one) => sort(one, own)),
      )
      console.log(format(code, run, config.CURRENCY))
      if (!run.ok || run.units.some(({ state }) => state !== 'produced')) process.exitCode = 1
    })
  },
}

const answers = z.record(z.string(), z.unknown())
const sorted = z.strictObject({ external: answers, fields: answers.optional() })
type Given = z.output<typeof answers>

async function readAnswers(file: string): Promise<Given[]> {
  const text = await readFile(fromCaller(file), 'utf8').catch(() => {
    throw new StartupError(`${file} can't be read.`)
  })
  try {
    return z.array(answers).parse(JSON.parse(text))
  } catch {
    throw new StartupError(`${file} holds no answers: a JSON list is expected, of one object for each unit.`)
  }
}

/** Answers by name alone are told apart by the entry's own fields. */
function sort(given: Given, own: Set<string>): DryAnswers {
  const read = sorted.safeParse(given)
  if (read.success) return read.data
  const entries = Object.entries(given)
  return {
    external: Object.fromEntries(entries.filter(([name]) => !own.has(name))),
    fields: Object.fromEntries(entries.filter(([name]) => own.has(name))),
  }
}

async function withShop(config: Config, work: (shop: Shop) => Promise<void>): Promise<void> {
  const secret = await readSecret(config)
  await withDatabase(config, async ({ db, url }) => {
    await using opened = new AsyncDisposableStack()
    const log = pino({ level: 'silent' })
    // A sandbox that runs is used, else one is opened for the while.
    const { site, sandbox } = await openSite({ ...config, ROLE: 'all' }, secret, db, log).catch(
      (error: unknown) => {
        const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
        if (!taken) throw error
        return openSite({ ...config, ROLE: 'worker' }, secret, db, log)
      },
    )
    opened.defer(() => sandbox?.close())
    opened.defer(() => site.close())
    const queue = await openQueue(url, (error) => log.error(error))
    opened.defer(() => queue.stop({ graceful: false }))
    const registry = await scanHandlers(handlerSources(config))
    const { SHOP_NAME: name, PUBLIC_URL: publicUrl, CURRENCY: currency, PAYMENT_DAYS: paymentDays } = config
    await work({
      db,
      queue,
      registry: () => registry,
      site,
      means: new Map(),
      settings: { name, publicUrl, currency, paymentDays, mailing: false },
      seal: sealWith(secret),
      log,
    })
  })
}

/** A dry run for people to read, with the calls that Moodle would get. */
function format(code: string, run: DryRun, currency: string): string {
  if (!run.ok) {
    const say = (errors: FormErrors, where = '') =>
      Object.entries(errors).map(([field, { en }]) => `  ${where}${field}: ${en}`)
    const units = run.units ?? []
    return [
      `${code}: ${run.why.en}`,
      ...say(run.internal ?? {}),
      ...units.flatMap(({ external, fields }, i) => say({ ...external, ...fields }, `unit ${i + 1}, `)),
    ].join('\n')
  }
  const total = writtenAmount(run.totalCents, currency)
  const mails = run.mails.map((kind) => kind.replaceAll('_', ' ')).join(', ')
  return [
    ...run.findings.map(({ level, field, text }) => `${level}${field ? ` at ${field}` : ''}: ${text.en}`),
    ...run.units.flatMap((unit) => formatUnit(unit)),
    '',
    `The order of ${total} would end as ${run.order}. Mails: ${mails}.`,
    'Nothing was done: Moodle was only asked, and the database is as before. Ids from 2000000000 on are made up.',
  ].join('\n')
}

function formatUnit({ position, external, state, why, lines, products, feedback }: DryUnit): string[] {
  const moments = [
    ['when ordered', lines.filter(({ when }) => when === 'ordered')],
    ['once paid', lines.filter(({ when }) => when === 'paid')],
  ] as const
  return [
    `Unit ${position}: ${state}`,
    ...(why ? [`  ${why.en}`] : []),
    ...Object.entries(external).map(
      ([name, value]) =>
        `  ${name}: ${
          learnersFrom(value)
            ?.map(({ email }) => email)
            .join(', ') ?? String(value)
        }`,
    ),
    ...moments.flatMap(([moment, lines]) =>
      lines.length > 0 ? [`  ${moment}`, ...lines.flatMap(formatLine)] : [],
    ),
    ...products.map(({ title, holder, startsAt, endsAt }) => {
      const period = `from ${day(startsAt)} ${endsAt ? `to ${day(endsAt)}` : 'without an end'}`
      return `  gives “${title.en}”${holder ? ` to ${holder.email}` : ''}, ${period}`
    }),
    ...(feedback ? [`  says “${feedback.en}”`] : []),
  ]
}

function formatLine({ says, call }: DryLine): string[] {
  return [`    ${says.en}`, ...(call ? [`      ${call.function} ${JSON.stringify(call.parameters)}`] : [])]
}

const day = (at: Date) => at.toISOString().slice(0, 10)
