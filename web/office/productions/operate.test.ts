import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { stuckUnits } from '../../../shop/attention.ts'
import { testOffice } from '../../../test/office.ts'
import { testShop, until } from '../../../test/shop.ts'
import { routes } from '../../routes.ts'

const paths = routes.office.productions

describe('what an operator does with a production', async () => {
  const test = await testShop()
  const { db } = test
  const house = testOffice(test)
  let marie: Awaited<ReturnType<typeof house.as>>
  const wrong = await test.sell({
    handler: 'std_enroloncourse',
    internal: { course: 99_999, role: 'student' },
    priceCents: 5000,
  })

  before(async () => {
    marie = await house.as('operator')
    await test.work()
  })

  /** A paid order of one unit whose delivery Moodle refuses: its number and its production. */
  async function stuck(name: string) {
    const { number } = await test.placed(wrong, [
      { email: `${name}@learners.example`, firstname: name, lastname: 'L' },
    ])
    await test.pay(number)
    return await until('the delivery needs an operator', async () => {
      const row = await db
        .selectFrom('productions')
        .innerJoin('orders', 'orders.id', 'productions.order_id')
        .select(['productions.id', 'orders.number', 'productions.attempt'])
        .where('orders.number', '=', number)
        .where('productions.state', '=', 'needs_operator')
        .executeTakeFirst()
      return row
    })
  }

  const stateOf = async (id: number) =>
    (await db.selectFrom('productions').select('state').where('id', '=', id).executeTakeFirstOrThrow()).state

  it('shows on the home page the paid units that stand still, with their cause and a retry', async () => {
    const { id, number } = await stuck('ada')
    const page = await marie.open(routes.office.home())
    assert.match(page.html, /Units that need you/)
    assert.match(page.html, /Moodle refuses this request/)
    assert.match(page.html, new RegExp(number))
    assert.match(page.html, new RegExp(`action="${paths.retry(id)}"`))
    const list = await marie.open(`${routes.office.orders.index()}`)
    assert.match(list.html, /1 unit is in trouble/)
  })

  it('tells the journal: steps, failures, cause and input', async () => {
    const { id } = await stuck('bob')
    const page = await marie.open(paths.show(id))
    assert.match(page.html, /account<\/span>/)
    assert.match(page.html, /Attempt 1 failed/)
    assert.match(page.html, /bob@learners\.example/)
  })

  it('runs it again from where the operator stands, and goes back there', async () => {
    const { id, attempt } = await stuck('cleo')
    await marie.open(routes.office.home())
    const page = await marie.send(paths.retry(id))
    assert.match(page.url, /^\/office\?done=retried/)
    await until('it was tried again', async () => {
      const row = await db
        .selectFrom('productions')
        .select(['attempt', 'state'])
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      return row.attempt > attempt && row.state === 'needs_operator'
    })
  })

  it('skips or cancels only with a reason, which stays in the order’s history', async () => {
    const first = await stuck('dan')
    await marie.open(paths.show(first.id))
    const refused = await marie.send(paths.skip(first.id), { 'skipped.why': '' })
    assert.equal(refused.status, 422)
    assert.match(refused.html, /id="field-skipped-why-error"/)
    assert.equal(await stateOf(first.id), 'needs_operator')
    await marie.send(paths.skip(first.id), { 'skipped.why': 'Enrolled by hand' })
    assert.deepEqual(await test.unitStates(first.number), ['skipped'])
    const order = await marie.open(routes.office.orders.show(first.number))
    assert.match(order.html, /Enrolled by hand/)

    const second = await stuck('eve')
    await marie.open(paths.show(second.id))
    assert.equal((await marie.send(paths.cancel(second.id), {})).status, 422)
    await marie.send(paths.cancel(second.id), { 'cancelled.why': 'Sold by mistake' })
    assert.deepEqual(await test.unitStates(second.number), ['cancelled'])
    const due = await marie.open(routes.office.payments.giveBacks())
    assert.match(due.html, /Sold by mistake/)
    assert.match(due.html, /€50\.00/)
  })

  it('says so when a production has moved on meanwhile', async () => {
    const { id } = await stuck('finn')
    await marie.open(paths.show(id))
    const old = marie.page()
    await marie.send(paths.skip(id), { 'skipped.why': 'By hand' })
    const csrf = /name="csrf" value="([^"]+)"/.exec(old.html)?.[1] ?? ''
    const answer = await house.app.request(paths.retry(id), {
      method: 'POST',
      body: new URLSearchParams({ csrf }).toString(),
      headers: {
        cookie: [...marie.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    assert.match(answer.headers.get('location') ?? '', /done=tooLate/)
    assert.equal(await stateOf(id), 'skipped')
  })

  it('runs again at once all that needs an operator', async () => {
    await stuck('gil')
    await stuck('hal')
    const waiting = await stuckUnits(db, 100)
    assert.ok(waiting.length >= 2)
    await test.rest()
    await marie.open(`${paths.index()}?state=needs_operator`)
    const page = await marie.send(paths.retryAll())
    assert.match(page.html, /They run again now/)
    assert.deepEqual(await stuckUnits(db, 100), [])
  })

  it('runs again at once all that waits for the site, and nothing else', async () => {
    const { number } = await test.placed(wrong, [
      { email: 'ida@learners.example', firstname: 'Ida', lastname: 'L' },
    ])
    await test.pay(number)
    const later = new Date(Date.now() + 3_600_000)
    await db
      .updateTable('productions')
      .set({ state: 'retrying', due_at: later, cause: JSON.stringify({ kind: 'outage', message: 'away' }) })
      .where('state', '=', 'queued')
      .execute()
    const others = db
      .updateTable('productions')
      .set({ due_at: later, cause: JSON.stringify({ kind: 'handler', message: 'broken' }) })
      .where('state', '=', 'retrying')
      .where('order_id', '!=', (order) =>
        order.selectFrom('orders').select('id').where('number', '=', number),
      )
    await others.execute()
    await marie.open(`${paths.index()}?state=retrying`)
    await marie.send(paths.retryAll())
    const rows = await db
      .selectFrom('productions')
      .innerJoin('orders', 'orders.id', 'productions.order_id')
      .select(['orders.number', 'due_at'])
      .where('productions.state', '=', 'retrying')
      .execute()
    for (const row of rows) assert.equal(row.due_at < later, row.number === number, row.number)
    assert.ok(rows.length > 1)
  })
})
