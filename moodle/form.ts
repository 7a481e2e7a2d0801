/**
 * PHP drops the fields of a form past `max_input_vars`, 1000 by default, and says nothing: 1,300 enrolments of 5 keys
 * once answered `null` with 1,000 enrolled.
 */
export const formFields = 999

/** The fields that every call has: token, function, format. */
export const fixedFields = 3

/**
 * Writes `params` as PHP reads arrays from a form: `users[0][email]=…`. Booleans travel as 0 and 1, which is all that
 * Moodle takes; null and undefined are left out. Throws on any other value, and on more fields than PHP reads.
 */
export function encodeForm(params: Record<string, unknown>): string {
  const pairs: string[] = []
  for (const [name, value] of Object.entries(params)) write(pairs, encodeURIComponent(name), name, value)
  if (pairs.length > formFields) {
    throw new RangeError(
      `a call of ${pairs.length} fields: PHP reads no more than ${formFields}, so send fewer elements`,
    )
  }
  return pairs.join('&')
}

function write(pairs: string[], encoded: string, name: string, value: unknown): void {
  if (value === undefined || value === null) return
  if (typeof value === 'string') pairs.push(`${encoded}=${encodeURIComponent(value)}`)
  else if (typeof value === 'boolean') pairs.push(`${encoded}=${value ? 1 : 0}`)
  else if (typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value))) {
    pairs.push(`${encoded}=${value}`)
  } else if (Array.isArray(value)) {
    value.forEach((element, i) => {
      write(pairs, `${encoded}%5B${i}%5D`, `${name}[${i}]`, element)
    })
  } else if (isPlain(value)) {
    for (const [key, element] of Object.entries(value)) {
      write(pairs, `${encoded}%5B${encodeURIComponent(key)}%5D`, `${name}[${key}]`, element)
    }
  } else
    throw new TypeError(
      `${name} can't be written in a form: give a text, a number, a boolean, a list or an object`,
    )
}

function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
