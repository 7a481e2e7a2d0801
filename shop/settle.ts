import type { Transaction } from 'kysely'
import type { Database, UnitState } from '../db/schema.ts'
import type { Outcome, Production } from '../production/production.ts'
import { closeOrder } from './close-order.ts'
import { giveBackUnit } from './give-back.ts'
import { mail } from './mail.ts'
import { type LockedOrder, lockOrder, moveOrder, moveUnits, type Reason, record, unitsOf } from './order.ts'
import { storedProducts } from './product.ts'
import type { Shop } from './shop.ts'
import { awaitPayment, completeIfProduced, hasScript, startScript } from './start-scripts.ts'

type Settled = Pick<Production, 'id' | 'orderId' | 'unitId' | 'script'>

/** What the outcome of a production means for its unit and its order. Runs in the transaction that records it. */
export async function settle(shop: Shop, trx: Transaction<Database>, production: Settled, outcome: Outcome) {
  const order = await lockOrder(trx, { id: production.orderId })
  if (!order) throw new Error(`production ${production.id} has no order`)
  const reason: Reason = 'who' in outcome ? { who: outcome.who, why: outcome.why } : { who: 'shop' }
  if ('cause' in outcome) reason.why = outcome.cause.message
  const unit = { ...production, order, reason }
  switch (production.script) {
    case 'prepay':
      await settlePrepay(shop, trx, unit, outcome)
      break
    case 'postpay':
      await settlePostpay(shop, trx, unit, outcome)
      break
    case 'release':
    case 'revoke':
    case 'action':
      await settleAside(trx, unit, outcome)
      break
    default:
      production.script satisfies never
  }
  if (outcome.state === 'done') await tell(shop, trx, unit, outcome)
}

type Unit = Settled & { order: LockedOrder; reason: Reason }

async function settlePrepay(shop: Shop, trx: Transaction<Database>, unit: Unit, outcome: Outcome) {
  const { order, reason } = unit
  // The order may have died while this unit was being prepared: what was prepared is then undone.
  if (order.state !== 'placed') {
    if (outcome.state === 'done') {
      const [found] = await unitsOf(trx, order.id, [unit.unitId])
      if (found && hasScript(shop, found.entry, 'release'))
        await startScript(shop, trx, order, [found], 'release')
    }
    return
  }
  switch (outcome.state) {
    case 'done':
    case 'skipped': {
      await moveUnits(trx, order.id, [unit.unitId], 'prepared', reason)
      const units = await unitsOf(trx, order.id)
      if (units.every((one) => one.state === 'prepared')) await awaitPayment(shop, trx, order)
      break
    }
    case 'refused':
      await moveUnits(trx, order.id, [unit.unitId], 'refused', reason)
      await closeOrder(shop, trx, order, 'refused', reason, outcome.text)
      break
    case 'cancelled':
      await closeOrder(shop, trx, order, 'cancelled', reason)
      break
    case 'retrying':
    case 'needs_operator':
      await moveUnits(trx, order.id, [unit.unitId], outcome.state, reason)
      break
    default:
      outcome satisfies never
  }
}

async function settlePostpay(shop: Shop, trx: Transaction<Database>, unit: Unit, outcome: Outcome) {
  const { order, reason } = unit
  const to: Record<Outcome['state'], UnitState> = {
    done: 'produced',
    skipped: 'skipped',
    cancelled: 'cancelled',
    retrying: 'retrying',
    needs_operator: 'needs_operator',
    refused: 'needs_operator', // a paid unit can't be refused: judge never says so after payment
  }
  await moveUnits(trx, order.id, [unit.unitId], to[outcome.state], reason)
  if (outcome.state === 'needs_operator') {
    await mail(shop, trx, {
      key: `unit_delayed:${unit.unitId}`,
      kind: 'unit_delayed',
      orderId: order.id,
      recipient: order.customer.email,
      data: { unit: unit.unitId },
    })
  }
  if (outcome.state === 'cancelled') {
    await giveBackUnit(trx, order, unit.unitId, reason)
    await undoPart(shop, trx, unit)
  }
  if (outcome.state === 'done' || outcome.state === 'skipped' || outcome.state === 'cancelled') {
    await completeIfProduced(trx, order, { who: 'shop' })
  }
}

/** A delivery that was given up half-way: what it had made is taken back. */
async function undoPart(shop: Shop, trx: Transaction<Database>, { order, unitId }: Unit) {
  const [unit] = await unitsOf(trx, order.id, [unitId])
  const products = await storedProducts(trx, unitId)
  if (unit && (products.length > 0 || hasScript(shop, unit.entry, 'revoke'))) {
    await startScript(shop, trx, order, [unit], 'revoke', 0, { products })
  }
}

async function settleAside(trx: Transaction<Database>, unit: Unit, outcome: Outcome) {
  const { order, reason } = unit
  const [{ state } = { state: undefined }] = await unitsOf(trx, order.id, [unit.unitId])
  if (
    unit.script === 'revoke' &&
    state !== 'cancelled' &&
    (outcome.state === 'done' || outcome.state === 'skipped')
  ) {
    await moveUnits(trx, order.id, [unit.unitId], 'revoked', reason)
    const units = await unitsOf(trx, order.id)
    const gone = units.every((one) => one.state === 'revoked' || one.state === 'cancelled')
    if (gone && (order.state === 'completed' || order.state === 'paid')) {
      await moveOrder(trx, order, 'refunded', { who: reason.who, why: 'every unit was taken back' })
    }
    return
  }
  // The unit stays where it is; what its undoing or its action met is told in the history.
  await record(trx, order.id, { event: unit.script, unitId: unit.unitId, to: outcome.state, ...reason })
}

async function tell(
  shop: Shop,
  trx: Transaction<Database>,
  unit: Unit,
  outcome: Extract<Outcome, { state: 'done' }>,
) {
  const { feedback } = outcome
  if (feedback?.shown) {
    await trx
      .updateTable('units')
      .set({ feedback: JSON.stringify(feedback.shown) })
      .where('id', '=', unit.unitId)
      .execute()
  }
  if (feedback?.mailed) {
    await mail(shop, trx, {
      key: `feedback:${unit.id}`,
      kind: 'feedback',
      orderId: unit.orderId,
      recipient: unit.order.customer.email,
      data: { text: feedback.mailed },
    })
  }
}
