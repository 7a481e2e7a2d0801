import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { endProduction } from '../../production/operate.ts'
import { cancelOrder, expireOrders } from '../../shop/close-order.ts'
import { composeHands } from '../../shop/compose.ts'
import { settleGiveBack } from '../../shop/give-back.ts'
import { trustOrder, validatePayment } from '../../shop/payment.ts'
import { findOrder, giveBacksOfOrder, orderHistory, paymentsOfOrder } from '../../shop/view-order.ts'
import { testShop } from '../shop.ts'

describe('a second payment is money to give back (invariant 5)', async () => {
  const shop = await testShop()
  const { db } = shop
  const code = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 }, priceCents: 10_000 })
  let learners = 0
  const place = async () => {
    const email = `twice-${++learners}@learners.example`
    return { ...(await shop.placed(code, [{ email, firstname: 'Tom', lastname: 'Twice' }])), email }
  }

  async function bookkeeping(number: string) {
    const order = await findOrder(db, number)
    assert.ok(order)
    const payments = await paymentsOfOrder(db, order.id)
    const due = await giveBacksOfOrder(db, order.id)
    const deliveries = await db
      .selectFrom('productions')
      .select('id')
      .where('order_id', '=', order.id)
      .where('script', '=', 'postpay')
      .execute()
    return {
      order,
      payments: payments.map(({ state, amount_cents }) => `${state} ${amount_cents}`),
      due: due.map(({ amount_cents, currency }) => `${amount_cents} ${currency}`),
      why: due.map(({ why }) => why).join(),
      deliveries: deliveries.length,
      ids: due.map(({ id }) => id),
    }
  }

  it('records a second payment of a paid order, delivers nothing more, and says whose money it is', async () => {
    const { number, email } = await place()
    await shop.pay(number)
    await shop.takeOver()
    const before = (await shop.sandboxState(email)).courses.flatMap(({ enrolments }) => enrolments)
    assert.deepEqual(await shop.pay(number), { outcome: 'set_aside', why: 'the order was paid already' })
    assert.equal(await shop.takeOver(), 0)
    const { order, payments, due, why, deliveries, ids } = await bookkeeping(number)
    assert.equal(order.state, 'completed')
    assert.equal(order.paidCents, 10_000)
    assert.deepEqual(payments, ['counted 10000', 'set_aside 10000'])
    assert.deepEqual(due, ['10000 EUR'])
    assert.match(why, /paid already/)
    assert.equal(deliveries, 1)
    const after = (await shop.sandboxState(email)).courses.flatMap(({ enrolments }) => enrolments)
    assert.deepEqual(after, before)

    const [id] = ids
    assert.ok(id)
    const settled = await Promise.all([
      settleGiveBack(shop.shop, id, { who: 'operator:olga', note: 'sent back on the 3rd' }),
      settleGiveBack(shop.shop, id, { who: 'operator:omar', note: 'sent back on the 4th' }),
    ])
    assert.deepEqual(settled.sort(), [false, true], 'it goes back once')
    const lines = (await orderHistory(db, order.id)).filter(({ event }) => event === 'give_back_done')
    assert.equal(lines.length, 1)
  })

  it('does the same while the first is still being produced', async () => {
    const { number } = await place()
    const [first, second] = await Promise.all([shop.pay(number), shop.pay(number)])
    assert.deepEqual([first.outcome, second.outcome].sort(), ['paid', 'set_aside'])
    await shop.takeOver()
    const { order, due, deliveries } = await bookkeeping(number)
    assert.equal(order.state, 'completed')
    assert.deepEqual(due, ['10000 EUR'])
    assert.equal(deliveries, 1)
  })

  it('sets a card payment aside that comes after a transfer has paid the order', async () => {
    const { number } = await place()
    const paidOn = new Date().toISOString().slice(0, 10)
    const received = { means: 'transfer', reference: 'VIR 1', amountCents: 10_000, currency: 'EUR', paidOn }
    assert.equal((await validatePayment(shop.shop, number, received, 'operator:olga')).ok, true)
    assert.equal((await shop.pay(number)).outcome, 'set_aside')
    await shop.takeOver()
    assert.deepEqual((await bookkeeping(number)).due, ['10000 EUR'])
  })

  for (const [way, close] of [
    ['expired', (number: string) => expire(number)],
    ['cancelled', (number: string) => cancelOrder(shop.shop, number, { who: 'customer' })],
  ] as const) {
    it(`sets the payment of an order aside that has ${way}, and delivers nothing`, async () => {
      const { number } = await place()
      await close(number)
      assert.equal(await shop.orderState(number), way)
      assert.deepEqual(await shop.pay(number), { outcome: 'set_aside', why: `the order is ${way}` })
      assert.equal(await shop.takeOver(), 0)
      const { order, payments, due, deliveries } = await bookkeeping(number)
      assert.equal(order.state, way)
      assert.equal(order.paidCents, 0)
      assert.deepEqual(payments, ['set_aside 10000'])
      assert.deepEqual(due, ['10000 EUR'])
      assert.equal(deliveries, 0)
      assert.deepEqual(await shop.unitStates(number), ['released'])
    })

    it(`gives a part payment back when its order has ${way}`, async () => {
      const { number } = await place()
      await shop.pay(number, { amountCents: 4_000 })
      await close(number)
      const { order, due } = await bookkeeping(number)
      assert.equal(order.state, way)
      assert.deepEqual(due, ['4000 EUR'])
    })
  }

  it('takes either the payment or the expiry when both come at the same moment, and loses no money', async () => {
    for (let n = 0; n < 8; n++) {
      const { number } = await place()
      const [applied] = await Promise.all([shop.pay(number), expire(number)])
      const { order, due, deliveries } = await bookkeeping(number)
      if (applied.outcome === 'paid') {
        assert.equal(order.state, 'paid')
        assert.deepEqual([due, deliveries], [[], 1])
      } else {
        assert.equal(order.state, 'expired')
        assert.deepEqual([due, deliveries], [['10000 EUR'], 0])
      }
    }
    await shop.takeOver()
  })

  it('notes what was paid too much', async () => {
    const { number } = await place()
    assert.deepEqual(await shop.pay(number, { amountCents: 12_500 }), {
      outcome: 'paid',
      surplusCents: 2_500,
    })
    const { order, payments, due, why } = await bookkeeping(number)
    assert.equal(order.paidCents, 12_500)
    assert.deepEqual(payments, ['counted 12500'])
    assert.deepEqual(due, ['2500 EUR'])
    assert.match(why, /more was paid/)
  })

  it('gives back no more than came, when too much was paid before a prepay refused the order', async () => {
    const wild = await shop.sell({ handler: 'ext_wild', priceCents: 10_000 })
    // Six units: their prepay is left to the workers, and the payment is quicker.
    const units = Array.from({ length: 6 }, (_, n) => ({ prepay: n === 3 ? 'refuses' : 'well' }))
    const { number } = await shop.placed(wild, units)
    assert.deepEqual(await shop.pay(number, { amountCents: 61_000 }), {
      outcome: 'paid',
      surplusCents: 1_000,
    })
    assert.equal(await shop.orderState(number), 'placed')
    await shop.takeOver()
    const { order, due, deliveries } = await bookkeeping(number)
    assert.equal(order.state, 'refused')
    assert.equal(deliveries, 0)
    assert.deepEqual(due.sort(), ['1000 EUR', '60000 EUR'])
  })

  it('pays an order as soon as it is prepared, when the money was quicker', async () => {
    const wild = await shop.sell({ handler: 'ext_wild', priceCents: 1_000 })
    const { number } = await shop.placed(
      wild,
      Array.from({ length: 6 }, () => ({})),
    )
    assert.equal((await shop.pay(number)).outcome, 'paid')
    assert.equal(await shop.orderState(number), 'placed')
    await shop.takeOver(2)
    assert.equal(await shop.orderState(number), 'completed')
  })

  it('gives back the price of a unit of an order on trust that was given up before the money came', async () => {
    const wild = await shop.sell({ handler: 'ext_wild', priceCents: 7_000 })
    const { number } = await shop.placed(wild, [{ postpay: 'refuses' }, {}])
    await trustOrder(shop.shop, number, await shop.operator(), 'purchase order 4711')
    await shop.takeOver()
    const stuck = await db
      .selectFrom('productions')
      .select('id')
      .where('state', '=', 'needs_operator')
      .executeTakeFirstOrThrow()
    const decision = { state: 'cancelled', who: 'operator:olga', why: 'can’t be had' } as const
    await endProduction(composeHands(shop.shop), stuck.id, decision)
    assert.deepEqual((await bookkeeping(number)).due, [], 'nothing was paid yet')
    await shop.pay(number)
    const { order, due } = await bookkeeping(number)
    assert.equal(order.state, 'completed')
    assert.deepEqual(due, ['7000 EUR'])
  })

  for (const [name, received, reason] of [
    ['nothing', { amountCents: 0 }, 'amount'],
    ['less than nothing', { amountCents: -10_000 }, 'amount'],
    ['half a cent', { amountCents: 9_999.5 }, 'amount'],
    ['no number', { amountCents: Number.NaN }, 'amount'],
    ['without end', { amountCents: Number.POSITIVE_INFINITY }, 'amount'],
    [
      'of tomorrow’s tomorrow',
      { paidOn: new Date(Date.now() + 3 * 86_400_000).toISOString().slice(0, 10) },
      'date',
    ],
    ['of no day', { paidOn: '2026-02-30' }, 'date'],
    ['of no date', { paidOn: 'yesterday' }, 'date'],
    ['without a reference', { reference: '  ' }, 'reference'],
  ] as const) {
    it(`takes no payment ${name} from an operator`, async () => {
      const { number } = await place()
      const good = {
        means: 'transfer',
        reference: `V ${name}`,
        amountCents: 10_000,
        currency: 'EUR',
        paidOn: '2026-01-31',
      }
      assert.deepEqual(await validatePayment(shop.shop, number, { ...good, ...received }, 'operator:olga'), {
        ok: false,
        reason,
      })
      assert.deepEqual((await bookkeeping(number)).payments, [])
    })
  }

  it('keeps a notification of an order that it doesn’t know, and changes nothing', async () => {
    const { number } = await place()
    const notification = await shop.notification(number, { orderNumber: '2611-0000-0000' })
    assert.deepEqual(await shop.pay(number, notification), { outcome: 'unknown_order' })
    const kept = await db
      .selectFrom('notifications')
      .select('outcome')
      .where('event_id', '=', notification.eventId)
      .execute()
    assert.deepEqual(kept, [{ outcome: 'unknown_order' }])
  })

  async function expire(number: string) {
    await db
      .updateTable('orders')
      .set({ pay_before: new Date(Date.now() - 1000) })
      .where('number', '=', number)
      .execute()
    await expireOrders(shop.shop)
  }
})
