import type { Kysely } from 'kysely'
import type { CartContent, Database } from '../db/schema.ts'
import { type CartWithEntries, findCart, saveCart } from './cart.ts'

/** Two tabs of one customer lose to each other once or twice; more is no customer. */
const tries = 20

/**
 * Changes the cart of a token: reads it, applies `change`, saves it, and begins again on what another tab has saved
 * meanwhile. Undefined when the token has no cart (any more).
 */
export async function changeCart(
  db: Kysely<Database>,
  token: string,
  change: (content: CartContent) => CartContent,
): Promise<CartWithEntries | undefined> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const cart = await findCart(db, token)
    if (!cart) return undefined
    const saved = await saveCart(db, { ...cart, content: change(cart.content) })
    if (saved) return saved
  }
  throw new Error(`a cart could not be saved: others saved it ${tries} times meanwhile`)
}
