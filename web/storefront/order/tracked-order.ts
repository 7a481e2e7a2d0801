import type { UnitState } from '../../../db/schema.ts'
import type { Means, Payable } from '../../../payments/means.ts'
import type { Text } from '../../../sdk/index.ts'
import type { SignedIn } from '../../../shop/customer-session.ts'
import { orderRevision } from '../../../shop/follow-orders.ts'
import { meansToPay, payableOf } from '../../../shop/payable.ts'
import { countFailedPayments } from '../../../shop/payment-attempts.ts'
import { refusalOf } from '../../../shop/refusal.ts'
import { type Affordable, canSpendCredits } from '../../../shop/spend-credits.ts'
import { findOwnOrder, type OrderView } from '../../../shop/view-order.ts'
import type { Face } from '../../face.ts'

/** Where an order stands, as its customer is told. */
export type Situation =
  | 'preparing'
  | 'preparing_longer'
  | 'to_pay'
  | 'confirming'
  | 'declined'
  | 'part_paid'
  | 'trusted'
  | 'producing'
  | 'longer'
  | 'on_it'
  | 'completed'
  | 'completed_partly'
  | 'refused'
  | 'cancelled'
  | 'expired'
  | 'refunded'

export type TrackedOrder = {
  order: OrderView
  situation: Situation
  /** How far its history had got before it was read: what comes later is news. */
  revision: number
  /** Something may still happen by itself: the page follows it. */
  live: boolean
  /** It may happen within seconds: a page without script looks again. */
  soon: boolean
  /** What is to be paid now, and how. */
  toPay: { means: Means; payable: Payable; credits: Affordable | undefined } | undefined
  cancellable: boolean
  refusal: Text | undefined
}

/**
 * Reads all that the page of an order shows; undefined when number and token don't go together. `returned`: how many
 * payments had failed before the one that the payer comes back from. `signedIn`: whose credits may pay.
 */
export async function trackOrder(
  face: Face,
  { number, token }: { number: string; token: string },
  returned: number | undefined,
  signedIn: SignedIn | undefined,
): Promise<TrackedOrder | undefined> {
  const { db } = face.shop
  const revision = await orderRevision(db, number)
  const order = await findOwnOrder(db, number, token)
  if (!order) return undefined
  const means = meansToPay(face.shop, order)
  const failed =
    returned !== undefined && order.state === 'awaiting_payment'
      ? (await countFailedPayments(db, order.id)) > returned
      : undefined
  const situation = situationOf(order, means, failed)
  return {
    order,
    situation,
    revision,
    live: ['placed', 'awaiting_payment', 'paid'].includes(order.state),
    soon: ['placed', 'paid'].includes(order.state) || situation === 'confirming' || situation === 'trusted',
    toPay: means && {
      means,
      payable: payableOf(face.shop, order),
      credits:
        means.kind === 'credits'
          ? await canSpendCredits(face.shop, ofOrder(order), signedIn?.email)
          : undefined,
    },
    cancellable: (order.state === 'placed' || order.state === 'awaiting_payment') && order.trust === null,
    refusal: order.state === 'refused' ? await refusalOf(db, order.id) : undefined,
  }
}

const ofOrder = ({ lines, totalCents, currency, customer }: OrderView) => ({
  entries: lines.map(({ entry }) => entry),
  cents: totalCents,
  currency,
  buyer: customer.email,
})

/** `failed`: whether the payment that the payer comes back from has failed; undefined when they come from none. */
function situationOf(
  order: Pick<OrderView, 'state' | 'paidCents' | 'trust' | 'lines'>,
  means: Means | undefined,
  failed: boolean | undefined,
): Situation {
  const has = (...states: UnitState[]) =>
    order.lines.some((line) => line.units.some((unit) => states.includes(unit.state)))
  switch (order.state) {
    case 'placed':
      return has('retrying', 'needs_operator') ? 'preparing_longer' : 'preparing'
    case 'awaiting_payment':
      if (order.trust) return 'trusted'
      if (failed !== undefined && means?.kind === 'immediate' && order.paidCents === 0)
        return failed ? 'declined' : 'confirming'
      return order.paidCents > 0 ? 'part_paid' : 'to_pay'
    case 'paid':
      if (has('needs_operator')) return 'on_it'
      return has('retrying') ? 'longer' : 'producing'
    case 'completed':
      return has('cancelled', 'revoked') ? 'completed_partly' : 'completed'
    case 'refused':
    case 'cancelled':
    case 'expired':
    case 'refunded':
      return order.state
    default:
      return order.state satisfies never
  }
}
