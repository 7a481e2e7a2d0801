import { z } from '@hono/zod-openapi'
import type { Answered } from './operation.ts'

/** The most items of one page. */
export const mostItems = 200

/** What every list takes: how many items, and where the page before ended. */
export function pageQuery<Cursor extends z.ZodType>(after: Cursor) {
  return z.object({
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(mostItems)
      .default(50)
      .openapi({ description: `How many items at the most, up to ${mostItems}.` }),
    after: after.optional().openapi({ description: 'The `next` of the page before this one.' }),
  })
}

/** A page of a list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z.string().nullable().openapi({ description: 'Where the next page starts; null on the last one.' }),
  })
}

/** Answers with a page, and with the address of the next one in a `Link` header (RFC 8288). */
export function answerPage<Item>(
  asked: { path: string; query: Record<string, unknown> },
  items: Item[],
  next: string | number | undefined,
): Answered<{ items: Item[]; next: string | null }> {
  if (next === undefined) return { answer: { items, next: null } }
  const query = new URLSearchParams(
    Object.entries({ ...asked.query, after: next }).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    ),
  )
  return {
    answer: { items, next: String(next) },
    headers: { link: `<${asked.path}?${query}>; rel="next"` },
  }
}
