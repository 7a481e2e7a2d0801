import type { Context } from 'hono'
import { findSignedIn, type SignedIn } from '../shop/customer-session.ts'
import { readCookie } from './cookies.ts'
import type { Face } from './face.ts'
import type { WebEnv } from './security.ts'

const asked = new WeakMap<Request, Promise<SignedIn | undefined>>()

/** The customer who is signed in with this browser: asked of the database once a request, and only with a cookie. */
export async function signedInCustomer<Env extends WebEnv>(
  c: Context<Env>,
  face: Pick<Face, 'shop'>,
): Promise<SignedIn | undefined> {
  const session = readCookie(c, 'customer')
  if (!session) return undefined
  const found = asked.get(c.req.raw) ?? findSignedIn(face.shop.db, session)
  asked.set(c.req.raw, found)
  return await found
}
