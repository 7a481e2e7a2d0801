import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testOffice } from '../test/office.ts'
import { testShop } from '../test/shop.ts'
import {
  countWaiting,
  dayFigures,
  nearDeadline,
  partPaidOrders,
  refusedAccess,
  retryingByCause,
  unsellableEntries,
} from './attention.ts'
import { listNotifications } from './list-payments.ts'
import { validatePayment } from './payment.ts'

describe('what needs attention', async () => {
  const test = await testShop()
  const { db, shop } = test
  const house = testOffice(test)
  const { handlers } = shop.registry()
  shop.registry = () => ({ handlers, faults: [] })
  const plain = await test.sell({ handler: null, priceCents: 10_000 })
  const today = new Date(Date.now() - 3_600_000)

  const pay = async (number: string, amountCents: number, reference: string) =>
    await validatePayment(
      shop,
      number,
      { means: 'transfer', reference, amountCents, currency: 'EUR', paidOn: '2026-11-20' },
      'operator:marie@atelier.example',
    )

  it('is nothing at all in a calm shop, and the home page says so', async () => {
    const marie = await house.as('operator')
    const page = await marie.open('/office')
    assert.match(page.html, /All is calm/)
    const french = await house.as('operator', 'fr')
    assert.match((await french.open('/office')).html, /Tout est calme/)
    assert.deepEqual(await countWaiting(db), { needsOperator: 0, giveBacks: 0, failedMails: 0 })
    const { produced, medianMs } = await dayFigures(shop, today)
    assert.deepEqual({ produced, medianMs }, { produced: 0, medianMs: null })
  })

  it('counts the orders of a day, and how long the paid ones took', async () => {
    const before = await dayFigures(shop, today)
    const numbers = []
    for (let i = 0; i < 3; i++) numbers.push((await test.placed(plain, [{}])).number)
    await pay(numbers[0] ?? '', 10_000, 'A')
    await pay(numbers[1] ?? '', 10_000, 'B')
    for (const [number, seconds] of [
      [numbers[0], 2],
      [numbers[1], 4],
    ] as const) {
      await db
        .updateTable('orders')
        .set(({ ref }) => ({ produced_at: ref('paid_at') }))
        .where('number', '=', number ?? '')
        .execute()
      await test.pool.query(
        'update orders set produced_at = paid_at + make_interval(secs => $1) where number = $2',
        [seconds, number],
      )
    }
    const figures = await dayFigures(shop, today)
    assert.equal(figures.placed - before.placed, 3)
    assert.equal(figures.paid - before.paid, 2)
    assert.equal(figures.paidCents - before.paidCents, 20_000)
    assert.equal(figures.produced - before.produced, 2)
    assert.equal(figures.medianMs, 3000)
    const tomorrow = await dayFigures(shop, new Date(Date.now() + 86_400_000))
    assert.deepEqual(tomorrow, { placed: 0, paid: 0, paidCents: 0, produced: 0, medianMs: null })
  })

  it('names orders paid in part, money to give back, and deadlines that come', async () => {
    const part = (await test.placed(plain, [{}])).number
    await pay(part, 4000, 'C')
    const over = (await test.placed(plain, [{}])).number
    await pay(over, 10_500, 'D')
    const soon = (await test.placed(plain, [{}])).number
    await db.updateTable('orders').set({ pay_before: new Date() }).where('number', '=', soon).execute()
    assert.deepEqual(
      (await partPaidOrders(db)).map(({ number }) => number),
      [part],
    )
    assert.equal((await countWaiting(db)).giveBacks, 1)
    const near = await nearDeadline(shop, new Date(Date.now() + 86_400_000))
    assert.deepEqual(
      near.map(({ number }) => number),
      [soon],
    )
    const marie = await house.as('operator')
    const { html } = await marie.open('/office')
    for (const words of [
      'Orders paid in part',
      'Money to give back',
      'Payments near or past their deadline',
    ]) {
      assert.ok(html.includes(words), words)
    }
    assert.doesNotMatch(html, /All is calm/)
  })

  it('names handler folders that can’t be used, with file and reason', async () => {
    const fault = {
      id: 'ext_bad',
      file: '/handlers/ext_bad/handler.ts',
      reason: 'its title must have a text',
    }
    shop.registry = () => ({ handlers, faults: [fault] })
    const marie = await house.as('viewer')
    for (const page of ['/office', '/office/handlers']) {
      const { html } = await marie.open(page)
      for (const words of Object.values(fault)) assert.ok(html.includes(words), `${page}: ${words}`)
    }
    shop.registry = () => ({ handlers, faults: [] })
  })

  it('names entries on sale whose handler is gone', async () => {
    const code = await test.sell({ handler: 'ext_gone' })
    assert.deepEqual(await unsellableEntries(shop), [
      { code, title: { en: code, fr: code }, handler: 'ext_gone' },
    ])
    await db.updateTable('entries').set({ state: 'draft' }).where('code', '=', code).execute()
    assert.deepEqual(await unsellableEntries(shop), [])
  })

  it('names the products whose access Moodle refuses to change', async () => {
    const { number } = await test.placed(plain, [{}])
    const { id, unit } = await db
      .selectFrom('orders')
      .innerJoin('units', 'units.order_id', 'orders.id')
      .select(['orders.id', 'units.id as unit'])
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    const title = { en: 'A course', fr: 'Un cours' }
    const product = await db
      .insertInto('products')
      .values({
        reference: '0000-0000-0000-0000',
        order_id: id,
        unit_id: unit,
        key: 'access',
        handler: 'std_enroloncourse',
        title: JSON.stringify(title),
        holder: JSON.stringify({ email: 'ada@learners.example', firstname: 'Ada', lastname: 'L' }),
        starts_at: new Date(),
        holder_user: 7,
        data: '{}',
      })
      .returning('id')
      .executeTakeFirstOrThrow()
    const enrolment = { site: 'main', course_id: 4, user_id: 7 }
    await db
      .insertInto('entitlements')
      .values({ ...enrolment, product_id: product.id, role_id: 5 })
      .execute()
    await db.insertInto('enrolments').values(enrolment).execute()
    assert.deepEqual(await refusedAccess(db), [])
    await db.updateTable('enrolments').set({ trouble: 'the role can’t be given' }).execute()
    assert.deepEqual(await refusedAccess(db), [
      {
        reference: '0000-0000-0000-0000',
        title,
        holder: 'ada@learners.example',
        trouble: 'the role can’t be given',
      },
    ])
    const marie = await house.as('operator')
    assert.match((await marie.open('/office')).html, /Access that Moodle refuses to change/)
    assert.match((await marie.open('/office/products/0000-0000-0000-0000')).html, /the role can’t be given/)
  })

  it('groups what tries again by itself by its cause', async () => {
    const code = await test.sell({ handler: 'ext_wild' })
    await test.placed(code, [{}, {}])
    await db
      .updateTable('productions')
      .set({ state: 'retrying', cause: JSON.stringify({ kind: 'outage', message: 'no answer' }) })
      .execute()
    const [group, ...more] = await retryingByCause(db)
    assert.equal(more.length, 0)
    assert.equal(group?.kind, 'outage')
    assert.equal(group?.count, 2)
    assert.equal(group?.message, 'no answer')
  })

  it('pages notifications of the same moment without losing or repeating one', async () => {
    const at = new Date()
    await db
      .insertInto('notifications')
      .values(
        Array.from({ length: 7 }, (_, i) => ({
          means: 'card',
          event_id: `evt_${i}`,
          order_number: null,
          body: '{}',
          outcome: 'unknown_order',
          received_at: at,
        })),
      )
      .execute()
    const seen: string[] = []
    let before: { cursor: string; eventId: string } | undefined
    do {
      const page = await listNotifications(db, { before, limit: 2 })
      seen.push(...page.notifications.map(({ eventId }) => eventId))
      before = page.next
    } while (before)
    assert.deepEqual(seen, ['evt_6', 'evt_5', 'evt_4', 'evt_3', 'evt_2', 'evt_1', 'evt_0'])
  })
})
