import type { Input, Script } from '../production/production.ts'
import { handlerOf } from '../production/registry.ts'
import { giveBackUnit } from './give-back.ts'
import {
  allUnits,
  countUnits,
  finalUnitStates,
  type LockedOrder,
  mail,
  moveOrder,
  moveUnits,
  type OrderUnit,
  type Reason,
} from './order.ts'
import type { Shop } from './shop.ts'

type Registered = Pick<Shop, 'registry'>
type ScriptedOrder = Pick<LockedOrder, 'number' | 'locale' | 'customer' | 'placedAt' | 'paidAt'>

/** All that a script of this unit is given, frozen now. */
export function inputOf(order: ScriptedOrder, unit: OrderUnit): Input {
  const { email, firstname, lastname, company } = order.customer
  return {
    unit: {
      id: unit.id,
      position: unit.position,
      order: {
        number: order.number,
        locale: order.locale,
        placedAt: order.placedAt.toISOString(),
        paidAt: order.paidAt?.toISOString() ?? null,
      },
      entry: { code: unit.entry.code, title: unit.entry.title },
      buyer: { email, firstname, lastname, ...(company ? { company } : {}) },
    },
    internal: unit.entry.internal,
    external: unit.external,
    fields: unit.fields,
    ...(unit.erased && { erased: true }),
  }
}

/** The identifier of the folder whose scripts a unit runs; undefined when its entry has no handler. */
export function handlerIdOf(entry: { code: string; handler: string | null }): string | undefined {
  return entry.handler === 'specific' ? entry.code : (entry.handler ?? undefined)
}

/**
 * Whether a unit's handler has this script. One that is not installed counts as having `prepay` and `postpay`: its
 * production then waits for the operator instead of being passed over in silence.
 */
export function hasScript(
  shop: Registered,
  entry: OrderUnit['entry'],
  script: Exclude<Script, 'action'>,
): boolean {
  const found = handlerOf(shop.registry(), entry)
  if (found === undefined) return false
  if (found === 'missing') return script === 'postpay' || script === 'prepay'
  if (script === 'prepay' && found.handler.prepares) {
    const internal = found.handler.internal.safeParse(entry.internal)
    // What can't be read goes through the script, which says so.
    if (internal.success && !found.handler.prepares(internal.data)) return false
  }
  return found.handler[script] !== undefined
}

/** Asks for one script of each of these units. `after`: seconds before a worker may take it. */
export function startScript(
  order: LockedOrder,
  units: OrderUnit[],
  script: Script,
  more: { after?: number; occasion?: string; input?: Partial<Input> } = {},
): void {
  for (const unit of units) {
    const handler = handlerIdOf(unit.entry)
    if (!handler) continue
    const input = { ...inputOf(order, unit), ...more.input }
    order.changes.productions.push({
      unitId: unit.id,
      script,
      handler,
      input,
      occasion: more.occasion,
      after: more.after,
    })
  }
}

/**
 * Starts the delivery of every prepared unit of an order that is paid or trusted: the only caller of `postpay`. A
 * unit whose handler has nothing to deliver is produced at once. The order is locked with all its units.
 */
export function startDelivery(shop: Registered, order: LockedOrder, reason: Reason): void {
  if (order.paidAt === null && order.trustedAt === null) {
    throw new Error(`order ${order.number} is neither paid nor trusted: nothing may be delivered`)
  }
  const prepared = order.units.filter((unit) => unit.state === 'prepared')
  const scripted = prepared.filter((unit) => hasScript(shop, unit.entry, 'postpay'))
  const plain = prepared.filter((unit) => !scripted.includes(unit))
  moveUnits(order, scripted, 'producing', reason)
  moveUnits(order, plain, 'produced', reason)
  startScript(order, scripted, 'postpay')
  completeIfProduced(order, { who: 'shop' })
}

/**
 * When the last unit of an order has nothing more to wait for, the order is produced; and completed once paid, or
 * refunded when nothing of it is to be delivered.
 */
export function completeIfProduced(order: LockedOrder, reason: Reason): void {
  if (countUnits(order, finalUnitStates) < allUnits(order)) return
  order.producedAt ??= new Date()
  if (order.state === 'paid') moveOrder(order, isGone(order) ? 'refunded' : 'completed', reason)
}

/** Nothing is left of what was ordered. */
const isGone = (order: LockedOrder) => countUnits(order, ['revoked', 'cancelled']) === allUnits(order)

/** A unit was taken back; with the last one, the order is refunded. */
export function markRevoked(order: LockedOrder, unit: OrderUnit, reason: Reason): void {
  moveUnits(order, [unit], 'revoked', reason)
  if (isGone(order) && (order.state === 'completed' || order.state === 'paid')) {
    moveOrder(order, 'refunded', { who: reason.who, why: 'every unit was taken back' })
  }
}

/** The order's money is there in full: it is paid, and what wasn't delivered on trust is delivered now. */
export function markPaid(shop: Registered, order: LockedOrder, reason: Reason): void {
  order.paidAt = new Date()
  moveOrder(order, 'paid', reason)
  mail(order, 'order_paid', String(order.id))
  if (order.trustedAt === null) {
    startDelivery(shop, order, reason)
    return
  }
  // What was given up, or taken back, before the money came was paid with the rest.
  for (const unit of order.units.filter(({ state }) => state === 'cancelled' || state === 'revoked')) {
    giveBackUnit(order, unit, { who: 'shop', why: `it was ${unit.state} before the order was paid` })
  }
  completeIfProduced(order, reason)
}

/** Every unit is prepared: the customer may pay. An order with nothing to pay, or paid meanwhile, is paid at once. */
export function awaitPayment(shop: Registered, order: LockedOrder): void {
  moveOrder(order, 'awaiting_payment', { who: 'shop' })
  if (order.paidCents >= order.totalCents) {
    const why = order.totalCents === 0 ? 'nothing to pay' : 'paid while it was being prepared'
    markPaid(shop, order, { who: 'shop', why })
  }
}
