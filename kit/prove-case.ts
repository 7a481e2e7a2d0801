import { accessActions } from '../sdk/access-actions.ts'
import { checkInternal } from '../shop/check-entry.ts'
import { type AttackKind, attacksOn, type Reference, type Task } from './attack.ts'
import { lookAround } from './facts.ts'
import { between, compare, failure, leftBy, openedBy, type ProofFinding, report } from './findings.ts'
import { openProcess } from './process.ts'
import { choiceOf, codeOf, type Proven, type Run, type RunOptions, runSale } from './run-sale.ts'
import type { Phase } from './sale.ts'
import { sellBefore } from './sell-before.ts'
import type { World } from './world.ts'

/** What a line of the table is about. `life`: an action after the sale, or its product's end. */
export type ProofKind =
  | 'check'
  | 'sale'
  | 'again'
  | 'release'
  | 'life'
  | 'functions'
  | 'units'
  | 'loaded'
  | AttackKind

/** One line of the table: what was tried, how often, and what was not as it should be. */
export type ProofRow = {
  kind: ProofKind
  /** The samples that it was tried with, where a handler has several. */
  sample: string
  scenario: string
  runs: number
  findings: ProofFinding[]
}

/** The shop itself asks this, whatever the handler. */
const alwaysCalled = 'core_webservice_get_site_info'

/** The units of an order, beside one. */
const sizes = [2, 50]

/** The whole life of a sale: each unit is revoked in the end. */
const whole: Phase[] = ['order', 'deliver', 'revoke']

/**
 * Proves a handler with one set of sample parameters, in as many worlds at once as there are. When sales without
 * trouble fail or end differently, that is all it tells.
 */
export async function proveCase(
  worlds: [World, ...World[]],
  proven: Proven,
  onRow?: (row: ProofRow) => void,
): Promise<ProofRow[]> {
  const [world] = worlds
  const { sample } = proven
  const { handler } = proven.registered
  const rows: ProofRow[] = []
  const called = new Set<string>()

  async function plain(path: Phase[], options: RunOptions = {}): Promise<Run> {
    const run = await runSale(world, proven, path, options)
    for (const call of world.calls) called.add(call.function)
    return run
  }

  function row(kind: ProofKind, scenario: string, runs: number, findings: ProofFinding[]): void {
    const told = { kind, sample: sample.name, scenario, runs, findings }
    rows.push(told)
    onRow?.(told)
  }

  /** Goes through `path` without trouble: a row of its own, and a reference for the rows to come. */
  async function refer(
    kind: ProofKind,
    scenario: string,
    reference: Omit<Reference, 'run'>,
    judge: (run: Run) => ProofFinding[],
  ): Promise<Reference[]> {
    try {
      const run = await plain(reference.path)
      row(kind, scenario, 1, judge(run))
      return [{ ...reference, run }]
    } catch (error) {
      row(kind, scenario, 1, [failure('sale', 'without any trouble', error)])
      return []
    }
  }

  await world.reset(sample.service)
  await sellBefore(world, sample.before)
  const untouched = await lookAround(world, Date.now())
  row('check', 'the operator’s check', 1, await check(world, proven))
  for (const call of world.calls) called.add(call.function)

  const [sold] = await refer('sale', 'sold, delivered, taken back', { path: whole, troubled: whole }, (run) =>
    report('revoke', 'after revoke', openedBy(untouched, run.ends.get('revoke'))),
  )
  if (!sold) return rows
  await refer('again', 'the same sale again', sold, (run) =>
    compare('again', 'the second time', sold.run, run, whole),
  )
  if (rows.at(-1)?.findings.length) return rows
  const references = [sold]
  if (handler.prepay) {
    const path: Phase[] = ['order', 'release']
    const judge = (run: Run) => report('release', 'after release', leftBy(untouched, run.ends.get('release')))
    references.push(...(await refer('release', 'prepared, then cancelled', { path, troubled: path }, judge)))
  }
  const actions = handler.actions ?? {}
  for (const [name, action] of Object.entries(actions)) {
    const act: Phase = `act ${name}`
    const before = sample.actsBefore(name).map((one): Phase => `act ${one}`)
    // The shop's own actions are proven with the shop.
    const ours = Object.values<unknown>(accessActions).includes(action)
    const reference = {
      path: ['order', 'deliver', ...before, act, 'revoke'] satisfies Phase[],
      troubled: ours ? [] : [act],
    }
    // Resumed, all is as it was before it was suspended.
    const judge = (run: Run) =>
      name === 'resume' && before.at(-1) === 'act suspend'
        ? report(
            'resume',
            'once resumed',
            between(run.ends.get(before.at(-2) ?? 'deliver'), run.ends.get(act)),
          )
        : []
    references.push(...(await refer('life', `after the sale: ${action.title.en}`, reference, judge)))
  }
  if (handler.revokeOne) {
    const path: Phase[] = ['order', 'deliver', 'revokeOne', 'revoke']
    const judge = (run: Run) => compare('revokeOne', 'after revokeOne and revoke', sold.run, run, ['revoke'])
    references.push(
      ...(await refer('life', 'one product taken back alone', { path, troubled: ['revokeOne'] }, judge)),
    )
  }
  if (handler.ended) {
    const turns: Phase[] = handler.revived ? ['ended', 'revived'] : ['ended']
    const reference = { path: ['order', 'deliver', ...turns, 'revoke'] satisfies Phase[], troubled: turns }
    const judge = ({ ends }: Run) =>
      handler.revived
        ? report('revived', 'once revived', between(ends.get('deliver'), ends.get('revived')))
        : []
    references.push(...(await refer('life', 'ended, and extended afterwards', reference, judge)))
  }
  const named = new Set([...(handler.functions ?? []), alwaysCalled])
  const missing = [...called].filter((name) => !named.has(name))
  if (missing.length > 0) row('functions', 'the functions that it names', 1, [unnamed(missing)])

  const attacks = attacksOn(proven, references)
  const crowds = crowdsOf(proven)
  await share(worlds, [...attacks.tasks, ...crowds.tasks])
  for (const { kind, scenario, runs, findings } of [...attacks.rows(), ...crowds.rows()])
    row(kind, scenario, runs, findings)
  return rows
}

