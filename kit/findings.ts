import { adviceFor, type Test } from './advice.ts'
import { type Difference, differences } from './differences.ts'
import { anyUnit, type End } from './facts.ts'
import type { Run } from './run-sale.ts'
import type { Phase } from './sale.ts'

/** What was not as it should be. */
export type ProofFinding = {
  /** Where it was: "postpay, between the effect of “account” and its record". */
  where: string
  /** What was found, in sentences. */
  what: string[]
  /** What to do about it. */
  advice: string
}

/** What two runs ended with differently after these phases; the first phase that differs tells enough. */
export function compare(
  test: Test,
  where: string,
  wanted: Run,
  run: Run,
  phases: readonly Phase[],
): ProofFinding[] {
  for (const phase of phases) {
    const found = report(test, where, between(wanted.ends.get(phase), run.ends.get(phase), test))
    if (found.length > 0) return found
  }
  return []
}

/** How an end differs from the one that was wanted. Units of one order may compete: then it doesn't matter which is which. */
export function between(wanted: End | undefined, end: End | undefined, test?: Test): Difference[] {
  if (!wanted || !end) return []
  return test === 'size' ? differences(anyUnit(wanted), anyUnit(end)) : differences(wanted, end)
}

/** What a sale left behind of what was not there before; orders and units stay, of course. */
export function leftBy(untouched: End, end: End | undefined): Difference[] {
  return between(untouched, end).filter(({ of, text }) => of !== 'shop' || text.startsWith('the '))
}

/** What somebody may do who could not before. */
export function openedBy(untouched: End, end: End | undefined): Difference[] {
  if (!end) return []
  const access = (one: End): End => ({ ...one, facts: one.facts.filter((fact) => fact.access) })
  return differences(access(untouched), access(end)).filter(({ kind }) => kind === 'extra')
}

/** The finding of a test, from its differences: none when there are none. */
export function report(test: Test, where: string, found: Difference[]): ProofFinding[] {
  if (found.length === 0) return []
  return [{ where, what: found.map(({ text }) => text), advice: adviceFor(test, found) }]
}

/** The finding of a test that could not be gone through. */
export function failure(test: Test, where: string, error: unknown): ProofFinding {
  const what = error instanceof Error ? error.message : String(error)
  return { where, what: [what], advice: adviceFor(test, []) }
}
