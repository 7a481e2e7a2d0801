import { type Context, Hono } from 'hono'
import { z } from 'zod'
import { countUnits, viewCart } from '../../../shop/cart.ts'
import { changeCart } from '../../../shop/change-cart.ts'
import { readCustomer } from '../../../shop/customer.ts'
import { findPlaced, type PlaceErrors, placeOrder } from '../../../shop/place-order.ts'
import { offerCredits, whatCreditsPay } from '../../../shop/spend-credits.ts'
import { findOwnOrder } from '../../../shop/view-order.ts'
import { dropCookie } from '../../cookies.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken, protectForms, readBody, type WebEnv } from '../../security.ts'
import { signedInCustomer } from '../../signed-in-customer.ts'
import { startPayment } from '../order/start-payment.ts'
import { shopPage, type VisitorCart, visitorCart } from '../page.tsx'
import { CheckoutPage } from './checkout-page.tsx'
import { checkoutTexts } from './checkout-texts.ts'
import { keepCustomer, readCustomerForm } from './keep-customer.ts'
import { buyerDetails } from './known-buyer.ts'

/** The buyer's details, the means of payment, the terms: what turns a cart into an order. */
export function checkout(face: Face): Hono<WebEnv> {
  const app = new Hono<WebEnv>()

  app.get(routes.checkout.pattern, async (c) => {
    const mine = await visitorCart(c, face)
    if (!mine || mine.cart.content.lines.length === 0) return c.redirect(routes.cart.show(), 303)
    const viewed = await viewCart(face.shop, mine.cart.content)
    if (!viewed.complete) return c.redirect(`${routes.cart.show()}?check`, 303)
    return await show(c, face, mine, { means: '', termsAccepted: false })
  })

  app.post(routes.checkout.pattern, protectForms, async (c) => {
    const body = await readBody(c)
    const mine = await visitorCart(c, face)
    const cart =
      mine && (await changeCart(face.shop.db, mine.token, (content) => keepCustomer(content, body)))
    if (!cart) return c.redirect((await placedBefore(face, body.cart)) ?? routes.cart.show(), 303)
    const chosen = { means: String(body.means ?? ''), termsAccepted: body.terms === 'on' }
    const total = Number(body.total)
    const signedIn = await signedInCustomer(c, face)
    const result = await placeOrder(face.shop, face.engine, cart, {
      ...chosen,
      customer: readCustomerForm(body),
      locale: c.var.locale,
      ...(Number.isInteger(total) && { expectedTotalCents: total }),
      signedInAs: signedIn?.email,
    })
    if (!result.ok) return await show(c, face, { ...mine, cart }, chosen, result.errors)
    dropCookie(c, 'cart')
    const order = await findOwnOrder(face.shop.db, result.order.number, result.order.token)
    const payAt = order && (await startPayment(face, order, signedIn))
    return c.redirect(payAt ?? routes.order.show(result.order.number, result.order.token), 303)
  })

  return app
}

/** The page of the order that this cart has become: a second click must not show an empty cart. */
async function placedBefore(face: Face, cartId: unknown): Promise<string | undefined> {
  const id = z.uuid().safeParse(cartId)
  if (!id.success) return undefined
  const order = await findPlaced(face.shop, id.data)
  return order && routes.order.show(order.number, order.token)
}

type Chosen = { means: string; termsAccepted: boolean }

async function show(c: Context<WebEnv>, face: Face, mine: VisitorCart, chosen: Chosen, errors?: PlaceErrors) {
  const { content } = mine.cart
  const signedIn = await signedInCustomer(c, face)
  const typed = await buyerDetails(c, face, content)
  const customer = readCustomer(typed)
  const viewed = await viewCart(face.shop, content, customer.ok ? customer.value : undefined)
  const payment = { ...whatCreditsPay(face.shop, viewed), buyer: typed.email || undefined }
  return shopPage(
    c,
    face,
    {
      title: checkoutTexts[c.var.locale].title,
      cartCount: countUnits(content),
      status: errors ? 422 : 200,
    },
    <CheckoutPage
      cartId={mine.cart.id}
      viewed={viewed}
      customer={typed}
      means={[...face.shop.means.values()].filter(({ kind }) => kind !== 'credits')}
      credits={await offerCredits(face.shop, payment, signedIn?.email)}
      signedIn={signedIn}
      chosen={chosen}
      errors={errors}
      csrf={csrfToken(c)}
      currency={face.shop.settings.currency}
      locale={c.var.locale}
    />,
  )
}
