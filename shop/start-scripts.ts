import type { Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import { enqueue, type Input, type Script } from '../production/production.ts'
import { handlerOf } from '../production/registry.ts'
import { mail } from './mail.ts'
import {
  finalUnitStates,
  type LockedOrder,
  moveOrder,
  moveUnits,
  type OrderUnit,
  type Reason,
  unitsOf,
} from './order.ts'
import type { Shop } from './shop.ts'

type ScriptedOrder = Pick<LockedOrder, 'id' | 'number' | 'locale' | 'customer' | 'placedAt' | 'paidAt'>

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
  shop: Pick<Shop, 'registry'>,
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

/** Asks for one script of each of these units. `after`: seconds, see `enqueue`. */
export async function startScript(
  shop: Shop,
  trx: Transaction<Database>,
  order: ScriptedOrder,
  units: OrderUnit[],
  script: Script,
  after = 0,
  more: Pick<Input, 'products'> = {},
): Promise<{ id: number; unitId: number }[]> {
  return await enqueue(
    trx,
    shop.queue,
    shop.site.site,
    units.flatMap((unit) => {
      const handler = handlerIdOf(unit.entry)
      return handler
        ? [
            {
              orderId: order.id,
              unitId: unit.id,
              script,
              handler,
              input: { ...inputOf(order, unit), ...more },
            },
          ]
        : []
    }),
    after,
  )
}

/**
 * Starts the delivery of every prepared unit of an order that is paid or trusted: the only caller of `postpay`. A
 * unit whose handler has nothing to deliver is produced at once.
 */
export async function startDelivery(
  shop: Shop,
  trx: Transaction<Database>,
  order: LockedOrder,
  reason: Reason,
) {
  if (order.paidAt === null && order.trustedAt === null) {
    throw new Error(`order ${order.number} is neither paid nor trusted: nothing may be delivered`)
  }
  const prepared = (await unitsOf(trx, order.id)).filter((unit) => unit.state === 'prepared')
  const scripted = prepared.filter((unit) => hasScript(shop, unit.entry, 'postpay'))
  const plain = prepared.filter((unit) => !scripted.includes(unit))
  await moveUnits(
    trx,
    order.id,
    scripted.map((unit) => unit.id),
    'producing',
    reason,
  )
  await moveUnits(
    trx,
    order.id,
    plain.map((unit) => unit.id),
    'produced',
    reason,
  )
  await startScript(shop, trx, order, scripted, 'postpay')
  if (scripted.length === 0) await completeIfProduced(trx, order, { who: 'shop' })
}

/** When the last unit of an order has nothing more to wait for, the order is produced; and completed once paid. */
export async function completeIfProduced(trx: Transaction<Database>, order: LockedOrder, reason: Reason) {
  const waiting = await trx
    .selectFrom('units')
    .select('id')
    .where('order_id', '=', order.id)
    .where('state', 'not in', finalUnitStates)
    .limit(1)
    .executeTakeFirst()
  if (waiting) return
  const producedAt = order.producedAt ?? new Date()
  if (order.state === 'paid') await moveOrder(trx, order, 'completed', reason, { produced_at: producedAt })
  else if (order.producedAt === null) {
    await trx.updateTable('orders').set({ produced_at: producedAt }).where('id', '=', order.id).execute()
  }
  order.producedAt = producedAt
}

/** The order's money is there in full: it is paid, and what wasn't delivered on trust is delivered now. */
export async function markPaid(shop: Shop, trx: Transaction<Database>, order: LockedOrder, reason: Reason) {
  order.paidAt = new Date()
  await moveOrder(trx, order, 'paid', reason, { paid_at: order.paidAt })
  await mail(shop, trx, {
    key: `order_paid:${order.id}`,
    kind: 'order_paid',
    orderId: order.id,
    recipient: order.customer.email,
  })
  if (order.trustedAt === null) await startDelivery(shop, trx, order, reason)
  else await completeIfProduced(trx, order, reason)
}

/** Every unit is prepared: the customer may pay. An order with nothing to pay, or paid meanwhile, is paid at once. */
export async function awaitPayment(shop: Shop, trx: Transaction<Database>, order: LockedOrder) {
  await moveOrder(trx, order, 'awaiting_payment', { who: 'shop' })
  if (order.paidCents >= order.totalCents) {
    const why = order.totalCents === 0 ? 'nothing to pay' : 'paid while it was being prepared'
    await markPaid(shop, trx, order, { who: 'shop', why })
  }
}
