import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { testCard } from '../../payments/test-card.ts'
import { transfer } from '../../payments/transfer.ts'
import { openMailQueue } from '../../shop/send-mail.ts'
import { testApi } from '../../test/api.ts'
import { buyer, testShop } from '../../test/shop.ts'

describe('what a program asks about money and mails', async () => {
  const means = [transfer({ holder: 'A', iban: 'FR76', bic: 'B' }), testCard({ secrets: ['s'.repeat(32)] })]
  const shop = await testShop({ means })
  const mailing = { ...shop.shop, settings: { ...shop.shop.settings, mailing: true } }
  const api = await testApi(shop, { face: { shop: mailing } })
  let as: string
  let code: string
  before(async () => {
    as = await api.program('operator')
    code = await shop.sell({ handler: null, priceCents: 4200 })
    await openMailQueue(shop.shop.queue)
  })

  it('is led to the page of an immediate payment by its whole address', async () => {
    const order = { lines: [{ code, units: [{}] }], customer: buyer, means: 'test_card', termsAccepted: true }
    const placed = await api.post('/orders', order, { key: randomUUID() })
    assert.equal(placed.status, 201, placed.text)
    const started = await api.post(`/orders/${placed.body.number}/payment`, undefined, {
      as: `Order ${placed.body.token}`,
    })
    assert.equal(started.status, 200)
    assert.match(started.body.redirectTo, /^http:\/\/127\.0\.0\.1\/.*/)
    assert.ok(started.body.redirectTo.includes(placed.body.number))
  })

  it('reads what moved the credits of a customer, newest first', async () => {
    for (const amountCents of [5000, -1200]) {
      const correction = { email: buyer.email, amountCents, why: 'an agreement' }
      const corrected = await api.post('/credit-corrections', correction, { as, key: randomUUID() })
      assert.equal(corrected.status, 201, corrected.text)
    }
    const { status, body } = await api.get(`/credit-movements?email=${buyer.email}`, { as })
    assert.equal(status, 200)
    const amounts = body.items.map((one: { amountCents: number }) => one.amountCents)
    assert.deepEqual(amounts, [-1200, 5000])
  })

  it('has a mail sent again that could not be sent, once', async () => {
    const { id } = await shop.db
      .insertInto('mails')
      .values({
        key: 'x',
        kind: 'order_paid',
        recipient: buyer.email,
        state: 'failed',
        cause: 'full',
        data: '{}',
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    const again = await api.post(`/mails/${id}/resend`, undefined, { as })
    assert.deepEqual([again.status, again.body], [200, { id, state: 'queued' }])
    assert.equal((await api.post(`/mails/${id}/resend`, undefined, { as })).status, 409)
  })
})
