import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { endProduction } from '../../production/operate.ts'
import { composeHands } from '../../shop/compose.ts'
import { keepHouse } from '../../shop/housekeeping.ts'
import { revokeUnit } from '../../shop/product.ts'
import { findOrder, giveBacksOfOrder } from '../../shop/view-order.ts'
import { testShop } from '../shop.ts'

const learner = { email: 'ines@learners.example', firstname: 'Inès', lastname: 'Roy' }
const reason = { who: 'operator:olga', why: 'asked for', giveBack: true }

describe('what is taken back', async () => {
  const shop = await testShop()
  const { db } = shop
  const hands = composeHands(shop.shop)
  const course = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 } })

  async function bought(code: string, unit: Record<string, unknown>) {
    const { number } = await shop.placed(code, [unit])
    await shop.pay(number)
    await shop.takeOver()
    assert.equal(await shop.orderState(number), 'completed')
    const order = await findOrder(db, number)
    const unitId = order?.lines[0]?.units[0]?.id
    assert.ok(order && unitId)
    return { number, orderId: order.id, unitId }
  }

  async function revocation(unitId: number) {
    return await db
      .selectFrom('productions')
      .select(['id', 'state'])
      .where('unit_id', '=', unitId)
      .where('script', '=', 'revoke')
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow()
  }

  const isOpen = async () =>
    (await shop.sandboxState(learner.email)).courses.some(({ enrolments }) =>
      enrolments.some(({ open }) => open),
    )

  it('a unit without a handler is taken back at once, and its money', async () => {
    const { number, orderId, unitId } = await bought(await shop.sell({ handler: null }), {})
    assert.deepEqual(await revokeUnit(shop.shop, unitId, reason), { ok: true })
    assert.deepEqual(await shop.unitStates(number), ['revoked'])
    assert.equal(await shop.orderState(number), 'refunded')
    assert.equal((await giveBacksOfOrder(db, orderId)).length, 1)
  })

  it('a unit that is asked back twice is told so, and once in the history', async () => {
    const { orderId, unitId } = await bought(course, learner)
    const both = await Promise.all([
      revokeUnit(shop.shop, unitId, { ...reason, giveBack: false }),
      revokeUnit(shop.shop, unitId, { ...reason, giveBack: false }),
    ])
    assert.equal(both.filter(({ ok }) => ok).length, 1)
    assert.deepEqual(await revokeUnit(shop.shop, unitId, reason), { ok: false, reason: 'not_produced' })
    assert.deepEqual(await giveBacksOfOrder(db, orderId), [])
    const asked = await db
      .selectFrom('history')
      .select('id')
      .where('unit_id', '=', unitId)
      .where('event', 'in', ['revoke_asked', 'give_back_due'])
      .execute()
    assert.equal(asked.length, 1)
    await shop.takeOver()
  })

  it('a taking back that was called off can be asked for again', async () => {
    const { number, unitId } = await bought(course, learner)
    await revokeUnit(shop.shop, unitId, reason)
    const called = { state: 'cancelled', who: 'operator:olga', why: 'a mistake' } as const
    assert.deepEqual(await endProduction(hands, (await revocation(unitId)).id, called), { ok: true })
    assert.deepEqual(await revokeUnit(shop.shop, unitId, reason), { ok: true })
    await shop.takeOver()
    assert.deepEqual(await shop.unitStates(number), ['revoked'])
  })

  it('a taking back whose script is skipped still closes the access', async () => {
    const { number, unitId } = await bought(course, learner)
    assert.equal(await isOpen(), true)
    await revokeUnit(shop.shop, unitId, reason)
    const skipped = { state: 'skipped', who: 'operator:olga', why: 'done by hand' } as const
    assert.deepEqual(await endProduction(hands, (await revocation(unitId)).id, skipped), { ok: true })
    assert.deepEqual(
      (await findOrder(db, number))?.products.map(({ state }) => state),
      ['revoked'],
    )
    await keepHouse(shop.shop)
    assert.equal(await isOpen(), false)
  })

  it('a chore of the house that fails keeps none of the others from being done', async () => {
    await sql`
      insert into sessions (token_hash, operator_id, expires_at)
      values ('\\x00', ${(await shop.operator()).id}, now() - interval '1 hour')`.execute(db)
    const queue: typeof shop.shop.queue = Object.create(shop.shop.queue, {
      insert: { value: () => Promise.reject(new Error('the queue is broken')) },
    })
    const { number } = await shop.placed(course, [learner])
    await shop.pay(number)
    await sql`update productions set due_at = now() - interval '1 hour', job_id = null where state = 'queued'`.execute(
      db,
    )
    await keepHouse({ ...shop.shop, queue })
    assert.deepEqual(await db.selectFrom('sessions').select('token_hash').execute(), [])
  })
})
