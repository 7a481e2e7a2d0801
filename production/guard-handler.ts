import { elementsOf } from '../sdk/form.ts'
import { type Handler, z } from '../sdk/index.ts'
import { isZodObject } from './is-zod-object.ts'

/** Seconds that a handler may take to answer: an operator waits for `check`, a page of the shop for `available`. */
export type Patience = { check: number; available: number }

const defaultPatience: Patience = { check: 30, available: 5 }

const text = z.looseObject({ en: z.string(), fr: z.string() })
const findings = {
  schema: z.array(z.looseObject({ field: z.string().optional(), level: z.enum(['error', 'warning']), text })),
  expected: "a list of findings, each { field, level: 'error' or 'warning', text: { en, fr } }",
}
const availability = {
  schema: z.union([
    z.looseObject({ ok: z.literal(true) }),
    z.looseObject({ ok: z.literal(false), why: text }),
  ]),
  expected: '{ ok: true }, or { ok: false, why: { en, fr } }',
}

/**
 * The handler, with what it is asked outside a production answered in time and in its shape: it throws otherwise, saying
 * what the handler did. Without this `return false` would pass for available, and a request that is never answered would
 * hold a page for ever. What scripts return is looked at where they run: see `readDelivery`.
 */
export function guardHandler(handler: Handler, patience: Patience = defaultPatience): Handler {
  return {
    ...handler,
    ...((handler.check || handler.asks) && {
      async check(context) {
        // Where the form can't be drawn, the entry can't be sold.
        if (handler.asks) elementsOf(formOf(handler.asks(context.internal)))
        if (!handler.check) return []
        return answer('check', findings, await inTime('check', patience.check, handler.check(context)))
      },
    }),
    ...(handler.available && {
      async available(context) {
        const asked = inTime('available', patience.available, handler.available?.(context))
        return answer('available', availability, await asked)
      },
    }),
  }
}

function formOf(asked: unknown): z.ZodObject {
  if (isZodObject(asked)) return asked
  throw new Error('asks returned what it must not: a z.object({ … }) of boutique/sdk is expected')
}

function answer<Schema extends z.ZodType>(
  name: string,
  { schema, expected }: { schema: Schema; expected: string },
  returned: unknown,
): z.output<Schema> {
  const read = schema.safeParse(returned)
  if (read.success) return read.data
  throw new Error(`${name} returned what it must not: ${expected} is expected`)
}

async function inTime<T>(name: string, seconds: number, answered: T | Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const why = new Error(
    `${name} did not answer within ${seconds} s: does it wait for something that never comes?`,
  )
  const timer = setTimeout(() => late.reject(why), seconds * 1000)
  try {
    return await Promise.race([answered, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
