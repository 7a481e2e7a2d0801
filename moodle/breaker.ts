import { MoodleError } from '../sdk/index.ts'

/** Leave for one call. Tell it how the call went, whatever happened. */
export type Pass = {
  /** Moodle answered, be it with a refusal of this very request. */
  answered(): void
  failed(error: MoodleError, now: number): void
  /** The call was given up before it told anything. */
  dropped(): void
}

export type Breaker = {
  /**
   * Leave to call at `now` (milliseconds). While it is open, throws the trouble's error with the seconds to wait, unless
   * this call is a `probe`.
   */
  enter(call: string, now: number, options?: { probe?: boolean }): Pass
  /** What keeps it open; undefined while calls pass. */
  trouble(): MoodleError | undefined
  /** Lets calls pass again: someone else saw the site answer. */
  close(): void
}

/** Seconds. Doubled at each probe that fails. */
const firstDelay = 1
const longestDelay = 300

/** A slow call may be slow by itself; this many in a row, and the site is. */
const timeoutsToOpen = 3

/**
 * Keeps calls away from a site that is down, under maintenance or refuses our token: it opens at such an error, then
 * lets one call pass after a growing delay, and closes when the site answers. Knows no clock: `now` is given.
 */
export function createBreaker(): Breaker {
  let trouble: MoodleError | undefined
  let opensUntil = 0
  let delay = firstDelay
  let timeouts = 0
  let probing: symbol | undefined

  const close = () => {
    trouble = undefined
    probing = undefined
    delay = firstDelay
    timeouts = 0
  }

  return {
    trouble: () => trouble,
    close,
    enter(call, now, { probe = false } = {}) {
      const me = Symbol(call)
      if (trouble) {
        if (!probe && now < opensUntil) throw refusal(trouble, call, (opensUntil - now) / 1000)
        if (!probe && probing) throw refusal(trouble, call, delay)
        probing = me
      }
      return {
        answered: close,
        failed(error, at) {
          if (error.code === 'timeout' && !trouble && ++timeouts < timeoutsToOpen) return
          // Calls that were under way when it opened tell nothing new; only the probe's failure makes the wait longer.
          if (trouble && probing !== me) return
          if (trouble) delay = Math.min(longestDelay, delay * 2)
          probing = undefined
          trouble = error
          opensUntil = at + 1000 * Math.min(longestDelay, Math.max(delay, error.retryAfter ?? 0))
        },
        dropped() {
          if (probing === me) probing = undefined
        },
      }
    },
  }
}

function refusal(trouble: MoodleError, call: string, seconds: number): MoodleError {
  const retryAfter = Math.max(1, Math.ceil(seconds))
  return new MoodleError(
    trouble.message,
    { kind: trouble.kind, code: trouble.code, call, retryAfter },
    { cause: trouble },
  )
}
