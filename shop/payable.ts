import type { Means, Payable } from '../payments/means.ts'
import { orderUrl } from './order-url.ts'
import type { Shop } from './shop.ts'
import type { OrderView } from './view-order.ts'

/** An order as its means of payment sees it: what is still to be paid, and where the payer comes back to. */
export function payableOf(shop: Pick<Shop, 'settings'>, order: OrderView, returnQuery = ''): Payable {
  return {
    number: order.number,
    token: order.token,
    amountCents: order.totalCents - order.paidCents,
    currency: order.currency,
    reference: order.paymentReference,
    payBefore: order.payBefore,
    locale: order.locale,
    returnUrl: `${orderUrl(shop.settings, order)}${returnQuery}`,
  }
}

/** Whether the customer can pay this order now; its means, if so. */
export function meansToPay(shop: Pick<Shop, 'means'>, order: OrderView): Means | undefined {
  return order.state === 'awaiting_payment' && order.paidCents < order.totalCents
    ? shop.means.get(order.means)
    : undefined
}
