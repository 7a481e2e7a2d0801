import { z } from '@hono/zod-openapi'

/** A text in both languages. */
export const text = z.object({ en: z.string(), fr: z.string() }).openapi('Text', {
  description: 'A text in both languages.',
  example: { en: 'Enrolled.', fr: 'Inscription faite.' },
})

/** Or null. The document's generator would take `nullable()` of a named schema for the schema itself. */
export const orNull = <Schema extends z.ZodType>(schema: Schema) => z.union([schema, z.null()])

/** A moment: a `Date` in our code, ISO 8601 on the wire. */
export const moment = z.codec(z.iso.datetime(), z.date(), {
  decode: (written) => new Date(written),
  encode: (date) => date.toISOString(),
})

export const entryCode = z.string().regex(/^[A-Z0-9][A-Z0-9-]{1,39}$/)
export const orderNumber = z.string().regex(/^[0-9A-Z-]{4,30}$/)
/** The id of a row, as it comes in an address. */
export const rowId = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER)

export const cents = z.int()
export const currency = z.string().regex(/^[A-Z]{3}$/)

/** Why somebody does something: it stays in the history. */
export const why = z.string().trim().min(3).max(500)

export const person = z
  .object({ email: z.string(), firstname: z.string(), lastname: z.string() })
  .openapi('Person', { example: { email: 'leo@learners.example', firstname: 'Léo', lastname: 'Petit' } })

export const exampleText = { en: 'Excel, first steps', fr: 'Excel, premiers pas' }
export const exampleMoment = '2026-11-22T09:30:00.000Z'
export const exampleNumber = '2611-4K7Q-2MXA'
