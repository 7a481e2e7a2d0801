import { findFunction } from '../moodle/sandbox/functions.ts'
import { checkInternal } from '../shop/entry.ts'
import { adviceFor, type Test } from './advice.ts'
import { type Difference, differences } from './differences.ts'
import { anyUnit, type End, lookAround } from './facts.ts'
import { type Moment, openProcess } from './process.ts'
import { choiceOf, codeOf, type Proven, type Run, type RunOptions, runSale, scriptOf } from './run-sale.ts'
import type { Phase } from './sale.ts'
import { calleeOf, doneFaults, type Fault, faultTitles, outages, type Trouble } from './trouble.ts'
import type { World } from './world.ts'

/** One line of the table: what was tried, how often, and what was not as it should be. */
export type ProofRow = {
  /** The samples that it was tried with, where a handler has several. */
  sample: string
  scenario: string
  runs: number
  findings: ProofFinding[]
}

export type ProofFinding = {
  /** Where it was: "postpay, between the effect of step “account” and its record". */
  where: string
  what: string[]
  advice: string
}

/** A sale that met no trouble, to compare with; and the phases of it that are to be troubled. */
type Reference = { path: Phase[]; run: Run; troubled: Phase[] }

/** The shop itself asks this, whatever the handler. */
const alwaysCalled = 'core_webservice_get_site_info'

/** The units of an order, beside one. */
const sizes = [2, 50]

/** Proves a handler with one set of sample parameters. When a sale without trouble fails, that is all it tells. */
export async function proveCase(
  world: World,
  proven: Proven,
  onRow?: (row: ProofRow) => void,
): Promise<ProofRow[]> {
  const { registered, sample } = proven
  const { handler } = registered
  const rows: ProofRow[] = []
  const called = new Set<string>()

  async function plain(path: Phase[], options: RunOptions = {}): Promise<Run> {
    const run = await runSale(world, proven, path, options)
    for (const call of world.calls) called.add(call.function)
    return run
  }

  function row(scenario: string, runs: number, findings: ProofFinding[]): void {
    const told = { sample: sample.name, scenario, runs, findings }
    rows.push(told)
    onRow?.(told)
  }

  /** Goes through `path` without trouble: a row of its own, and the reference for the rows to come. */
  async function refer(
    scenario: string,
    path: Phase[],
    troubled: Phase[],
    judge: (run: Run) => Promise<ProofFinding[]> | ProofFinding[],
    runs = 1,
  ): Promise<Reference | undefined> {
    try {
      const run = await plain(path)
      row(scenario, runs, await judge(run))
      return { path, run, troubled }
    } catch (error) {
      row(scenario, runs, [failure('sale', 'without any trouble', error)])
      return undefined
    }
  }

  await world.reset(sample.service)
  const untouched = await lookAround(world, Date.now())
  row('the operator’s check', 1, await check(world, proven))
  for (const call of world.calls) called.add(call.function)

  const whole: Phase[] = ['order', 'deliver', 'revoke']
  const sold = await refer(
    'sold, delivered, taken back',
    whole,
    whole,
    async (run) => [
      ...compare('again', 'sold a second time', run, await plain(whole), whole),
      ...report('revoke', 'after revoke', openedBy(untouched, run.ends.get('revoke'))),
    ],
    2,
  )
  if (!sold) return rows
  const references = [sold]
  if (handler.prepay) {
    const path: Phase[] = ['order', 'release']
    const released = await refer('prepared, then cancelled', path, path, (run) =>
      report('release', 'after release', leftBy(untouched, run.ends.get('release'))),
    )
    if (released) references.push(released)
  }
  for (const [name, action] of Object.entries(handler.actions ?? {})) {
    const act: Phase = `act ${name}`
    const before: Phase[] = name === 'resume' && handler.actions?.suspend ? ['act suspend'] : []
    const acted = await refer(
      `after the sale: ${action.title.en}`,
      ['order', 'deliver', ...before, act, 'revoke'],
      [act],
      (run) =>
        before.length > 0
          ? report('resume', 'once resumed', between(run.ends.get('deliver'), run.ends.get(act)))
          : [],
    )
    if (acted) references.push(acted)
  }
  const named = new Set([...(handler.functions ?? []), alwaysCalled])
  const missing = [...called].filter((name) => !named.has(name))
  if (missing.length > 0) row('the functions that it names', 1, [unnamed(missing)])

  const spots = references.flatMap(({ troubled, ...reference }) =>
    troubled.map((during) => ({ ...reference, during, moments: reference.run.moments.get(during) ?? [] })),
  )
  type Spot = (typeof spots)[number]
  const tries = new Map<string, { runs: number; findings: ProofFinding[] }>()

  /** Counts towards a row. */
  function count(scenario: string, runs: number, findings: ProofFinding[]): void {
    const sum = tries.get(scenario) ?? { runs: 0, findings: [] }
    tries.set(scenario, { runs: sum.runs + runs, findings: [...sum.findings, ...findings] })
  }

  async function attack(
    { path, run: reference, during }: Spot,
    test: Test,
    what: Trouble,
  ): Promise<{ struck: (Fault | undefined)[]; findings: ProofFinding[] }> {
    let where = scriptOf(during)
    const struck: (Fault | undefined)[] = []
    const onStrike = (moment: Moment, fault?: Fault) => {
      where = `${scriptOf(during)}, ${say(moment)}`
      struck.push(fault)
    }
    try {
      const run = await runSale(world, proven, path, { trouble: { during, what }, onStrike })
      return { struck, findings: compare(test, where, reference, run, [during, path.at(-1) ?? during]) }
    } catch (error) {
      return { struck, findings: [failure(test, where, error)] }
    }
  }

  async function attackCall(spot: Spot, at: number, callee: 'moodle' | 'service'): Promise<void> {
    const together = await attack(spot, 'fault', { kind: 'faults', at, faults: [...outages[callee]] })
    if (together.findings.length === 0) {
      for (const fault of together.struck) if (fault) count(faultTitles[fault], 1, [])
    }
    // One of them is at fault: which one?
    const alone = together.findings.length > 0 ? outages[callee] : []
    for (const fault of [...alone, ...doneFaults[callee]]) {
      const { struck, findings } = await attack(spot, 'fault', { kind: 'faults', at, faults: [fault] })
      count(faultTitles[fault], struck.length, findings)
    }
  }

  for (const spot of spots) {
    const moments = spot.moments.flatMap((moment, index) => (leavesTrace(moment) ? [index + 1] : []))
    for (const at of moments) {
      const { struck, findings } = await attack(spot, 'crash', { kind: 'dies', at })
      count('the process dies, at every moment', struck.length, findings)
    }
    if (moments.length > 0) {
      count('two workers at once', 1, (await attack(spot, 'race', { kind: 'twice' })).findings)
    }
    for (const at of moments) {
      const { struck, findings } = await attack(spot, 'race', { kind: 'sleeps', at })
      count('a worker thought dead comes back', struck.length, findings)
    }
    const calls = spot.moments.filter(({ kind }) => kind === 'call')
    for (const [index, call] of calls.entries()) await attackCall(spot, index + 1, calleeOf(call))
  }
  const order = Object.values<string>(faultTitles)
  const inOrder = [...tries].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
  for (const [scenario, { runs, findings }] of inOrder) row(scenario, runs, findings)

  for (const size of sizes) {
    const units = Math.min(size, handler.maxQuantity ?? size)
    if (units === 1 || (size > 2 && units <= 2)) continue
    const where = `${units} units`
    try {
      const alone = await plain(whole, { units, oneByOne: true })
      const together = await plain(whole, { units })
      row(`${where} at once`, 2, compare('size', where, alone, together, whole))
    } catch (error) {
      row(`${where} at once`, 2, [failure('size', where, error)])
    }
  }
  return rows
}

