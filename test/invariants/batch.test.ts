import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { viewBatch } from '../../shop/batch.ts'
import { findPack, giveSeats } from '../../shop/pack.ts'
import { productHistory } from '../../shop/product.ts'
import { findOrder } from '../../shop/view-order.ts'
import { testShop, until } from '../shop.ts'
import type { Second } from './second-process.ts'
import { startProcess } from './start-process.ts'

const seats = 150

describe('seats that are given out to a list (invariant 2)', async () => {
  const shop = await testShop()
  const { db } = shop

  it('are given once each, though the process dies in the middle', async () => {
    const internal = { courses: ['RGPD-01'], seats, durationDays: 30 }
    const { number } = await shop.placed(await shop.sell({ handler: 'std_generateseats', internal }), [{}])
    await shop.pay(number)
    await shop.takeOver()
    const [first] = (await findOrder(db, number))?.products ?? []
    const pack = first && (await findPack(shop.shop, first.unitId))
    assert.ok(pack)
    const learners = Array.from({ length: seats }, (_, i) => ({
      email: `crowd-${i}@learners.example`,
      firstname: 'Cro',
      lastname: `Wd ${i}`,
    }))
    const given = await giveSeats(
      shop.shop,
      pack,
      learners,
      { who: 'customer', audience: 'customer' },
      randomUUID(),
    )
    assert.ok(given.ok)

    const sandbox = { url: shop.sandbox.url, token: shop.sandbox.token }
    const dying = await startProcess('second-process.ts', {
      url: shop.url,
      sandbox,
      task: { do: 'work' },
    } satisfies Second)
    const done = async () => (await viewBatch(db, given.batch, { limit: 1 }))?.counts.done ?? 0
    await until('some seats are given', async () => (await done()) > 0)
    dying.kill('SIGKILL')
    const before = await done()
    assert.ok(before < seats, `all ${before} were given before it died`)

    await shop.takeOver(3)
    const batch = await viewBatch(db, given.batch)
    assert.deepEqual(batch?.counts, { waiting: 0, done: seats, refused: 0, needs_operator: 0 })
    const products = (await findOrder(db, number))?.products ?? []
    assert.deepEqual(
      products.map(({ holder }) => holder?.email),
      learners.map(({ email }) => email),
    )
    for (const { id } of products) {
      assert.deepEqual(
        (await productHistory(db, id)).map(({ event }) => event),
        ['delivered', 'give'],
      )
    }
    const { accounts, courses } = await shop.sandboxState('crowd-')
    assert.equal(accounts.length, seats)
    const enrolments = courses.flatMap((course) => course.enrolments)
    assert.equal(enrolments.length, seats)
    assert.ok(enrolments.every(({ created, open, removed }) => created === 1 && open && removed === 0))
  })
})
