import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { vatWithin } from './money.ts'

describe('the VAT inside a price', () => {
  it('is rounded half up, to the cent', () => {
    assert.equal(vatWithin(12_000, 2_000), 2_000)
    assert.equal(vatWithin(10_000, 2_000), 1_667)
    assert.equal(vatWithin(100, 2_000), 17)
    assert.equal(vatWithin(9_900, 550), 516)
    // 4.5 cents.
    assert.equal(vatWithin(27, 2_000), 5)
    assert.equal(vatWithin(1, 2_000), 0)
  })

  it('is nothing without a rate or a price, and never more than the price', () => {
    assert.equal(vatWithin(10_000, 0), 0)
    assert.equal(vatWithin(0, 2_000), 0)
    for (let cents = 0; cents < 300; cents++) {
      for (const rate of [1, 210, 550, 1_000, 2_000, 10_000]) {
        const vat = vatWithin(cents, rate)
        assert.ok(Number.isInteger(vat) && vat >= 0 && vat <= cents, `${cents} at ${rate}: ${vat}`)
      }
    }
    assert.equal(vatWithin(50_000_000_000, 10_000), 25_000_000_000)
  })
})
