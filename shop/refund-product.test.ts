import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { testShop, until } from '../test/shop.ts'
import { trustOrder } from './payment.ts'
import {
  actOnProduct,
  findProduct,
  type OwnedProduct,
  productHistory,
  productsOfOrder,
  revokeUnit,
} from './product.ts'
import { productionsOfProduct } from './product-productions.ts'
import { refundOffer, refundProduct } from './refund-product.ts'
import { findOrder, giveBacksOfOrder, orderHistory } from './view-order.ts'

const olga = { who: 'operator:olga@atelier.example', why: 'the course was cancelled' }

describe('one product of a unit', async () => {
  const t = await testShop()
  const { db, shop } = t
  const three = await t.sell({
    handler: 'std_enroloncourses',
    internal: { courses: [2, 3, 4], durationDays: 30 },
    priceCents: 10_000,
  })
  const one = await t.sell({ handler: 'std_enroloncourse', internal: { course: 2 }, priceCents: 5000 })
  let learners = 0

  async function bought(code: string, { pay = true } = {}) {
    const learner = { email: `learner${++learners}@people.example`, firstname: 'Lee', lastname: 'R' }
    const { number } = await t.placed(code, [learner])
    if (pay) await t.pay(number)
    else await trustOrder(shop, number, await t.operator(), 'a purchase order')
    await t.takeOver()
    const id = (await findOrder(db, number))?.id ?? 0
    return { number, id, products: await productsOfOrder(db, id) }
  }

  const states = async (products: OwnedProduct[]) =>
    await Promise.all(products.map(async ({ reference }) => (await findProduct(db, reference))?.state))
  const due = async (order: number) => (await giveBacksOfOrder(db, order)).map((one) => one.amount_cents)

  it('proposes shares that add up to the price of the unit', async () => {
    const { products } = await bought(three)
    const offers = await Promise.all(products.map(({ id }) => refundOffer(db, id)))
    assert.deepEqual(
      offers.map((offer) => [offer?.shareCents, offer?.restCents, offer?.last]),
      [
        [3333, 10_000, false],
        [3333, 10_000, false],
        [3334, 10_000, false],
      ],
    )
  })

  it('is taken back alone, with its share; the rest goes with the whole unit', async () => {
    const { number, id, products } = await bought(three)
    const [, middle] = products
    assert.ok(middle)
    assert.deepEqual(await refundProduct(shop, middle.id, { ...olga, amountCents: 3333 }), { ok: true })
    assert.deepEqual(await states(products), ['active', 'revoked', 'active'])
    assert.deepEqual(await due(id), [3333])
    const last = (await productHistory(db, middle.id)).at(-1)
    assert.deepEqual([last?.event, last?.who, last?.why], ['revoked', olga.who, olga.why])
    assert.deepEqual(
      (await orderHistory(db, id)).slice(-2).map(({ event }) => event),
      ['product_revoked', 'give_back_due'],
    )
    const { rows } = await sql<{ course: number; suspended: boolean; behind: boolean }>`
      select e.course_id as course, (e.applied->>'suspended')::boolean as suspended,
             e.applied_revision < e.revision as behind
        from enrolments e join entitlements n using (site, course_id, user_id)
        join products p on p.id = n.product_id where p.order_id = ${id} order by 1`.execute(db)
    assert.deepEqual(rows, [
      { course: 2, suspended: false, behind: false },
      { course: 3, suspended: true, behind: false },
      { course: 4, suspended: false, behind: false },
    ])

    await revokeUnit(shop, middle.unitId, { ...olga, giveBack: true })
    await t.takeOver()
    assert.deepEqual(await due(id), [3333, 6667])
    assert.equal(await t.orderState(number), 'refunded')
  })

  it('gives back at the most what is left, and once', async () => {
    const { id, products } = await bought(three)
    const [first, second] = products
    assert.ok(first && second)
    assert.deepEqual(await refundProduct(shop, first.id, { ...olga, amountCents: 9000 }), { ok: true })
    assert.equal((await refundOffer(db, second.id))?.shareCents, 1000)
    assert.deepEqual(await refundProduct(shop, second.id, { ...olga, amountCents: 1001 }), {
      ok: false,
      reason: 'too_much',
      restCents: 1000,
    })
    for (const wrong of [-1, 0.5, Number.NaN]) {
      const refused = await refundProduct(shop, second.id, { ...olga, amountCents: wrong })
      assert.equal(!refused.ok && refused.reason, 'too_much')
    }
    assert.deepEqual(await refundProduct(shop, first.id, { ...olga, amountCents: 1 }), {
      ok: false,
      reason: 'not_now',
    })
    assert.deepEqual(await states(products), ['revoked', 'active', 'active'])
    assert.deepEqual(await due(id), [9000])
  })

  it('takes its unit with it when it is the last one', async () => {
    const { number, id, products } = await bought(three)
    for (const { id: product } of products) {
      const offer = await refundOffer(db, product)
      await refundProduct(shop, product, { ...olga, amountCents: offer?.shareCents ?? 0 })
    }
    await t.takeOver()
    assert.deepEqual(await states(products), ['revoked', 'revoked', 'revoked'])
    assert.deepEqual(await due(id), [3333, 3333, 3334])
    assert.deepEqual([await t.unitStates(number), await t.orderState(number)], [['revoked'], 'refunded'])
  })

  it('gives back a part of the price where the unit has no other', async () => {
    const { number, id, products } = await bought(one)
    const [only] = products
    assert.ok(only)
    assert.deepEqual(await refundProduct(shop, only.id, { ...olga, amountCents: 2000 }), { ok: true })
    await t.takeOver()
    assert.deepEqual([await due(id), await t.orderState(number)], [[2000], 'refunded'])
    assert.equal(await refundOffer(db, only.id), undefined)
  })

  it('gives money back later for what was revoked without', async () => {
    const { id, products } = await bought(three)
    const [first] = products
    assert.ok(first)
    await refundProduct(shop, first.id, { ...olga, amountCents: 0 })
    assert.deepEqual([await states(products), await due(id)], [['revoked', 'active', 'active'], []])
    assert.equal((await refundOffer(db, first.id))?.gone, true)
    assert.deepEqual(await refundProduct(shop, first.id, { ...olga, amountCents: 3333 }), { ok: true })
    assert.deepEqual(await due(id), [3333])
    assert.equal((await productHistory(db, first.id)).filter(({ event }) => event === 'revoked').length, 1)
  })

  it('owes nothing when it was delivered on trust and never paid', async () => {
    const { id, products } = await bought(three, { pay: false })
    const [first] = products
    assert.ok(first)
    assert.deepEqual(await refundProduct(shop, first.id, { ...olga, amountCents: 1 }), {
      ok: false,
      reason: 'too_much',
      restCents: 0,
    })
    await refundProduct(shop, first.id, { ...olga, amountCents: 0 })
    assert.deepEqual([await states(products), await due(id)], [['revoked', 'active', 'active'], []])
  })

  it('stays consistent when it is refunded many times at once, its neighbours too, and its unit is revoked', async () => {
    const { id, products } = await bought(three)
    const asked = products.flatMap((product) =>
      Array.from({ length: 4 }, () => refundProduct(shop, product.id, { ...olga, amountCents: 3500 })),
    )
    const [first] = products
    assert.ok(first)
    await Promise.all([...asked, revokeUnit(shop, first.unitId, { ...olga, giveBack: true })])
    await t.takeOver()
    const given = await due(id)
    assert.ok(given.reduce((sum, cents) => sum + cents, 0) <= 10_000, String(given))
    const { rows } = await sql`
      select 1 from give_backs where order_id = ${id} and product_id is not null
       group by product_id having count(*) > 1`.execute(db)
    assert.deepEqual(rows, [])
    assert.deepEqual(await states(products), ['revoked', 'revoked', 'revoked'])
  })

  it('is told to its handler, which undoes what it did for this one alone', async () => {
    const code = await t.sell({ handler: 'ext_places', internal: { places: 3 }, priceCents: 9000 })
    const { number, products } = await bought(code)
    const [first, second, third] = products
    assert.ok(first && second && third)
    const places = async () => {
      const course = (await t.sandboxState()).courses.find(({ id }) => id === 2)
      return course?.groups.flatMap(({ name }) => name.split(`place-${first.unitId}-`).slice(1))
    }
    assert.deepEqual(await places(), ['1', '2', '3'])
    const asked = [1, 2].map(() => refundProduct(shop, first.id, { ...olga, amountCents: 3000 }))
    await Promise.all(asked)
    await t.takeOver()
    assert.deepEqual(await places(), ['2', '3'])
    const by = { who: olga.who, audience: 'operator' } as const
    assert.ok((await actOnProduct(shop, t.engine, second.reference, 'withdraw', {}, by)).ok)
    await t.takeOver()
    assert.deepEqual(await places(), ['3'], 'it was revoked by an action')
    assert.deepEqual(
      (await productionsOfProduct(db, second)).map(({ script }) => script),
      ['revokeOne', 'action', 'postpay'],
    )
    // The last one goes with its unit.
    assert.deepEqual(await refundProduct(shop, third.id, { ...olga, amountCents: 3000 }), { ok: true })
    await t.takeOver()
    assert.deepEqual(await places(), [])
    assert.equal(await t.orderState(number), 'refunded')
    const { rows } = await sql<{ count: number }>`
      select count(*)::integer as count from productions
       where unit_id = ${first.unitId} and script = 'revokeOne'`.execute(db)
    assert.equal(rows[0]?.count, 2)
  })

  it('can’t be given back beyond its price, whatever the code does', async () => {
    const { id, products } = await bought(one)
    const [only] = products
    assert.ok(only)
    const insert = (cents: number, product: number | null) =>
      db
        .insertInto('give_backs')
        .values({
          order_id: id,
          unit_id: only.unitId,
          product_id: product,
          amount_cents: cents,
          currency: 'EUR',
          why: 'a test',
        })
        .execute()
    await assert.rejects(insert(5001, null), /only 5000 left/)
    await insert(3000, only.id)
    await assert.rejects(insert(1, only.id), /give_backs_once_a_product/)
    await assert.rejects(insert(2001, null), /only 2000 left/)
  })

  it('tells Moodle as soon as it answers again', async () => {
    const { products } = await bought(three)
    const [first] = products
    assert.ok(first)
    await t.faults({ fault: 'down' })
    assert.deepEqual(await refundProduct(shop, first.id, { ...olga, amountCents: 0 }), { ok: true })
    await t.faults()
    await until('the site is asked again', async () => {
      await t.site.probe()
      return await shop.site.applyDue(100).catch(() => undefined)
    })
    const { rows } = await sql<{ suspended: boolean }>`
      select (e.applied->>'suspended')::boolean as suspended from enrolments e
        join entitlements n using (site, course_id, user_id) where n.product_id = ${first.id}`.execute(db)
    assert.deepEqual(rows, [{ suspended: true }])
  })
})
