/**
 * What scripts, and the services that they ask, say, as the database can keep it: no text of it holds a NUL, or half a
 * character. A copy of the same shape; all but texts, lists and plain objects is as it was.
 */
export function storable<T>(value: T): T {
  return copy(value) as T // of the same shape
}

function copy(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '').toWellFormed()
  if (Array.isArray(value)) return value.map(copy)
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [copy(name), copy(inner)]))
}
