import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testShop } from '../../test/shop.ts'

const shop = await testShop()
const { state } = shop.sandbox.site
const code = await shop.sell({ handler: 'std_createcourse', internal: { template: 15, category: 1 } })

const answers = (shortname: string) => ({
  fullname: 'Safety at work',
  shortname,
  email: 'owner@company.example',
  firstname: 'Ada',
  lastname: 'Owner',
})

describe('the short name of a new course', () => {
  it('goes to one of two buyers who want it at the same time, whatever its case', async () => {
    const placed = await Promise.all([
      shop.placed(code, [answers('Safety-1')]),
      shop.placed(code, [answers('SAFETY-1')]),
    ])
    await shop.takeOver(3)
    const states = await Promise.all(placed.map(({ number }) => shop.orderState(number)))
    assert.deepEqual(states.sort(), ['awaiting_payment', 'refused'])
  })

  it('is refused before payment when a course of the site has it', async () => {
    const { number } = await shop.placed(code, [answers('SST-2026')])
    await shop.takeOver(3)
    assert.equal(await shop.orderState(number), 'refused')
  })

  it('goes to an operator when a course took it in Moodle meanwhile, and is given once it is free', async () => {
    const { number } = await shop.placed(code, [answers('SAFETY-2')])
    await shop.takeOver(3)
    const other = state.courses.get(14)
    assert.ok(other)
    other.shortname = 'SAFETY-2'
    await shop.pay(number)
    await shop.takeOver(3)
    assert.deepEqual(await shop.unitStates(number), ['needs_operator'])
    other.shortname = 'ELSEWHERE'
    await shop.db
      .updateTable('productions')
      .set({ state: 'retrying' })
      .where('state', '=', 'needs_operator')
      .execute()
    await shop.takeOver(3)
    assert.deepEqual(await shop.unitStates(number), ['produced'])
    const copies = [...state.courses.values()].filter(({ fullname }) => fullname === 'Safety at work')
    assert.deepEqual(
      copies.map(({ shortname }) => shortname),
      ['SAFETY-2'],
    )
  })
})

describe('a copy that is under way when the process dies', () => {
  it('is waited for, and taken once it is whole', async () => {
    const { number } = await shop.placed(code, [answers('SAFETY-3')])
    await shop.takeOver(3)
    await shop.pay(number)
    const { id } = await shop.db
      .selectFrom('units')
      .innerJoin('orders', 'orders.id', 'units.order_id')
      .select('units.id')
      .where('orders.number', '=', number)
      .executeTakeFirstOrThrow()
    // Moodle hides what it fills.
    const begun = {
      shortname: 'SAFETY-3',
      fullname: `boutique-unit-${number}-${id}`,
      visible: false,
      createdAt: Math.floor(Date.now() / 1000),
    }
    const template = state.courses.get(15)
    assert.ok(template)
    const copy = { ...template, ...begun, id: 900, idnumber: '' }
    state.courses.set(copy.id, copy)
    state.enrolments.set(copy.id, new Map())
    await shop.takeOver(2)
    assert.deepEqual(await shop.unitStates(number), ['retrying'])
    copy.visible = true
    await shop.takeOver(2)
    assert.deepEqual(await shop.unitStates(number), ['produced'])
    assert.equal(copy.fullname, 'Safety at work')
  })
})
