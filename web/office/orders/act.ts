import { cancelOrder } from '../../../shop/close-order.ts'
import { trustOrder, validatePayment } from '../../../shop/payment.ts'
import { revokeUnit } from '../../../shop/product.ts'
import { findOrder } from '../../../shop/view-order.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { readBody } from '../../security.ts'
import { idParameter, notFound, type OfficeContext, parameter, whoOf } from '../office-route.ts'
import { redirectTo, withQuery } from '../page.tsx'
import { readReason } from '../reason-form.tsx'
import { readPayment, refusedPayment } from './payment-form.tsx'
import { orderPage } from './show.tsx'

/** Validates money that came for an order. */
export async function payOrder(c: OfficeContext, face: Face) {
  const order = await orderOf(c, face)
  const read = readPayment(face.shop, order, await readBody(c))
  if (!read.ok) return await orderPage(c, face, order, read.sent)
  const result = await validatePayment(face.shop, order.number, read.received, whoOf(c))
  if (!result.ok) {
    if (result.reason === 'not_found') notFound()
    return await orderPage(c, face, order, refusedPayment(read.values, result.reason))
  }
  return c.redirect(
    withQuery(routes.office.orders.show(order.number), { payment: result.applied.outcome }),
    303,
  )
}

/** A named operator's act of trust: production starts before the money is there. */
export async function trustThisOrder(c: OfficeContext, face: Face) {
  const order = await orderOf(c, face)
  const reason = readReason(await readBody(c), 'trust')
  if (!reason.ok) return await orderPage(c, face, order, reason.sent)
  const result = await trustOrder(face.shop, order.number, c.var.operator, reason.why)
  return redirectTo(c, routes.office.orders.show(order.number), result.ok ? 'trusted' : 'tooLate')
}

export async function cancelThisOrder(c: OfficeContext, face: Face) {
  const order = await orderOf(c, face)
  const reason = readReason(await readBody(c), 'cancel')
  if (!reason.ok) return await orderPage(c, face, order, reason.sent)
  const result = await cancelOrder(face.shop, order.number, { who: whoOf(c), why: reason.why })
  return redirectTo(c, routes.office.orders.show(order.number), result.ok ? 'cancelled' : 'tooLate')
}

/** Takes a produced unit back, and its money too if asked. */
export async function revokeThisUnit(c: OfficeContext, face: Face) {
  const order = await orderOf(c, face)
  const unitId = idParameter(c, 'unit')
  if (!order.lines.some((line) => line.units.some((unit) => unit.id === unitId))) notFound()
  const form = `revoke${unitId}`
  const body = await readBody(c)
  const reason = readReason(body, form)
  if (!reason.ok) return await orderPage(c, face, order, reason.sent)
  const giveBack = body[`${form}.giveBack`] !== undefined
  const result = await revokeUnit(face.shop, unitId, { who: whoOf(c), why: reason.why, giveBack })
  return redirectTo(c, routes.office.orders.show(order.number), result.ok ? 'revoked' : 'tooLate')
}

async function orderOf(c: OfficeContext, face: Face) {
  return (await findOrder(face.shop.db, parameter(c, 'number'))) ?? notFound()
}
