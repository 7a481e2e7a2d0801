import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { openCart } from '../../shop/cart.ts'
import { applyNotification, validatePayment } from '../../shop/payment.ts'
import { cartOf, placeOrder } from '../../shop/place-order.ts'
import { findOrder, giveBacksOfOrder, paymentsOfOrder } from '../../shop/view-order.ts'
import { buyer, testShop, until } from '../shop.ts'
import type { Second } from './second-process.ts'
import { ended, startProcess } from './start-process.ts'

const today = new Date().toISOString().slice(0, 10)
const times = 20

describe('effects happen once (invariant 2)', async () => {
  const shop = await testShop()
  const { db } = shop
  const code = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 }, priceCents: 12_000 })
  const learner = (name: string) => ({ email: `${name}@learners.example`, firstname: 'Lea', lastname: name })
  const second = (task: Second['task']) => {
    const sandbox = { url: shop.sandbox.url, token: shop.sandbox.token }
    return startProcess('second-process.ts', { url: shop.url, sandbox, task } satisfies Second)
  }

  /** Asserts that an order of one unit was paid once and produced once, after whatever happened to it. */
  async function onceOnly(number: string, email: string) {
    await shop.takeOver()
    const order = await findOrder(db, number)
    assert.ok(order)
    assert.equal(order.state, 'completed')
    assert.equal(order.paidCents, order.totalCents)
    assert.equal((await paymentsOfOrder(db, order.id)).length, 1)
    assert.equal((await giveBacksOfOrder(db, order.id)).length, 0)
    assert.equal(order.products.length, 1)
    const { courses } = await shop.sandboxState(email)
    const enrolments = courses.flatMap((course) => course.enrolments)
    assert.deepEqual(
      enrolments.map((one) => one.set),
      [1],
    )
  }

  it('complaint 28: takes the same notification, sent 20 times at the same moment, once', async () => {
    const { number } = await shop.placed(code, [learner('same')])
    const notification = await shop.notification(number)
    const outcomes = await Promise.all(
      Array.from({ length: times }, () => applyNotification(shop.shop, 'test_card', notification)),
    )
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'paid').length, 1)
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'repeated').length, times - 1)
    await onceOnly(number, 'same@learners.example')
  })

  it('takes 20 different notifications of one payment once', async () => {
    const { number } = await shop.placed(code, [learner('events')])
    const notification = await shop.notification(number)
    const outcomes = await Promise.all(
      Array.from({ length: times }, () =>
        applyNotification(shop.shop, 'test_card', { ...notification, eventId: randomUUID() }),
      ),
    )
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'paid').length, 1)
    assert.equal(outcomes.filter(({ outcome }) => outcome === 'repeated').length, times - 1)
    await onceOnly(number, 'events@learners.example')
    assert.deepEqual(await shop.pay(number, notification), { outcome: 'repeated' }, 'late, too')
  })

  it('takes it once when two processes hear of it at the same moment', async () => {
    const { number } = await shop.placed(code, [learner('processes')])
    const notification = await shop.notification(number)
    const child = second({ do: 'notify', notification, times })
    const here = Promise.all(
      Array.from({ length: times }, () => applyNotification(shop.shop, 'test_card', notification)),
    )
    const { printed } = await ended(await child)
    const there: { outcome: string }[] = JSON.parse(printed)
    const outcomes = [...(await here), ...there].map(({ outcome }) => outcome)
    assert.equal(outcomes.length, 2 * times)
    assert.equal(outcomes.filter((outcome) => outcome === 'paid').length, 1)
    await onceOnly(number, 'processes@learners.example')
  })

  it('takes a transfer once that two operators validate at the same moment', async () => {
    const { number } = await shop.placed(code, [learner('operators')])
    const received = {
      means: 'transfer',
      reference: 'VIR 2611 BNP',
      amountCents: 12_000,
      currency: 'EUR',
      paidOn: today,
    }
    const answers = await Promise.all([
      validatePayment(shop.shop, number, received, 'operator:olga'),
      validatePayment(shop.shop, number, { ...received, reference: ' VIR 2611 BNP ' }, 'operator:omar'),
    ])
    assert.equal(answers.filter(({ ok }) => ok).length, 1)
    assert.ok(answers.some((answer) => !answer.ok && answer.reason === 'repeated'))
    await onceOnly(number, 'operators@learners.example')
  })

  it('complaint 27: makes one order of a cart that is placed 20 times at the same moment', async () => {
    const content = cartOf([{ code, units: [{ external: learner('cart'), fields: {} }] }])
    const { id } = await openCart(db, content)
    const checkout = { customer: buyer, means: 'transfer', termsAccepted: true, locale: 'en' } as const
    const place = () => placeOrder(shop.shop, shop.engine, { id, content }, checkout)
    const results = await Promise.all(Array.from({ length: times }, place))
    results.push(await place())
    const numbers = new Set(results.map((result) => (result.ok ? result.order.number : 'none')))
    assert.equal(numbers.size, 1)
    const orders = await db.selectFrom('orders').select('number').where('cart_id', '=', id).execute()
    assert.deepEqual(
      orders.map(({ number }) => number),
      [...numbers],
    )
    const tokens = new Set(results.map((result) => (result.ok ? result.order.token : 'none')))
    assert.equal(tokens.size, 1, 'every click leads to the same order')
  })

  it('makes one order of a request of a program that is sent 20 times at the same moment', async () => {
    const content = cartOf([{ code, units: [{ external: learner('program'), fields: {} }] }])
    const cart = { id: randomUUID(), content, unsaved: true }
    const checkout = { customer: buyer, means: 'transfer', termsAccepted: true, locale: 'en' } as const
    const results = await Promise.all(
      Array.from({ length: times }, () => placeOrder(shop.shop, shop.engine, cart, checkout)),
    )
    assert.equal(new Set(results.map((result) => (result.ok ? result.order.number : 'none'))).size, 1)
  })

  it('makes one account of a person who is named in many orders at once, in any spelling', async () => {
    const spellings = ['Ida.Once@Learners.Example', 'ida.once@learners.example', 'IDA.ONCE@LEARNERS.EXAMPLE']
    const numbers: string[] = []
    for (const email of [...spellings, ...spellings]) {
      const { number } = await shop.placed(code, [{ ...learner('ida'), email }])
      await shop.pay(number)
      numbers.push(number)
    }
    await shop.takeOver()
    for (const number of numbers) assert.equal(await shop.orderState(number), 'completed')
    const { accounts } = await shop.sandboxState('ida.once@learners.example')
    assert.equal(accounts.length, 1)
  })

  it('produces each of 60 units once, with two workers at it', async () => {
    const names = Array.from({ length: 60 }, (_, n) => `crowd-${n}`)
    const { number } = await shop.placed(code, names.map(learner))
    const child = await second({ do: 'work' })
    await shop.work()
    await shop.pay(number)
    await until('all 60 are produced', async () => (await shop.orderState(number)) === 'completed')
    child.kill('SIGKILL')
    const order = await findOrder(db, number)
    assert.equal(order?.products.length, 60)
    const { accounts, courses } = await shop.sandboxState('crowd-')
    assert.equal(accounts.length, 60)
    const enrolments = courses.flatMap((course) => course.enrolments)
    assert.equal(enrolments.length, 60)
    assert.ok(enrolments.every(({ set, created }) => set === 1 && created === 1))
    const workers = await db
      .selectFrom('productions')
      .select('worker')
      .distinct()
      .where('order_id', '=', order?.id ?? 0)
      .execute()
    assert.ok(workers.length >= 1)
  })
})
