import { readProductReference } from '../sdk/product-reference.ts'

/** Whom to forget: an e-mail, in small letters, and the names that went with it. */
export type Forgotten = { email: string; names: { firstname: string; lastname: string }[] }

/** What stands where a person's e-mail was. The domain is reserved: no mail can ever go there (RFC 2606). */
export const nobodysEmail = 'erased@erased.invalid'

/**
 * The ways to take a person out of any JSON value, keeping its shape: a script that must still undo something may read
 * it. `blank` takes every text, `without` only what names the person: their e-mail, their names, and all the texts of an
 * object that has their e-mail among its values. `concerns` tells whether `without` would take anything.
 */
export function forget({ email, names }: Forgotten) {
  const literal = (text: string) => text.trim().replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
  const words = [
    literal(email),
    ...names.flatMap(({ firstname, lastname }) => [
      `${literal(firstname)}\\s+${literal(lastname)}`,
      `${literal(lastname)}\\s+${literal(firstname)}`,
    ]),
    // A first name alone, or two letters, are too many other things.
    ...names.flatMap(({ lastname }) => (lastname.trim().length > 2 ? [literal(lastname)] : [])),
  ]
  const naming = new RegExp(`(?<![\\p{L}\\p{N}])(?:${words.join('|')})(?![\\p{L}\\p{N}])`, 'giu')
  const isTheirs = (value: unknown) => typeof value === 'string' && value.trim().toLowerCase() === email

  function without(value: unknown): unknown {
    if (typeof value === 'string') return value.replace(naming, '—')
    if (Array.isArray(value)) return value.map(without)
    if (!isObject(value)) return value
    const erase = Object.values(value).some(isTheirs) ? blankButLists : without
    return mapObject(value, erase)
  }

  /** Of somebody's answers: a list in them is of other people. */
  const blankButLists = (value: unknown): unknown => (Array.isArray(value) ? without(value) : blank(value))

  function concerns(value: unknown): boolean {
    if (typeof value === 'string') return value.search(naming) >= 0
    return isObject(value) && Object.values(value).some(concerns)
  }

  return { blank, without, concerns }
}

function blank(value: unknown): unknown {
  if (typeof value === 'string') {
    // A product's reference names nobody, and what was added to that product may have to be taken back.
    if (value === '' || readProductReference(value) !== undefined) return value
    return value.includes('@') ? nobodysEmail : '—'
  }
  if (Array.isArray(value)) return value.map(blank)
  return isObject(value) ? mapObject(value, blank) : value
}

/** The names that stand beside an e-mail, wherever in a value. */
export function namesBeside(email: string, value: unknown): Forgotten['names'] {
  if (!isObject(value)) return []
  const inner = Object.values(value).flatMap((one) => namesBeside(email, one))
  const { firstname, lastname } = value
  const isTheirs = Object.values(value).some(
    (one) => typeof one === 'string' && one.trim().toLowerCase() === email,
  )
  return isTheirs && typeof firstname === 'string' && typeof lastname === 'string' && lastname.trim() !== ''
    ? [{ firstname, lastname }, ...inner]
    : inner
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null

const mapObject = (value: Record<string, unknown>, change: (one: unknown) => unknown) =>
  Object.fromEntries(Object.entries(value).map(([name, one]) => [name, change(one)]))
