import type { Kysely } from 'kysely'
import type { CartContent, Database } from '../db/schema.ts'
import { type Cart, findCart, saveCart } from './cart.ts'

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
): Promise<Cart | undefined> {
  for (let attempt = 0; attempt < tries; attempt++) {
    const cart = await findCart(db, token)
    if (!cart) return undefined
    const changed = { ...cart, content: change(cart.content) }
    if (await saveCart(db, changed)) return { ...changed, revision: cart.revision + 1 }
  }
  throw new Error(`a cart could not be saved: others saved it ${tries} times meanwhile`)
}
