import type { Form } from './read-form.ts'

export type LoggedCall = {
  /** Milliseconds since 1970. */
  at: number
  function: string
  /** How many elements its list held: 20 for an enrolment call of 20 enrolments. */
  elements: number
  /** `ok`, Moodle's errorcode, or the fault that the sandbox was told to show. */
  outcome: string
  milliseconds: number
  form: Form
}

export type CallLog = {
  total: number
  functions: Map<string, { calls: number; elements: number; largest: number; refused: number }>
  /** The last calls, the newest last. */
  recent: LoggedCall[]
}

const kept = 200
/** Of a call with a long list, this many elements are kept. */
const keptElements = 10

export const emptyLog = (): CallLog => ({ total: 0, functions: new Map(), recent: [] })

export function clearLog(log: CallLog): void {
  Object.assign(log, emptyLog())
}

export function logCall(log: CallLog, call: LoggedCall): void {
  log.total += 1
  log.recent.push(call.elements > keptElements ? { ...call, form: shortened(call.form) } : call)
  if (log.recent.length >= 2 * kept) log.recent.splice(0, kept)
  let counted = log.functions.get(call.function)
  if (!counted) {
    counted = { calls: 0, elements: 0, largest: 0, refused: 0 }
    log.functions.set(call.function, counted)
  }
  counted.calls += 1
  counted.elements += call.elements
  counted.largest = Math.max(counted.largest, call.elements)
  if (call.outcome !== 'ok') counted.refused += 1
}

export const recentCalls = (log: CallLog) => log.recent.slice(-kept)

/** The elements of the call's list; 1 when it takes none. */
export function countElements(form: Form): number {
  for (const value of Object.values(form)) {
    if (typeof value === 'object' && '0' in value) return Object.keys(value).length
  }
  return 1
}

const shortened = (form: Form): Form =>
  Object.fromEntries(
    Object.entries(form).map(([key, value]) => [
      key,
      typeof value === 'string' ? value : Object.fromEntries(Object.entries(value).slice(0, keptElements)),
    ]),
  )
