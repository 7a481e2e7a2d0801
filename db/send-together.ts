import type pg from 'pg'

/**
 * Has this connection send the statements that are asked for at the same moment in one packet, and `begin` with the
 * statement that follows: each packet wakes PostgreSQL up, which costs more than most statements. The connection must
 * be in pipeline mode, which keeps their order; a `begin` fails only with its connection, and then so does the next.
 */
export function sendTogether(client: pg.PoolClient): void {
  const query = client.query.bind(client)
  const { stream } = client.connection
  let held = false
  const together = (text: unknown, ...rest: unknown[]) => {
    if (!held) {
      held = true
      stream.cork()
      // Runs when the promises that are ready have had their turn, and so have asked for what comes next.
      process.nextTick(() => {
        held = false
        stream.uncork()
      })
    }
    const sent: unknown = Reflect.apply(query, client, [text, ...rest])
    if (text !== 'begin' || !(sent instanceof Promise)) return sent
    sent.catch(() => {})
    return Promise.resolve({ command: 'BEGIN', rowCount: null, rows: [], oid: 0, fields: [] })
  }
  // It answers as the client's own query does, whichever of its forms is used.
  client.query = together as typeof client.query
}
