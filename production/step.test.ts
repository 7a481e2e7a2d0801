import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testShop } from '../test/shop.ts'
import { findJournal } from './journal.ts'
import { claimAtOnce, type Production } from './production.ts'
import { openSteps, Superseded } from './step.ts'

describe('a step', async () => {
  const shop = await testShop()
  const { db } = shop
  const code = await shop.sell({ handler: 'ext_wild' })
  const never = new AbortController().signal

  async function running(): Promise<Production> {
    const { number } = await shop.placed(code, [{}])
    await shop.pay(number)
    const { id } = await db
      .selectFrom('productions')
      .innerJoin('orders', 'orders.id', 'productions.order_id')
      .select('productions.id')
      .where('orders.number', '=', number)
      .where('script', '=', 'postpay')
      .executeTakeFirstOrThrow()
    const [production] = await claimAtOnce(db, 'first', [id])
    assert.ok(production)
    return production
  }

  /** The same production in the hands of another worker. */
  async function successor(production: Production): Promise<Production> {
    await db
      .updateTable('productions')
      .set({ attempt: production.attempt + 1, worker: 'second' })
      .where('id', '=', production.id)
      .execute()
    return { ...production, attempt: production.attempt + 1 }
  }

  it('runs its effect once, and gives the same result to the run after', async () => {
    const production = await running()
    const results = { number: 7, text: 'a', list: [1, { b: null }], none: undefined, date: new Date(0) }
    let effects = 0
    const runAll = async ({ step }: Awaited<ReturnType<typeof openSteps>>) => {
      const given: unknown[] = []
      for (const [name, result] of Object.entries(results)) {
        given.push(
          await step(name, () => {
            effects++
            return result
          }),
        )
      }
      return given
    }
    const first = await runAll(await openSteps(db, production, never))
    const again = await runAll(await openSteps(db, await successor(production), never))
    assert.equal(effects, 5)
    assert.deepEqual(again, first)
    assert.deepEqual(first, [7, 'a', [1, { b: null }], null, '1970-01-01T00:00:00.000Z'])
  })

  it('goes by its name: steps may be added, removed and put in another order while orders are under way', async () => {
    const production = await running()
    const first = await openSteps(db, production, never)
    await first.step('a', () => 1)
    await first.step('b', () => 2)
    const edited = await openSteps(db, await successor(production), never)
    assert.equal(await edited.step('b', () => 20), 2)
    assert.equal(await edited.step('new', () => 30), 30)
    assert.equal(await edited.step('a', () => 10), 1)
  })

  it('records nothing for a worker that was thought dead, which then stops', async () => {
    const production = await running()
    const lost = await openSteps(db, production, never)
    await lost.step('before', () => 1)
    await successor(production)
    let effects = 0
    await assert.rejects(
      lost.step('after', () => {
        effects++
      }),
      Superseded,
    )
    assert.equal(effects, 1, 'an effect under way can’t be called back')
    const names = (await findJournal(db, production.id))?.steps.map(({ name }) => name)
    assert.deepEqual(names, ['before'])
  })

  it('starts no effect once the worker is told to stop', async () => {
    const stopping = new AbortController()
    const { step } = await openSteps(db, await running(), stopping.signal)
    stopping.abort()
    await assert.rejects(
      step('late', () => assert.fail('it ran')),
      Superseded,
    )
  })

  it('refuses two steps of one name, and names the innermost one that failed', async () => {
    const { step, failedStep } = await openSteps(db, await running(), never)
    await step('a', () => 1)
    await assert.rejects(async () => step('a', () => 2), /two steps named "a"/)
    await assert.rejects(
      step('outer', async () => {
        await step('inner', () => {
          throw new Error('deep')
        })
      }),
      /deep/,
    )
    assert.equal(failedStep(), 'inner')
  })

  it('fails, by its name, when its result can’t be kept', async () => {
    const { step, failedStep } = await openSteps(db, await running(), never)
    await assert.rejects(
      step('big', () => 1n),
      /BigInt/,
    )
    assert.equal(failedStep(), 'big')
  })
})
