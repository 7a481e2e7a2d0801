import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { endProduction } from '../production/operate.ts'
import { claim, type Production } from '../production/production.ts'
import { run } from '../production/run.ts'
import { testShop, until } from '../test/shop.ts'
import { startBatch } from './batch.ts'
import { changeProduct } from './change-product.ts'
import { composeEngine, composeHands } from './compose.ts'
import { endProducts } from './end-products.ts'
import { revokeUnit } from './product.ts'
import { refundProduct } from './refund-product.ts'
import type { Shop, Site } from './shop.ts'
import { findOrder } from './view-order.ts'

describe('the order of locks', async () => {
  const test = await testShop()
  const { db, shop, engine } = test
  const day = 86_400_000
  const course = await test.sell({ handler: 'std_enroloncourse', internal: { course: 2, durationDays: 30 } })
  const longer = await test.sell({ handler: 'std_prorogate', internal: { days: 30 } })
  const learner = (name: string) => ({
    email: `${name}@learners.example`,
    firstname: name,
    lastname: 'Petit',
  })
  const olga = { who: 'operator:olga', why: 'asked for' }

  async function placed(code: string, units: Record<string, unknown>[]): Promise<string> {
    const { number } = await test.placed(code, units)
    await test.pay(number)
    return number
  }

  async function bought(code: string, units: Record<string, unknown>[]) {
    const number = await placed(code, units)
    await test.takeOver(2)
    assert.equal(await test.orderState(number), 'completed')
    return await products(number)
  }

  const products = async (number: string) => (await findOrder(db, number))?.products ?? []

  /** Claims what an order has to run. */
  async function claimed(number: string): Promise<Production[]> {
    const { rows } = await sql<{ id: string; production: number }>`
      select p.job_id as id, p.id as production from productions p join orders o on o.id = p.order_id
       where o.number = ${number} and p.state in ('queued', 'retrying')`.execute(db)
    return await claim(db, 'racer', rows)
  }

  /** A shop that lets `meanwhile` go as far as it gets, each time when it is about to touch access. */
  function meeting(
    touching: 'before' | 'after',
    meanwhile: () => Promise<unknown>,
  ): { shop: Shop; over: () => Promise<unknown> } {
    let going: Promise<unknown> | undefined
    const meet = async () => {
      let ended = false
      going ??= meanwhile().finally(() => {
        ended = true
      })
      going.catch(() => {})
      await until('the other to end or to wait', async () => ended || (await isWaiting()))
    }
    const site: Site = {
      ...shop.site,
      async touchAccess(...asked) {
        if (touching === 'before') await meet()
        await shop.site.touchAccess(...asked)
        if (touching === 'after') await meet()
      },
    }
    return { shop: { ...shop, site }, over: async () => await going }
  }

  async function locksAwaited(): Promise<number> {
    const { rows } = await sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
      db,
    )
    return rows.length
  }

  const isWaiting = async () => (await locksAwaited()) > 0

  const runIn = (house: Shop, production: Production) =>
    run({ ...composeEngine(house, 'racer'), queue: engine.queue }, production, new AbortController().signal)

  it('lets a revocation be passed over while the same access is delivered', async () => {
    const person = learner('both')
    const number = await placed(course, [person, person])
    const [first, second] = await claimed(number)
    assert.ok(first && second)
    assert.notEqual(await runIn(shop, first), 'superseded')
    await revokeUnit(shop, first.unitId, { ...olga, giveBack: false })
    const revocation = await db
      .updateTable('productions')
      .set({ state: 'needs_operator' })
      .where('unit_id', '=', first.unitId)
      .where('script', '=', 'revoke')
      .returning('id')
      .executeTakeFirstOrThrow()
    const skip = () => endProduction(composeHands(shop), revocation.id, { state: 'skipped', ...olga })
    const { shop: house, over } = meeting('after', skip)
    const outcome = await runIn(house, second)
    assert.deepEqual(await over(), { ok: true })
    assert.equal(outcome !== 'superseded' && outcome.state, 'done')
    assert.deepEqual(await test.unitStates(number), ['revoked', 'produced'])
  })

  it('lets no renewal start at the end that is being moved', async () => {
    const person = learner('renewing')
    const [access] = await bought(course, [person])
    assert.ok(access?.endsAt)
    const renewal = await placed(course, [person])
    const [delivery] = await claimed(renewal)
    const [extension] = await claimed(await placed(longer, [{ reference: access.reference }]))
    assert.ok(delivery && extension)
    const { shop: house, over } = meeting('before', () => runIn(shop, delivery))
    await changeProduct(house, extension, { addDays: 30 }, access.reference)
    await over()
    const [renewed] = await products(renewal)
    assert.equal((renewed?.startsAt.getTime() ?? 0) - access.endsAt.getTime(), 30 * day)
  })

  it('lets products end while they are extended', async () => {
    const person = learner('ending')
    const [access] = await bought(course, [person])
    assert.ok(access)
    const [extension] = await claimed(await placed(longer, [{ reference: access.reference }]))
    assert.ok(extension)
    await db
      .updateTable('products')
      .set({ ends_at: new Date(Date.now() - 1000) })
      .where('id', '=', access.id)
      .execute()
    const { shop: house, over } = meeting('before', () =>
      changeProduct(shop, extension, { addDays: 30 }, access.reference),
    )
    await endProducts(house)
    await over()
    const [left] = await products(access.orderNumber)
    assert.equal(left?.state, 'active')
    assert.ok(Number(left.endsAt) > Date.now() + 29 * day)
  })

  it('lets a seat be taken back while it is given out, twice', async () => {
    const internal = { courses: ['RGPD-01'], seats: 2 }
    const [seat] = await bought(await test.sell({ handler: 'std_generateseats', internal }), [{}])
    assert.ok(seat)
    const by = { who: 'operator:olga', audience: 'operator' } as const
    const rows = [{ reference: seat.reference, values: learner('seated') }]
    for (const request of ['one', 'other']) {
      assert.ok((await startBatch(shop, { action: 'give', by, rows }, `${seat.reference} ${request}`)).ok)
    }
    const [give, again] = await claimed(seat.orderNumber)
    assert.ok(give && again)
    let others: Promise<unknown>[] = []
    const waiting = (count: number) => until(`${count} wait`, async () => (await locksAwaited()) >= count)
    const site: Site = {
      ...shop.site,
      async touchAccess(...asked) {
        await shop.site.touchAccess(...asked)
        if (others.length > 0) return
        others = [refundProduct(shop, seat.id, { ...olga, amountCents: 0 })]
        await waiting(1)
        others.push(runIn(shop, again))
        await waiting(2)
      },
    }
    const outcome = await runIn({ ...shop, site }, give)
    const [refunded, second] = await Promise.all(others)
    assert.equal(outcome !== 'superseded' && outcome.state, 'done')
    assert.deepEqual(refunded, { ok: true })
    assert.ok(typeof second === 'object' && second && 'state' in second && second.state === 'refused')
    const [left] = await products(seat.orderNumber)
    assert.equal(left?.state, 'revoked')
    const { courses } = await test.sandboxState('seated@learners.example')
    assert.deepEqual(
      courses.flatMap(({ enrolments }) => enrolments.map(({ open }) => open)),
      [false],
    )
  })

  it('has no two wait for each other, whatever is done at once to one person’s access', async () => {
    const person = learner('busy')
    const chain = []
    for (let i = 0; i < 4; i++) chain.push(...(await bought(course, [person])))
    const extensions: Production[] = []
    for (const { reference } of chain)
      extensions.push(...(await claimed(await placed(longer, [{ reference }]))))
    const deliveries = []
    for (let i = 0; i < 3; i++) deliveries.push(...(await claimed(await placed(course, [person]))))
    const [first, second] = chain
    assert.ok(first && second)
    for (const { unitId } of [first, second]) await revokeUnit(shop, unitId, { ...olga, giveBack: false })
    const revocations = [...(await claimed(first.orderNumber)), ...(await claimed(second.orderNumber))]
    const all = [...extensions, ...deliveries, ...revocations]
    assert.equal(all.length, 9)
    const outcomes = await Promise.all([
      ...all.map((production) => runIn(shop, production)),
      endProducts(shop),
    ])
    const states = outcomes.flatMap((outcome) => (typeof outcome === 'object' ? [outcome.state] : []))
    // An extension may find its product revoked: that is for an operator.
    assert.ok(
      states.every((state) => state === 'done' || state === 'needs_operator'),
      states.join(),
    )
  })
})
