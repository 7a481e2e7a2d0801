import { type Context, Hono } from 'hono'
import { cancelOrder } from '../../../shop/close-order.ts'
import { followOrders } from '../../../shop/follow-orders.ts'
import { findOwnOrder } from '../../../shop/view-order.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken, protectForms, type WebEnv } from '../../security.ts'
import { signedInCustomer } from '../../signed-in-customer.ts'
import { notFound } from '../failure-pages.tsx'
import { cartCount, shopPage } from '../page.tsx'
import { OrderPage } from './order-page.tsx'
import { orderTexts } from './order-texts.ts'
import { startPayment } from './start-payment.ts'
import { streamOrder } from './stream-order.ts'
import { trackOrder } from './tracked-order.ts'

/** The page of one order, for whoever has its token: payment, progress, products; live while anything may happen. */
export function order(face: Face): Hono<WebEnv> {
  const app = new Hono<WebEnv>()
  const follow = followOrders(face.shop.db, face.log)

  app.get(routes.order.show.pattern, async (c) => {
    const tracked = await trackOrder(face, c.req.param(), readReturned(c), await signedInCustomer(c, face))
    if (!tracked) return await notFound(c, face)
    keepPrivate(c)
    const { locale } = c.var
    const { number, token } = tracked.order
    return shopPage(
      c,
      face,
      {
        title: orderTexts[locale].title(number),
        cartCount: await cartCount(c, face),
        head: (
          <>
            <meta name="robots" content="noindex" />
            {tracked.soon && (
              <noscript>
                <meta http-equiv="refresh" content="5" />
              </noscript>
            )}
          </>
        ),
      },
      <OrderPage
        {...tracked}
        face={face}
        csrf={csrfToken(c)}
        locale={locale}
        eventsUrl={tracked.live ? eventsUrl(c, number, token, tracked.revision) : undefined}
        notCancelled={c.req.query('kept') !== undefined}
      />,
    )
  })

  app.get(routes.order.events.pattern, async (c) => {
    const { number, token } = c.req.param()
    const owned = await findOwnOrder(face.shop.db, number, token)
    if (!owned) return c.body(null, 404)
    keepPrivate(c)
    c.header('x-accel-buffering', 'no')
    const since = Number(c.req.header('last-event-id') ?? c.req.query('since'))
    const returned = readReturned(c)
    const signedIn = await signedInCustomer(c, face)
    const following = follow(owned.id, Number.isSafeInteger(since) ? since : 0)
    return streamOrder(c, face, following, () => trackOrder(face, { number, token }, returned, signedIn))
  })

  app.post(routes.order.pay.pattern, protectForms, async (c) => {
    const { number, token } = c.req.param()
    const owned = await findOwnOrder(face.shop.db, number, token)
    if (!owned) return await notFound(c, face)
    const payAt = await startPayment(face, owned, await signedInCustomer(c, face))
    return c.redirect(payAt ?? routes.order.show(number, token), 303)
  })

  app.post(routes.order.cancel.pattern, protectForms, async (c) => {
    const { number, token } = c.req.param()
    const owned = await findOwnOrder(face.shop.db, number, token)
    if (!owned) return await notFound(c, face)
    const { ok } = await cancelOrder(face.shop, number, { who: 'customer' })
    return c.redirect(`${routes.order.show(number, token)}${ok ? '' : '?kept'}`, 303)
  })

  return app
}

/** The token stands in the address: nothing on the way may keep the page, nor send the address on. */
function keepPrivate(c: Context<WebEnv>) {
  c.header('cache-control', 'no-store')
  c.header('x-robots-tag', 'noindex')
}

function readReturned(c: Context<WebEnv>): number | undefined {
  const returned = c.req.query('returned')
  return /^\d{1,6}$/.test(returned ?? '') ? Number(returned) : undefined
}

function eventsUrl(c: Context<WebEnv>, number: string, token: string, since: number): string {
  const returned = readReturned(c)
  const query = new URLSearchParams({
    since: String(since),
    ...(returned !== undefined && { returned: String(returned) }),
  })
  return `${routes.order.events(number, token)}?${query}`
}
