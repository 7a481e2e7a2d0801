import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { testShop, until } from '../test/shop.ts'
import { type BatchAsked, startBatch, viewBatch } from './batch.ts'
import { findProduct } from './product.ts'

const olga = { who: 'operator:olga', audience: 'operator' } as const

describe('an action on many products', async () => {
  const shop = await testShop()
  const { db } = shop
  const code = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2, durationDays: 30 } })
  let people = 0

  /** The references of so many products, each of an order of its own. */
  async function bought(count: number): Promise<string[]> {
    const numbers: string[] = []
    for (let i = 0; i < count; i++) {
      const learner = { email: `many.${++people}@learners.example`, firstname: 'Ma', lastname: 'Ny' }
      const { number } = await shop.placed(code, [learner])
      await shop.pay(number)
      numbers.push(number)
    }
    await shop.takeOver()
    const rows = await db
      .selectFrom('products')
      .innerJoin('orders', 'orders.id', 'products.order_id')
      .select('reference')
      .where('number', 'in', numbers)
      .orderBy('products.id')
      .execute()
    return rows.map(({ reference }) => reference)
  }

  const suspend = (references: string[]): BatchAsked => ({
    action: 'suspend',
    by: olga,
    rows: references.map((reference) => ({ reference, values: {} })),
  })
  const stateOf = async (reference: string) => (await findProduct(db, reference))?.state

  it('is done for each, and tells what became of it', async () => {
    const references = await bought(3)
    const started = await startBatch(shop.shop, suspend(references), randomUUID())
    assert.ok(started.ok && started.fresh)
    const waiting = await viewBatch(db, started.batch)
    assert.deepEqual(waiting?.counts, { waiting: 3, done: 0, refused: 0, needs_operator: 0 })
    await shop.work()
    const batch = await until('the batch is over', async () => {
      const seen = await viewBatch(db, started.batch)
      return seen?.counts.done === 3 && seen
    })
    await shop.rest()
    assert.deepEqual(
      batch.rows.map(({ position, reference, state }) => [position, reference, state]),
      references.map((reference, i) => [i + 1, reference, 'done']),
    )
    assert.equal(batch.orderNumber, null, 'they are of several orders')
    for (const reference of references) assert.equal(await stateOf(reference), 'suspended')
  })

  it('is started once however often it is asked for', async () => {
    const references = await bought(2)
    const asked = randomUUID()
    const both = await Promise.all([1, 2].map(() => startBatch(shop.shop, suspend(references), asked)))
    const again = await startBatch(shop.shop, suspend(references), asked)
    const ids = [...both, again].map((one) => (one.ok ? one.batch : undefined))
    assert.equal(new Set(ids).size, 1)
    assert.equal(both.filter((one) => one.ok && one.fresh).length, 1)
    assert.equal((await viewBatch(db, ids[0] ?? 0))?.total, 2)
    await shop.takeOver()
  })

  it('is not started at all when one row can’t be, and says which and why', async () => {
    const [first = '', second = ''] = await bought(2)
    const rows = [
      { reference: first, values: { endsOn: '2031-05-01' } },
      { reference: 'AAAA-BBBB-CCCC-DDDD', values: {} },
      { reference: second, values: { endsOn: 'soon' } },
      { reference: first, values: {} },
    ]
    const started = await startBatch(shop.shop, { action: 'changeEnd', by: olga, rows }, randomUUID())
    assert.ok(!started.ok && started.reason === 'rows')
    assert.deepEqual(
      started.faults.map(({ row, reason }) => [row, reason]),
      [
        [1, 'not_found'],
        [2, 'invalid'],
        [3, 'twice'],
      ],
    )
    assert.ok(started.faults[1]?.reason === 'invalid' && started.faults[1].errors.endsOn)
    assert.equal(await shop.takeOver(), 0)
    const notNow = await startBatch(
      shop.shop,
      { action: 'resume', by: olga, rows: [{ reference: first, values: {} }] },
      randomUUID(),
    )
    assert.deepEqual(notNow, {
      ok: false,
      reason: 'rows',
      faults: [{ row: 0, reference: first, reason: 'not_now' }],
    })
  })

  it('takes neither nothing nor too much', async () => {
    assert.deepEqual(await startBatch(shop.shop, suspend([]), randomUUID()), { ok: false, reason: 'empty' })
    const many = Array.from({ length: 1001 }, () => 'AAAA-BBBB-CCCC-DDDD')
    assert.deepEqual(await startBatch(shop.shop, suspend(many), randomUUID()), {
      ok: false,
      reason: 'too_many',
    })
  })

  it('tells at its row what came too late, while the others are done', async () => {
    const [gone = '', there = ''] = await bought(2)
    const started = await startBatch(shop.shop, suspend([gone, there]), randomUUID())
    assert.ok(started.ok)
    await db.updateTable('products').set({ state: 'revoked' }).where('reference', '=', gone).execute()
    await shop.takeOver()
    const batch = await viewBatch(db, started.batch)
    assert.deepEqual(batch?.counts, { waiting: 0, done: 1, refused: 1, needs_operator: 0 })
    assert.match(batch?.rows[0]?.says?.fr ?? '', /révoqué entre-temps/)
    const refused = await viewBatch(db, started.batch, { only: 'refused' })
    assert.deepEqual(
      refused?.rows.map(({ reference }) => reference),
      [gone],
    )
  })

  it('is seen page by page, and by no customer when an operator asked for it', async () => {
    const references = await bought(3)
    const started = await startBatch(shop.shop, suspend(references), randomUUID())
    assert.ok(started.ok)
    const first = await viewBatch(db, started.batch, { limit: 2 })
    assert.deepEqual([first?.rows.length, first?.next, first?.total], [2, 2, 3])
    const rest = await viewBatch(db, started.batch, { limit: 2, after: first?.next })
    assert.deepEqual([rest?.rows.length, rest?.next], [1, undefined])
    assert.equal(await viewBatch(db, started.batch, { ownedBy: 'alice@buyers.example' }), undefined)
    assert.equal(await viewBatch(db, 999_999), undefined)
    await shop.takeOver()
  })
})