/** Whether anything changed since the moment before: the answer to a question leaves no trace. */
function leavesTrace({ kind, name }: Moment): boolean {
  if (kind !== 'answer') return true
  return name.includes(' ') ? !name.startsWith('GET ') : (findFunction('4.5', name)?.writes ?? true)
}

/** What the office would say of these parameters when the entry is saved. */
async function check(world: World, { registered, internal }: Proven): Promise<ProofFinding[]> {
  const process = openProcess(world, registered)
  const draft = { code: codeOf(registered), handler: choiceOf(registered), internal }
  const checked = await checkInternal(process.shop, draft)
  await process.close()
  const what = [
    ...Object.entries(checked.errors).map(([field, text]) => `${field}: ${text.en}`),
    ...checked.findings.filter(({ level }) => level === 'error').map(({ text }) => text.en),
  ]
  if (what.length === 0) return []
  const advice = 'Give internal parameters in samples.ts that fit the sandbox’s site.'
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

/** What two runs ended with differently after these phases; the first phase that differs tells enough. */
function compare(test: Test, where: string, wanted: Run, run: Run, phases: Phase[]): ProofFinding[] {
  for (const phase of phases) {
    const found = report(test, where, between(wanted.ends.get(phase), run.ends.get(phase), test))
    if (found.length > 0) return found
  }
  return []
}

function between(wanted: End | undefined, end: End | undefined, test?: Test): Difference[] {
  if (!wanted || !end) return []
  return test === 'size' ? differences(anyUnit(wanted), anyUnit(end)) : differences(wanted, end)
}

function report(test: Test, where: string, found: Difference[]): ProofFinding[] {
  if (found.length === 0) return []
  return [{ where, what: found.map(({ text }) => text), advice: adviceFor(test, found) }]
}

function failure(test: Test, where: string, error: unknown): ProofFinding {
  const what = error instanceof Error ? error.message : String(error)
  return { where, what: [what], advice: adviceFor(test, []) }
}

/** What a sale left behind of what was not there before; orders and units stay, of course. */
function leftBy(untouched: End, end: End | undefined): Difference[] {
  return between(untouched, end).filter(({ of, text }) => of !== 'shop' || text.startsWith('the '))
}

/** What somebody may do who could not before. */
function openedBy(untouched: End, end: End | undefined): Difference[] {
  if (!end) return []
  const access = (one: End): End => ({ ...one, facts: one.facts.filter((fact) => fact.access) })
  return differences(access(untouched), access(end)).filter(({ kind }) => kind === 'extra')
}

function say({ kind, name }: Moment): string {
  switch (kind) {
    case 'call':
      return `before ${name}`
    case 'answer':
      return `when ${name} is done and its answer on the way`
    case 'effect':
      return `between the effect of “${name}” and its record`
    case 'step':
      return `after “${name}” is recorded`
    case 'end':
      return 'when the script has returned'
    case 'kept':
      return 'when the shop has done its part and not yet said so'
    default:
      return kind satisfies never
  }
}
