import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CartUnit } from '../db/schema.ts'
import { buyer, testShop } from '../test/shop.ts'
import { cartOf, placeOrder } from './place-order.ts'
import { findOrder } from './view-order.ts'

type Line = { code: string; units: Omit<CartUnit, 'key' | 'forMe'>[] }

describe('an order that was placed', async () => {
  const shop = await testShop()
  const course = { handler: 'std_enroloncourse', internal: { course: 2 } }
  const learner = (n: number) => ({
    external: { email: `l${n}@learners.example`, firstname: 'L', lastname: `${n}` },
    fields: {},
  })
  const place = (...lines: Line[]) =>
    placeOrder(
      shop.shop,
      shop.engine,
      { content: cartOf(lines) },
      { customer: buyer, means: 'transfer', termsAccepted: true, locale: 'fr' },
    )

  const orders: [of: string, lines: () => Promise<Line[]>][] = [
    [
      'several entries and units',
      async () => [
        { code: await shop.sell(course), units: [learner(1), learner(2)] },
        {
          code: await shop.sell({ handler: null, vatBasisPoints: 550 }),
          units: [{ external: {}, fields: {} }],
        },
      ],
    ],
    [
      'a bundle',
      async () => {
        const codes = [await shop.sell(course), await shop.sell({ ...course, priceCents: 333 })]
        const code = await shop.sell({
          handler: null,
          priceCents: 1001,
          parts: codes.map((code) => ({ code, quantity: 1 })),
        })
        const parts = codes.map((code, index) => ({ code, forMe: false, ...learner(3 + index) }))
        return [{ code, units: [{ external: {}, fields: {}, parts }] }]
      },
    ],
    [
      'what costs nothing and is produced by nobody',
      async () => [
        { code: await shop.sell({ handler: null, priceCents: 0 }), units: [{ external: {}, fields: {} }] },
      ],
    ],
  ]
  for (const [of, lines] of orders) {
    it(`of ${of} is told as its page would read it`, async () => {
      const placed = await place(...(await lines()))
      assert.ok(placed.ok && placed.view, JSON.stringify(placed))
      assert.deepEqual(placed.view, await findOrder(shop.db, placed.order.number))
    })
  }

  it('is left to be read when one of its scripts has run since', async () => {
    const placed = await place({ code: await shop.sell({ ...course, priceCents: 0 }), units: [learner(5)] })
    assert.ok(placed.ok)
    assert.equal(placed.view, undefined)
    assert.equal((await findOrder(shop.db, placed.order.number))?.state, 'completed')
  })
})
