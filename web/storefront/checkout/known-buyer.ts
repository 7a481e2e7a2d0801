import type { Context } from 'hono'
import type { CartContent, Customer } from '../../../db/schema.ts'
import { knownCustomer, readCustomer } from '../../../shop/customer.ts'
import type { Face } from '../../face.ts'
import type { WebEnv } from '../../security.ts'
import { signedInCustomer } from '../../signed-in-customer.ts'

/** What is known of the buyer, complete or not: as typed at the checkout, else as we know whoever is signed in. */
export async function buyerDetails(
  c: Context<WebEnv>,
  face: Face,
  content: CartContent,
): Promise<Partial<Customer>> {
  if (content.customer) return content.customer
  const signedIn = await signedInCustomer(c, face)
  return signedIn ? await knownCustomer(face.shop.db, signedIn.email) : {}
}

/** The buyer, once all of them is known; until then the units that are "for me" wait for the checkout to ask. */
export async function knownBuyer(
  c: Context<WebEnv>,
  face: Face,
  content: CartContent,
): Promise<Customer | undefined> {
  const read = readCustomer(await buyerDetails(c, face, content))
  return read.ok ? read.value : undefined
}
