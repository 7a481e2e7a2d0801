import type { Context } from 'hono'
import type { Child } from 'hono/jsx'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { CartContent } from '../../db/schema.ts'
import { type Cart, countUnits, findCart, openCart } from '../../shop/cart.ts'
import { readCookie, writeCookie } from '../cookies.ts'
import type { Face } from '../face.ts'
import type { WebEnv } from '../security.ts'
import { Layout } from '../ui/layout.tsx'

type PageProps = {
  title: string
  /** Units in the cart, for the head of the page. */
  cartCount: number
  width?: 'wide' | 'narrow'
  head?: Child
  status?: ContentfulStatusCode
}

/** Answers with a page of the storefront. */
export function shopPage<Env extends WebEnv>(c: Context<Env>, face: Face, props: PageProps, content: Child) {
  const { status = 200, ...layout } = props
  const { pathname, search } = new URL(c.req.url)
  return c.html(
    <Layout
      {...layout}
      shopName={face.shop.settings.name}
      locale={c.var.locale}
      path={pathname + search}
      signedIn={readCookie(c, 'customer') !== undefined}
    >
      {content}
    </Layout>,
    status,
  )
}

/** Days that a cart is kept for a browser that comes back; `pruneCarts` keeps them as long. */
const cartDays = 60

export type VisitorCart = { token: string; cart: Cart }

/** The cart that this browser has. */
export async function visitorCart<Env extends WebEnv>(
  c: Context<Env>,
  face: Face,
): Promise<VisitorCart | undefined> {
  const token = readCookie(c, 'cart')
  const cart = token ? await findCart(face.shop.db, token) : undefined
  return token && cart ? { token, cart } : undefined
}

/** Gives this browser a new cart. */
export async function giveCart(c: Context<WebEnv>, face: Face, content: CartContent): Promise<void> {
  const { token } = await openCart(face.shop.db, content)
  keepCart(c, token)
}

/** Has the browser keep its cart for another two months. */
export function keepCart(c: Context<WebEnv>, token: string): void {
  writeCookie(c, 'cart', token, cartDays)
}

/** Units in this browser's cart. */
export async function cartCount<Env extends WebEnv>(c: Context<Env>, face: Face): Promise<number> {
  const mine = await visitorCart(c, face)
  return mine ? countUnits(mine.cart.content) : 0
}
