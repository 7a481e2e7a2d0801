import { createHash } from 'node:crypto'
import type pg from 'pg'
import { RateLimiterPostgres, RateLimiterRes } from 'rate-limiter-flexible'

export type RateLimit = {
  /**
   * Counts an attempt, or several at once, and says for how many milliseconds they count; once there were too many, in
   * how many seconds the next may come.
   */
  take(key: string, attempts?: number): Promise<{ ok: true; ms: number } | { ok: false; retryAfter: number }>
  /** Forgets the attempts: the sign-in succeeded. */
  forgive(key: string): Promise<void>
}

/**
 * `attempts` within `seconds` for each key, counted in PostgreSQL, so the same for all processes. The key (an
 * address, an e-mail) is kept as its hash.
 */
export function rateLimit(
  pool: pg.Pool,
  { name, attempts, seconds }: { name: string; attempts: number; seconds: number },
): RateLimit {
  const limiter = new RateLimiterPostgres({
    storeClient: pool,
    storeType: 'pool',
    tableName: 'rate_limits',
    tableCreated: true,
    // its own clean-up is a timer in every process; ours is in shop/housekeeping.ts
    clearExpiredByTimeout: false,
    keyPrefix: name,
    points: attempts,
    duration: seconds,
  })
  return {
    async take(key, attempts = 1) {
      try {
        const { msBeforeNext } = await limiter.consume(hashOf(key), attempts)
        return { ok: true, ms: msBeforeNext }
      } catch (refusal) {
        if (!(refusal instanceof RateLimiterRes)) throw refusal
        return { ok: false, retryAfter: Math.max(1, Math.ceil(refusal.msBeforeNext / 1000)) }
      }
    },
    async forgive(key) {
      await limiter.delete(hashOf(key))
    },
  }
}

function hashOf(key: string): string {
  return createHash('sha256').update(key.trim().toLowerCase()).digest('base64url')
}
