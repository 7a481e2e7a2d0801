import { Hono } from 'hono'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { protectForms, type WebEnv } from '../../security.ts'
import { type AccountEnv, admitCustomer } from './account-page.tsx'
import { showOwnBatch } from './batch.tsx'
import { showCredits } from './credits.tsx'
import { showOrders } from './orders.tsx'
import { giveMany, giveOne, showPack } from './pack.tsx'
import { actOnOwn, showOwnProduct } from './product.tsx'
import { showProducts } from './products.tsx'
import { askForLink, enter, leave, showLink, showSignIn } from './sign-in.tsx'

/** The customer's own pages: signing in by a mailed link, what they own, what they ordered. */
export function account(face: Face): Hono<WebEnv> {
  const app = new Hono<WebEnv>()
  app.get(routes.account.signIn.pattern, (c) => showSignIn(c, face))
  app.post(routes.account.signIn.pattern, protectForms, (c) => askForLink(c, face))
  app.get(routes.account.link.pattern, (c) => showLink(c, face))
  app.post(routes.account.link.pattern, protectForms, (c) => enter(c, face))
  app.post(routes.account.signOut.pattern, protectForms, (c) => leave(c, face))

  const own = new Hono<AccountEnv>()
  const admit = admitCustomer(face)
  own.get(routes.account.show.pattern, admit, (c) => showProducts(c, face))
  own.get(routes.account.orders.pattern, admit, (c) => showOrders(c, face))
  own.get(routes.account.credits.pattern, admit, (c) => showCredits(c, face))
  own.get(routes.account.product.pattern, admit, (c) => showOwnProduct(c, face))
  own.get(routes.account.pack.pattern, admit, (c) => showPack(c, face))
  own.post(routes.account.giveSeat.pattern, protectForms, admit, (c) => giveOne(c, face))
  own.post(routes.account.giveSeats.pattern, protectForms, admit, (c) => giveMany(c, face))
  own.get(routes.account.batch.pattern, admit, (c) => showOwnBatch(c, face))
  own.post(routes.account.act.pattern, protectForms, admit, (c) => actOnOwn(c, face))
  return app.route('/', own)
}
