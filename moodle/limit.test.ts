import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLimit } from './limit.ts'

describe('a limit', () => {
  it('lets only so many work at a time, first come first served', async () => {
    const limit = createLimit(2)
    const started: number[] = []
    const gates = Array.from({ length: 5 }, () => Promise.withResolvers<void>())
    const works = gates.map((gate, i) =>
      limit(async () => {
        started.push(i)
        await gate.promise
      }),
    )
    await turn()
    assert.deepEqual(started, [0, 1])
    gates[1]?.resolve()
    await works[1]
    await turn()
    assert.deepEqual(started, [0, 1, 2])
    for (const gate of gates) gate.resolve()
    await Promise.all(works)
    assert.deepEqual(started, [0, 1, 2, 3, 4])
  })

  it('gives the slot of a failed work to the next', async () => {
    const limit = createLimit(1)
    await assert.rejects(
      limit(() => Promise.reject(new Error('no'))),
      /no/,
    )
    assert.equal(await limit(() => Promise.resolve(7)), 7)
  })

  it('forgets who gave up waiting', async () => {
    const limit = createLimit(1)
    const gate = Promise.withResolvers<void>()
    const first = limit(() => gate.promise)
    const stop = new AbortController()
    let ran = false
    const second = limit(async () => {
      ran = true
    }, stop.signal)
    stop.abort(new Error('stopping'))
    await assert.rejects(second, /stopping/)
    gate.resolve()
    await first
    assert.equal(await limit(() => Promise.resolve('next')), 'next')
    assert.equal(ran, false)
  })
})

const turn = () => new Promise((resolve) => setImmediate(resolve))
