import type { Registered } from '../production/registry.ts'
import { tellDue } from '../shop/end-products.ts'
import { type End, lookAround } from './facts.ts'
import { type Moment, openProcess, type Process, type Watch } from './process.ts'
import {
  begin,
  finish,
  newSale,
  type Phase,
  passDoubt,
  passTime,
  putOnSale,
  type Sale,
  Stuck,
  takeOver,
} from './sale.ts'
import type { Case } from './samples.ts'
import { sellBefore } from './sell-before.ts'
import { accessFunctions, calleeOf, type Fault, strike, type Trouble } from './trouble.ts'
import type { World } from './world.ts'

/** A handler with the sample parameters that it is sold with: each world has a service of its own to name. */
export type Proven = {
  registered: Registered
  sample: Case
  internal: ReadonlyMap<World, Record<string, unknown>>
}

/** What a run showed: the world after each phase from the troubled one on, and the moments that each phase had. */
export type Run = { ends: Map<Phase, End>; moments: Map<Phase, Moment[]> }

export type RunOptions = {
  units?: number
  /** Productions are taken one after the other. */
  oneByOne?: boolean
  trouble?: { during: Phase; what: Trouble }
  /** Told each moment at which the trouble strikes, and the fault, if it is one. */
  onStrike?: (moment: Moment, fault?: Fault) => void
}

/** Milliseconds after which a process gives up a call that is never answered; a real one waits longer. */
const shortPatience = 60
/** Milliseconds after which a phase is thought never to end. */
const longestPhase = 60_000

/** The code of the entry that a handler is sold under. */
export const codeOf = ({ id, kind }: Registered): string => (kind === 'specific' ? id : 'SAMPLE')
/** The handler choice of that entry. */
export const choiceOf = ({ id, kind }: Registered): string => (kind === 'specific' ? 'specific' : id)

/** The script that runs in a phase, as people call it. */
export function scriptOf(phase: Phase): string {
  if (phase === 'order') return 'prepay'
  if (phase === 'deliver') return 'postpay'
  return phase.startsWith('act ') ? `action ${phase.slice('act '.length)}` : phase
}

/**
 * Sells units in a new world and takes them through `path`, one phase after the other. Throws `Stuck` when that can't
 * be done without an operator.
 */
export async function runSale(
  world: World,
  { registered, sample, internal }: Proven,
  path: readonly Phase[],
  { units = 1, oneByOne = false, trouble, onStrike }: RunOptions = {},
): Promise<Run> {
  await world.reset(sample.service)
  const owned = await sellBefore(world, sample.before)
  const since = Date.now()
  const code = codeOf(registered)
  await putOnSale(world, { code, handler: choiceOf(registered), internal: internal.get(world) ?? {} })
  const external = Array.from({ length: units }, (_, index) => sample.external(index + 1, owned))
  const sale = newSale({ code, units: external, action: sample.action })

  const run: Run = { ends: new Map(), moments: new Map() }
  const atEnd: Late[] = []
  const opened: Process[] = []
  const open: Open = (options) => {
    const process = openProcess(world, registered, options)
    opened.push(process)
    return process
  }
  try {
    for (const phase of path) {
      const moments: Moment[] = []
      run.moments.set(phase, moments)
      const going = async () => {
        if (phase === trouble?.during)
          await passInTrouble({ world, open, sale, phase, onStrike, atEnd }, trouble.what)
        else await pass(open({ watch: (moment) => void moments.push(moment) }), sale, phase, oneByOne)
        if (phase === path.at(-1)) for (const comeLate of atEnd) await comeLate()
      }
      await inTime(going(), phase)
      // What was before the trouble is as ever; what follows it shows at the end.
      const look = !trouble || phase === trouble.during || phase === path.at(-1)
      if (look) run.ends.set(phase, await lookAround(world, since))
    }
  } finally {
    await Promise.all(opened.map((process) => process.close()))
  }
  return run
}

type Open = (options?: { watch?: Watch; timeoutMs?: number }) => Process

async function pass(process: Process, sale: Sale, phase: Phase, oneByOne: boolean): Promise<void> {
  await begin(process, sale, phase)
  await finish(process, { oneByOne })
}

/** Has Moodle do at last what it was asked long ago; and the shop look again. */
type Late = () => Promise<void>

type Scene = {
  world: World
  open: Open
  sale: Sale
  phase: Phase
  onStrike: RunOptions['onStrike']
  /** What is still to come when the sale has gone through all its phases. */
  atEnd: Late[]
}

