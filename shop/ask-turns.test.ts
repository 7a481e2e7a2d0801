import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { claim } from '../production/production.ts'
import { run } from '../production/run.ts'
import { testShop } from '../test/shop.ts'
import { endProducts } from './end-products.ts'
import { actOnProduct, revokeUnit } from './product.ts'
import { findOrder } from './view-order.ts'

describe('the end of a product, as its handler sees it', async () => {
  const test = await testShop()
  const { db, shop, engine } = test
  const olga = { who: 'operator:olga', audience: 'operator' } as const
  const hiding = await test.sell({
    handler: 'std_createcourse',
    internal: { template: 15, category: 1, durationDays: 30, atEnd: 'hide' },
  })
  let courses = 0

  async function bought() {
    const shortname = `ENDING-${++courses}`
    const owner = { email: 'ada@owners.example', firstname: 'Ada', lastname: 'Owner' }
    const { number } = await test.placed(hiding, [{ ...owner, fullname: 'Safety', shortname }])
    await test.takeOver()
    await test.pay(number)
    await test.takeOver(2)
    const [product] = (await findOrder(db, number))?.products ?? []
    assert.ok(product)
    const isShown = () =>
      [...test.sandbox.site.state.courses.values()].find((one) => one.shortname === shortname)?.visible
    assert.equal(isShown(), true)
    return { number, product, isShown }
  }

  async function end(id: number) {
    await db
      .updateTable('products')
      .set({ ends_at: new Date(Date.now() - 1000) })
      .where('id', '=', id)
      .execute()
    assert.equal(await endProducts(shop), 1)
  }

  const extend = (reference: string) =>
    actOnProduct(shop, engine, reference, 'changeEnd', { endsOn: '2031-01-31' }, olga)

  async function turns(unitId: number) {
    const rows = await db
      .selectFrom('productions')
      .select(['script', 'state'])
      .where('unit_id', '=', unitId)
      .where('script', 'in', ['ended', 'revived'])
      .orderBy('id')
      .execute()
    return rows.map(({ script, state }) => `${script} ${state}`)
  }

  it('is acted on once, undone when it is extended, and acted on again', async () => {
    const { product, isShown } = await bought()
    await end(product.id)
    assert.equal(await endProducts(shop), 0)
    await test.takeOver()
    assert.equal(isShown(), false)
    await extend(product.reference)
    await test.takeOver()
    assert.equal(isShown(), true)
    await end(product.id)
    await test.takeOver()
    assert.equal(isShown(), false)
    assert.deepEqual(await turns(product.unitId), ['ended done', 'revived done', 'ended done'])
  })

  it('is not acted on any more when Moodle was away until it was extended', async () => {
    const { product, isShown } = await bought()
    await test.faults({ fault: 'down' })
    await end(product.id)
    await test.takeOver()
    assert.deepEqual(await turns(product.unitId), ['ended retrying'])
    await extend(product.reference)
    assert.deepEqual(await turns(product.unitId), ['ended cancelled', 'revived queued'])
    await test.faults()
    await test.site.probe()
    await test.takeOver(3)
    assert.deepEqual(await turns(product.unitId), ['ended cancelled', 'revived done'])
    assert.equal(isShown(), true)
  })

  it('has the later turn wait for the earlier, which another worker runs', async () => {
    const { product, isShown } = await bought()
    await end(product.id)
    const jobs = () =>
      sql<{ id: string; production: number }>`
        select job_id as id, id as production from productions
         where unit_id = ${product.unitId} and state in ('queued', 'retrying') and script <> 'action'`.execute(
        db,
      )
    const [earlier] = await claim(db, 'slow', (await jobs()).rows)
    assert.ok(earlier)
    await extend(product.reference)
    const { signal } = new AbortController()
    const [later] = await claim(db, 'quick', (await jobs()).rows)
    assert.ok(later)
    const waiting = await run(engine, later, signal)
    assert.equal(waiting !== 'superseded' && waiting.state, 'retrying')
    await run(engine, earlier, signal)
    await test.takeOver()
    assert.deepEqual(await turns(product.unitId), ['ended done', 'revived done'])
    assert.equal(isShown(), true)
  })

  it('asks no operator about a turn that was overtaken while it ran', async () => {
    const { product, isShown } = await bought()
    await end(product.id)
    const { rows } = await sql<{ id: string; production: number }>`
      select job_id as id, id as production from productions
       where unit_id = ${product.unitId} and script = 'ended'`.execute(db)
    const [earlier] = await claim(db, 'slow', rows)
    assert.ok(earlier)
    await extend(product.reference)
    const handled = { ...earlier, input: { ...earlier.input, internal: { template: 'gone' } } }
    for (let i = 0; i < 6; i++) await run(engine, handled, new AbortController().signal)
    await test.takeOver(2)
    assert.deepEqual(await turns(product.unitId), ['ended cancelled', 'revived done'])
    assert.equal(isShown(), true)
  })

  it('brings nothing back that is taken back', async () => {
    const { number, product, isShown } = await bought()
    await end(product.id)
    await test.takeOver()
    await extend(product.reference)
    await revokeUnit(shop, product.unitId, { who: olga.who, giveBack: true })
    await test.takeOver(2)
    assert.deepEqual(await test.unitStates(number), ['revoked'])
    assert.equal(isShown(), false)
  })

  it('asks for nothing where the handler does nothing then', async () => {
    const plain = await test.sell({ handler: 'std_enroloncourse', internal: { course: 2, durationDays: 30 } })
    const person = { email: 'leo@learners.example', firstname: 'Leo', lastname: 'Roy' }
    const { number } = await test.placed(plain, [person])
    await test.pay(number)
    await test.takeOver()
    const [product] = (await findOrder(db, number))?.products ?? []
    assert.ok(product)
    await end(product.id)
    assert.deepEqual(await turns(product.unitId), [])
  })
})
