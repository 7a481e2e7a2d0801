import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { findOrder } from '../../shop/view-order.ts'
import { testApi } from '../../test/api.ts'
import { testShop } from '../../test/shop.ts'

describe('packs over the API', async () => {
  const shop = await testShop()
  const api = await testApi(shop)
  const code = await shop.sell({
    handler: 'std_generateseats',
    internal: { courses: ['RGPD-01'], seats: 3 },
  })

  async function bought() {
    const { number, token } = await shop.placed(code, [{}])
    await shop.pay(number)
    await shop.takeOver()
    const [seat] = (await findOrder(shop.db, number))?.products ?? []
    return { path: `/packs/${seat?.unitId ?? 0}`, as: `Order ${token}` }
  }

  let people = 0
  const learner = () => ({ email: `api.${++people}@learners.example`, firstname: 'Al', lastname: 'I' })

  it('are read, and given out to learners, by their buyer or an operator’s program', async () => {
    const { path, as } = await bought()
    const learners = [learner(), learner()]
    const key = randomUUID()
    for (const again of [false, true]) {
      const given = await api.post(`${path}/seats`, { learners }, { as, key })
      assert.equal(given.status, 201, String(again))
    }
    await shop.takeOver()
    const pack = await api.get(path, { as })
    assert.deepEqual([pack.body.total, pack.body.held, pack.body.free], [3, 2, 1])
    assert.deepEqual(
      pack.body.seats.map(({ holder }: { holder: { email: string } | null }) => holder?.email),
      [...learners.map(({ email }) => email), undefined],
    )
    const program = await api.program('operator')
    assert.equal((await api.post(`${path}/seats`, { learners: [learner()] }, { as: program })).status, 201)
    await shop.takeOver()
    assert.equal((await api.get(`${path}?only=free`, { as: program })).body.seats.length, 0)
  })

  it('name each learner who can’t have a seat, and then give none', async () => {
    const { path, as } = await bought()
    const one = learner()
    const send = (learners: unknown[]) => api.post(`${path}/seats`, { learners }, { as })
    const wrong = await send([one, { ...one, email: 'nobody' }])
    assert.equal(wrong.status, 422)
    assert.equal(wrong.body.errors[0].pointer, '/learners/1/email')
    const twice = await send([one, { ...one, email: one.email.toUpperCase() }])
    assert.equal(twice.body.errors[0].pointer, '/learners/1/email')
    assert.equal((await send([learner(), learner(), learner(), learner()])).status, 409)
    assert.equal((await send([one])).status, 201)
    const again = await send([learner(), one])
    assert.equal(again.body.errors[0].pointer, '/learners/1/email')
    await shop.takeOver()
    assert.equal((await api.get(path, { as })).body.held, 1)
  })

  it('tell a buyer who asks for very much in a day when to send the same request again', async () => {
    const { path, as } = await bought()
    const { seats } = (await api.get(path, { as })).body
    await sql`
      insert into productions (order_id, unit_id, script, occasion, handler, input, state)
      select order_id, id, 'action', gen_random_uuid()::text, 'std_generateseats',
             '{"action": {"audience": "customer"}}', 'done'
        from units, generate_series(1, 39) where id = ${Number(path.split('/')[2])}`.execute(shop.db)
    const key = randomUUID()
    const [one, other] = [learner(), learner()]
    const give = () => api.post(`${path}/seats`, { learners: [one] }, { as, key })
    for (const refused of [
      await give(),
      await api.post(`/products/${seats[1].reference}/actions/give`, other, { as, key: randomUUID() }),
    ]) {
      assert.equal(refused.status, 429)
      assert.equal(refused.body.code, 'too_many_requests')
      assert.match(refused.body.detail, /You can go on in 24 hours/)
      assert.ok(Number(refused.headers.get('retry-after')) > 80_000)
    }
    await sql`update productions set created_at = created_at - interval '1 day'`.execute(shop.db)
    assert.equal((await give()).status, 201)
  })

  it('are nobody else’s', async () => {
    const { path } = await bought()
    const { as } = await bought()
    assert.equal((await api.get(path, { as })).status, 404)
    assert.equal((await api.post(`${path}/seats`, { learners: [learner()] }, { as })).status, 404)
    const viewer = await api.program('viewer')
    assert.equal((await api.post(`${path}/seats`, { learners: [learner()] }, { as: viewer })).status, 403)
  })
})
