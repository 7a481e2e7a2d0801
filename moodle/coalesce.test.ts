import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MoodleError } from '../sdk/index.ts'
import { coalesce } from './coalesce.ts'
import { createLimit } from './limit.ts'

const refused = (code = 'invalidparameter') =>
  new MoodleError('refused', { kind: 'request', code, call: 'f' })
const double = async (items: number[]) => items.map((item) => item * 2)

describe('coalescing', () => {
  it('sends a lone call at once', async () => {
    const sent: number[][] = []
    const call = coalesce<number, number>({
      send: (items) => {
        sent.push(items)
        return double(items)
      },
    })
    const reply = call(1)
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(sent, [[1]])
    assert.equal(await reply, 2)
  })

  it('sends what is asked at the same moment in one call, and gives each its own result', async () => {
    const sent: number[][] = []
    const call = coalesce<number, number>({
      send: (items) => {
        sent.push(items)
        return double(items)
      },
    })
    // Half of them ask after a turn of promises, as work that waited for the same reply does.
    const later = Promise.resolve().then(() => call(3))
    assert.deepEqual(await Promise.all([call(1), call(2), later]), [2, 4, 6])
    assert.deepEqual(sent, [[1, 2, 3]])
  })

  it('gathers while every slot is taken, and no longer', async () => {
    const sent: number[][] = []
    const gates: PromiseWithResolvers<void>[] = []
    const call = coalesce<number, number>({
      limit: createLimit(2),
      send: async (items) => {
        sent.push(items)
        const gate = Promise.withResolvers<void>()
        gates.push(gate)
        await gate.promise
        return double(items)
      },
    })
    const replies = []
    for (const item of [1, 2, 3, 4]) {
      replies.push(call(item))
      await new Promise((resolve) => setImmediate(resolve))
    }
    assert.deepEqual(sent, [[1], [2]], 'two slots: the first two left alone')
    gates[0]?.resolve()
    await replies[0]
    await new Promise((resolve) => setImmediate(resolve))
    assert.deepEqual(sent, [[1], [2], [3, 4]])
    for (const gate of gates) gate.resolve()
    assert.deepEqual(await Promise.all(replies), [2, 4, 6, 8])
  })

  it('keeps a call under the fields that PHP reads', async () => {
    const sizes: number[] = []
    const call = coalesce<number, number>({
      fields: { most: 996, of: () => 5 },
      send: (items) => {
        sizes.push(items.length)
        return double(items)
      },
    })
    await Promise.all(Array.from({ length: 400 }, (_, i) => call(i)))
    assert.deepEqual(sizes, [199, 199, 2])
  })

  it('keeps a call under the most elements', async () => {
    const sizes: number[] = []
    const call = coalesce<number, number>({
      max: 25,
      send: (items) => {
        sizes.push(items.length)
        return double(items)
      },
    })
    await Promise.all(Array.from({ length: 60 }, (_, i) => call(i)))
    assert.deepEqual(sizes, [25, 25, 10])
  })

  it('sends once what several ask with one key', async () => {
    const sent: string[][] = []
    const call = coalesce<string, string>({
      key: (item) => item.toLowerCase(),
      send: async (items) => {
        sent.push(items)
        return items.map((item) => item.toUpperCase())
      },
    })
    assert.deepEqual(await Promise.all([call('a'), call('A'), call('b')]), ['A', 'A', 'B'])
    assert.deepEqual(sent, [['a', 'b']])
    assert.equal(await call('a'), 'A')
    assert.equal(sent.length, 2, 'only those that wait together')
  })

  it('lets one bad element harm no other', async () => {
    const calls: number[][] = []
    const call = coalesce<number, number>({
      send: async (items) => {
        calls.push(items)
        if (items.includes(77)) throw refused()
        return double(items)
      },
    })
    const replies = await Promise.allSettled(Array.from({ length: 190 }, (_, i) => call(i)))
    replies.forEach((reply, i) => {
      assert.equal(reply.status, i === 77 ? 'rejected' : 'fulfilled', `element ${i}`)
    })
    assert.ok(calls.length < 20, `${calls.length} calls to find one among 190`)
  })

  it('gives each bad element its own error', async () => {
    const call = coalesce<number, number>({
      send: async (items) => {
        const bad = items.find((item) => item < 0)
        if (bad !== undefined) throw refused(`code${bad}`)
        return double(items)
      },
    })
    const replies = await Promise.allSettled([call(1), call(-2), call(3), call(-4)])
    assert.deepEqual(
      replies.map((reply) => (reply.status === 'fulfilled' ? reply.value : reply.reason.code)),
      [2, 'code-2', 6, 'code-4'],
    )
  })

  for (const error of [
    new MoodleError('down', { kind: 'outage', code: 'unreachable', call: 'f' }),
    new MoodleError('odd', { kind: 'request', code: 'badreply', call: 'f' }),
    new Error('no database'),
  ]) {
    it(`sends nothing again when ${error.message === 'odd' ? 'the reply is unreadable' : `the failure is everyone's (${error.message})`}`, async () => {
      let calls = 0
      const call = coalesce<number, number>({
        send: () => {
          calls++
          return Promise.reject(error)
        },
      })
      const replies = await Promise.allSettled([call(1), call(2), call(3)])
      assert.ok(replies.every((reply) => reply.status === 'rejected' && reply.reason === error))
      assert.equal(calls, 1)
    })
  }

  it('refuses results that cannot be told apart', async () => {
    const call = coalesce<number, number>({ send: async () => [1] })
    await assert.rejects(Promise.all([call(1), call(2)]), /2 elements brought 1 results/)
  })
})
