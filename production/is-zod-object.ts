import type { z } from '../sdk/index.ts'

/** Whether this is a `z.object({ … })`, of whatever copy of Zod. */
export function isZodObject(value: unknown): value is z.ZodObject {
  if (typeof value !== 'object' || value === null || !('_zod' in value)) return false
  const inside = value._zod as { def?: { type?: unknown } } | null // looked into with care
  return inside?.def?.type === 'object'
}
