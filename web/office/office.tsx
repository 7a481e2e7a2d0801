import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { Face } from '../face.ts'
import { routes } from '../routes.ts'
import { protectForms, refuseNul } from '../security.ts'
import { locale } from '../ui/locale.ts'
import { changePassword, makeToken, revokeToken, showAccount } from './account.tsx'
import { admit } from './door.ts'
import { tryEntry } from './entries/dry-run.tsx'
import { changeEntry, createEntry, newEntry, showEntry } from './entries/edit.ts'
import { entryList } from './entries/list.tsx'
import { previewEntry } from './entries/preview.tsx'
import { handlerList } from './handlers.tsx'
import { home } from './home/home.tsx'
import { mailList } from './mails/list.tsx'
import { resendMail, showMail } from './mails/show.tsx'
import { get, type OfficeEnv, type OfficeRoute, post } from './office-route.ts'
import { addOperator, changeThisOperator, operatorList } from './operators.tsx'
import { cancelThisOrder, payOrder, revokeThisUnit, trustThisOrder } from './orders/act.ts'
import { orderList } from './orders/list.tsx'
import { showOrder } from './orders/show.tsx'
import { awaitedPayments } from './payments/awaited.tsx'
import { correctThese, showCredits } from './payments/credits.tsx'
import { giveBackList, settleThisGiveBack } from './payments/give-backs.tsx'
import { notificationList } from './payments/notifications.tsx'
import { setAsideList } from './payments/set-aside.tsx'
import { productionList, retryAllOf } from './productions/list.tsx'
import { cancelThis, retryThis, showProduction, skipThis } from './productions/show.tsx'
import { showBatch } from './products/batch.tsx'
import { exportProducts } from './products/export.ts'
import { productList } from './products/list.tsx'
import { chooseForMany, startMany } from './products/many.tsx'
import { giveMany, giveOne, showPack } from './products/pack.tsx'
import { actOnThis, refundThis, showProduct } from './products/show.tsx'
import { repairThese, showReconciliation, startThisReconciliation } from './reconciliations.tsx'
import { showSignIn, signIn, signOut } from './sign-in.tsx'
import { probeSite, showSite } from './site.tsx'
import { troublePage } from './trouble.tsx'

const paths = routes.office

/** Every address of the office with the role that it takes: the one place that says who may do what. */
export const officeRoutes: readonly OfficeRoute[] = [
  get(paths.signIn, showSignIn, 'nobody'),
  post(paths.signIn, signIn, 'nobody'),
  post(paths.signOut, signOut, 'viewer'),
  get(paths.home, home),

  get(paths.entries.index, entryList),
  get(paths.entries.new, newEntry, 'operator'),
  post(paths.entries.new, createEntry),
  get(paths.entries.show, showEntry),
  post(paths.entries.show, changeEntry),
  get(paths.entries.preview, previewEntry),
  post(paths.entries.dryRun, tryEntry),

  get(paths.orders.index, orderList),
  get(paths.orders.show, showOrder),
  post(paths.orders.pay, payOrder),
  post(paths.orders.trust, trustThisOrder),
  post(paths.orders.cancel, cancelThisOrder),
  post(paths.orders.revoke, revokeThisUnit),

  get(paths.payments.index, awaitedPayments),
  get(paths.payments.setAside, setAsideList),
  get(paths.payments.giveBacks, giveBackList),
  post(paths.payments.giveBack, settleThisGiveBack),
  get(paths.payments.credits, showCredits),
  post(paths.payments.correctCredits, correctThese),
  get(paths.payments.notifications, notificationList),

  get(paths.productions.index, productionList),
  post(paths.productions.retryAll, retryAllOf),
  get(paths.productions.show, showProduction),
  post(paths.productions.retry, retryThis),
  post(paths.productions.skip, skipThis),
  post(paths.productions.cancel, cancelThis),

  get(paths.products.index, productList),
  get(paths.products.csv, exportProducts),
  get(paths.batches.new, chooseForMany, 'operator'),
  post(paths.batches.start, startMany),
  get(paths.batches.show, showBatch),
  get(paths.packs.show, showPack),
  post(paths.packs.give, giveOne),
  post(paths.packs.list, giveMany),
  get(paths.products.show, showProduct),
  post(paths.products.act, actOnThis),
  post(paths.products.refund, refundThis),

  get(paths.handlers, handlerList),
  get(paths.site, showSite),
  post(paths.site, probeSite),
  get(paths.reconciliations.show, showReconciliation),
  post(paths.reconciliations.show, startThisReconciliation),
  post(paths.reconciliations.repair, repairThese),
  get(paths.mails.index, mailList),
  get(paths.mails.show, showMail),
  post(paths.mails.resend, resendMail),

  // the one thing that a viewer may change: their own password
  get(paths.account.show, showAccount),
  post(paths.account.password, changePassword, 'viewer'),
  post(paths.account.tokens, makeToken, 'admin'),
  post(paths.account.revokeToken, revokeToken, 'admin'),

  get(paths.operators.index, operatorList, 'admin'),
  post(paths.operators.index, addOperator, 'admin'),
  post(paths.operators.change, changeThisOperator, 'admin'),
]

/** The sales office: what operators do, under /office. */
export function office(face: Face): Hono<OfficeEnv> {
  const app = new Hono<OfficeEnv>()
  const all = `${paths.home.pattern}/*` as const
  app.use(all, locale, refuseNul, protectForms)
  for (const { method, path, needs, page } of officeRoutes) {
    app.on(method, path, admit(face, needs), (c) => page(c, face))
  }
  app.all(all, admit(face, 'viewer'), () => {
    throw new HTTPException(404)
  })
  app.onError((error, c) => troublePage(c, face, error))
  return app
}
