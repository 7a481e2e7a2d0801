import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { OrderState, UnitState } from '../db/schema.ts'
import { testShop } from '../test/shop.ts'
import { changeOrder } from './change-order.ts'
import {
  allUnits,
  countUnits,
  finalUnitStates,
  moveOrder,
  moveUnits,
  orderMoves,
  unitMoves,
} from './order.ts'
import { findOrder, orderHistory } from './view-order.ts'

const statesOf = <State extends string>(moves: Record<State, unknown>) => Object.keys(moves) as State[]

describe('the moves of an order and of its units', async () => {
  const shop = await testShop()
  const { db } = shop
  const code = await shop.sell({ handler: null })
  const who = { who: 'test', why: 'to see' }

  it('makes no move that the tables don’t have, and writes nothing of it', async () => {
    const { number } = await shop.placed(code, [{}])
    const before = await orderHistory(db, (await findOrder(db, number))?.id ?? 0)
    for (const to of statesOf<OrderState>(orderMoves)) {
      if (orderMoves.awaiting_payment.includes(to)) continue
      const changing = changeOrder(shop.shop, { number }, 'all', (order) => moveOrder(order, to, who))
      await assert.rejects(changing, new RegExp(`is awaiting_payment: it can't become ${to}`))
    }
    for (const to of statesOf<UnitState>(unitMoves)) {
      if (unitMoves.prepared.includes(to)) continue
      const changing = changeOrder(shop.shop, { number }, 'all', (order) => {
        moveUnits(order, order.units, to, who)
      })
      await assert.rejects(changing, new RegExp(`is prepared: it can't become ${to}`))
    }
    assert.equal(await shop.orderState(number), 'awaiting_payment')
    assert.deepEqual(await shop.unitStates(number), ['prepared'])
    assert.deepEqual(await orderHistory(db, (await findOrder(db, number))?.id ?? 0), before)
  })

  it('never leads out of an end, and always leads to one', () => {
    const ends = statesOf<OrderState>(orderMoves).filter((state) => orderMoves[state].length === 0)
    assert.deepEqual(ends.sort(), ['cancelled', 'expired', 'refunded', 'refused'])
    const finals = new Set<UnitState>(finalUnitStates)
    for (const state of statesOf<UnitState>(unitMoves)) {
      assert.ok(unitMoves[state].length > 0 || finals.has(state), state)
      if (finals.has(state))
        assert.ok(
          unitMoves[state].every((to) => to === 'revoked'),
          state,
        )
    }
  })

  it('never leads from unpaid to produced but by way of paid', () => {
    const reachable = new Set<OrderState>(['placed'])
    for (const state of reachable) {
      for (const to of orderMoves[state]) if (to !== 'paid') reachable.add(to)
    }
    assert.ok(!reachable.has('completed') && !reachable.has('refunded'))
  })

  it('writes who moved what, when and why', async () => {
    const { number } = await shop.placed(code, [{}, {}])
    await changeOrder(shop.shop, { number }, 'all', (order) => {
      moveUnits(order, order.units.slice(0, 1), 'cancelled', { who: 'operator:olga', why: 'a test' })
      assert.equal(countUnits(order, ['cancelled']), 1)
      assert.equal(countUnits(order, ['prepared', 'cancelled']), 2)
      assert.equal(allUnits(order), 2)
    })
    const order = await findOrder(db, number)
    const last = (await orderHistory(db, order?.id ?? 0)).at(-1)
    assert.deepEqual(
      [last?.who, last?.event, last?.from, last?.to, last?.why, last?.unitId],
      ['operator:olga', 'unit', 'prepared', 'cancelled', 'a test', order?.lines[0]?.units[0]?.id],
    )
    assert.ok(Math.abs((last?.at.getTime() ?? 0) - Date.now()) < 60_000)
    assert.deepEqual(await shop.unitStates(number), ['cancelled', 'prepared'])
  })

  it('lets changes of one order wait for one another, and those of others pass', async () => {
    const { number } = await shop.placed(code, [{}])
    const other = await shop.placed(code, [{}])
    const entered: string[] = []
    const held = Promise.withResolvers<void>()
    const first = changeOrder(shop.shop, { number }, [], async () => {
      entered.push('first')
      await held.promise
    })
    while (entered.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const second = changeOrder(shop.shop, { number }, [], () => entered.push('second'))
    await changeOrder(shop.shop, { number: other.number }, [], () => entered.push('other'))
    assert.deepEqual(entered, ['first', 'other'])
    held.resolve()
    await Promise.all([first, second])
    assert.deepEqual(entered, ['first', 'other', 'second'])
  })

  it('knows when there is no such order', async () => {
    assert.equal(await changeOrder(shop.shop, { number: '2611-0000-0000' }, [], () => 1), undefined)
    assert.equal(await changeOrder(shop.shop, { id: 999_999 }, 'all', () => 1), undefined)
  })
})
