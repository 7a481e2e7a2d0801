import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { buyer, testShop } from '../test/shop.ts'
import { tellDue } from './end-products.ts'
import { revokeUnit } from './product.ts'

const day = 86_400_000
const learner = { email: 'follower@learners.example', firstname: 'Flo', lastname: 'Petit' }

describe('a product that follows another', async () => {
  const shop = await testShop()

  before(async () => {
    const internal = { course: 2, durationDays: 30 }
    await shop.sell({ code: 'FIRST', handler: 'std_enroloncourse', internal })
    await shop.sell({
      code: 'NEXT',
      handler: 'std_enroloncourse',
      internal: { ...internal, supportCourse: 3 },
    })
    await shop.sell({ code: 'MORE', handler: 'std_extendenrolperiod', internal: { days: 10 } })
  })

  async function buy(code: string, external: Record<string, unknown>) {
    const { number } = await shop.placed(code, [external])
    await shop.pay(number)
    await shop.takeOver(2)
    return await shop.db
      .selectFrom('units')
      .innerJoin('orders', 'orders.id', 'units.order_id')
      .leftJoin('products', 'products.unit_id', 'units.id')
      .select(['units.id as unit', 'products.reference', 'products.id as product'])
      .where('orders.number', '=', number)
      .executeTakeFirstOrThrow()
  }

  /** The support course's enrolment as Moodle has it, and as the product says; Unix seconds. */
  async function support(product: number | null) {
    const { starts_at, ends_at } = await shop.db
      .selectFrom('products')
      .select(['starts_at', 'ends_at'])
      .where('id', '=', product ?? 0)
      .executeTakeFirstOrThrow()
    const { courses } = await shop.sandboxState(buyer.email)
    const [enrolment] = courses.flatMap(({ enrolments }) => enrolments)
    return {
      shown: [enrolment?.timestart, enrolment?.timeend],
      sold: [Math.floor(starts_at.getTime() / 1000), Math.ceil((ends_at?.getTime() ?? 0) / 1000)],
    }
  }

  it('moves with it, and Moodle hears so of all that it gives, not only of what the two have in common', async () => {
    const first = await buy('FIRST', learner)
    const next = await buy('NEXT', learner)
    const { shown: before } = await support(next.product)
    await buy('MORE', { reference: first.reference })
    await tellDue(shop.shop)
    const later = await support(next.product)
    assert.deepEqual(later.shown, later.sold)
    assert.equal(later.shown[1], (before[1] ?? 0) + (10 * day) / 1000)

    await revokeUnit(shop.shop, first.unit, { who: 'operator:test', giveBack: false })
    await shop.takeOver(2)
    await tellDue(shop.shop)
    const sooner = await support(next.product)
    assert.deepEqual(sooner.shown, sooner.sold)
    assert.ok((sooner.shown[0] ?? 0) < Date.now() / 1000 + 60, 'it runs now')
  })
})
