import type { RateLimit } from '../rate-limit.ts'

/** Beyond this many callers, those whose time is over are forgotten. */
const mostKept = 10_000

/**
 * Takes from a limit by the handful: a hundredth of what it allows at once, spent here before the database is asked
 * again. A request then costs no write of its own, and all processes together still stay within the limit; a caller who
 * moves between them may be told to wait a handful too early.
 */
export function allowance(limit: Pick<RateLimit, 'take'>, attempts: number): Pick<RateLimit, 'take'> {
  const handful = Math.max(1, Math.floor(attempts / 100))
  const left = new Map<string, { attempts: number; until: number }>()

  return {
    async take(key) {
      const now = performance.now()
      const mine = left.get(key)
      if (mine && mine.attempts > 0 && mine.until > now) {
        mine.attempts--
        return { ok: true, ms: mine.until - now }
      }
      const taken = await limit.take(key, handful)
      if (taken.ok) {
        if (left.size >= mostKept) forget(now)
        left.set(key, { attempts: handful - 1, until: now + taken.ms })
      }
      return taken
    },
  }

  function forget(now: number): void {
    for (const [key, { until }] of left) if (until <= now) left.delete(key)
    // That many at once are no customers: whoever comes again takes another handful.
    if (left.size >= mostKept) left.clear()
  }
}
