import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Refused } from './errors.ts'

describe('a refusal', () => {
  it('is told in both languages, and in no fewer', () => {
    const text = { en: 'Sold out.', fr: 'Complet.' }
    assert.equal(new Refused(text).text, text)
    for (const wrong of ['Sold out.', { en: 'Sold out.' }, { en: 'Sold out.', fr: '' }, undefined])
      assert.throws(() => Reflect.construct(Refused, [wrong]), /in English and in French/)
  })
})
