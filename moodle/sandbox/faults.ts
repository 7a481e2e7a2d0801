import { z } from 'zod'
import type { Form } from './read-form.ts'

/** What the sandbox can be told to do instead of answering well. */
export const faultKinds = [
  'slow',
  'down',
  'maintenance',
  'cliMaintenance',
  'token',
  'access',
  'database',
  'badGateway',
  'disabled',
  'lostReply',
] as const

/**
 * A rule: which calls go wrong, how, and how often. Without `function` and `match` it is every call; without
 * `times` until it is lifted. `match` is a text that the call's form must contain, an e-mail for instance.
 */
export const faultRule = z.strictObject({
  fault: z.enum(faultKinds),
  function: z.string().min(1).optional(),
  match: z.string().min(1).optional(),
  times: z.int().min(1).optional(),
  milliseconds: z.int().min(0).max(600_000).optional(),
})

export type FaultRule = z.output<typeof faultRule>

/** What goes wrong; a rule of `slow` only holds the call up. */
export type FaultKind = Exclude<FaultRule['fault'], 'slow'>

export type Fault = FaultRule & { id: number; hits: number }

export function addFault(faults: Fault[], rule: FaultRule): Fault {
  const fault = { ...rule, id: Math.max(0, ...faults.map(({ id }) => id)) + 1, hits: 0 }
  faults.push(fault)
  return fault
}

/** Lifts the fault of this id, or all. */
export function liftFaults(faults: Fault[], id?: number): void {
  for (let index = faults.length - 1; index >= 0; index--) {
    if (id === undefined || faults[index]?.id === id) faults.splice(index, 1)
  }
}

/**
 * The faults that strike this call, each counted as one of its rule's `times`: how long it is held up, and what
 * goes wrong (the oldest rule's fault, when several do).
 */
export function strike(
  faults: Fault[],
  call: { function: string; form: Form },
): { milliseconds: number; kind: FaultKind | undefined } {
  let milliseconds = 0
  let kind: FaultKind | undefined
  for (const fault of [...faults]) {
    if (fault.function !== undefined && fault.function !== call.function) continue
    if (fault.match !== undefined && !contains(call.form, fault.match)) continue
    if (fault.fault !== 'slow' && kind !== undefined) continue
    milliseconds += fault.milliseconds ?? (fault.fault === 'slow' ? 1000 : 0)
    if (fault.fault !== 'slow') kind = fault.fault
    fault.hits += 1
    if (fault.times !== undefined && fault.hits >= fault.times) liftFaults(faults, fault.id)
  }
  return { milliseconds, kind }
}

const contains = (form: Form, text: string): boolean =>
  Object.values(form).some((value) =>
    typeof value === 'string' ? value.includes(text) : contains(value, text),
  )
