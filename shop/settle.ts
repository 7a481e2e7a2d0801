import type { Transaction } from 'kysely'
import type { Database, UnitState } from '../db/schema.ts'
import type { Ending, Outcome, Production } from '../production/production.ts'
import { readTurn } from '../production/turn.ts'
import { saveWithJobs } from './change-order.ts'
import { closeOrder } from './close-order.ts'
import { revokeProducts } from './deliver.ts'
import { giveBackUnit } from './give-back.ts'
import {
  allUnits,
  countUnits,
  type LockedOrder,
  lockOrder,
  mail,
  moveUnits,
  type OrderUnit,
  type Reason,
  record,
} from './order.ts'
import { storedProducts } from './product.ts'
import type { Shop } from './shop.ts'
import { awaitPayment, completeIfProduced, hasScript, markRevoked, startScript } from './start-scripts.ts'

type Settled = Pick<Production, 'id' | 'orderId' | 'unitId' | 'script'>

/**
 * What the outcome of a production means for its unit and its order, in the transaction that records it. `recording`:
 * see `Engine.settle`; without it, the production's row is written by the caller.
 */
export async function settle(
  shop: Shop,
  trx: Transaction<Database>,
  production: Settled,
  outcome: Outcome,
  recording?: { end: (outcome: Outcome) => Ending; last: boolean },
): Promise<Ending | undefined> {
  // The end of an order, or its payment, concerns all its units; the end of a delivery only its own.
  const order = await lockOrder(
    trx,
    { id: production.orderId },
    production.script === 'prepay' ? 'all' : [production.unitId],
  )
  const unit = order?.units.find((one) => one.id === production.unitId)
  if (!order || !unit) throw new Error(`production ${production.id} has no unit`)
  const reason: Reason = 'who' in outcome ? { who: outcome.who, why: outcome.why } : { who: 'shop' }
  if ('cause' in outcome) reason.why = outcome.cause.message
  switch (production.script) {
    case 'prepay':
      settlePrepay(shop, order, unit, outcome, reason)
      break
    case 'postpay':
      await settlePostpay(shop, trx, order, unit, outcome, reason)
      break
    case 'revoke':
      // The script is passed over; what it gave is taken back all the same.
      if (outcome.state === 'skipped') {
        await revokeProducts(shop, trx, unit.id, { who: outcome.who, due: true })
      }
      settleAside(order, unit, production.script, outcome, reason)
      break
    case 'release':
    case 'revokeOne':
    case 'ended':
    case 'revived':
    case 'action':
      settleAside(order, unit, production.script, outcome, reason)
      break
    default:
      production.script satisfies never
  }
  if (outcome.state === 'done') tell(order, unit, production, outcome)
  const ending = recording?.end((await forNothing(trx, order, production, outcome)) ?? outcome)
  order.changes.ending = ending
  const { fresh } = await saveWithJobs(shop, trx, order, { last: recording?.last })
  return fresh ? ending : undefined
}

/** How a production ends that would be tried again for nothing. */
async function forNothing(
  trx: Transaction<Database>,
  order: LockedOrder,
  production: Settled,
  { state }: Outcome,
): Promise<Outcome | undefined> {
  if (state !== 'retrying' && state !== 'needs_operator') return undefined
  // The order may have died while this unit was being prepared.
  if (production.script === 'prepay' && order.state !== 'placed')
    return { state: 'cancelled', who: 'shop', why: `the order is ${order.state}` }
  const isTurn = production.script === 'ended' || production.script === 'revived'
  if (isTurn && (await readTurn(trx, production)).over)
    return { state: 'cancelled', who: 'shop', why: 'the end of the product was moved meanwhile' }
  return undefined
}

function settlePrepay(
  shop: Shop,
  order: LockedOrder,
  unit: OrderUnit,
  outcome: Outcome,
  reason: Reason,
): void {
  if (order.state !== 'placed') {
    if (outcome.state === 'done' && hasScript(shop, unit.entry, 'release'))
      startScript(order, [unit], 'release')
    return
  }
  switch (outcome.state) {
    case 'done':
    case 'skipped':
      moveUnits(order, [unit], 'prepared', reason)
      if (countUnits(order, ['prepared']) === allUnits(order)) awaitPayment(shop, order)
      break
    case 'refused':
      moveUnits(order, [unit], 'refused', reason)
      closeOrder(shop, order, 'refused', reason, outcome.text)
      break
    case 'cancelled':
      closeOrder(shop, order, 'cancelled', reason)
      break
    case 'retrying':
    case 'needs_operator':
      moveUnits(order, [unit], outcome.state, reason)
      break
    default:
      outcome satisfies never
  }
}

const afterPostpay: Record<Outcome['state'], UnitState> = {
  done: 'produced',
  skipped: 'skipped',
  cancelled: 'cancelled',
  retrying: 'retrying',
  needs_operator: 'needs_operator',
  refused: 'needs_operator', // a paid unit can't be refused: `judge` never says so after the payment
}

async function settlePostpay(
  shop: Shop,
  trx: Transaction<Database>,
  order: LockedOrder,
  unit: OrderUnit,
  outcome: Outcome,
  reason: Reason,
) {
  moveUnits(order, [unit], afterPostpay[outcome.state], reason)
  if (outcome.state === 'needs_operator') mail(order, 'unit_delayed', String(unit.id), { unit: unit.id })
  if (outcome.state === 'cancelled') {
    giveBackUnit(order, unit, reason)
    // A delivery that was given up half-way: what it had made is taken back.
    const products = await storedProducts(trx, unit.id)
    if (products.length > 0 || hasScript(shop, unit.entry, 'revoke')) {
      startScript(order, [unit], 'revoke', { input: { products } })
    }
  }
  completeIfProduced(order, { who: 'shop' })
}

function settleAside(
  order: LockedOrder,
  unit: OrderUnit,
  script: string,
  outcome: Outcome,
  reason: Reason,
): void {
  const ended = outcome.state === 'done' || outcome.state === 'skipped'
  if (script !== 'revoke' || !ended || unit.state === 'cancelled') {
    // The unit stays where it is; what its undoing or its action met is told in the history.
    record(order, { event: script, unitId: unit.id, to: outcome.state, ...reason })
    return
  }
  markRevoked(order, unit, reason)
}

function tell(
  order: LockedOrder,
  unit: OrderUnit,
  production: Settled,
  outcome: Extract<Outcome, { state: 'done' }>,
): void {
  const { shown, mailed } = outcome.feedback ?? {}
  if (shown) order.changes.units.set(unit.id, { to: unit.state, feedback: shown })
  if (mailed) mail(order, 'feedback', String(production.id), { text: mailed })
}
