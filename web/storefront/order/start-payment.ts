import type { Payable } from '../../../payments/means.ts'
import type { SignedIn } from '../../../shop/customer-session.ts'
import { meansToPay, payableOf } from '../../../shop/payable.ts'
import { countFailedPayments } from '../../../shop/payment-attempts.ts'
import { spendCredits } from '../../../shop/spend-credits.ts'
import type { OrderView } from '../../../shop/view-order.ts'
import type { Face } from '../../face.ts'

/**
 * Where to send the customer to pay now: undefined when the order awaits no payment, or one that takes its time, or
 * when the provider can't be reached (the order's page then offers it again). Credits pay it here and now, those of who
 * is signed in.
 */
export async function startPayment(
  face: Face,
  order: OrderView,
  signedIn: SignedIn | undefined,
): Promise<string | undefined> {
  const means = meansToPay(face.shop, order)
  if (means?.kind === 'credits') await spendCredits(face.shop, order.number, signedIn?.email)
  if (means?.kind !== 'immediate') return undefined
  try {
    return (await means.start(await payableNow(face, order))).redirectTo
  } catch (error) {
    face.log.error({ err: error, order: order.number, means: means.id }, 'a payment could not be started')
    return undefined
  }
}

/**
 * The order as its means sees it. The payer comes back to its page with the number of payments that had failed before:
 * one more tells that this one did.
 */
export async function payableNow(face: Face, order: OrderView): Promise<Payable> {
  return payableOf(face.shop, order, `?returned=${await countFailedPayments(face.shop.db, order.id)}`)
}
