import type { Text } from './text.ts'

// The worst case of a backtracking match is about the product of the ways in which each part can match. A text of
// an operator's field has 200 characters at the most (see `schemaOf`), so three free repetitions stay under 10 ms.
const longest = 200
const ceiling = 200 ** 3

/**
 * Says why a pattern that an operator typed can't be used: it doesn't compile, or some text would keep the server
 * busy. Undefined when it may be used. The pattern is read as in HTML: it must match the whole text.
 */
export function faultOfPattern(pattern: string): Text | undefined {
  if (pattern.length > 200) {
    return { en: 'A pattern has 200 characters at the most.', fr: 'Un motif a 200 caractères au plus.' }
  }
  try {
    compilePattern(pattern)
  } catch {
    return {
      en: 'This is not a regular expression that JavaScript understands.',
      fr: 'Ce n’est pas une expression régulière que JavaScript comprend.',
    }
  }
  if (/\\[1-9k]|\(\?(?!:)/.test(pattern)) {
    return {
      en: 'Back-references, look-arounds and named groups are not allowed here.',
      fr: 'Les références arrière, les assertions et les groupes nommés ne sont pas admis ici.',
    }
  }
  const cost = costOf(pattern)
  if (cost > ceiling) {
    return {
      en: 'This pattern could keep the shop busy for long: avoid repetitions within repetitions, and use three “*” or “+” at the most.',
      fr: 'Ce motif pourrait occuper la boutique longtemps : évitez les répétitions imbriquées et n’employez pas plus de trois « * » ou « + ».',
    }
  }
  return undefined
}

/** The regular expression of an operator's pattern, for the whole text. */
export function compilePattern(pattern: string): RegExp {
  return new RegExp(`^(?:${pattern})$`, 'u')
}

type Group = { cost: number; alternatives: number; varies: boolean }

/** An upper bound of the ways to match; Infinity for what varies inside a repetition. The pattern compiles. */
function costOf(pattern: string): number {
  const open: Group[] = [{ cost: 1, alternatives: 1, varies: false }]
  const parts = pattern.matchAll(
    /\\(?:[pP]\{[^}]*\}|u\{[^}]*\}|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|\(\?:|[()|]|(?:[*+?]|\{\d+(?:,\d*)?\})\??|[\s\S]/gu,
  )
  let last: Group = { cost: 1, alternatives: 1, varies: false }
  for (const [part] of parts) {
    const group = open.at(-1)
    if (!group) return Number.POSITIVE_INFINITY
    if (part === '(' || part === '(?:') {
      open.push({ cost: 1, alternatives: 1, varies: false })
    } else if (part === ')') {
      open.pop()
      const outer = open.at(-1)
      if (!outer) return Number.POSITIVE_INFINITY
      last = group
      outer.cost *= group.cost * group.alternatives
      outer.varies ||= group.varies || group.alternatives > 1
    } else if (part === '|') {
      group.alternatives++
    } else if (/^(?:[*+?]|\{\d)/.test(part)) {
      const { least, most } = boundsOf(part)
      if (most > 1 && (last.varies || last.alternatives > 1)) return Number.POSITIVE_INFINITY
      if (most > least) {
        group.cost *= most - least + 1
        group.varies = true
      }
    } else {
      last = { cost: 1, alternatives: 1, varies: false }
    }
  }
  const whole = open[0]
  return whole ? whole.cost * whole.alternatives : Number.POSITIVE_INFINITY
}

function boundsOf(quantifier: string): { least: number; most: number } {
  if (quantifier.startsWith('?')) return { least: 0, most: 1 }
  if (quantifier.startsWith('*')) return { least: 0, most: longest - 1 }
  if (quantifier.startsWith('+')) return { least: 1, most: longest }
  const [, least = '0', comma, most] = /^\{(\d+)(,?)(\d*)/.exec(quantifier) ?? []
  return { least: Number(least), most: comma ? Math.min(Number(most || longest), longest) : Number(least) }
}
