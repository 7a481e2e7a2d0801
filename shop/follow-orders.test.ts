import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pino } from 'pino'
import { testShop, until } from '../test/shop.ts'
import { cancelOrder } from './close-order.ts'
import { followOrders, orderRevision, pauseOf } from './follow-orders.ts'
import { findOrder } from './view-order.ts'

const silent = pino({ level: 'silent' })
const soon = pauseOf(10)

describe('following orders', async () => {
  const test = await testShop({ handlers: [] })
  const { shop, db } = test
  const code = await test.sell({ handler: null })

  async function newOrder() {
    const { number } = await test.placed(code, [{}])
    const order = await findOrder(db, number)
    assert.ok(order)
    return { number, id: order.id, revision: await orderRevision(db, number) }
  }

  it('wakes every page of an order that moved, and no other', async () => {
    const [moving, still] = [await newOrder(), await newOrder()]
    const follow = followOrders(db, silent, soon)
    const pages = [follow(moving.id, moving.revision), follow(moving.id, moving.revision)]
    const other = follow(still.id, still.revision)
    const woken = Promise.all(pages.map((page) => page.next(5_000)))
    const quiet = other.next(5_000)
    await cancelOrder(shop, moving.number, { who: 'customer' })
    const now = await orderRevision(db, moving.number)
    assert.ok(now > moving.revision)
    assert.deepEqual(await woken, [now, now])
    other.stop()
    assert.equal(await quiet, undefined)
    for (const page of pages) page.stop()
  })

  it('tells at once what moved between the page and its stream', async () => {
    const order = await newOrder()
    await cancelOrder(shop, order.number, { who: 'customer' })
    const page = followOrders(db, silent, soon)(order.id, order.revision)
    assert.equal(await page.next(5_000), await orderRevision(db, order.number))
    page.stop()
  })

  it('says nothing twice, and gives up waiting after a while', async () => {
    const order = await newOrder()
    const page = followOrders(db, silent, soon)(order.id, 0)
    assert.equal(await page.next(5_000), order.revision)
    assert.equal(await page.next(60), undefined)
    page.stop()
    assert.equal(await page.next(5_000), undefined)
  })

  it('asks the database once for all pages, and not at all when none is open', async () => {
    const order = await newOrder()
    let asked = 0
    const counted = db.withPlugin({
      transformQuery: ({ node }) => {
        asked++
        return node
      },
      transformResult: async ({ result }) => result,
    })
    const pauses: (() => void)[] = []
    const follow = followOrders(counted, silent, () => new Promise((resolve) => pauses.push(resolve)))
    const pages = Array.from({ length: 50 }, () => follow(order.id, order.revision))
    for (const looks of [1, 2, 3]) {
      await until('the look is over', async () => pauses.length === looks)
      assert.equal(asked, looks)
      if (looks < 3) pauses.at(-1)?.()
    }
    for (const page of pages) page.stop()
    pauses.at(-1)?.()
    await new Promise(setImmediate)
    assert.deepEqual([asked, pauses.length], [3, 3])

    follow(order.id, order.revision).stop()
    await until('it looks again for a new page', async () => pauses.length === 4)
    pauses.at(-1)?.()
  })

  it('goes on after the database was away', async () => {
    const order = await newOrder()
    let away = true
    const failing = db.withPlugin({
      transformQuery: ({ node }) => {
        if (away) throw new Error('away')
        return node
      },
      transformResult: async ({ result }) => result,
    })
    const page = followOrders(failing, silent, soon)(order.id, 0)
    assert.equal(await page.next(60), undefined)
    away = false
    assert.equal(await page.next(5_000), order.revision)
    page.stop()
  })
})
