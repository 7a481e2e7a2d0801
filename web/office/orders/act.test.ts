import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { findOrder, giveBacksOfOrder, orderHistory, paymentsOfOrder } from '../../../shop/view-order.ts'
import { testOffice } from '../../../test/office.ts'
import { testShop, until } from '../../../test/shop.ts'
import { routes } from '../../routes.ts'

const paths = routes.office.orders

describe('what an operator does with an order', async () => {
  const test = await testShop()
  const { db } = test
  const house = testOffice(test)
  let marie: Awaited<ReturnType<typeof house.as>>
  const plain = await test.sell({ handler: null, priceCents: 10_000 })

  before(async () => {
    marie = await house.as('operator')
  })

  async function order(units = 1) {
    const { number } = await test.placed(
      plain,
      Array.from({ length: units }, () => ({})),
    )
    await marie.open(paths.show(number))
    return number
  }

  async function pay(number: string, amount: string, reference: string, more: Record<string, string> = {}) {
    return await marie.send(paths.pay(number), {
      'pay.amount': amount,
      'pay.reference': reference,
      ...more,
    })
  }

  it('validates a payment: the due amount and today stand in the form already', async () => {
    const number = await order(2)
    assert.match(marie.page().html, /value="200\.00"/)
    const page = await marie.send(paths.pay(number), { 'pay.reference': 'VIR-1' })
    assert.match(page.html, /The order is paid/)
    assert.equal(await test.orderState(number), 'completed')
    const [payment] = await paymentsOfOrder(db, (await findOrder(db, number))?.id ?? 0)
    assert.equal(payment?.amount_cents, 20_000)
    assert.equal(payment?.recorded_by, `operator:${marie.operator.email}`)
  })

  it('says what is missing of a payment that is too small, and produces nothing', async () => {
    const number = await order()
    const page = await pay(number, '60,50', 'VIR-2')
    assert.match(page.html, /Recorded\. €39\.50 is still missing/)
    assert.match(page.html, /value="39\.50"/)
    assert.equal(await test.orderState(number), 'awaiting_payment')
    assert.deepEqual(await test.unitStates(number), ['prepared'])
    await pay(number, '39.50', 'VIR-3')
    assert.equal(await test.orderState(number), 'completed')
  })

  it('notes what is too much as money to give back', async () => {
    const number = await order()
    const page = await pay(number, '120', 'VIR-4')
    assert.match(page.html, /€20\.00 too much was paid/)
    const found = await findOrder(db, number)
    assert.deepEqual(
      (await giveBacksOfOrder(db, found?.id ?? 0)).map(({ amount_cents }) => amount_cents),
      [2000],
    )
  })

  it('sets aside what comes for an order that is paid', async () => {
    const number = await order()
    await pay(number, '100', 'VIR-5')
    const page = await pay(number, '100', 'VIR-6')
    assert.match(page.html, /Recorded and set aside/)
    const aside = await marie.open(routes.office.payments.setAside())
    assert.match(aside.html, /VIR-6/)
  })

  it('shows what is wrong with a payment at its field, keeping what was typed', async () => {
    const number = await order()
    for (const [answers, field] of [
      [{ 'pay.amount': 'ten', 'pay.reference': 'V' }, 'amount'],
      [{ 'pay.amount': '-5', 'pay.reference': 'V' }, 'amount'],
      [{ 'pay.amount': '1.234', 'pay.reference': 'V' }, 'amount'],
      [{ 'pay.paidOn': '2999-01-01', 'pay.reference': 'V' }, 'paidOn'],
      [{ 'pay.paidOn': '2026-02-31', 'pay.reference': 'V' }, 'paidOn'],
      [{ 'pay.reference': ' ' }, 'reference'],
      [{ 'pay.reference': 'VIR-1' }, 'reference'],
    ] as const) {
      await marie.open(paths.show(number))
      const page = await marie.send(paths.pay(number), answers)
      assert.equal(page.status, 422, JSON.stringify(answers))
      assert.match(page.html, new RegExp(`id="field-pay-${field}-error"`), JSON.stringify(answers))
    }
    assert.equal(await test.orderState(number), 'awaiting_payment')
  })

  it('delivers before payment only with a reason, in the operator’s name', async () => {
    const number = await order()
    const refused = await marie.send(paths.trust(number), { 'trust.why': '' })
    assert.equal(refused.status, 422)
    assert.match(refused.html, /id="field-trust-why-error"/)
    assert.deepEqual(await test.unitStates(number), ['prepared'])
    const page = await marie.send(paths.trust(number), { 'trust.why': 'Purchase order 4711' })
    assert.match(page.html, /Production has started, before the payment/)
    assert.match(page.html, /Purchase order 4711/)
    assert.deepEqual(await test.unitStates(number), ['produced'])
  })

  it('cancels only with a reason, and says so when it is too late', async () => {
    const number = await order()
    assert.equal((await marie.send(paths.cancel(number), { 'cancel.why': ' ' })).status, 422)
    assert.equal(await test.orderState(number), 'awaiting_payment')
    await marie.send(paths.cancel(number), { 'cancel.why': 'Asked for by phone' })
    assert.equal(await test.orderState(number), 'cancelled')
    const found = await findOrder(db, number)
    const history = await orderHistory(db, found?.id ?? 0)
    assert.ok(
      history.some(({ who, why }) => who.endsWith(marie.operator.email) && why === 'Asked for by phone'),
    )

    const late = await order()
    const before = marie.page().html
    await pay(late, '100', 'VIR-7')
    const form = /name="csrf" value="([^"]+)"/.exec(before)?.[1] ?? ''
    assert.ok(form)
    const answer = await house.app.request(paths.cancel(late), {
      method: 'POST',
      body: new URLSearchParams({ csrf: form, 'cancel.why': 'Too late' }).toString(),
      headers: {
        cookie: [...marie.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    assert.match(answer.headers.get('location') ?? '', /done=tooLate/)
    assert.equal(await test.orderState(late), 'completed')
  })

  it('takes one unit of an order back, with its price, and no unit of another order', async () => {
    await test.work()
    const course = (await test.shop.site.course('DATA-101'))?.id
    const code = await test.sell({
      handler: 'std_enroloncourse',
      internal: { course, role: 'student' },
      priceCents: 5000,
    })
    const people = ['ada', 'bob'].map((name) => ({
      email: `${name}@learners.example`,
      firstname: name,
      lastname: 'L',
    }))
    const { number } = await test.placed(code, people)
    await marie.open(paths.show(number))
    await marie.send(paths.pay(number), { 'pay.reference': 'VIR-8' })
    await until('both units are produced', async () => (await test.orderState(number)) === 'completed')
    const [first] = (await findOrder(db, number))?.lines[0]?.units ?? []
    const unit = first?.id ?? 0

    await marie.open(paths.show(number))
    const refused = await marie.send(paths.revoke(number, unit), {})
    assert.equal(refused.status, 422)
    await marie.send(paths.revoke(number, unit), { [`revoke${unit}.why`]: 'Left the company' })
    await until('the unit is revoked', async () => (await test.unitStates(number))[0] === 'revoked')
    assert.deepEqual(await test.unitStates(number), ['revoked', 'produced'])
    const due = await marie.open(routes.office.payments.giveBacks())
    assert.match(due.html, /€50\.00/)

    const other = await order()
    const page = await marie.open(paths.show(other))
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] ?? ''
    const answer = await house.app.request(paths.revoke(other, unit), {
      method: 'POST',
      body: new URLSearchParams({ csrf, [`revoke${unit}.why`]: 'No' }).toString(),
      headers: {
        cookie: [...marie.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    assert.equal(answer.status, 404)
  })

  it('finds orders by number, payment reference and e-mail', async () => {
    const number = await order()
    const found = await findOrder(db, number)
    for (const search of [number, number.toLowerCase(), found?.paymentReference ?? '', 'alice@b']) {
      const page = await marie.open(`${paths.index()}?${new URLSearchParams({ search })}`)
      assert.match(page.html, new RegExp(number), search)
    }
    const none = await marie.open(`${paths.index()}?search=nobody@nowhere.example`)
    assert.match(none.html, /Nothing is found/)
  })

  it('notes money as given back only with how, and once', async () => {
    const number = await order()
    await pay(number, '130', 'VIR-9')
    const [due] = await giveBacksOfOrder(db, (await findOrder(db, number))?.id ?? 0)
    const id = due?.id ?? 0
    const form = routes.office.payments.giveBack(id)
    await marie.open(routes.office.payments.giveBacks())
    const refused = await marie.send(form, {})
    assert.equal(refused.status, 422)
    const page = await marie.send(form, { [`give${id}.note`]: 'Transfer of 2 December' })
    assert.match(page.html, /noted as given back/)
    assert.doesNotMatch(page.html, new RegExp(`id="give-back-${id}"`))
    const done = await marie.open(`${routes.office.payments.giveBacks()}?show=done`)
    assert.match(done.html, /Transfer of 2 December/)
  })

  it('lists what is to be validated, the oldest deadline first, found by what is due', async () => {
    const soon = await order(3)
    await db
      .updateTable('orders')
      .set({ pay_before: new Date(Date.now() + 3_600_000) })
      .where('number', '=', soon)
      .execute()
    await order()
    const page = await marie.open(routes.office.payments.index())
    const listed = [...page.html.matchAll(/href="\/office\/orders\/([0-9A-Z-]+)">/g)].map(
      ([, number]) => number,
    )
    assert.equal(listed[0], soon)
    const found = await marie.open(`${routes.office.payments.index()}?search=300`)
    assert.match(found.html, new RegExp(soon))
    assert.match(found.html, /Soon/)
  })
})
