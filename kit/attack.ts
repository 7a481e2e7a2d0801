import { findFunction } from '../moodle/sandbox/functions.ts'
import type { Test } from './advice.ts'
import { compare, failure, type ProofFinding } from './findings.ts'
import type { Moment } from './process.ts'
import { type Proven, type Run, runSale, scriptOf } from './run-sale.ts'
import type { Phase } from './sale.ts'
import { calleeOf, doneFaults, type Fault, faultTitles, outages, type Trouble } from './trouble.ts'
import type { World } from './world.ts'

/** A sale that met no trouble, to compare with; and the phases of it that are to be troubled. */
export type Reference = { path: Phase[]; run: Run; troubled: Phase[] }

/** One thing to try in a world. */
export type Task = (world: World) => Promise<void>

type Spot = Reference & { during: Phase }

/** Every trouble, as a line of the table tells it. */
export const attackTitles = {
  dies: 'the process dies, at every moment',
  twice: 'two workers at once',
  sleeps: 'a worker thought dead comes back',
  late: 'Moodle does it later than the next try',
  ...faultTitles,
}
export type AttackKind = keyof typeof attackTitles

const kinds = Object.keys(attackTitles) as AttackKind[] // its own keys

/** What a trouble of one moment is to show. */
const testOf = { dies: 'crash', sleeps: 'race', late: 'late' } as const satisfies Partial<
  Record<AttackKind, Test>
>

/** One thing to try, which counts its runs and what they found towards rows of the table. */
type Attack = (
  world: World,
  count: (kind: AttackKind, runs: number, findings: ProofFinding[]) => void,
) => Promise<void>

/**
 * All the trouble that these sales can meet, each a task of its own that any world may do. `rows` tells what came of it
 * when all are done: a scenario each, with its runs and findings.
 */
export function attacksOn(
  proven: Proven,
  references: Reference[],
): {
  tasks: Task[]
  rows: () => { kind: AttackKind; scenario: string; runs: number; findings: ProofFinding[] }[]
} {
  const tried: { kind: AttackKind; task: number; runs: number; findings: ProofFinding[] }[] = []

  async function attack(world: World, spot: Spot, test: Test, what: Trouble) {
    const { path, run: reference, during } = spot
    const struck: (Fault | undefined)[] = []
    let where = scriptOf(during)
    const onStrike = (moment: Moment, fault?: Fault) => {
      where = `${scriptOf(during)}, ${say(moment)}`
      struck.push(fault)
    }
    try {
      const run = await runSale(world, proven, path, { trouble: { during, what }, onStrike })
      const findings = compare(test, where, reference, run, [during, path.at(-1) ?? during])
      return { struck, findings }
    } catch (error) {
      return { struck, findings: [failure(test, where, error)] }
    }
  }

  const attackMoment =
    (spot: Spot, kind: keyof typeof testOf, at: number): Attack =>
    async (world, count) => {
      const { struck, findings } = await attack(world, spot, testOf[kind], { kind, at })
      count(kind, struck.length, findings)
    }

  const attackTwice =
    (spot: Spot): Attack =>
    async (world, count) =>
      count('twice', 1, (await attack(world, spot, 'race', { kind: 'twice' })).findings)

  const attackCall =
    (spot: Spot, at: number, call: Moment): Attack =>
    async (world, count) => {
      const callee = calleeOf(call)
      // A question does nothing: its answer may come late, or never, as any outage may.
      const [faults, alone] = isQuestion(call.name)
        ? [[...outages[callee], ...doneFaults[callee]], []]
        : [outages[callee], doneFaults[callee]]
      const together = await attack(world, spot, 'fault', { kind: 'faults', at, faults: [...faults] })
      const clean = together.findings.length === 0
      if (clean) for (const fault of together.struck) if (fault) count(fault, 1, [])
      // Where one of them does harm, each is tried alone, to know which; and so is one that came too late to strike.
      const left = clean ? faults.filter((fault) => !together.struck.includes(fault)) : faults
      for (const fault of [...left, ...alone]) {
        const { struck, findings } = await attack(world, spot, 'fault', {
          kind: 'faults',
          at,
          faults: [fault],
        })
        count(fault, struck.length, findings)
      }
    }

  const attacks = references.flatMap((reference) =>
    reference.troubled.flatMap((during) => {
      const moments = reference.run.moments.get(during) ?? []
      const spot: Spot = { ...reference, during }
      const traces = moments.flatMap((moment, index) => (leavesTrace(moment) ? [index + 1] : []))
      const changes = moments.flatMap((moment, index) => (changesMoodle(moment) ? [index + 1] : []))
      const calls = moments.filter(({ kind }) => kind === 'call')
      return [
        ...traces.map((at) => attackMoment(spot, 'dies', at)),
        ...(traces.length > 0 ? [attackTwice(spot)] : []),
        ...traces.map((at) => attackMoment(spot, 'sleeps', at)),
        ...changes.map((at) => attackMoment(spot, 'late', at)),
        ...calls.map((call, index) => attackCall(spot, index + 1, call)),
      ]
    }),
  )
  const tasks = attacks.map(
    (attack, task): Task =>
      (world) =>
        attack(world, (kind, runs, findings) => tried.push({ kind, task, runs, findings })),
  )
  const rows = () =>
    kinds.flatMap((kind) => {
      const scenario = attackTitles[kind]
      // Tasks end in any order: the table has one.
      const tries = tried.filter((one) => one.kind === kind).sort((a, b) => a.task - b.task)
      const runs = tries.reduce((sum, one) => sum + one.runs, 0)
      const findings = tries.flatMap((one) => one.findings)
      return runs + findings.length > 0 ? [{ kind, scenario, runs, findings }] : []
    })
  return { tasks, rows }
}

/** Whether anything changed since the moment before: the answer to a question leaves no trace. */
const leavesTrace = ({ kind, name }: Moment) => kind !== 'answer' || !isQuestion(name)

const changesMoodle = (moment: Moment) =>
  moment.kind === 'call' && calleeOf(moment) === 'moodle' && !isQuestion(moment.name)

/** A call that changes nothing. */
const isQuestion = (name: string) =>
  name.includes(' ') ? name.startsWith('GET ') : !(findFunction('4.5', name)?.writes ?? true)

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
