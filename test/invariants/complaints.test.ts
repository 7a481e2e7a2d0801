import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { endProduction } from '../../production/operate.ts'
import { claim, claimAtOnce } from '../../production/production.ts'
import { run } from '../../production/run.ts'
import { sweep } from '../../production/sweep.ts'
import { changeOrder } from '../../shop/change-order.ts'
import { cancelOrder } from '../../shop/close-order.ts'
import { composeHands } from '../../shop/compose.ts'
import { endProducts, tellDue } from '../../shop/end-products.ts'
import { actOnProduct, findProduct, type OwnedProduct, revokeUnit } from '../../shop/product.ts'
import { startScript } from '../../shop/start-scripts.ts'
import { findOrder, giveBacksOfOrder } from '../../shop/view-order.ts'
import { testShop, until } from '../shop.ts'
import type { Second } from './second-process.ts'
import { startProcess } from './start-process.ts'

// The numbers are those of complaints about other shops, gathered in public threads before this one was begun.
describe('what went wrong in other shops', async () => {
  const shop = await testShop()
  const { db } = shop
  const days = 86_400
  const sell = (course: number, internal: Record<string, unknown> = {}) =>
    shop.sell({
      handler: 'std_enroloncourse',
      internal: { course, durationDays: 30, ...internal },
      priceCents: 5_000,
    })
  const first = await sell(2)
  const second = await sell(3)
  const sideBySide = await sell(2, { again: 'allow' })
  let learners = 0
  const newLearner = (name: string) => ({
    email: `${name}-${++learners}@learners.example`,
    firstname: 'Cora',
    lastname: name,
  })

  async function bought(code: string, ...units: Record<string, unknown>[]): Promise<OwnedProduct[]> {
    const products = await shop.bought(code, units)
    assert.equal(await shop.orderState(products[0]?.orderNumber ?? ''), 'completed')
    return products.sort((a, b) => a.unitId - b.unitId)
  }

  /** The learner's enrolment in a course, as Moodle has it. */
  async function enrolment(email: string, course = 2) {
    const found = (await shop.sandboxState(email)).courses.find(({ id }) => id === course)?.enrolments ?? []
    assert.ok(found.length <= 1)
    return found[0]
  }

  const act = async (
    product: OwnedProduct | undefined,
    action: string,
    values: Record<string, unknown> = {},
  ) =>
    await actOnProduct(shop.shop, shop.engine, product?.reference ?? '', action, values, {
      who: 'operator:olga',
      audience: 'operator',
    })

  async function takeBack(product: OwnedProduct | undefined, giveBack = true) {
    const reason = { who: 'operator:olga', why: 'asked for', giveBack }
    assert.deepEqual(await revokeUnit(shop.shop, product?.unitId ?? 0, reason), { ok: true })
    await shop.takeOver()
  }

  it('complaint 34: the failure of a lost attempt undoes nothing of the one that succeeded', async () => {
    const learner = newLearner('compensated')
    const { number } = await shop.placed(first, [learner])
    await shop.pay(number)
    const id = await postpayOf(number)
    const [lost] = await claimAtOnce(db, 'lost', [id])
    assert.ok(lost)
    await shop.takeOver()
    assert.equal(await shop.orderState(number), 'completed')

    // The lost one goes on now, with whatever comes of it.
    const failing = {
      ...shop.engine,
      deliver: async () => {
        throw new Error('too late')
      },
    }
    assert.equal(await run(failing, lost, new AbortController().signal), 'superseded')
    assert.equal(await run(shop.engine, lost, new AbortController().signal), 'superseded')
    const decision = { state: 'cancelled', who: 'operator:olga', why: 'too late' } as const
    assert.deepEqual(await endProduction(composeHands(shop.shop), id, decision), {
      ok: false,
      reason: 'not_waiting',
    })
    assert.deepEqual(await shop.pay(number, { state: 'failed' }), { outcome: 'failed' })

    const order = await findOrder(db, number)
    assert.equal(order?.state, 'completed')
    assert.equal(order.products.length, 1)
    assert.deepEqual(await giveBacksOfOrder(db, order.id), [])
    assert.equal((await enrolment(learner.email))?.status, 'active')
  })

  it('complaint 38: what is said again after the payment extends nothing', async () => {
    const learner = newLearner('bookmark')
    const { number } = await shop.placed(first, [learner])
    const notification = await shop.notification(number)
    await shop.pay(number, notification)
    await shop.takeOver()
    const before = await enrolment(learner.email)
    for (let n = 0; n < 3; n++) {
      await shop.pay(number, notification)
      await shop.pay(number, { ...notification, eventId: randomUUID() })
      await shop.takeOver()
    }
    assert.deepEqual(await enrolment(learner.email), before)
  })

  it('complaint 40: the refund of one unit leaves the other units of the order alone', async () => {
    const one = newLearner('textbook')
    const other = newLearner('course')
    const [gone, stays] = await bought(first, one, other)
    assert.equal(gone?.holder?.email, one.email)
    await takeBack(gone)
    assert.equal((await enrolment(one.email))?.status, 'suspended')
    const kept = await enrolment(other.email)
    assert.equal(kept?.status, 'active')
    assert.equal(kept.set, 1, 'it was not even touched')
    assert.equal((await findProduct(db, stays?.reference ?? ''))?.state, 'active')
    const order = await findOrder(db, gone.orderNumber)
    assert.equal(order?.state, 'completed')
    const due = await giveBacksOfOrder(db, order.id)
    assert.deepEqual(
      due.map(({ amount_cents }) => amount_cents),
      [5_000],
    )
  })

  it('complaint 41: one course of an order of two can be taken back', async () => {
    const learner = newLearner('two-courses')
    const [one] = await bought(first, learner)
    const [two] = await bought(second, learner)
    await takeBack(one, false)
    assert.equal((await enrolment(learner.email, 2))?.status, 'suspended')
    assert.equal((await enrolment(learner.email, 3))?.status, 'active')
    assert.equal((await findProduct(db, two?.reference ?? ''))?.state, 'active')
    assert.deepEqual(await giveBacksOfOrder(db, one?.orderId ?? 0), [])
  })

  it('complaint 42: cancelling an unpaid duplicate takes no access that another order has paid', async () => {
    const learner = newLearner('duplicate')
    await bought(first, learner)
    const before = await enrolment(learner.email)
    const { number } = await shop.placed(first, [learner])
    assert.deepEqual(await cancelOrder(shop.shop, number, { who: 'customer' }), { ok: true })
    await shop.takeOver()
    assert.deepEqual(await enrolment(learner.email), before)
  })

  it('complaint 42: one of two products of a course that run side by side is revoked, and the other keeps the access', async () => {
    const learner = newLearner('side')
    const [one] = await bought(sideBySide, learner)
    const [two] = await bought(sideBySide, learner)
    await takeBack(one)
    const kept = await enrolment(learner.email)
    assert.equal(kept?.status, 'active')
    assert.equal(kept.open, true)
    assert.equal(kept.timeend, Math.ceil((two?.endsAt?.getTime() ?? 0) / 1000))
    await takeBack(two)
    assert.equal((await enrolment(learner.email))?.status, 'suspended')
  })

  it('complaint 42: the first of two products that follow one another is revoked, and the second opens the course at once', async () => {
    const learner = newLearner('chain')
    const [one] = await bought(first, learner)
    const [two] = await bought(first, learner)
    await takeBack(one)
    const kept = await enrolment(learner.email)
    assert.equal(kept?.status, 'active')
    assert.equal(kept.open, true, 'it is paid for')
    const left = (kept.timeend - Date.now() / 1000) / days
    assert.ok(left > 29.9 && left < 30.1, `${left} days are left of the 30 that are still paid for`)
    assert.equal((await findProduct(db, two?.reference ?? ''))?.state, 'active')
  })

  it('complaint 42: the last of products that follow one another is revoked, and the first keeps its days', async () => {
    const learner = newLearner('tail')
    await bought(first, learner)
    const [two] = await bought(first, learner)
    await takeBack(two)
    const kept = await enrolment(learner.email)
    assert.equal(kept?.open, true)
    const left = (kept.timeend - Date.now() / 1000) / days
    assert.ok(left > 29.9 && left < 30.1, `${left} days`)
  })

  it('complaint 43: access that has ended is closed in Moodle, and a renewal neither enrols anew nor loses what was done', async () => {
    const learner = newLearner('ended')
    const [one] = await bought(first, learner)
    assert.equal((await enrolment(learner.email))?.open, true)
    await daysLater(31, one)
    const over = await enrolment(learner.email)
    assert.equal(over?.open, false)
    await bought(first, learner)
    const renewed = await enrolment(learner.email)
    assert.equal(renewed?.open, true)
    assert.equal(renewed.created, 1)
    assert.equal(renewed.removed, 0, 'who is unenrolled loses their grades')
  })

  it('complaint 44: what has ended can be bought again, also where a second purchase is refused', async () => {
    const code = await sell(2, { again: 'refuse' })
    const learner = newLearner('recertify')
    const [one] = await bought(code, learner)
    const again = await shop.placed(code, [learner])
    assert.equal(await shop.orderState(again.number), 'refused', 'before the payment')
    await daysLater(31, one)
    await bought(code, learner)
    assert.equal((await enrolment(learner.email))?.open, true)
  })

  it('complaint 44: a refused second purchase stands in the way of nobody', async () => {
    const code = await sell(2, { again: 'refuse' })
    const learner = newLearner('freed')
    const held = await shop.placed(code, [learner])
    assert.equal(await shop.orderState(held.number), 'awaiting_payment')
    assert.equal(await shop.orderState((await shop.placed(code, [learner])).number), 'refused')
    await cancelOrder(shop.shop, held.number, { who: 'customer' })
    assert.equal(await shop.orderState((await shop.placed(code, [learner])).number), 'awaiting_payment')
  })

  it('complaint 44: a second purchase is refused at every moment of the first, until its product has ended', async () => {
    const code = await sell(2, { again: 'refuse' })
    const learner = newLearner('always')
    const another = async () => await shop.orderState((await shop.placed(code, [learner])).number)
    const { number } = await shop.placed(code, [learner])
    assert.equal(await another(), 'refused', 'before it is paid')
    await shop.pay(number)
    assert.equal(await another(), 'refused', 'before it is produced')
    // Everything but its very last part: the process died there.
    const dying = {
      ...shop.engine,
      deliver: async () => {
        throw new Error('died')
      },
    }
    const [running] = await claimAtOnce(db, 'dying', [await postpayOf(number)])
    assert.ok(running)
    await run(dying, running, new AbortController().signal)
    assert.equal(await another(), 'refused', 'while it is produced')
    await shop.takeOver()
    assert.equal(await another(), 'refused', 'once it is produced')
    const [product] = (await findOrder(db, number))?.products ?? []
    const held = await db
      .selectFrom('reservations')
      .select('name')
      .where('unit_id', '=', product?.unitId ?? 0)
      .execute()
    assert.deepEqual(held, [], 'the product itself tells')
  })

  it('complaint 45: what an operator has revoked is not granted again by anything that happens later', async () => {
    const learner = newLearner('regrant')
    const { number } = await shop.placed(first, [learner])
    const notification = await shop.notification(number)
    await shop.pay(number, notification)
    await shop.takeOver()
    const [product] = (await findOrder(db, number))?.products ?? []
    await takeBack(product, false)
    await shop.pay(number, { ...notification, eventId: randomUUID() })
    await sweep(db, shop.shop.queue, shop.site.site, 0)
    await shop.takeOver()
    await shop.site.applyAccess([{ course: 2, user: (await accountOf(learner.email)) ?? 0 }], { again: true })
    await findOrder(db, number)
    assert.equal((await enrolment(learner.email))?.status, 'suspended')
    for (const action of ['resume', 'suspend', 'changeEnd', 'revoke']) {
      assert.deepEqual(await act(product, action), { ok: false, reason: 'not_now' }, action)
    }
    assert.deepEqual(await revokeUnit(shop.shop, product?.unitId ?? 0, { who: 'x', giveBack: true }), {
      ok: false,
      reason: 'not_produced',
    })
  })

  it('complaint 45: a resume that comes late does not bring back what was revoked meanwhile', async () => {
    const learner = newLearner('late')
    const [product] = await bought(first, learner)
    await act(product, 'suspend')
    assert.equal((await enrolment(learner.email))?.status, 'suspended')
    // Asked before the revocation, run after it: the process that asked died in between.
    assert.ok(product)
    const { orderId, unitId, startsAt, endsAt, ...rest } = product
    const asking = {
      name: 'resume',
      product: { ...rest, startsAt: startsAt.toISOString(), endsAt: endsAt?.toISOString() ?? null },
      input: {},
      who: 'operator:olga',
    }
    const asked = await changeOrder(shop.shop, { id: orderId }, [unitId], (order) =>
      startScript(order, order.units, 'action', { after: 60, occasion: 'late', input: { action: asking } }),
    )
    const [resume] = await db
      .selectFrom('productions')
      .select(['id', 'job_id'])
      .where('id', '=', asked?.productions[0]?.id ?? 0)
      .execute()
    assert.ok(resume)
    assert.equal((await act(product, 'revoke')).ok, true)
    const claimed = await claim(db, 'late', [{ id: resume.job_id ?? '', production: resume.id }])
    for (const production of claimed) await run(shop.engine, production, new AbortController().signal)
    assert.equal((await findProduct(db, product?.reference ?? ''))?.state, 'revoked')
    assert.equal((await enrolment(learner.email))?.status, 'suspended')
  })

  it('a renewal adds its days to those that are left, however often', async () => {
    const learner = newLearner('renewed')
    await bought(first, learner)
    const before = await enrolment(learner.email)
    await bought(first, learner)
    await bought(first, learner)
    const after = await enrolment(learner.email)
    assert.equal(after?.timestart, before?.timestart)
    assert.equal((after?.timeend ?? 0) - (after?.timestart ?? 0), 90 * days + overlap(after))
  })

  it('days that are added are 24 hours long, also where the clocks change in between', async () => {
    const half = await sell(3, { durationDays: 180 })
    await sql
      .raw(`alter database ${new URL(shop.url).pathname.slice(1)} set timezone to 'Europe/Paris'`)
      .execute(db)
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() and application_name = 'boutique'`.execute(
      db,
    )
    const learner = newLearner('clocks')
    await bought(half, learner)
    await bought(half, learner)
    const kept = await enrolment(learner.email, 3)
    assert.equal((kept?.timeend ?? 0) - (kept?.timestart ?? 0), 360 * days + overlap(kept))
  })

  it('what has no end keeps none when more days are bought', async () => {
    const endless = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 } })
    const learner = newLearner('endless')
    await bought(endless, learner)
    await bought(first, learner)
    assert.equal((await enrolment(learner.email))?.timeend, 0)
  })

  it('two units of one order for one learner and course add up, produced at the same moment', async () => {
    const learner = newLearner('double')
    const products = await bought(first, learner, { ...learner, email: learner.email.toUpperCase() })
    assert.equal(products.length, 2)
    const kept = await enrolment(learner.email)
    assert.equal((kept?.timeend ?? 0) - (kept?.timestart ?? 0), 60 * days + overlap(kept))
  })

  it('the units of ten orders for one learner add up while two processes race for them', async () => {
    const learner = newLearner('race')
    const sandbox = { url: shop.sandbox.url, token: shop.sandbox.token }
    const task = { do: 'work' } as const
    const child = await startProcess('second-process.ts', { url: shop.url, sandbox, task } satisfies Second)
    await until('the other process works', async () => child.stdout?.readableLength !== 0)
    await shop.work()
    const numbers: string[] = []
    for (let n = 0; n < 10; n++) numbers.push((await shop.placed(first, [learner, learner])).number)
    await Promise.all(numbers.map((number) => shop.pay(number)))
    for (const number of numbers) {
      await until(`${number} is produced`, async () => (await shop.orderState(number)) === 'completed')
    }
    child.kill('SIGKILL')
    await shop.rest()
    const kept = await enrolment(learner.email)
    assert.equal(kept?.created, 1)
    const total = (kept.timeend - kept.timestart) / days
    assert.ok(Math.abs(total - 20 * 30) < 0.001, `${total} days`)
  })

  it('suspending one product leaves the access that another gives; with both suspended it closes, and comes back', async () => {
    const learner = newLearner('suspended')
    const [one] = await bought(sideBySide, learner)
    const [two] = await bought(sideBySide, learner)
    assert.equal((await act(one, 'suspend')).ok, true)
    assert.equal((await enrolment(learner.email))?.status, 'active')
    await act(two, 'suspend')
    assert.equal((await enrolment(learner.email))?.status, 'suspended')
    await act(one, 'resume')
    const back = await enrolment(learner.email)
    assert.equal(back?.status, 'active')
    assert.equal(back.timeend, Math.ceil((one?.endsAt?.getTime() ?? 0) / 1000))
    assert.equal(back.removed, 0)
  })

  it('a new end date reaches Moodle, and so does none', async () => {
    const learner = newLearner('dates')
    const [product] = await bought(first, learner)
    await act(product, 'changeEnd', { endsOn: '2031-12-31' })
    assert.equal((await enrolment(learner.email))?.timeend, Date.parse('2031-12-31T23:59:59Z') / 1000)
    await act(product, 'changeEnd', {})
    assert.equal((await enrolment(learner.email))?.timeend, 0)
  })

  /** Whole seconds: a start is cut downwards, an end upwards. */
  const overlap = (one: { timestart: number; timeend: number } | undefined) =>
    ((one?.timeend ?? 0) - (one?.timestart ?? 0)) % days

  async function postpayOf(number: string): Promise<number> {
    const { id } = await db
      .selectFrom('productions')
      .innerJoin('orders', 'orders.id', 'productions.order_id')
      .select('productions.id')
      .where('orders.number', '=', number)
      .where('script', '=', 'postpay')
      .executeTakeFirstOrThrow()
    return id
  }

  async function accountOf(email: string): Promise<number | undefined> {
    return (await shop.sandboxState(email)).accounts[0]?.id
  }

  /** As if these days had passed for a product, and the shop had kept house. */
  async function daysLater(count: number, product: OwnedProduct | undefined) {
    await sql`
      update products set starts_at = starts_at - make_interval(days => ${count}),
                          ends_at = ends_at - make_interval(days => ${count})
       where id = ${product?.id ?? 0}`.execute(db)
    await endProducts(shop.shop)
    await tellDue(shop.shop)
  }
})
