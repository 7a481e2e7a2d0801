import type { ProductState } from '../../../db/schema.ts'
import type { ProductFilter } from '../../../shop/list-products.ts'
import { asked, askedOneOf, type OfficeContext } from '../office-route.ts'

export const states = ['active', 'suspended', 'ended', 'revoked'] as const satisfies ProductState[]

/** What the query of a list of products asks for; `from` and `to`: days, as they were typed. */
export type AskedProducts = {
  state?: ProductState
  search?: string
  entry?: string
  handler?: string
  from?: string
  to?: string
}

const day = 86_400_000

/** Reads the filters of a list of products from its address. */
export function readAsked(c: OfficeContext): AskedProducts {
  return {
    state: askedOneOf(c, 'state', states),
    search: asked(c, 'search'),
    entry: asked(c, 'entry')?.toUpperCase(),
    handler: asked(c, 'handler'),
    from: askedDay(c, 'from'),
    to: askedDay(c, 'to'),
  }
}

/** The same as the shop takes it: both days belong to it, in UTC as the ends of products. */
export function filterOf({ from, to, ...filter }: AskedProducts): ProductFilter {
  return {
    ...filter,
    ...(from && { endsFrom: new Date(from) }),
    ...(to && { endsBefore: new Date(Date.parse(to) + day) }),
  }
}

/** What is active and ends within so many days. */
export function endingWithin(days: number, now = new Date()): AskedProducts {
  const dayOf = (at: number) => new Date(at).toISOString().slice(0, 10)
  return { state: 'active', from: dayOf(now.getTime()), to: dayOf(now.getTime() + days * day) }
}

function askedDay(c: OfficeContext, name: string): string | undefined {
  const given = asked(c, name)
  return given && /^\d{4}-\d{2}-\d{2}$/.test(given) && !Number.isNaN(Date.parse(given)) ? given : undefined
}
