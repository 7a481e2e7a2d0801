import { type Context, Hono } from 'hono'
import { streamSSE } from 'hono/streaming'
import { cancelOrder } from '../../../shop/close-order.ts'
import { followOrders } from '../../../shop/follow-orders.ts'
import { findOwnOrder } from '../../../shop/view-order.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken, protectForms, type WebEnv } from '../../security.ts'
import { signedInCustomer } from '../../signed-in-customer.ts'
import { notFound } from '../failure-pages.tsx'
import { cartCount, shopPage } from '../page.tsx'
import { OrderPage, orderFragments } from './order-page.tsx'
import { orderTexts } from './order-texts.ts'
import { startPayment } from './start-payment.ts'
import { trackOrder } from './tracked-order.ts'

/** Milliseconds between two signs of life on a silent stream: proxies close those that say nothing for a minute. */
const heartbeat = 20_000
/** Milliseconds after which a stream ends and the browser opens another, on whichever process is there by then. */
const streamLife = 15 * 60_000

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
    const following = follow(owned.id, Number.isSafeInteger(since) ? since : 0)
    const shown = { face, csrf: csrfToken(c), locale: c.var.locale }
    const returned = readReturned(c)
    const signedIn = await signedInCustomer(c, face)
    return streamSSE(c, async (stream) => {
      stream.onAbort(() => following.stop())
      const end = Date.now() + streamLife
      const sent = new Map<string, string>()
      try {
        while (!stream.aborted && Date.now() < end) {
          const moved = await following.next(heartbeat)
          if (stream.aborted) break
          if (moved === undefined) {
            await stream.write(': waiting\n\n')
            continue
          }
          const tracked = await trackOrder(face, { number, token }, returned, signedIn)
          if (!tracked) break
          const news = []
          for (const [id, fragment] of orderFragments({ ...tracked, ...shown })) {
            const html = String(await fragment.toString())
            if (sent.get(id) !== html) news.push(html)
            sent.set(id, html)
          }
          await stream.writeSSE({ event: 'fragment', id: String(moved), data: news.join('\n') })
          if (!tracked.live) {
            await stream.writeSSE({ event: 'end', data: '' })
            break
          }
        }
      } catch (error) {
        // the browser opens the stream again, from the last event that it got
        face.log.warn({ err: error, order: number }, 'a live page was cut off')
      } finally {
        following.stop()
      }
    })
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
