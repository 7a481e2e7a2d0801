import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { findJournal } from '../production/journal.ts'
import { claimAtOnce } from '../production/production.ts'
import { run } from '../production/run.ts'
import { Superseded } from '../production/step.ts'
import { testShop } from '../test/shop.ts'
import { deliver } from './deliver.ts'
import { actionsFor, actOnProduct, findProduct, ownedProducts, productHistory } from './product.ts'
import { findOrder } from './view-order.ts'

describe('a product', async () => {
  const shop = await testShop()
  const { db } = shop
  const course = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2, durationDays: 30 } })
  const wild = await shop.sell({ handler: 'ext_wild' })
  const steps = await shop.sell({ handler: 'ext_steps', internal: { course: 2 } })
  const olga = { who: 'operator:olga', audience: 'operator' } as const
  let people = 0
  const learner = () => ({ email: `Own.${++people}@Learners.example`, firstname: 'Ow', lastname: 'Ner' })

  async function bought(code: string, external: Record<string, unknown>) {
    const { number } = await shop.placed(code, [external])
    await shop.pay(number)
    await shop.takeOver()
    const [product] = (await findOrder(db, number))?.products ?? []
    assert.ok(product)
    return product
  }

  it('is owned by its holder, however the address is written, until it ends or is taken back', async () => {
    const person = learner()
    const product = await bought(course, person)
    const owns = async (email: string, of?: number) =>
      (await ownedProducts(db, email, of)).map(({ id }) => id)
    assert.deepEqual(await owns(person.email.toLowerCase()), [product.id])
    assert.deepEqual(await owns(person.email.toUpperCase(), 2), [product.id])
    assert.deepEqual(await owns(person.email, 3), [])
    assert.deepEqual(await owns('somebody@else.example'), [])
    await actOnProduct(shop.shop, shop.engine, product.reference, 'suspend', {}, olga)
    assert.deepEqual(await owns(person.email), [product.id], 'suspended is not taken away')
    await db
      .updateTable('products')
      .set({ ends_at: new Date(Date.now() - 1000) })
      .where('id', '=', product.id)
      .execute()
    assert.deepEqual(await owns(person.email), [])
  })

  it('does an action that is asked for twice once', async () => {
    const product = await bought(steps, { place: 'twice' })
    const asked = randomUUID()
    const both = await Promise.all([
      actOnProduct(shop.shop, shop.engine, product.reference, 'sign', {}, olga, asked),
      actOnProduct(shop.shop, shop.engine, product.reference, 'sign', {}, olga, asked),
    ])
    assert.ok(both.every(({ ok }) => ok))
    // The product has moved on, and what is told is still what became of the request.
    const again = await actOnProduct(shop.shop, shop.engine, product.reference, 'sign', {}, olga, asked)
    assert.deepEqual(again, { ok: true, production: both[0]?.ok && both[0].production, state: 'done' })
    const events = (await productHistory(db, product.id)).map(({ event, who }) => `${event} ${who}`)
    assert.deepEqual(events, ['delivered shop', 'sign operator:olga'])
    assert.equal((await findProduct(db, product.reference))?.state, 'suspended')
  })

  it('does an action later by itself when Moodle is away, and says so', async () => {
    const product = await bought(course, learner())
    await shop.faults({ fault: 'down' })
    const acted = await actOnProduct(shop.shop, shop.engine, product.reference, 'suspend', {}, olga)
    assert.ok(acted.ok)
    assert.equal(acted.state, 'waiting')
    await shop.faults()
    await shop.site.probe()
    await shop.takeOver()
    const [only] = (await shop.sandboxState(product.holder?.email ?? '')).courses.flatMap(
      (one) => one.enrolments,
    )
    assert.equal(only?.status, 'suspended')
    assert.equal((await findJournal(db, acted.production))?.state, 'done')
  })

  it('takes no action that is unknown, makes no sense now, is for others, or has wrong answers', async () => {
    const product = await bought(course, learner())
    const { reference } = product
    const act = (action: string, values = {}, by: Parameters<typeof actOnProduct>[5] = olga) =>
      actOnProduct(shop.shop, shop.engine, reference, action, values, by)
    for (const action of ['resume', 'explode', '__proto__', 'constructor', '']) {
      assert.deepEqual(await act(action), { ok: false, reason: 'not_now' }, action)
    }
    assert.deepEqual(await act('suspend', {}, { who: 'customer', audience: 'customer' }), {
      ok: false,
      reason: 'not_now',
    })
    const wrong = await act('changeEnd', { endsOn: 'soon' })
    assert.ok(!wrong.ok && wrong.reason === 'invalid')
    assert.ok(wrong.errors.endsOn)
    assert.deepEqual(await actOnProduct(shop.shop, shop.engine, 'AAAA-BBBB-CCCC-DDDD', 'suspend', {}, olga), {
      ok: false,
      reason: 'not_found',
    })
    const offered = actionsFor(shop.shop, product, 'customer').map(([name]) => name)
    assert.ok(!offered.includes('suspend') && !offered.includes('revoke'))
    assert.deepEqual(
      (await productHistory(db, product.id)).map(({ event }) => event),
      ['delivered'],
    )
  })

  it('is left as it is by an action that asks for what can’t be', async () => {
    const product = await bought(wild, {})
    const acted = await actOnProduct(shop.shop, shop.engine, product.reference, 'spoil', {}, olga)
    assert.ok(acted.ok)
    assert.equal(acted.state, 'waiting')
    assert.equal((await findProduct(db, product.reference))?.state, 'active')
    await shop.takeOver(6)
    const journal = await findJournal(db, acted.production)
    assert.equal(journal?.state, 'needs_operator')
    assert.match(journal.cause?.message ?? '', /the handler's spoil returned.*state/)
  })

  it('is not made by a worker that was thought dead, whatever it still wants to deliver', async () => {
    const { number } = await shop.placed(wild, [{}])
    await shop.pay(number)
    const { id } = await db
      .selectFrom('productions')
      .select('id')
      .where('script', '=', 'postpay')
      .orderBy('id', 'desc')
      .executeTakeFirstOrThrow()
    const [lost] = await claimAtOnce(db, 'lost', [id])
    assert.ok(lost)
    await db.updateTable('productions').set({ attempt: 2 }).where('id', '=', id).execute()
    const thing = { key: 'thing', title: { en: 'A', fr: 'A' }, startsAt: new Date() }
    await assert.rejects(deliver(shop.shop, lost, { products: [thing] }), Superseded)
    assert.deepEqual((await findOrder(db, number))?.products, [])
    await shop.takeOver()
    await assert.rejects(deliver(shop.shop, lost, { products: [{ ...thing, key: 'more' }] }), Superseded)
    assert.equal((await findOrder(db, number))?.products.length, 1)
    assert.equal(await run(shop.engine, lost, new AbortController().signal), 'superseded')
  })
})
