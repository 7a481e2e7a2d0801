import { MoodleError, RetryLater } from '../sdk/index.ts'
import { readingFunctions } from './rehearsing-client.ts'

/**
 * What is known of something that Moodle is told: `revision` moves when the rows behind it change. `readAt`: Unix
 * seconds.
 */
export type Known = { revision: number; toldRevision: number; readAt: number }

/**
 * Seconds after an unanswered call in which Moodle may still do what it asked. Moodle lets a web service work for 360
 * (`external_api::set_timeout`), whether or not somebody still waits for it; four minutes more for one that has waited in
 * PHP's queue before. See docs/decisions/019.
 */
export const secondsOfDoubt = 600

/** How often something may change under our hands before we come back later. */
const roundsAtOnce = 8

/**
 * `again`: tells even what was told. `forerunnerDied`: a call of somebody who died may still come late, so that all is
 * told once more when it can no longer.
 */
export type Telling = { again?: boolean; forerunnerDied?: boolean }

/** Makes Moodle agree with our rows about some targets; the outcomes in their order. */
export type Agree<Target> = (targets: Target[], telling: Telling) => Promise<PromiseSettledResult<void>[]>

/**
 * Makes Moodle agree with our rows, one target at a time, whoever else is at it. No transaction is held while Moodle is
 * called, so a stale call must never be Moodle's last word: whoever has made one looks at the revision again, and
 * tells it anew if it has moved since the rows were read.
 */
export function openAgreement<Target, Read extends Known, Told>(options: {
  /** What tells one target from another. */
  key: (target: Target) => string
  /** The revision and the rows behind it, read together. */
  read: (target: Target) => Promise<Read>
  /** Tells Moodle what the rows add up to. Must bear being repeated. */
  tell: (target: Target, known: Read) => Promise<Told>
  /** Notes what was told of the rows that were read. Returns the revision of now. */
  note: (target: Target, known: Read, told: Told) => Promise<number>
  /** Notes that a call may still come late, so that all is told once more when it can no longer. */
  doubt: (target: Target) => Promise<void>
}): Agree<Target> {
  const { key, read, tell, note, doubt } = options
  const turns = new Map<string, Promise<void>>()

  async function agree(target: Target, { again = false, forerunnerDied = false }: Telling): Promise<void> {
    if (forerunnerDied) await doubt(target)
    let evenIfTold = again
    for (let round = 0; round < roundsAtOnce; round++) {
      const known = await read(target)
      if (!evenIfTold && known.toldRevision >= known.revision) return
      const told = await tell(target, known).catch(async (error: unknown) => {
        if (isUnanswered(error)) await doubt(target)
        throw error
      })
      const revision = await note(target, known, told)
      if (revision === known.revision) return
      // Someone may have told the newer one already, and our call may have come after theirs.
      evenIfTold = true
    }
    throw new RetryLater(1, `${key(target)} keeps changing`)
  }

  /** One at a time for each target: units of one order that share a learner need not race each other. */
  function inTurn(target: Target, telling: Telling): Promise<void> {
    const name = key(target)
    const work = () => agree(target, telling)
    const before = turns.get(name)
    const mine = before ? before.then(work, work) : work()
    const done = mine.finally(() => {
      if (turns.get(name) === done) turns.delete(name)
    })
    turns.set(name, done)
    return done
  }

  return (targets, telling) => Promise.allSettled(targets.map((target) => inTurn(target, telling)))
}

/** Throws the worst failure, if there is one. */
export function throwWorst(outcomes: PromiseSettledResult<void>[]): void {
  const errors = outcomes.flatMap((outcome): unknown[] =>
    outcome.status === 'rejected' ? [outcome.reason] : [],
  )
  // What was done or not, nobody knows: that must not be forgotten over another failure.
  const unanswered = errors.find(isUnanswered)
  // A failure that passes by itself comes first: the one that needs an operator is still there afterwards.
  const passing = errors.find((error) => !(error instanceof MoodleError) || error.kind !== 'request')
  if (errors.length > 0) throw unanswered ?? passing ?? errors[0]
}

const isUnanswered = (error: unknown) =>
  error instanceof MoodleError && error.unanswered && !readingFunctions.has(error.call)