/** Each world does the next task as soon as it is free. */
async function share(worlds: World[], tasks: Task[]): Promise<void> {
  const left = tasks.values()
  await Promise.all(
    worlds.map(async (world) => {
      for (const task of left) await task(world)
    }),
  )
}

/** Orders of many units: all at once, they must end as one after the other. */
function crowdsOf(proven: Proven) {
  const most = proven.registered.handler.maxQuantity ?? Number.POSITIVE_INFINITY
  const counts = [...new Set(sizes.map((size) => Math.min(size, most)))].filter((units) => units > 1)
  const found = new Map<number, ProofFinding[]>()
  const tasks = counts.map(
    (units): Task =>
      async (world) => {
        const where = `${units} units`
        try {
          const alone = await runSale(world, proven, whole, { units, oneByOne: true })
          const together = await runSale(world, proven, whole, { units })
          found.set(units, compare('size', where, alone, together, whole))
        } catch (error) {
          found.set(units, [failure('size', where, error)])
        }
      },
  )
  const rows = () =>
    counts.map((units) => ({
      kind: 'units' as const,
      scenario: `${units} units, one by one and at once`,
      runs: 2,
      findings: found.get(units) ?? [],
    }))
  return { tasks, rows }
}

/** What the office would say of these parameters when the entry is saved. */
async function check(world: World, { registered, internal }: Proven): Promise<ProofFinding[]> {
  const process = openProcess(world, registered)
  const draft = {
    code: codeOf(registered),
    handler: choiceOf(registered),
    internal: internal.get(world) ?? {},
  }
  const checked = await checkInternal(process.shop, draft)
  await process.close()
  const what = [
    ...Object.entries(checked.errors).map(([field, text]) => `${field}: ${text.en}`),
    ...checked.findings.filter(({ level }) => level === 'error').map(({ text }) => text.en),
  ]
  if (what.length === 0) return []
  const advice = 'Give internal parameters in samples.ts that fit the sandbox’s site, or mend the check.'
  return [{ where: 'check', what, advice }]
}

function unnamed(missing: string[]): ProofFinding {
  return {
    where: 'functions',
    what: missing.map((name) => `${name} is called, and not named`),
    advice:
      'Name every function of Moodle in `functions`: the operator is then told which ones the service lacks.',
  }
}
