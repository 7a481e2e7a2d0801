import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testShop } from '../../test/shop.ts'

const shop = await testShop()
const { state } = shop.sandbox.site
const code = await shop.sell({ handler: 'std_unlock', internal: { course: 2, group: 2 } })
const course = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 } })

const zoe = { email: 'zoe@company.example', firstname: 'Zoé', lastname: 'Petit' }

describe('unlocking for somebody who is not enrolled', () => {
  it('waits for the enrolment for a while, and makes no account', async () => {
    const { number } = await shop.placed(code, [zoe])
    await shop.pay(number)
    await shop.takeOver(2)
    assert.deepEqual(await shop.unitStates(number), ['retrying'])
    assert.equal(state.emails.has(zoe.email), false)

    const { number: enrolment } = await shop.placed(course, [zoe])
    await shop.pay(enrolment)
    await shop.takeOver(3)
    assert.deepEqual(await shop.unitStates(number), ['produced'])
    assert.equal(state.groups.get(2)?.members.has(state.emails.get(zoe.email) ?? 0), true)
  })

  it('goes to an operator, who reads what to do, when the enrolment does not come', async (t) => {
    const { number } = await shop.placed(code, [{ ...zoe, email: 'nobody@company.example' }])
    await shop.pay(number)
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 11 * 60_000 })
    await shop.takeOver(2)
    assert.deepEqual(await shop.unitStates(number), ['needs_operator'])
    const { cause } = await shop.db
      .selectFrom('productions')
      .select('cause')
      .where('state', '=', 'needs_operator')
      .executeTakeFirstOrThrow()
    assert.match(cause?.message ?? '', /not enrolled in course 2.*enrol them there, then retry/)
  })
})
