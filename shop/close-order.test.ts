import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { productionsOfOrder } from '../production/journal.ts'
import { endProduction } from '../production/operate.ts'
import { claimAtOnce } from '../production/production.ts'
import { run } from '../production/run.ts'
import { z } from '../sdk/index.ts'
import { buyer, testShop } from '../test/shop.ts'
import { cancelOrder, expireOrders } from './close-order.ts'
import { composeHands } from './compose.ts'
import { trustOrder } from './payment.ts'
import { cartOf, placeOrder } from './place-order.ts'
import { findOrder } from './view-order.ts'

describe('an order that dies unpaid', async () => {
  const shop = await testShop()
  const { db } = shop
  const course = 2
  const customer = { who: 'customer' }
  const never = new AbortController().signal
  const holding = await shop.sell({ handler: 'ext_steps', internal: { course } })
  const plain = await shop.sell({ handler: 'ext_steps', internal: { course, hold: false } })
  const failing = await shop.sell({ handler: 'ext_steps', internal: { course, fails: true } })
  const wild = await shop.sell({ handler: 'ext_wild' })
  const masterclass = await shop.sell({
    code: 'DEMO-MASTERCLASS',
    handler: 'specific',
    internal: { seats: 4, venue: 'Lyon', day: '2031-05-01' },
  })

  async function groups(): Promise<string[]> {
    const { courses } = await shop.sandboxState()
    return courses.find(({ id }) => id === course)?.groups.map(({ name }) => name) ?? []
  }
  const reserved = async (name: string) =>
    (await db.selectFrom('reservations').select('name').where('name', 'like', `%${name}`).execute()).length

  async function productions(number: string) {
    const rows = await productionsOfOrder(db, (await findOrder(db, number))?.id ?? 0)
    return rows.map(({ script, state }) => `${script} ${state}`)
  }

  /** Places an order in a process that dies before it prepares it. */
  async function placedLater(code: string, units: Record<string, unknown>[]) {
    const content = cartOf([{ code, units: units.map((external) => ({ external, fields: {} })) }])
    const dying = { ...shop.engine, db: Object.create(null) }
    const checkout = { customer: buyer, means: 'transfer', termsAccepted: true, locale: 'en' } as const
    const placed = await placeOrder(shop.shop, dying, { content }, checkout)
    assert.ok(placed.ok)
    return placed.order.number
  }

  it('frees what it had reserved and has the handler undo what it had prepared', async () => {
    const { number } = await shop.placed(holding, [{ place: 'a1' }])
    assert.ok((await groups()).includes('room-a1'))
    assert.equal(await reserved(':a1'), 1)
    assert.deepEqual(await cancelOrder(shop.shop, number, customer), { ok: true })
    assert.equal(await reserved(':a1'), 0, 'at once')
    await shop.takeOver()
    assert.ok(!(await groups()).includes('room-a1'))
    assert.deepEqual(await cancelOrder(shop.shop, number, customer), { ok: false, reason: 'not_open' })
    assert.deepEqual(await productions(number), ['prepay done', 'release done'])
  })

  it('undoes nothing where there was nothing to prepare', async () => {
    const mine = [{ courseid: course, name: 'room-b1', idnumber: 'room-b1', description: '' }]
    await shop.site.call('core_group_create_groups', { groups: mine }, z.unknown())
    const { number } = await shop.placed(plain, [{ place: 'b1' }])
    await cancelOrder(shop.shop, number, customer)
    await shop.takeOver()
    assert.ok((await groups()).includes('room-b1'), 'it is somebody else’s')
    assert.deepEqual(await productions(number), [])
  })

  it('is not prepared any more when its prepay waits for another try', async () => {
    const { number } = await shop.placed(failing, [{ place: 'c1' }])
    assert.deepEqual(await shop.unitStates(number), ['retrying'])
    await cancelOrder(shop.shop, number, customer)
    assert.equal(await shop.takeOver(), 0)
    assert.deepEqual(await productions(number), ['prepay cancelled'])
    assert.equal(await reserved(':c1'), 0)
  })

  it('undoes what a prepay has done that was running at that moment', async () => {
    const number = await placedLater(holding, [{ place: 'd1' }])
    const [running] = await claimed(number)
    assert.ok(running)
    await cancelOrder(shop.shop, number, customer)
    assert.deepEqual(await shop.unitStates(number), ['released'])
    // It had its place already.
    await run({ ...shop.engine, reserve: async () => true }, running, never)
    assert.ok((await groups()).includes('room-d1'))
    await shop.takeOver()
    assert.ok(!(await groups()).some((name) => name.endsWith('-d1')))
    assert.deepEqual(await productions(number), ['prepay done', 'release done'])
  })

  it('keeps no name for a prepay that was running and asks for it too late', async () => {
    const number = await placedLater(masterclass, [{ name: 'Late', email: 'late@x.example' }])
    const [running] = await claimed(number)
    assert.ok(running)
    await cancelOrder(shop.shop, number, customer)
    await run(shop.engine, running, never)
    await shop.takeOver(3)
    assert.equal(await reserved('2031-05-01:1'), 0)
    const { number: next } = await shop.placed(
      masterclass,
      Array.from({ length: 4 }, (_, n) => ({ name: `N${n}`, email: `n${n}@x.example` })),
    )
    assert.equal(await shop.orderState(next), 'awaiting_payment', 'all four seats are free')
    const full = await shop.placed(masterclass, [{ name: 'Five', email: 'five@x.example' }])
    assert.equal(await shop.orderState(full.number), 'refused')
  })

  it('tries no prepay again that fails when its order is dead already', async () => {
    const number = await placedLater(wild, [{ prepay: 'throws' }])
    const [running] = await claimed(number)
    assert.ok(running)
    await cancelOrder(shop.shop, number, customer)
    await run(shop.engine, running, never)
    assert.deepEqual(await productions(number), ['prepay cancelled'])
    assert.equal(await shop.takeOver(), 0)
  })

  it('dies as a whole when an operator gives up the preparing of one unit', async () => {
    const { number } = await shop.placed(failing, [{ place: 'f1' }])
    const [stuck] = await productionsOfOrder(db, (await findOrder(db, number))?.id ?? 0)
    const decision = { state: 'cancelled', who: 'operator:olga', why: 'no room' } as const
    assert.deepEqual(await endProduction(composeHands(shop.shop), stuck?.id ?? 0, decision), { ok: true })
    assert.equal(await shop.orderState(number), 'cancelled')
    assert.deepEqual(await shop.unitStates(number), ['released'])
  })

  it('may be paid when an operator says that a unit is prepared', async () => {
    const { number } = await shop.placed(failing, [{ place: 'g1' }])
    const [stuck] = await productionsOfOrder(db, (await findOrder(db, number))?.id ?? 0)
    const decision = { state: 'skipped', who: 'operator:olga', why: 'done by hand' } as const
    await endProduction(composeHands(shop.shop), stuck?.id ?? 0, decision)
    assert.equal(await shop.orderState(number), 'awaiting_payment')
  })

  it('expires, and holds nothing any more, when its prepay waits until the deadline is past', async () => {
    const number = await placedLater(holding, [{ place: 'waits' }])
    assert.equal(await shop.orderState(number), 'placed')
    assert.equal(await expireOrders(shop.shop), 0)
    await db
      .updateTable('orders')
      .set({ pay_before: new Date(0) })
      .where('number', '=', number)
      .execute()
    assert.equal(await expireOrders(shop.shop), 1)
    assert.equal(await shop.orderState(number), 'expired')
    assert.deepEqual(await shop.unitStates(number), ['released'])
  })

  it('expires after its deadline, not before, and never when it is paid or trusted', async () => {
    const late = await shop.placed(plain, [{ place: 'h1' }])
    const early = await shop.placed(plain, [{ place: 'h2' }])
    const paid = await shop.placed(plain, [{ place: 'h3' }])
    const trusted = await shop.placed(plain, [{ place: 'h4' }])
    await shop.pay(paid.number)
    await trustOrder(shop.shop, trusted.number, await shop.operator(), 'purchase order')
    const numbers = [late, paid, trusted].map(({ number }) => number)
    await db
      .updateTable('orders')
      .set({ pay_before: new Date(Date.now() - 1000) })
      .where('number', 'in', numbers)
      .execute()
    const counts = await Promise.all([expireOrders(shop.shop), expireOrders(shop.shop)])
    assert.equal(counts[0] + counts[1], 1, 'once, by whichever process')
    assert.equal(await shop.orderState(late.number), 'expired')
    assert.equal(await shop.orderState(early.number), 'awaiting_payment')
    assert.equal(await shop.orderState(paid.number), 'paid')
    assert.equal(await shop.orderState(trusted.number), 'awaiting_payment')
    assert.deepEqual(await cancelOrder(shop.shop, trusted.number, customer), {
      ok: false,
      reason: 'not_open',
    })
    assert.deepEqual(await cancelOrder(shop.shop, paid.number, customer), { ok: false, reason: 'not_open' })
    assert.deepEqual(await cancelOrder(shop.shop, '2611-0000-0000', customer), {
      ok: false,
      reason: 'not_found',
    })
  })

  async function claimed(number: string) {
    const rows = await productionsOfOrder(db, (await findOrder(db, number))?.id ?? 0)
    return await claimAtOnce(
      db,
      'slow',
      rows.map(({ id }) => id),
    )
  }
})
