import type pg from 'pg'

/**
 * Has this connection send `begin` together with the statement that follows instead of waiting for its answer: a round
 * trip less for each transaction. The connection must be in pipeline mode, which keeps the order of statements; a
 * `begin` fails only with its connection, and then the next statement fails as well.
 */
export function beginAhead(client: pg.PoolClient): void {
  const query = client.query.bind(client)
  const ahead = (text: unknown, ...rest: unknown[]) => {
    const sent: unknown = Reflect.apply(query, client, [text, ...rest])
    if (text !== 'begin' || !(sent instanceof Promise)) return sent
    sent.catch(() => {})
    return Promise.resolve({ command: 'BEGIN', rowCount: null, rows: [], oid: 0, fields: [] })
  }
  // It answers as the client's own query does, whichever of its forms is used.
  client.query = ahead as typeof client.query
}
