import type { Fault } from './problem.ts'
import { pointerTo } from './problem.ts'

const deepest = 24

/**
 * What PostgreSQL could not keep, or what no form is: a NUL or half a character in a text, and nesting without end.
 * `part` is `body` or the kind of parameter.
 */
export function whyNotStorable(value: unknown, part: string, path: PropertyKey[] = []): Fault[] {
  const where = part === 'body' ? { pointer: pointerTo(...path) } : { parameter: String(path[0] ?? '') }
  if (typeof value === 'string') {
    if (!value.includes('\0') && value.isWellFormed()) return []
    return [
      {
        ...where,
        text: {
          en: 'A text can’t hold NUL or half a character.',
          fr: 'Un texte ne peut contenir NUL ni un demi-caractère.',
        },
      },
    ]
  }
  if (typeof value !== 'object' || value === null) return []
  if (path.length >= deepest) {
    return [{ ...where, text: { en: 'Nested too deeply.', fr: 'Imbrication trop profonde.' } }]
  }
  return Object.entries(value).flatMap(([key, inner]) => [
    ...whyNotStorable(key, part, [...path, key]),
    ...whyNotStorable(inner, part, [...path, key]),
  ])
}
