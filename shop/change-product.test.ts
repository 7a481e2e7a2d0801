import assert from 'node:assert/strict'
import { before, beforeEach, describe, it } from 'node:test'
import { claim, type Production } from '../production/production.ts'
import { Superseded } from '../production/step.ts'
import { testShop } from '../test/shop.ts'
import { changeProduct } from './change-product.ts'
import { findAnyProduct, productHistory } from './product.ts'

const day = 86_400_000
const learner = { email: 'leo@learners.example', firstname: 'Léo', lastname: 'Petit' }

describe('the change that a script makes of another unit’s product', async () => {
  const shop = await testShop()
  let productions: Production[]
  let reference: string

  const product = async () => {
    const found = await findAnyProduct(shop.db, reference)
    assert.ok(found)
    return found
  }
  const set = (columns: { ends_at?: Date | null; state?: 'ended' | 'revoked' }) =>
    shop.db.updateTable('products').set(columns).where('reference', '=', reference).execute()
  const add = (addDays: number, production = productions[0]) => {
    assert.ok(production)
    return changeProduct(shop.shop, production, { addDays }, reference)
  }

  before(async () => {
    await shop.sell({
      code: 'COURSE',
      handler: 'std_enroloncourse',
      internal: { course: 2, durationDays: 30 },
    })
  })

  beforeEach(async () => {
    const owned = await shop.placed('COURSE', [
      { ...learner, email: `${crypto.randomUUID()}@learners.example` },
    ])
    await shop.pay(owned.number)
    await shop.takeOver()
    const row = await shop.db
      .selectFrom('products')
      .innerJoin('orders', 'orders.id', 'products.order_id')
      .select('reference')
      .where('orders.number', '=', owned.number)
      .executeTakeFirstOrThrow()
    reference = row.reference
    // Two units of another order, whose scripts are under way.
    const other = await shop.placed('COURSE', [learner, { ...learner, email: 'zoe@learners.example' }])
    await shop.pay(other.number)
    const jobs = await shop.db
      .selectFrom('productions')
      .innerJoin('orders', 'orders.id', 'productions.order_id')
      .select(['productions.id as production', 'job_id as id'])
      .where('orders.number', '=', other.number)
      .orderBy('productions.id')
      .execute()
    productions = await claim(
      shop.db,
      'test',
      jobs.map(({ production, id }) => ({ production, id: id ?? '' })),
    )
    productions.sort((a, b) => a.id - b.id)
    assert.equal(productions.length, 2)
  })

  it('adds the days of two units that extend one product at the same moment', async () => {
    const { endsAt } = await product()
    const left = await Promise.all([add(10), add(5, productions[1])])
    const ends = left.map((one) => ((one.endsAt?.getTime() ?? 0) - (endsAt?.getTime() ?? 0)) / day)
    assert.equal(Math.max(...ends), 15)
    assert.ok(ends.includes(10) || ends.includes(5), String(ends))
    assert.equal((await product()).endsAt?.getTime(), (endsAt?.getTime() ?? 0) + 15 * day)
  })

  it('is made once for a script, however often, and tells each time how it left the product', async () => {
    const first = await add(10)
    await add(5, productions[1])
    const again = await Promise.all([add(10), add(10)])
    assert.deepEqual(again, [first, first])
    const changes = (await productHistory(shop.db, first.id)).filter(({ event }) => event === 'changed')
    assert.deepEqual(
      changes.map(({ data }) => data.production),
      productions.map(({ id }) => id),
    )
  })

  it('tells Moodle the new end', async () => {
    const { endsAt } = await add(10)
    const told = await shop.db
      .selectFrom('enrolments')
      .innerJoin('entitlements', (join) =>
        join
          .onRef('entitlements.user_id', '=', 'enrolments.user_id')
          .onRef('entitlements.course_id', '=', 'enrolments.course_id'),
      )
      .select(['applied', 'applied_revision', 'revision'])
      .where('product_id', '=', (await product()).id)
      .executeTakeFirstOrThrow()
    assert.equal(told.applied_revision, told.revision)
    assert.equal(told.applied?.endsAt, Math.ceil((endsAt?.getTime() ?? 0) / 1000))
  })

  it('leaves without an end what has none', async () => {
    await set({ ends_at: null })
    assert.equal((await add(10)).endsAt, null)
    assert.equal((await product()).endsAt, null)
  })

  it('opens an ended product again, from now', async () => {
    await set({ ends_at: new Date(Date.now() - 20 * day), state: 'ended' })
    const left = await add(10)
    assert.equal(left.state, 'active')
    assert.ok(Math.abs((left.endsAt?.getTime() ?? 0) - Date.now() - 10 * day) < 60_000)
  })

  it('leaves a revoked product as it is, and says so', async () => {
    await set({ state: 'revoked' })
    const before = await product()
    const left = await add(10)
    assert.equal(left.state, 'revoked')
    assert.deepEqual((await product()).endsAt, before.endsAt)
  })

  it('takes back the days that its own unit added, and no others', async () => {
    const { endsAt } = await product()
    const [mine, other] = productions
    assert.ok(mine && other)
    await add(10)
    await finish(mine)
    const undoing = await revoking(mine)
    const untouched = await changeProduct(shop.shop, other, { takeDaysBack: true }, reference)
    assert.equal(untouched.endsAt?.getTime(), (endsAt?.getTime() ?? 0) + 10 * day)
    const left = await changeProduct(shop.shop, undoing, { takeDaysBack: true }, reference)
    assert.deepEqual(left.endsAt, endsAt)
  })

  it('is refused to a worker that another has replaced', async () => {
    const [mine] = productions
    assert.ok(mine)
    await assert.rejects(
      changeProduct(shop.shop, { ...mine, attempt: mine.attempt - 1 }, { addDays: 10 }, reference),
      Superseded,
    )
  })

  it('refuses, for an operator to read, what is no reference of a product', async () => {
    const [mine] = productions
    assert.ok(mine)
    await assert.rejects(changeProduct(shop.shop, mine, { addDays: 1 }, 'nonsense'), /nonsense is no product/)
  })

  const finish = (production: Production) =>
    shop.db.updateTable('productions').set({ state: 'done' }).where('id', '=', production.id).execute()

  /** The revoke script of a production's unit, under way. */
  async function revoking(production: Production): Promise<Production> {
    const { id } = await shop.db
      .insertInto('productions')
      .values({
        order_id: production.orderId,
        unit_id: production.unitId,
        script: 'revoke',
        handler: production.handler,
        input: JSON.stringify(production.input),
        state: 'running',
        attempt: 1,
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    return { ...production, id, script: 'revoke', attempt: 1 }
  }
})
