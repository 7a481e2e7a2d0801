import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MoodleError } from '../sdk/index.ts'
import { createBreaker } from './breaker.ts'

const outage = (code = 'unreachable', retryAfter?: number) =>
  new MoodleError('the site is down', { kind: 'outage', code, call: 'f', retryAfter })

describe('the breaker', () => {
  it('keeps calls away once the site is down, and says how long', () => {
    const breaker = createBreaker()
    breaker.enter('f', 0).failed(outage(), 0)
    assert.throws(
      () => breaker.enter('g', 400),
      (error) => {
        assert.ok(error instanceof MoodleError)
        assert.deepEqual(
          [error.kind, error.code, error.call, error.retryAfter],
          ['outage', 'unreachable', 'g', 1],
        )
        return true
      },
    )
  })

  it('lets one call pass after the delay, and doubles the delay when that one fails', () => {
    const breaker = createBreaker()
    breaker.enter('f', 0).failed(outage(), 0)
    let now = 0
    for (const seconds of [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]) {
      assert.throws(
        () => breaker.enter('f', now + seconds * 1000 - 1),
        MoodleError,
        `still closed before ${seconds} s`,
      )
      now += seconds * 1000
      const probe = breaker.enter('f', now)
      assert.throws(() => breaker.enter('f', now), MoodleError, 'one call only')
      probe.failed(outage(), now)
    }
  })

  it('closes when the site answers, and starts again with the short delay', () => {
    const breaker = createBreaker()
    breaker.enter('f', 0).failed(outage(), 0)
    breaker.enter('f', 1000).failed(outage(), 1000)
    breaker.enter('f', 3000).answered()
    assert.equal(breaker.trouble(), undefined)
    breaker.enter('f', 3000).failed(outage(), 3000)
    assert.doesNotThrow(() => breaker.enter('f', 4000))
  })

  it('waits as long as the site asks', () => {
    const breaker = createBreaker()
    breaker.enter('f', 0).failed(outage('http503', 120), 0)
    assert.throws(() => breaker.enter('f', 119_999), { retryAfter: 1 })
    assert.doesNotThrow(() => breaker.enter('f', 120_000))
  })

  it('takes the failures of calls that were under way as one', () => {
    const breaker = createBreaker()
    const passes = [0, 1, 2, 3].map(() => breaker.enter('f', 0))
    for (const pass of passes) pass.failed(outage(), 10)
    assert.doesNotThrow(() => breaker.enter('f', 1010))
  })

  it('bears a slow call, and opens when several in a row are', () => {
    const breaker = createBreaker()
    breaker.enter('f', 0).failed(outage('timeout'), 0)
    breaker.enter('f', 0).failed(outage('timeout'), 0)
    breaker.enter('f', 0).answered()
    breaker.enter('f', 0).failed(outage('timeout'), 0)
    breaker.enter('f', 0).failed(outage('timeout'), 0)
    const last = breaker.enter('f', 0)
    last.failed(outage('timeout'), 0)
    assert.throws(() => breaker.enter('f', 0), MoodleError)
  })

  it('lets another pass when the one it let pass was given up', () => {
    const breaker = createBreaker()
    breaker.enter('f', 0).failed(outage(), 0)
    breaker.enter('f', 1000).dropped()
    assert.doesNotThrow(() => breaker.enter('f', 1000))
  })

  it('never keeps a probe away', () => {
    const breaker = createBreaker()
    breaker.enter('f', 0).failed(outage('invalidtoken'), 0)
    breaker.enter('f', 1, { probe: true }).answered()
    assert.doesNotThrow(() => breaker.enter('f', 2))
  })
})
