import { Hono } from 'hono'
import { testCardId } from '../../payments/test-card.ts'
import { testCardPage } from '../../payments/test-card-page.tsx'
import { notifyLater } from '../../payments/test-card-sender.ts'
import { meansToPay } from '../../shop/payable.ts'
import { findOwnOrder } from '../../shop/view-order.ts'
import type { Face } from '../face.ts'
import { refuseNul, type WebEnv } from '../security.ts'
import { locale } from '../ui/locale.ts'
import { account } from './account/account.tsx'
import { cart } from './cart/cart.tsx'
import { catalog } from './catalog/catalog.tsx'
import { checkout } from './checkout/checkout.tsx'
import { entry } from './entry/entry.tsx'
import { failurePage, notFound } from './failure-pages.tsx'
import { legal } from './legal/legal.tsx'
import { notifications } from './notifications.ts'
import { order } from './order/order.tsx'
import { payableNow } from './order/start-payment.ts'

/** What customers see, and what means of payment tell: mounted last, it also answers for addresses that nobody has. */
export function storefront(face: Face): Hono<WebEnv> {
  const app = new Hono<WebEnv>()
  app.use(refuseNul)
  app.route('/', notifications(face))
  if (face.shop.means.has(testCardId)) app.route('/', testCard(face))
  app.use(locale)
  for (const part of [catalog, entry, cart, checkout, order, account, legal]) app.route('/', part(face))
  app.all('*', (c) => notFound(c, face))
  app.onError(failurePage(face))
  return app
}

/** The page of the test card's company, which lives with us. */
function testCard(face: Face): Hono {
  return testCardPage({
    async findPayable(number, token) {
      const found = await findOwnOrder(face.shop.db, number, token)
      if (!found || meansToPay(face.shop, found)?.id !== testCardId) return undefined
      return await payableNow(face, found)
    },
    notify: (delivery, after) => notifyLater(face.shop.queue, delivery, after),
  })
}
