import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { allowance } from './allowance.ts'

/** A limit of our own, all in one place, that counts how often it is asked. */
function shared(attempts: number, ms = 60_000) {
  const used = new Map<string, number>()
  let asked = 0
  return {
    asked: () => asked,
    async take(key: string, taken = 1) {
      asked++
      const now = (used.get(key) ?? 0) + taken
      used.set(key, now)
      return now <= attempts ? { ok: true as const, ms } : { ok: false as const, retryAfter: 7 }
    },
  }
}

async function allowed(limit: ReturnType<typeof allowance>, key: string, times: number): Promise<number> {
  let count = 0
  for (let i = 0; i < times; i++) if ((await limit.take(key)).ok) count++
  return count
}

describe('allowance', () => {
  it('lets as many through as the limit says, and asks the database once a handful', async () => {
    const limit = shared(1000)
    const mine = allowance(limit, 1000)
    assert.equal(await allowed(mine, 'a', 1000), 1000)
    assert.equal(limit.asked(), 100)
    assert.deepEqual(await mine.take('a'), { ok: false, retryAfter: 7 })
  })

  it('is exact for a small limit', async () => {
    assert.equal(await allowed(allowance(shared(3), 3), 'a', 10), 3)
  })

  it('keeps callers apart', async () => {
    const mine = allowance(shared(3), 3)
    await allowed(mine, 'a', 10)
    assert.equal(await allowed(mine, 'b', 10), 3)
  })

  it('stays within the limit however many processes share it', async () => {
    const limit = shared(1000)
    const processes = [allowance(limit, 1000), allowance(limit, 1000), allowance(limit, 1000)]
    let total = 0
    for (let i = 0; i < 2000; i++) {
      for (const mine of processes) if ((await mine.take('a')).ok) total++
    }
    assert.ok(total <= 1000 && total >= 970, String(total))
  })

  it('spends nothing of a handful whose time is over', async () => {
    const limit = shared(1000, 0)
    await allowed(allowance(limit, 1000), 'a', 5)
    assert.equal(limit.asked(), 5)
  })

  it('holds on to no more callers than it must', async () => {
    const limit = shared(1000)
    const mine = allowance(limit, 1000)
    for (let i = 0; i < 25_000; i++) await mine.take(String(i))
    assert.equal(limit.asked(), 25_000)
    await mine.take('24999')
    assert.equal(limit.asked(), 25_000)
    await mine.take('1')
    assert.equal(limit.asked(), 25_001)
  })
})
