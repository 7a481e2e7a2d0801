import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { usernameOf } from '../../moodle/new-user.ts'
import { failuresBeforeOperator } from '../../production/cause.ts'
import { findJournal, type JournalRow, productionsOfOrder } from '../../production/journal.ts'
import { endProduction, retryProduction } from '../../production/operate.ts'
import { z } from '../../sdk/index.ts'
import { composeHands } from '../../shop/compose.ts'
import { findOrder, giveBacksOfOrder, orderHistory } from '../../shop/view-order.ts'
import { testShop, until } from '../shop.ts'

describe('a failing unit stops no other (invariant 4)', async () => {
  const shop = await testShop({ patience: { script: 3, fetch: 0.2 } })
  const { db } = shop
  const hands = composeHands(shop.shop)
  const enrolment = await shop.sell({
    handler: 'std_enroloncourse',
    internal: { course: 2 },
    priceCents: 3_000,
  })
  const wild = await shop.sell({ handler: 'ext_wild' })

  /** Somebody whom Moodle refuses: another account has the username that theirs would get. */
  async function refuse(email: string) {
    const user = {
      username: usernameOf(email),
      createpassword: true,
      firstname: 'Old',
      lastname: 'Namesake',
      email: `was-${email}`,
    }
    await shop.site.call('core_user_create_users', { users: [user] }, z.array(z.object({ id: z.int() })))
  }

  /** An order of 100 units, paid and run, of which Moodle refuses one. */
  async function hundred(name: string) {
    const refused = `${name}-50@learners.example`
    await refuse(refused)
    const units = Array.from({ length: 100 }, (_, n) => ({
      email: `${name}-${n}@learners.example`,
      firstname: 'Cent',
      lastname: `${n}`,
    }))
    const { number } = await shop.placed(enrolment, units)
    await shop.pay(number)
    await shop.takeOver()
    const order = await findOrder(db, number)
    assert.ok(order)
    const states = await shop.unitStates(number)
    assert.equal(states.filter((state) => state === 'produced').length, 99)
    assert.equal(states[50], 'needs_operator')
    assert.equal(order.state, 'paid')
    assert.equal(order.products.length, 99)
    const stuck = (await productionsOfOrder(db, order.id)).find(({ state }) => state === 'needs_operator')
    assert.ok(stuck)
    assert.equal(stuck.cause?.kind, 'moodle')
    assert.match(stuck.cause.message, new RegExp(refused), 'the cause names who, in a sentence')
    return { number, order, stuck, refused }
  }

  it('produces 99 of 100 units and asks about the one that Moodle refuses; skipped with a reason, the order completes', async () => {
    const { number, order, stuck } = await hundred('skip')
    const why = { state: 'skipped', who: 'operator:olga', why: 'enrolled by hand' } as const
    assert.deepEqual(await endProduction(hands, stuck.id, why), { ok: true })
    assert.equal((await shop.unitStates(number))[50], 'skipped')
    assert.equal(await shop.orderState(number), 'completed')
    const line = (await orderHistory(db, order.id)).find(({ to }) => to === 'skipped')
    assert.equal(line?.who, 'operator:olga')
    assert.equal(line.why, 'enrolled by hand')
    assert.equal((await giveBacksOfOrder(db, order.id)).length, 0)
    assert.deepEqual(await endProduction(hands, stuck.id, why), { ok: false, reason: 'not_waiting' })
  })

  it('gives back the price of the one unit that is cancelled, and completes the order', async () => {
    const { number, order, stuck, refused } = await hundred('cancel')
    const why = { state: 'cancelled', who: 'operator:olga', why: 'the address is wrong' } as const
    const both = await Promise.all([
      endProduction(hands, stuck.id, why),
      endProduction(hands, stuck.id, { ...why, state: 'skipped' }),
    ])
    assert.equal(both.filter(({ ok }) => ok).length, 1, 'one of two operators decides')
    if (!both[0].ok) return
    assert.equal((await shop.unitStates(number))[50], 'cancelled')
    assert.equal(await shop.orderState(number), 'completed')
    const due = await giveBacksOfOrder(db, order.id)
    assert.deepEqual(
      due.map(({ amount_cents, unit_id }) => ({ amount_cents, unit_id })),
      [{ amount_cents: 3_000, unit_id: stuck.unitId }],
    )
    await shop.takeOver()
    const { courses } = await shop.sandboxState(refused)
    assert.deepEqual(
      courses.flatMap(({ enrolments }) => enrolments),
      [],
    )
  })

  it('produces the unit once the operator has put right what Moodle refused', async () => {
    const { number, stuck, refused } = await hundred('retry')
    const [user] = (await shop.sandboxState(`was-${refused}`)).accounts
    const change = { users: [{ id: user?.id, email: refused }] }
    await shop.site.call('core_user_update_users', change, z.unknown())
    assert.deepEqual(await retryProduction(hands, stuck.id), { ok: true })
    await shop.takeOver()
    assert.equal(await shop.orderState(number), 'completed')
    assert.deepEqual(await retryProduction(hands, stuck.id), { ok: false, reason: 'not_waiting' })
  })

  /** Orders one unit for each way in which a handler may go wrong, and one that goes well. */
  async function wildly(way: string): Promise<{ number: string; bad: JournalRow }> {
    const { number } = await shop.placed(wild, [{ postpay: way }, { postpay: 'well' }])
    await shop.pay(number)
    await shop.takeOver(failuresBeforeOperator)
    const order = await findOrder(db, number)
    const bad = (await productionsOfOrder(db, order?.id ?? 0)).find(
      ({ script, state }) => script === 'postpay' && state !== 'done',
    )
    assert.equal((await shop.unitStates(number))[1], 'produced', way)
    assert.ok(bad, way)
    return { number, bad }
  }

  for (const [way, message] of [
    ['throws', /the machine broke/],
    ['throws at once', /thrown at once/],
    ['throws nothing', /undefined/],
    ['refuses', /Not today/],
    ['uses a name twice', /two steps named "work"/],
    ['throws what no database keeps', /the service said a/],
    ['returns nothing', /postpay.*returned/],
    ['returns a text', /postpay.*returned/],
    ['returns no date', /postpay.*startsAt/],
    ['returns two of a key', /postpay.*the same key/],
    ['returns a wrong course', /postpay.*course/],
  ] as const) {
    it(`asks the operator about a handler that ${way}, and delivers the rest`, async () => {
      const { number, bad } = await wildly(way)
      assert.equal(bad.state, 'needs_operator')
      assert.match(bad.cause?.message ?? '', message)
      // Nothing that it returned stands in the way once the handler is mended.
      await db
        .updateTable('productions')
        .set({ input: JSON.stringify({ ...mended((await findJournal(db, bad.id))?.input) }) })
        .where('id', '=', bad.id)
        .execute()
      await retryProduction(hands, bad.id)
      await shop.takeOver()
      assert.deepEqual(await shop.unitStates(number), ['produced', 'produced'])
    })
  }

  const mended = (input: unknown) => ({ ...Object(input), external: { prepay: 'well', postpay: 'well' } })

  it('keeps what a handler returns, but for what no database keeps', async () => {
    const { number } = await shop.placed(wild, [{ postpay: 'returns what no database keeps' }])
    await shop.pay(number)
    await shop.takeOver()
    assert.deepEqual(await shop.unitStates(number), ['produced'])
    const order = await findOrder(db, number)
    assert.equal(order?.products[0]?.title.fr, 'ab\ufffdc')
    const [production] = (await productionsOfOrder(db, order.id)).filter(({ script }) => script === 'postpay')
    const journal = await findJournal(db, production?.id ?? 0)
    assert.equal(journal?.feedback?.kept, 'ab\ufffdc')
    assert.deepEqual(journal.steps[0]?.result, { 'ab\ufffdc': 'ab\ufffdc' })
  })

  it('waits a little where a handler asks to wait for what is no number of seconds', async () => {
    const { bad } = await wildly('waits for no number')
    assert.equal(bad.state, 'retrying')
    assert.ok(bad.dueAt.getTime() > Date.now() && bad.dueAt.getTime() < Date.now() + 600_000)
  })

  it('gives up a script that does not end, tries again, and lets the units of others through', async () => {
    await shop.work()
    const hanging: string[] = []
    // More of them than a worker has hands.
    for (let n = 0; n < 5; n++) {
      const { number } = await shop.placed(wild, [{ postpay: 'hangs' }])
      await shop.pay(number)
      hanging.push(number)
    }
    const { number } = await shop.placed(wild, [{ postpay: 'well' }])
    await shop.pay(number)
    await until(
      'the unit that is well is produced',
      async () => (await shop.orderState(number)) === 'completed',
    )
    for (const held of hanging) assert.deepEqual(await shop.unitStates(held), ['producing'])
    for (const stuck of hanging) {
      await until('the script is given up', async () => (await shop.unitStates(stuck))[0] === 'retrying')
      const order = await findOrder(db, stuck)
      const [, production] = await productionsOfOrder(db, order?.id ?? 0)
      assert.equal(production?.cause?.kind, 'handler')
      assert.match(production.cause.message, /did not end within 3 s/)
      await endProduction(hands, production.id, { state: 'cancelled', who: 'operator:olga', why: 'hangs' })
    }
    await shop.rest()
  })

  it('answers a customer whose order a handler holds up, and refuses one that it refuses', async () => {
    const held = await shop.order(wild, [{ prepay: 'hangs' }])
    assert.ok(held.ok)
    assert.equal(await shop.orderState(held.order.number), 'placed')
    assert.deepEqual(await shop.unitStates(held.order.number), ['retrying'])
    const refused = await shop.placed(wild, [{ prepay: 'refuses' }, { prepay: 'well' }])
    assert.equal(await shop.orderState(refused.number), 'refused')
    assert.deepEqual((await shop.unitStates(refused.number)).sort(), ['refused', 'released'])
    assert.equal((await shop.pay(refused.number)).outcome, 'set_aside')
  })
})
