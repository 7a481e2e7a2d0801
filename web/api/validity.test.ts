import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { testApi } from '../../test/api.ts'
import { buyer, testShop } from '../../test/shop.ts'

const day = 86_400_000

describe('the validity of a product', async () => {
  const shop = await testShop()
  const api = await testApi(shop)
  let reference: string

  before(async () => {
    const code = await shop.sell({ handler: 'std_registeredproduct', internal: { durationDays: 30 } })
    const { number } = await shop.placed(code, [{}])
    await shop.pay(number)
    await shop.takeOver()
    const product = await shop.db.selectFrom('products').select('reference').executeTakeFirstOrThrow()
    reference = product.reference
  })

  const check = (typed = reference) => api.get(`/products/${encodeURIComponent(typed)}/validity`)
  const set = (columns: { state?: 'active' | 'revoked'; starts_at?: Date; ends_at?: Date | null }) =>
    shop.db.updateTable('products').set(columns).execute()

  it('is told to anyone who has its reference, however that is typed', async () => {
    for (const typed of [reference, reference.replaceAll('-', ' ').toLowerCase()]) {
      const { status, body } = await check(typed)
      assert.equal(status, 200)
      assert.equal(body.valid, true)
      assert.equal(body.state, 'active')
    }
  })

  it('names nobody', async () => {
    const { body, text } = await check()
    assert.deepEqual(Object.keys(body).sort(), ['endsAt', 'startsAt', 'state', 'title', 'valid'])
    assert.ok(!text.includes(buyer.email) && !text.includes(buyer.lastname))
  })

  it('ends with its period at once, begins with it, and ends with its withdrawal', async () => {
    const now = Date.now()
    await set({ ends_at: new Date(now - 1000) })
    assert.deepEqual([(await check()).body.valid, (await check()).body.state], [false, 'ended'])
    await set({ ends_at: null, starts_at: new Date(now + day) })
    assert.deepEqual([(await check()).body.valid, (await check()).body.state], [false, 'active'])
    await set({ starts_at: new Date(now - day) })
    assert.deepEqual([(await check()).body.valid, (await check()).body.endsAt], [true, null])
    await set({ state: 'revoked' })
    assert.deepEqual([(await check()).body.valid, (await check()).body.state], [false, 'revoked'])
  })

  it('is not found for a reference that is mistyped or not ours', async () => {
    for (const typed of ['nonsense', `${reference.slice(0, -1)}?`, '0000-0000-0000-0000'])
      assert.equal((await check(typed)).status, 404, typed)
  })

  it('can’t be asked for without a limit', async () => {
    const limited = await testApi(shop, { env: { API_REQUESTS_PER_MINUTE: '3' } })
    for (let i = 0; i < 3; i++) await limited.get(`/products/${reference}/validity`)
    const answer = await limited.get(`/products/${reference}/validity`)
    assert.equal(answer.status, 429)
    assert.ok(Number(answer.headers.get('retry-after')) > 0)
  })
})