async function passInTrouble(scene: Scene, trouble: Trouble): Promise<void> {
  const { world, open, sale, phase, onStrike, atEnd } = scene
  let begun = false
  /** Asks for the phase, if nobody has yet, and tries once what there is to run. What it meets is for the next to mend. */
  const attempt = async (process: Process) => {
    try {
      if (!begun) await begin(process, sale, phase)
      begun = true
      await takeOver(process)
    } catch (error) {
      world.ground.log.info({ err: error }, 'an attempt in trouble threw')
    }
  }
  const goOn = async (process: Process) => {
    await process.probe()
    if (!begun) await begin(process, sale, phase)
    await finish(process)
  }

  switch (trouble.kind) {
    case 'twice': {
      const step = inStep(2)
      const race = [1, 2].map(async () => {
        const together = step()
        await attempt(open({ watch: together.wait }))
        together.leave()
      })
      await Promise.all(race)
      return await goOn(open())
    }
    case 'dies': {
      const first = open({
        watch: atMoment(trouble.at, (moment, process) => {
          onStrike?.(moment)
          process.die()
        }),
      })
      await Promise.race([attempt(first), first.gone])
      await passTime(world.ground)
      return await goOn(open())
    }
    case 'sleeps': {
      const asleep = Promise.withResolvers<void>()
      const awake = Promise.withResolvers<void>()
      const first = open({
        watch: atMoment(trouble.at, (moment) => {
          onStrike?.(moment)
          asleep.resolve()
          return awake.promise
        }),
      })
      const attempted = attempt(first)
      await Promise.race([attempted, asleep.promise])
      await passTime(world.ground)
      const other = open()
      await goOn(other)
      awake.resolve()
      await attempted
      await world.quiet()
      return await goOn(other)
    }
    case 'late': {
      const queued = Promise.withResolvers<void>()
      let call: string | undefined
      const first = open({
        timeoutMs: shortPatience,
        watch: atMoment(trouble.at, (moment) => {
          // On a busy machine another call may have come too late before: then this is another moment.
          if (moment.kind !== 'call' || calleeOf(moment) !== 'moodle') return undefined
          onStrike?.(moment)
          call = moment.name
          return queued.promise
        }),
      })
      await attempt(first)
      const other = open()
      await goOn(other)
      const comeLate: Late = async () => {
        queued.resolve()
        await world.quiet()
        await passDoubt(world.ground)
        await tellDue(other.shop)
      }
      // What a script does itself, nobody tells again: that comes late within its own phase.
      if (call !== undefined && accessFunctions.has(call)) atEnd.push(comeLate)
      else await comeLate()
      return
    }
    case 'faults':
      return await passWithFaults(scene, trouble, { attempt, goOn })
    default:
      return trouble satisfies never
  }
}

/** Has workers go in step: each waits at its n-th moment until all have come there, or left. */
function inStep(workers: number): () => { wait: () => Promise<void>; leave: () => void } {
  let waiting: (() => void)[] = []
  let racing = workers
  const goOn = () => {
    if (waiting.length < racing) return
    for (const go of waiting) go()
    waiting = []
  }
  return () => ({
    async wait() {
      await new Promise<void>((go) => {
        waiting.push(go)
        goOn()
      })
    },
    leave() {
      racing -= 1
      goOn()
    },
  })
}

/** Watches for the n-th moment of a process. */
function atMoment(at: number, then: Watch): Watch {
  let count = 0
  return (moment, process) => (++count === at ? then(moment, process) : undefined)
}

async function passWithFaults(
  { world, open, onStrike }: Scene,
  { at, faults }: Extract<Trouble, { kind: 'faults' }>,
  { attempt, goOn }: Record<'attempt' | 'goOn', (process: Process) => Promise<void>>,
): Promise<void> {
  let due: Fault | undefined
  let over = Promise.withResolvers<void>()
  let calls = 0
  let struck: string | undefined
  const watch: Watch = (moment) => {
    if (moment.kind !== 'call' || !due) return undefined
    // Once struck, the same call meets the next fault in the next attempt.
    if (struck === undefined ? ++calls !== at : moment.name !== struck) return undefined
    struck = moment.name
    const fault = due
    due = undefined
    onStrike?.(moment, fault)
    return strike(world, fault, moment, over.promise)
  }
  const first = open({ watch })
  for (const fault of faults) {
    due = fault
    over = Promise.withResolvers()
    // What comes too late for everybody would take long: a process that doesn't wait meets it.
    const process = fault === 'slow' ? open({ watch, timeoutMs: shortPatience }) : first
    await attempt(process)
    // An attempt may make fewer calls than the sale without trouble: what comes after it is no part of it.
    due = undefined
    world.mend()
    over.resolve()
    await world.quiet()
    if (process === first) await first.probe()
  }
  // The process finds out by itself that the fault is over; the impatient one has had its part.
  await goOn(faults.includes('slow') ? open() : first)
}

async function inTime(work: Promise<void>, phase: Phase): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () =>
      reject(new Stuck(`its ${scriptOf(phase)} does not end: does it wait for something that never comes?`)),
    longestPhase,
  )
  await Promise.race([work, promise]).finally(() => clearTimeout(timer))
}
