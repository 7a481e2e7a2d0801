import { createHash } from 'node:crypto'
import type pg from 'pg'

/** How many statements a connection keeps prepared. Ours are some two hundred; lists of varying length make more. */
const most = 500
const names = new Map<string, string>()

/**
 * Has this connection prepare each statement once and reuse its plan: our statements write an order in one go, and
 * planning one takes PostgreSQL longer than running it (1.7 times as many orders a second, see docs/decisions).
 */
export function prepareStatements(client: pg.PoolClient): void {
  const query = client.query.bind(client)
  const prepared = (text: unknown, values: unknown, ...rest: unknown[]) => {
    if (typeof text === 'string' && Array.isArray(values)) {
      const name = nameOf(text)
      // a pool's own query passes a callback
      if (name) return Reflect.apply(query, client, [{ name, text, values }, ...rest])
    }
    return Reflect.apply(query, client, [text, values, ...rest])
  }
  // It answers as the client's own query does, whichever of its forms is used.
  client.query = prepared as typeof client.query
}

function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known !== undefined || names.size >= most) return known
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 16)
  names.set(text, name)
  return name
}
