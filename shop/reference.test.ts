import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { creditorReference, newOrderNumber, newProductReference, readProductReference } from './reference.ts'

describe('the reference of a product', () => {
  it('is read as people type it: small letters, spaces, no hyphens, O for 0, I and L for 1', () => {
    for (let n = 0; n < 50; n++) {
      const reference = newProductReference()
      assert.match(reference, /^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/)
      assert.equal(readProductReference(reference), reference)
      assert.equal(readProductReference(` ${reference.toLowerCase().replaceAll('-', ' ')} `), reference)
      assert.equal(readProductReference(reference.replaceAll('0', 'O').replaceAll('1', 'l')), reference)
    }
  })

  it('is refused with one character wrong or two neighbours swapped', () => {
    const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
    for (let n = 0; n < 20; n++) {
      const plain = newProductReference().replaceAll('-', '')
      for (let at = 0; at < plain.length; at++) {
        for (const other of alphabet) {
          if (other === plain[at]) continue
          const wrong = plain.slice(0, at) + other + plain.slice(at + 1)
          assert.equal(readProductReference(wrong), undefined, `${plain} as ${wrong}`)
        }
        const [a, b] = [plain[at] ?? '', plain[at + 1] ?? '']
        // Luhn's algorithm has one blind spot: the first and the last character of the alphabet.
        if (a === b || b === '' || new Set([a, b, '0', 'Z']).size === 2) continue
        const swapped = plain.slice(0, at) + b + a + plain.slice(at + 2)
        assert.equal(readProductReference(swapped), undefined, `${plain} as ${swapped}`)
      }
    }
  })

  it('is refused when it is none', () => {
    for (const typed of ['', 'ABCD', 'U'.repeat(16), 'é'.repeat(16), '0'.repeat(17), '%'.repeat(16)])
      assert.equal(readProductReference(typed), undefined, typed)
  })

  it('is never the same twice', () => {
    assert.equal(new Set(Array.from({ length: 2_000 }, newProductReference)).size, 2_000)
  })
})

describe('the number of an order and what a payer quotes', () => {
  it('tells the month and no more', () => {
    assert.match(newOrderNumber(new Date('2026-11-30T23:59:59Z')), /^2611-[0-9A-Z]{4}-[0-9A-Z]{4}$/)
    assert.equal(new Set(Array.from({ length: 2_000 }, () => newOrderNumber())).size, 2_000)
  })

  it('makes a creditor reference that banks accept (ISO 11649)', () => {
    // The example of the standard.
    assert.equal(creditorReference('539007547034'), 'RF18539007547034')
    for (let n = 0; n < 100; n++) {
      const reference = creditorReference(newOrderNumber())
      assert.match(reference, /^RF\d\d[0-9A-Z]{1,21}$/)
      const digits = [...(reference.slice(4) + reference.slice(0, 4))]
        .map((character) => String(Number.parseInt(character, 36)))
        .join('')
      assert.equal(BigInt(digits) % 97n, 1n, reference)
    }
  })
})
