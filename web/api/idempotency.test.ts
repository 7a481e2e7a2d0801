import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { beforeEach, describe, it } from 'node:test'
import { sql } from 'kysely'
import { connect } from '../../db/connect.ts'
import { pruneKeys } from '../../shop/idempotency.ts'
import { type Answer, testApi } from '../../test/api.ts'
import { buyer, testShop } from '../../test/shop.ts'

describe('idempotency keys', async () => {
  const shop = await testShop({ handlers: [] })
  const api = await testApi(shop)
  const code = await shop.sell({ handler: null, priceCents: 12_000 })
  const request = { lines: [{ code, units: [{}] }], customer: buyer, means: 'transfer', termsAccepted: true }
  let key = ''
  beforeEach(() => {
    key = randomUUID()
  })

  const place = (body: unknown = request, sent: Parameters<typeof api.post>[2] = {}) =>
    api.post('/orders', body, { key, ...sent })
  const countOrders = async () =>
    (await shop.db.selectFrom('orders').select(sql<number>`count(*)`.as('count')).executeTakeFirstOrThrow())
      .count

  /** How often each status came. */
  const tally = (answers: Answer[]) =>
    Object.fromEntries(
      [...Map.groupBy(answers, ({ status }) => status)].map(([status, all]) => [status, all.length]),
    )

  it('asks for one where an order is placed or a payment validated', async () => {
    const as = await api.program('operator')
    for (const answer of [
      await api.post('/orders', request),
      await place(request, { key: 'short' }),
      await place(request, { key: 'with spaces in its middle' }),
      await api.post(
        '/orders/2611-0000-0000/payments',
        { amountCents: 1, currency: 'EUR', paidOn: '2026-01-01', reference: 'x' },
        { as },
      ),
    ]) {
      assert.equal(answer.status, 400)
      assert.equal(answer.body.code, 'key_missing')
    }
  })

  it('gives the same request the same answer, to the letter', async () => {
    const before = await countOrders()
    const first = await place()
    assert.equal(first.status, 201, first.text)
    assert.equal(first.headers.get('idempotency-replayed'), null)
    const again = await place()
    assert.equal(again.status, 201)
    assert.equal(again.text, first.text)
    assert.equal(again.headers.get('location'), first.headers.get('location'))
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    assert.equal(await countOrders(), before + 1)
  })

  it('places one order of twenty simultaneous requests, on two connections to the database', async () => {
    const other = await connect(shop.url)
    const second = await testApi(shop, { face: { shop: { ...shop.shop, db: other.db } } })
    const before = await countOrders()
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? api : second).post('/orders', request, { key })),
    )
    await other.db.destroy()
    assert.equal(await countOrders(), before + 1)
    const { 201: placed = 0, 409: waiting = 0 } = tally(answers)
    assert.equal(placed + waiting, 20)
    assert.ok(placed >= 1)
    for (const answer of answers.filter(({ status }) => status === 409)) {
      assert.equal(answer.body.code, 'in_progress')
      assert.equal(answer.headers.get('retry-after'), '1')
    }
    const numbers = new Set(answers.filter(({ status }) => status === 201).map(({ body }) => body.number))
    assert.equal(numbers.size, 1)
    assert.deepEqual((await place()).body.number, [...numbers][0])
  })

  it('refuses the key of another request, and keeps the first answer', async () => {
    const first = await place()
    const other = await place({ ...request, lines: [{ code, units: [{}, {}] }] })
    assert.equal(other.status, 422)
    assert.equal(other.body.code, 'key_reused')
    assert.equal((await place()).text, first.text)
    const elsewhere = await api.post('/carts', { lines: [] }, { key })
    assert.equal(elsewhere.body.code, 'key_reused')
  })

  it('tells the second of two to wait while the first is under way', async () => {
    await place()
    await shop.db.updateTable('idempotency_keys').set({ status: null }).where('key', '=', key).execute()
    const answer = await place()
    assert.equal(answer.status, 409)
    assert.equal(answer.body.code, 'in_progress')
    assert.equal(answer.headers.get('retry-after'), '1')
  })

  it('places no second order when a process died after the first one, before it could keep its answer', async () => {
    const first = await place()
    const before = await countOrders()
    await shop.db
      .updateTable('idempotency_keys')
      .set({ status: null, response: null, created_at: sql<Date>`now() - interval '3 minutes'` })
      .where('key', '=', key)
      .execute()
    const answers = await Promise.all([place(), place(), place()])
    assert.equal(await countOrders(), before)
    for (const answer of answers.filter(({ status }) => status !== 409)) {
      assert.equal(answer.status, 201)
      assert.equal(answer.body.number, first.body.number)
      assert.equal(answer.body.token, first.body.token)
    }
    assert.ok(answers.some(({ status }) => status === 201))
  })

  it('finds the order of a cart by the cart’s token, with whatever key', async () => {
    const cart = await api.post('/carts', { lines: request.lines })
    const as = `Cart ${cart.body.token}`
    const { lines: _, ...checkout } = request
    const before = await countOrders()
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => place(checkout, { as, key: randomUUID() })),
    )
    answers.push(await place(checkout, { as, key: randomUUID() }))
    assert.equal(await countOrders(), before + 1)
    for (const answer of answers) {
      assert.equal(answer.status, 201, answer.text)
      assert.equal(answer.body.number, answers[0]?.body.number)
    }
  })

  it('keeps refusals too, so that the same request is never refused once and taken the next time', async () => {
    const wrong = { ...request, means: 'promises' }
    const first = await place(wrong)
    assert.equal(first.status, 422)
    const again = await place(wrong)
    assert.equal(again.text, first.text)
    assert.equal(again.headers.get('idempotency-replayed'), 'true')
    assert.equal(again.headers.get('content-type'), 'application/problem+json')
  })

  it('keeps nothing of what broke: the request may be sent again', async () => {
    let broken = true
    const means = new Map(shop.shop.means)
    means.get = (id) => {
      if (broken) throw new Error('the drawer is stuck')
      return shop.shop.means.get(id)
    }
    const fragile = await testApi(shop, { face: { shop: { ...shop.shop, means } } })
    const first = await fragile.post('/orders', request, { key })
    assert.equal(first.status, 500)
    assert.doesNotMatch(first.text, /drawer/)
    broken = false
    const again = await fragile.post('/orders', request, { key })
    assert.equal(again.status, 201)
    assert.equal(again.headers.get('idempotency-replayed'), null)
  })

  it('keeps the keys of two programs apart', async () => {
    const [one, other] = [await api.program('operator'), await api.program('operator')]
    const first = await place(request, { as: one })
    const second = await place(request, { as: other })
    assert.equal(second.status, 201)
    assert.notEqual(second.body.number, first.body.number)
  })

  it('counts a payment once, with one key or with many', async () => {
    const as = await api.program('operator')
    const { number } = (await place()).body
    const received = { amountCents: 12_000, currency: 'EUR', paidOn: '2026-01-01', reference: randomUUID() }
    const pay = (paymentKey: string) =>
      api.post(`/orders/${number}/payments`, received, { as, key: paymentKey })
    const same = randomUUID()
    const answers = await Promise.all([
      ...Array.from({ length: 8 }, () => pay(same)),
      ...Array.from({ length: 8 }, () => pay(randomUUID())),
    ])
    assert.ok(
      answers.every(({ status }) => status === 201 || status === 409),
      JSON.stringify(tally(answers)),
    )
    const payments = await api.get(`/orders/${number}/payments`, { as })
    assert.equal(payments.body.items.length, 1)
    assert.equal(payments.body.items[0].state, 'counted')
    const [paid] = answers.filter(({ status }) => status === 201)
    assert.deepEqual(paid?.body, { outcome: 'paid', surplusCents: 0 })
    const order = await api.get(`/orders/${number}`, { as })
    assert.equal(order.body.paidCents, 12_000)
    assert.equal((await api.get('/give-backs', { as })).body.items.length, 0)
  })

  it('forgets keys after 48 hours, and none before', async () => {
    await place()
    await shop.db
      .updateTable('idempotency_keys')
      .set({ created_at: sql<Date>`now() - interval '47 hours'` })
      .where('key', '=', key)
      .execute()
    await pruneKeys(shop.db)
    assert.equal((await place()).headers.get('idempotency-replayed'), 'true')
    await shop.db
      .updateTable('idempotency_keys')
      .set({ created_at: sql<Date>`now() - interval '49 hours'` })
      .where('key', '=', key)
      .execute()
    assert.equal(await pruneKeys(shop.db), 1)
    const kept = await shop.db.selectFrom('idempotency_keys').select('key').where('key', '=', key).execute()
    assert.deepEqual(kept, [])
  })
})
