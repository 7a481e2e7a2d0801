import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fits } from './match-courses.ts'

describe('a short name', () => {
  it('fits a pattern whose stars stand for anything, in capitals or not', () => {
    const fitting = [
      ['SST-2026', 'SST-2026'],
      ['sst-2026', 'SST-*'],
      ['SST-', 'SST-*'],
      ['anything', '*'],
      ['A-B-C', 'a*-*c'],
      ['ABAB', '*AB'],
      ['ABCABC', 'A*B*C'],
      ['1.5 (fr)', '1.5 (*)'],
    ]
    for (const [name = '', pattern = ''] of fitting) assert.ok(fits(name, pattern), `${name} ${pattern}`)
    const others = [
      ['SST-2026', 'SST'],
      ['X-SST-1', 'SST-*'],
      ['AB', 'AB*B'],
      ['ABC', 'A*C*C'],
      ['1x5', '1.5'],
      ['', 'a*'],
    ]
    for (const [name = '', pattern = ''] of others) assert.ok(!fits(name, pattern), `${name} ${pattern}`)
  })

  it('is compared in no time with a pattern of many stars', () => {
    const started = performance.now()
    assert.ok(!fits('a'.repeat(255), `${'*a'.repeat(120)}b`))
    assert.ok(performance.now() - started < 1000)
  })
})
