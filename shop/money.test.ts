import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { splitCents, vatWithin } from './money.ts'

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

describe('splitting a price', () => {
  const sum = (cents: number[]) => cents.reduce((all, one) => all + one, 0)

  it('gives the cents that are left to the largest remainders, the first of equals first', () => {
    assert.deepEqual(splitCents(100, [1, 1, 1]), [34, 33, 33])
    assert.deepEqual(splitCents(10_000, [29_000, 9_000]), [7_632, 2_368])
    assert.deepEqual(splitCents(2, [1, 1, 1]), [1, 1, 0])
    assert.deepEqual(splitCents(5, [0, 3, 0]), [0, 5, 0])
  })

  it('is equal where all weights are nothing', () => {
    assert.deepEqual(splitCents(10, [0, 0, 0]), [4, 3, 3])
    assert.deepEqual(splitCents(0, [0, 0]), [0, 0])
  })

  it('always adds up, and gives each within a cent of its exact share', () => {
    let seed = 12_345
    const upTo = (most: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % (most + 1)
    }
    for (let round = 0; round < 5_000; round++) {
      const cents = upTo(round % 2 === 0 ? 500 : 100_000_000)
      const weights = Array.from({ length: 1 + upTo(19) }, () => upTo(round % 3 === 0 ? 3 : 100_000_000))
      const shares = splitCents(cents, weights)
      const total = sum(weights)
      const told = `${cents} over ${weights}: ${shares}`
      assert.equal(sum(shares), cents, told)
      for (const [index, share] of shares.entries()) {
        const exact = total === 0 ? cents / weights.length : (cents * (weights[index] ?? 0)) / total
        assert.ok(Number.isInteger(share) && share >= 0 && Math.abs(share - exact) < 1.001, told)
      }
    }
  })
})
