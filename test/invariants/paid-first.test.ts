import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { trustOrder, validatePayment } from '../../shop/payment.ts'
import { findOrder, orderHistory } from '../../shop/view-order.ts'
import { testShop } from '../shop.ts'

const today = new Date().toISOString().slice(0, 10)

describe('no delivery before the payment (invariant 1)', async () => {
  const shop = await testShop()
  const { db } = shop
  const code = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 }, priceCents: 10_000 })
  let learners = 0
  const place = () =>
    shop.placed(code, [
      { email: `unpaid-${++learners}@learners.example`, firstname: 'Una', lastname: 'Paid' },
      { email: `unpaid-${++learners}@learners.example`, firstname: 'Una', lastname: 'Paid' },
    ])

  /** How many deliveries of an order were ever asked for. */
  async function deliveries(number: string): Promise<number> {
    const rows = await db
      .selectFrom('productions')
      .innerJoin('orders', 'orders.id', 'productions.order_id')
      .select('productions.id')
      .where('orders.number', '=', number)
      .where('script', '=', 'postpay')
      .execute()
    return rows.length
  }

  it('starts nothing for an order that awaits its payment', async () => {
    const { number } = await place()
    assert.equal(await shop.takeOver(), 0)
    assert.equal(await deliveries(number), 0)
    assert.deepEqual(await shop.unitStates(number), ['prepared', 'prepared'])
  })

  it('starts nothing for a part of the amount, and all of it once the rest is there', async () => {
    const { number } = await place()
    assert.deepEqual(await shop.pay(number, { amountCents: 19_999 }), {
      outcome: 'part_paid',
      missingCents: 1,
    })
    assert.equal(await shop.takeOver(), 0)
    assert.equal(await deliveries(number), 0)
    assert.equal(await shop.orderState(number), 'awaiting_payment')

    const rest = { means: 'transfer', reference: 'VIR 77', amountCents: 1, currency: 'EUR', paidOn: today }
    assert.deepEqual(await validatePayment(shop.shop, number, rest, 'operator:olga'), {
      ok: true,
      applied: { outcome: 'paid', surplusCents: 0 },
    })
    assert.equal(await shop.takeOver(), 2)
    assert.deepEqual(await shop.unitStates(number), ['produced', 'produced'])
    assert.equal(await shop.orderState(number), 'completed')
  })

  it('counts no payment in another currency, however large, and puts it before the operator', async () => {
    const { number } = await place()
    const applied = await shop.pay(number, { amountCents: 900_000, currency: 'JPY' })
    assert.equal(applied.outcome, 'set_aside')
    const order = await findOrder(db, number)
    assert.equal(order?.paidCents, 0)
    assert.equal(order.state, 'awaiting_payment')
    assert.equal(await deliveries(number), 0)
    const [due] = await db.selectFrom('give_backs').selectAll().where('order_id', '=', order.id).execute()
    assert.equal(due?.amount_cents, 900_000)
    assert.equal(due.currency, 'JPY')
  })

  it('starts nothing for a payment that failed', async () => {
    const { number } = await place()
    assert.deepEqual(await shop.pay(number, { state: 'failed' }), { outcome: 'failed' })
    assert.equal(await deliveries(number), 0)
    assert.equal((await findOrder(db, number))?.paidCents, 0)
  })

  it('delivers before the payment where an operator trusts, and records who and why', async () => {
    const { number } = await place()
    const olga = await shop.operator()
    assert.deepEqual(await trustOrder(shop.shop, number, olga, '   '), { ok: false, reason: 'why' })
    assert.equal(await deliveries(number), 0)

    assert.deepEqual(await trustOrder(shop.shop, number, olga, 'purchase order 4711'), { ok: true })
    await shop.takeOver()
    assert.deepEqual(await shop.unitStates(number), ['produced', 'produced'])
    const trusted = await findOrder(db, number)
    assert.equal(trusted?.state, 'awaiting_payment', 'the money is still to come')
    assert.equal(trusted.trust?.by, olga.email)
    assert.equal(trusted.trust.why, 'purchase order 4711')
    const line = (await orderHistory(db, trusted.id)).find(({ event }) => event === 'trusted')
    assert.equal(line?.who, `operator:${olga.email}`)
    assert.equal(line.why, 'purchase order 4711')

    assert.equal((await shop.pay(number)).outcome, 'paid')
    assert.equal(await shop.takeOver(), 0, 'what was delivered on trust is not delivered again')
    assert.equal(await deliveries(number), 2)
    assert.equal(await shop.orderState(number), 'completed')
  })

  it('trusts an order once, and none that is paid or closed', async () => {
    const olga = await shop.operator()
    const { number } = await place()
    await shop.pay(number)
    assert.deepEqual(await trustOrder(shop.shop, number, olga, 'x'), { ok: false, reason: 'not_awaiting' })
    assert.deepEqual(await trustOrder(shop.shop, '2611-0000-0000', olga, 'x'), {
      ok: false,
      reason: 'not_found',
    })
  })

  it('is refused by the database itself, whoever asks for it', async () => {
    const { number } = await place()
    const order = await findOrder(db, number)
    const unit = order?.lines[0]?.units[0]
    assert.ok(order && unit)
    await assert.rejects(
      db
        .insertInto('productions')
        .values({
          order_id: order.id,
          unit_id: unit.id,
          script: 'postpay',
          handler: 'std_enroloncourse',
          input: '{}',
        })
        .execute(),
      /is not paid/,
    )
    await assert.rejects(
      db.updateTable('orders').set({ paid_at: new Date() }).where('id', '=', order.id).execute(),
      /paid_is_paid_in_full/,
    )
    await assert.rejects(
      db.updateTable('orders').set({ trusted_at: new Date() }).where('id', '=', order.id).execute(),
      /trust_is_named/,
    )
    await shop.pay(number)
    await assert.rejects(
      sql`update history set who = 'nobody' where order_id = ${order.id}`.execute(db),
      /append-only/,
    )
    await assert.rejects(sql`delete from history where order_id = ${order.id}`.execute(db), /append-only/)
  })

  it('asks nothing for what costs nothing, and delivers it at once', async () => {
    const free = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 3 }, priceCents: 0 })
    const { number } = await shop.placed(free, [
      { email: 'free@learners.example', firstname: 'Fred', lastname: 'Free' },
    ])
    assert.deepEqual(await shop.unitStates(number), ['produced'])
    assert.equal(await shop.orderState(number), 'completed')
  })

  it('completes at once what costs nothing and has nothing to deliver', async () => {
    const free = await shop.sell({ handler: null, priceCents: 0 })
    const { number } = await shop.placed(free, [{}])
    assert.deepEqual(await shop.unitStates(number), ['produced'])
    assert.equal(await shop.orderState(number), 'completed')
  })
})
