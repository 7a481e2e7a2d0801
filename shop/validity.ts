import type { Product } from '../sdk/index.ts'

/** Whether a product can be used at a moment, and nothing about whose it is: what anyone may read who has its reference. */
export function validityOf({ state, title, startsAt, endsAt }: Product, now = new Date()) {
  // Until the next look at what is due, a product that has ended may still say that it is active.
  const ended = state === 'active' && endsAt !== null && endsAt <= now
  return {
    valid: state === 'active' && !ended && startsAt <= now,
    state: ended ? ('ended' as const) : state,
    title,
    startsAt,
    endsAt,
  }
}
