/** A form in PHP's array form, read: `users[0][email]=x` is `{ users: { 0: { email: 'x' } } }`. */
export type Form = { [key: string]: string | Form }

const none = () => Object.create(null) as Form // a bare object is a Form: a form may have a field named __proto__

/** PHP's `max_input_vars` as it comes. PHP adds a field before it counts it, so one more gets through. */
const maxInputVars = 1000

/**
 * Reads an `application/x-www-form-urlencoded` body as PHP does: fields past `max_input_vars` are dropped
 * without a word. `into` receives the fields (a body is added to the query string's).
 */
export function readForm(body: string, into: Form = none()): Form {
  let count = 0
  for (const pair of body.split('&')) {
    if (pair === '') continue
    if (count++ > maxInputVars) break
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    setField(into, name, equals < 0 ? '' : decode(pair.slice(equals + 1)))
  }
  return into
}

function decode(text: string): string {
  const spaced = text.includes('+') ? text.replaceAll('+', ' ') : text
  if (!spaced.includes('%')) return spaced
  try {
    return decodeURIComponent(spaced)
  } catch {
    return spaced
  }
}

function setField(form: Form, name: string, value: string): void {
  const bracket = name.indexOf('[')
  if (bracket <= 0 || !name.endsWith(']')) {
    form[name] = value
    return
  }
  const keys = [name.slice(0, bracket), ...name.slice(bracket + 1, -1).split('][')]
  const last = keys.pop() ?? ''
  let at = form
  for (const key of keys) {
    const child = at[key || nextIndex(at)]
    if (typeof child === 'object') at = child
    else {
      const made = none()
      at[key || nextIndex(at)] = made
      at = made
    }
  }
  at[last || nextIndex(at)] = value
}

const nextIndex = (form: Form) => String(Object.keys(form).length)
