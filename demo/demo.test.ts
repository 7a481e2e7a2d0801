import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { priceOfParts } from '../shop/bundle.ts'
import { listCatalog, listCategories, listEntries, whyUnavailable } from '../shop/entry.ts'
import { testShop } from '../test/shop.ts'
import { loadDemo } from './demo.ts'

describe('the demo', async () => {
  const { shop, db } = await testShop()

  it('fills an empty catalog, once', async () => {
    const made = await loadDemo(shop)
    assert.ok(made >= 10)
    assert.equal(await loadDemo(shop), 0)
    assert.equal((await listEntries(db)).entries.length, made)
  })

  it('puts everything on sale but the course that is not ready', async () => {
    const { entries } = await listEntries(db, { state: 'draft' })
    assert.deepEqual(
      entries.map((entry) => entry.code),
      ['RPS-01'],
    )
    for (const entry of (await listCatalog(shop)).entries)
      assert.equal(await whyUnavailable(shop, entry), undefined)
  })

  it('shows what a shop can sell: a free entry, a handler of its own, one without any, a bundle', async () => {
    const { entries } = await listCatalog(shop)
    assert.ok(entries.some((entry) => entry.priceCents === 0))
    assert.ok(entries.some((entry) => entry.handler === 'specific'))
    assert.ok(entries.some((entry) => entry.handler === null))
    assert.ok(entries.some((entry) => entry.fields.length > 0 && entry.handler === 'std_enroloncourse'))
    assert.ok(entries.some((entry) => entry.parts.length > 1 && entry.priceCents < priceOfParts(entry.parts)))
    assert.equal((await listCategories(shop)).length, 5)
  })
})
