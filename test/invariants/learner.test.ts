import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { validatePayment } from '../../shop/payment.ts'
import { cartOf, placeOrder } from '../../shop/place-order.ts'
import { findOrder } from '../../shop/view-order.ts'
import { buyer, testShop } from '../shop.ts'

describe('the learner is named by the order (invariant 7)', async () => {
  const shop = await testShop()
  const { db } = shop
  const course = 2
  const code = await shop.sell({ handler: 'std_enroloncourse', internal: { course } })

  /** The addresses of those enrolled in the course now, of these. */
  async function enrolled(...emails: string[]): Promise<string[]> {
    const found = (await shop.sandboxState()).courses.find(({ id }) => id === course)?.enrolments ?? []
    return found
      .map(({ email }) => email.toLowerCase())
      .filter((email) => emails.includes(email))
      .sort()
  }

  async function validated(number: string, who: string) {
    const order = await findOrder(db, number)
    const received = {
      means: 'transfer',
      reference: `VIR ${number}`,
      amountCents: order?.totalCents ?? 0,
      currency: 'EUR',
      paidOn: '2026-01-15',
    }
    assert.equal((await validatePayment(shop.shop, number, received, who)).ok, true)
    await shop.takeOver()
    assert.equal(await shop.orderState(number), 'completed')
  }

  it('complaint 46: enrols the learner when an operator validates a transfer, neither the operator nor the buyer', async () => {
    const olga = await shop.operator()
    const learner = 'lea.named@learners.example'
    const { number } = await shop.placed(code, [{ email: learner, firstname: 'Léa', lastname: 'Named' }])
    await validated(number, `operator:${olga.email}`)
    assert.deepEqual(await enrolled(learner, olga.email, buyer.email), [learner])
    const { accounts } = await shop.sandboxState()
    assert.ok(!accounts.some(({ email }) => email === olga.email || email === buyer.email))
  })

  it('enrols two learners for two units, and nobody else', async () => {
    const learners = ['uma@learners.example', 'vic@learners.example']
    const { number } = await shop.placed(
      code,
      learners.map((email) => ({ email, firstname: 'Uma', lastname: 'Vic' })),
    )
    await validated(number, 'operator:olga')
    assert.deepEqual(await enrolled(...learners, buyer.email), learners)
    const holders = (await findOrder(db, number))?.products.map(({ holder }) => holder?.email)
    assert.deepEqual(holders?.sort(), learners)
  })

  it('enrols the buyer for the unit that is “for me”, and the other learner for the other', async () => {
    const other = 'will@learners.example'
    const content = cartOf([
      {
        code,
        units: [
          { forMe: true, external: {}, fields: {} },
          { external: { email: other, firstname: 'Will', lastname: 'Other' }, fields: {} },
        ],
      },
    ])
    const checkout = { customer: buyer, means: 'transfer', termsAccepted: true, locale: 'fr' } as const
    const result = await placeOrder(shop.shop, shop.engine, { content }, checkout)
    assert.ok(result.ok)
    await validated(result.order.number, 'operator:olga')
    assert.deepEqual(await enrolled(other, buyer.email), [buyer.email, other])
  })

  it('lets the buyer into the support course, and the learner into the one that was bought', async () => {
    const supported = await shop.sell({
      handler: 'std_enroloncourse',
      internal: { course, supportCourse: 3, supportRole: 'student' },
    })
    const learner = 'xena@learners.example'
    const { number } = await shop.placed(supported, [{ email: learner, firstname: 'Xe', lastname: 'Na' }])
    await validated(number, 'operator:olga')
    assert.deepEqual(await enrolled(learner), [learner])
    const support = (await shop.sandboxState()).courses.find(({ id }) => id === 3)?.enrolments ?? []
    const there = support.map(({ email }) => email)
    assert.ok(there.includes(buyer.email) && !there.includes(learner))
  })
})
