import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { testShop } from '../test/shop.ts'
import { findPack, giveSeats, type Pack, roomIn } from './pack.ts'
import { actOnProduct } from './product.ts'
import { findOrder } from './view-order.ts'

const buyer = { who: 'customer', audience: 'customer' } as const
const olga = { who: 'operator:olga', audience: 'operator' } as const
const day = 86_400

describe('a customer who asks for very much of one pack within a day', async () => {
  const test = await testShop()
  const { db, shop, engine } = test
  const code = await test.sell({
    handler: 'std_generateseats',
    internal: { courses: ['RGPD-01'], seats: 10 },
  })
  /** Thirty a pack, and three for each of its seats. */
  const most = 60
  let people = 0

  const learner = () => ({ email: `often.${++people}@learners.example`, firstname: 'Of', lastname: 'Ten' })

  async function bought(): Promise<Pack> {
    const { number } = await test.placed(code, [{}])
    await test.pay(number)
    await test.takeOver()
    const [seat] = (await findOrder(db, number))?.products ?? []
    const pack = seat && (await findPack(shop, seat.unitId))
    assert.ok(pack)
    return pack
  }

  const act = async (
    pack: Pack,
    action: string,
    values: Record<string, unknown>,
    by: typeof buyer | typeof olga,
  ) => {
    const [reference = ''] = (await roomIn(db, pack.unitId)).free
    return await actOnProduct(shop, engine, reference, action, values, by, randomUUID())
  }

  /** As if the buyer had asked for so much more, an hour ago; or an operator. */
  const asked = ({ unitId }: Pack, count: number, audience: 'customer' | 'operator' = 'customer') =>
    sql`
      insert into productions (order_id, unit_id, script, occasion, handler, input, state, created_at)
      select order_id, id, 'action', gen_random_uuid()::text, 'std_generateseats',
             ${JSON.stringify({ action: { audience } })}::jsonb, 'done', now() - interval '1 hour'
        from units, generate_series(1, ${count}::integer) where id = ${unitId}`.execute(db)

  it('may give all seats, take them back and give them again, and is then told when to go on', async () => {
    const pack = await bought()
    await asked(pack, most - 1)
    assert.ok((await act(pack, 'give', learner(), buyer)).ok)
    const refused = await act(pack, 'give', learner(), buyer)
    assert.ok(!refused.ok && refused.reason === 'too_often')
    assert.ok(refused.seconds <= 23 * 3600 && refused.seconds > 23 * 3600 - 60, String(refused.seconds))
    assert.match(refused.why.en, /You can go on in 23 hours;/)
    assert.match(refused.why.fr, /continuer dans 23 heures\u00a0;/)
    assert.equal((await findPack(shop, pack.unitId))?.held, 1, 'nothing was begun')
    await sql`
      update productions set created_at = created_at - interval '23 hours' where unit_id = ${pack.unitId}`.execute(
      db,
    )
    assert.ok((await act(pack, 'give', learner(), buyer)).ok)
  })

  it('keeps nobody else waiting: not an operator, not another pack', async () => {
    const [pack, other] = [await bought(), await bought()]
    await asked(pack, most)
    assert.ok((await act(pack, 'give', learner(), olga)).ok)
    assert.ok((await act(other, 'give', learner(), buyer)).ok)
    const refused = await act(pack, 'give', learner(), buyer)
    assert.ok(!refused.ok && refused.reason === 'too_often')
    await asked(other, most * 2, 'operator')
    assert.ok((await act(other, 'give', learner(), buyer)).ok, 'what operators ask does not count')
  })

  it('is given no list that goes beyond it, and all of one that does not', async () => {
    const pack = await bought()
    await asked(pack, most - 4)
    const five = Array.from({ length: 5 }, learner)
    const refused = await giveSeats(shop, pack, five, buyer, randomUUID())
    assert.ok(!refused.ok && refused.reason === 'too_often')
    // The wait is for the fifth: the oldest of what was asked.
    assert.ok(refused.seconds < day)
    assert.ok((await giveSeats(shop, pack, five.slice(1), buyer, randomUUID())).ok)
    await test.takeOver()
    assert.equal((await findPack(shop, pack.unitId))?.held, 4)
  })

  it('does not get beyond it by asking for many things at the same moment', async () => {
    const pack = await bought()
    await asked(pack, most - 3)
    const { free } = await roomIn(db, pack.unitId)
    const acted = await Promise.all([
      ...free
        .slice(0, 6)
        .map((reference) => actOnProduct(shop, engine, reference, 'give', learner(), buyer, randomUUID())),
      giveSeats(shop, pack, [learner(), learner()], buyer, randomUUID()),
    ])
    await test.takeOver(2)
    assert.ok(acted.some((one) => !one.ok && one.reason === 'too_often'))
    assert.ok(((await findPack(shop, pack.unitId))?.held ?? 0) <= 3)
  })
})
