import { createHash } from 'node:crypto'
import type pg from 'pg'

/** How many statements a connection keeps prepared. Ours are some two hundred; lists of varying length make more. */
const most = 500
const names = new Map<string, string>()

/**
 * Has this connection prepare each statement once and reuse its plan: our statements write an order in one go, and
 * planning one takes PostgreSQL longer than running it (1.7 times as many orders a second, see docs/decisions). Once a
 * migration under a running shop has changed what a statement returns, it fails on this connection, and all are
 * prepared anew.
 */
export function prepareStatements(client: pg.PoolClient): void {
  const query = client.query.bind(client)
  let round = 0
  const prepareAnew = (error: unknown) => {
    if (error instanceof Error && 'routine' in error && error.routine === planIsOutdated) round++
  }
  const prepared = (text: unknown, values: unknown, ...rest: unknown[]) => {
    if (typeof text === 'string' && Array.isArray(values)) {
      const name = nameOf(text)
      // a pool's own query passes a callback
      if (name) {
        const sent: unknown = Reflect.apply(query, client, [
          { name: `${name}${round}`, text, values },
          ...rest,
        ])
        if (sent instanceof Promise) sent.catch(prepareAnew)
        return sent
      }
    }
    return Reflect.apply(query, client, [text, values, ...rest])
  }
  // It answers as the client's own query does, whichever of its forms is used.
  client.query = prepared as typeof client.query
}

/** Where PostgreSQL says "cached plan must not change result type": under its name, a statement then fails every time. */
const planIsOutdated = 'RevalidateCachedQuery'

function nameOf(text: string): string | undefined {
  const known = names.get(text)
  if (known !== undefined || names.size >= most) return known
  const name = createHash('sha256').update(text).digest('base64url').slice(0, 16)
  names.set(text, name)
  return name
}
