import type { Cause } from '../db/schema.ts'
import { MoodleError, Refused, RetryLater } from '../sdk/index.ts'

/** What becomes of a production whose script threw. */
export type Verdict =
  | { state: 'refused'; cause: Cause }
  /** Run again after `seconds`. */
  | { state: 'retrying'; cause: Cause; seconds: number }
  | { state: 'needs_operator'; cause: Cause }

/** Failures of a script, one after the other, before an operator is asked. */
export const failuresBeforeOperator = 6

/** Seconds that a script may ask to wait: 30 days. */
const longestWait = 30 * 86_400

/** Growing delays in seconds: 2, 6, 18, 54, 162, then five minutes at the most. */
export function delayAfter(failures: number): number {
  return Math.min(300, 2 * 3 ** Math.max(0, failures - 1))
}

/**
 * The one place that turns an error of a script into what the engine does next. `last`: how this production failed
 * before, and how often in a row.
 */
export function judge(
  error: unknown,
  script: string,
  last: { kind: Cause['kind']; count: number } | null,
): Verdict {
  const failuresOf = (kind: Cause['kind']) => (last?.kind === kind ? last.count : 0) + 1
  if (error instanceof Refused) {
    const cause: Cause = { kind: 'refused', message: error.message }
    // Before the payment, and when somebody asks for something, no is an answer; a delivery that is paid needs a decision.
    const isAnswer = script === 'prepay' || script === 'action'
    return { state: isAnswer ? 'refused' : 'needs_operator', cause }
  }
  if (error instanceof RetryLater) {
    // A handler may have reckoned with what is no number.
    const seconds = Math.min(longestWait, Math.max(1, error.after)) || delayAfter(1)
    return { state: 'retrying', cause: { kind: 'wait', message: error.message }, seconds }
  }
  if (error instanceof MoodleError) {
    const details = { message: error.message, code: error.code, call: error.call }
    switch (error.kind) {
      case 'outage':
      case 'maintenance':
      case 'token':
        // A site may be away for hours: that is nobody's failure, so it waits for as long as it takes.
        return {
          state: 'retrying',
          cause: { kind: error.kind, ...details },
          seconds: Math.min(300, error.retryAfter ?? delayAfter(failuresOf(error.kind))),
        }
      case 'request':
        return { state: 'needs_operator', cause: { kind: 'moodle', ...details } }
      default:
        return error.kind satisfies never
    }
  }
  const cause: Cause = { kind: 'handler', message: error instanceof Error ? error.message : String(error) }
  const failures = failuresOf('handler')
  if (failures >= failuresBeforeOperator) return { state: 'needs_operator', cause }
  return { state: 'retrying', cause, seconds: delayAfter(failures) }
}
