import { sql } from 'kysely'
import { askTurns } from '../shop/ask-turns.ts'
import type { Process } from './process.ts'

// The shop closes and opens the access at the end of a product, whatever the handler: only what that adds is proven here.

/** Has all products come to their end, or back from it. Safe to repeat. */
export async function passEnd({ shop }: Process, turn: 'ended' | 'revived'): Promise<void> {
  const [from, to] = turn === 'ended' ? ['active', 'ended'] : ['ended', 'active']
  await shop.db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: number }>`
      update products set state = ${to} where state = ${from} returning id`.execute(trx)
    await askTurns(
      shop,
      trx,
      rows.map(({ id }) => id),
      turn,
    )
  })
}
