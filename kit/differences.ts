import { isDeepStrictEqual } from 'node:util'
import type { End, Fact } from './facts.ts'

/** Something that is not as it should be, in a sentence. */
export type Difference = { kind: 'missing' | 'extra' | 'repeated' | 'changed'; of: Fact['of']; text: string }

/** Seconds by which equal moments of two runs may lie apart. */
const tolerance = 120

/** How `end` differs from `wanted`: each difference a sentence. */
export function differences(wanted: End, end: End): Difference[] {
  const found: Difference[] = []
  const before = grouped(wanted.facts)
  const after = grouped(end.facts)
  for (const [what, facts] of after) {
    const expected = before.get(what)?.length ?? 0
    const [{ of }] = facts
    if (expected === 0) found.push({ kind: 'extra', of, text: `${what} is too much` })
    else if (facts.length > expected) {
      const text = `${what} is there ${times(facts.length)} instead of ${times(expected)}`
      found.push({ kind: 'repeated', of, text })
    }
  }
  for (const [what, facts] of before) {
    const ends = after.get(what) ?? []
    if (ends.length < facts.length)
      found.push({ kind: 'missing', of: facts[0].of, text: `${what} is missing` })
    else if (ends.length === facts.length) found.push(...changes(facts, ends, wanted, end))
  }
  return found
}

/** What changed between facts of the same name: those that have an equal are left aside, the others paired by likeness. */
function changes(facts: Fact[], ends: Fact[], wanted: End, end: End): Difference[] {
  const changed = (fact: Fact, other: Fact) =>
    [...new Set([...Object.keys(fact.value), ...Object.keys(other.value)])].filter(
      (field) => !same(fact.value[field], other.value[field], wanted, end),
    )
  const others = [...ends]
  const alone = facts.filter((fact) => {
    const equal = others.findIndex((other) => changed(fact, other).length === 0)
    if (equal >= 0) others.splice(equal, 1)
    return equal < 0
  })
  return alone.flatMap((fact) => {
    const [like] = others
      .map((other) => ({ other, fields: changed(fact, other) }))
      .sort((a, b) => a.fields.length - b.fields.length)
    if (!like) return []
    others.splice(others.indexOf(like.other), 1)
    return like.fields.map((field) => {
      const text = `${fact.what}: ${field} is ${show(like.other.value[field])} instead of ${show(fact.value[field])}`
      return { kind: 'changed' as const, of: fact.of, text }
    })
  })
}

type Some<T> = [T, ...T[]]

function grouped(facts: Fact[]): Map<string, Some<Fact>> {
  const groups = new Map<string, Some<Fact>>()
  for (const fact of facts) {
    const group = groups.get(fact.what)
    if (group) group.push(fact)
    else groups.set(fact.what, [fact])
  }
  return groups
}

/** Equal but for what may differ: moments by a little, ids that name the same thing. */
function same(a: unknown, b: unknown, wanted: End, end: End): boolean {
  if (isDeepStrictEqual(a, b)) return true
  const times = [momentOf(a), momentOf(b)] as const
  if (times[0] !== undefined && times[1] !== undefined) {
    return Math.abs(times[0] - wanted.since - (times[1] - end.since)) < tolerance * 1000
  }
  if (typeof a === 'number' && typeof b === 'number') return sameThing(a, b, wanted, end)
  // Links name things by their ids; any other text must be the same.
  if (typeof a === 'string' && typeof b === 'string') {
    if (!a.startsWith('http')) return false
    const [numbersOfA, numbersOfB] = [a.match(/\d+/g) ?? [], b.match(/\d+/g) ?? []]
    return (
      a.replaceAll(/\d+/g, '#') === b.replaceAll(/\d+/g, '#') &&
      numbersOfA.every((digits, i) => same(Number(digits), Number(numbersOfB[i]), wanted, end))
    )
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => same(item, b[i], wanted, end))
  }
  if (!isRecord(a) || !isRecord(b)) return false
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((key) =>
    same(a[key], b[key], wanted, end),
  )
}

function sameThing(a: number, b: number, wanted: End, end: End): boolean {
  return [...wanted.names].some(([kind, names]) => {
    const name = names.get(a)
    return name !== undefined && name === end.names.get(kind)?.get(b)
  })
}

/** Milliseconds, of a moment in any of the forms that it takes. */
function momentOf(value: unknown): number | undefined {
  if (value instanceof Date) return value.getTime()
  // Unix seconds from 2001 to 2286
  if (typeof value === 'number') return value >= 1e9 && value < 1e10 ? value * 1000 : undefined
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value)) return undefined
  return Date.parse(value)
}

const times = (count: number) => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times`)

function show(value: unknown): string {
  const moment = momentOf(value)
  if (moment !== undefined) return new Date(moment).toISOString().slice(0, 16).replace('T', ' ')
  if (value === undefined || value === null) return 'nothing'
  return JSON.stringify(value)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
