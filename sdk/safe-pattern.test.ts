import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compilePattern, faultOfPattern } from './safe-pattern.ts'

describe('an operator’s pattern', () => {
  const useful = [
    '[A-Z]{2}[0-9]{3}',
    '\\d{5}',
    '[^@ ]+@[^@ ]+\\.[a-z]{2,}',
    '(?:FR)?[0-9]{9}',
    'S|M|L|XL',
    '\\p{Lu}[\\p{L}’ -]*',
    '(\\d{2} ){4}\\d{2}',
    '[0-9]{3}-?[0-9]{3}',
    'a\\+b',
  ]
  for (const pattern of useful) {
    it(`takes ${pattern}`, () => assert.equal(faultOfPattern(pattern), undefined))
  }

  const hostile = [
    '(a+)+',
    '(a*)*b',
    '(a|a)*b',
    '(a|ab)+c',
    '([a-z]+)*@',
    '(?:\\w+\\s?)+',
    '(a?){30}a{30}',
    'a*a*a*a*b',
    '(x+x+)+y',
    '(.*)(.*)(.*)(.*)$',
    '((a{0,9}){0,9}){0,9}',
    `(${'(a|a)'.repeat(30)})b`,
  ]
  for (const pattern of hostile) {
    it(`refuses ${pattern.slice(0, 30)}, which could keep the server busy`, () => {
      assert.match(faultOfPattern(pattern)?.en ?? '', /busy/)
    })
  }

  it('refuses what does not compile, back-references, look-arounds and what is too long', () => {
    assert.match(faultOfPattern('[a-')?.en ?? '', /not a regular expression/)
    assert.match(faultOfPattern('(a)\\1')?.en ?? '', /Back-references/)
    assert.match(faultOfPattern('(?=a)b')?.en ?? '', /look-arounds/)
    assert.match(faultOfPattern('(?<n>a)')?.en ?? '', /named groups/)
    assert.match(faultOfPattern('a'.repeat(201))?.en ?? '', /200 characters/)
  })

  it('answers within 200 ms on the worst text that a field takes, at the ceiling of what is allowed', () => {
    const pattern = '[a-z]*[a-z]*[a-z]*!'
    assert.equal(faultOfPattern(pattern), undefined)
    const start = performance.now()
    assert.equal(compilePattern(pattern).test('a'.repeat(200)), false)
    assert.ok(performance.now() - start < 200)
  })

  it('must match the whole text, alternatives included', () => {
    assert.equal(compilePattern('S|M').test('SM'), false)
    assert.equal(compilePattern('S|M').test('M'), true)
  })
})
