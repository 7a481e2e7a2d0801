import { type Delivery, type Feedback, type Handler, type ProductChange, z } from '../sdk/index.ts'

// A handler is JavaScript by whoever wrote it: what its scripts return is looked at before anything is kept of it.
// Fields that are not named here pass as they are.
const text = z.looseObject({ en: z.string(), fr: z.string() })
const feedback = z
  .looseObject({ shown: text.optional(), mailed: text.optional(), kept: z.string().optional() })
  .optional()
const id = z.int().nonnegative()
const person = z.looseObject({ email: z.string(), firstname: z.string(), lastname: z.string() })
const entitlements = z
  .array(
    z.looseObject({
      user: id,
      course: id.optional(),
      role: id.optional(),
      group: id.optional(),
      cohort: id.optional(),
    }),
  )
  .optional()

const draft = z.looseObject({
  key: z.string().min(1).max(200),
  title: text,
  link: z.url({ protocol: /^https?$/ }).optional(),
  holder: person.optional(),
  startsAt: z.date(),
  endsAt: z.date().optional(),
  entitlements,
  extends: z.boolean().optional(),
  credits: z.looseObject({ cents: z.int().positive().max(100_000_000) }).optional(),
  data: z.record(z.string(), z.unknown()).optional(),
})

const delivery = z.looseObject({
  feedback,
  frees: z.array(z.string()).optional(),
  products: z
    .array(draft)
    .refine(
      (products) => new Set(products.map(({ key }) => key)).size === products.length,
      'two products have the same key',
    ),
})

const change = z.looseObject({
  state: z.enum(['active', 'suspended', 'revoked']).optional(),
  startsAt: z.date().optional(),
  endsAt: z.date().nullish(),
  addDays: z.int().positive().max(36_500).optional(),
  takeDaysBack: z.boolean().optional(),
  holder: z.looseObject({ person, user: id }).nullish(),
  entitlements,
})

const acted = z.looseObject({ feedback, change: change.optional() })

/** What a `postpay` returned, once it is seen to be a delivery of this handler. Throws, saying where it is none. */
export function readDelivery({ bringsCredits }: Pick<Handler, 'bringsCredits'>, returned: unknown): Delivery {
  const promised = read('postpay', delivery, returned) as Delivery // proven by the schema
  const brings = promised.products.find(({ credits }) => credits !== undefined)
  if (!brings || bringsCredits) return promised
  throw new Error(
    `the product "${brings.key}" brings credits: the handler must say so by bringsCredits: true`,
  )
}

/** What a `prepay` returned: nothing, or feedback. */
export function readPrepared(returned: unknown): { feedback?: Feedback } {
  return read('prepay', z.looseObject({ feedback }).optional(), returned) ?? {}
}

/** What an after-sale action returned. */
export function readActed(
  action: string,
  returned: unknown,
): { change?: ProductChange; feedback?: Feedback } {
  return read(action, acted, returned) as { change?: ProductChange; feedback?: Feedback } // likewise
}

/** The change of a product that a script asks for. */
export function readChange(asked: unknown): ProductChange {
  const checked = change.safeParse(asked)
  if (checked.success) return checked.data as ProductChange // likewise
  throw new Error(`the handler asked for a change that can't be made (${z.prettifyError(checked.error)})`)
}

function read<T>(script: string, schema: z.ZodType<T>, returned: unknown): T {
  const checked = schema.safeParse(returned)
  if (checked.success) return checked.data
  const where = checked.error.issues.map(
    ({ path, message }) => `${path.join('.') || 'as a whole'}: ${message}`,
  )
  throw new Error(`the handler's ${script} returned what it must not (${where.join('; ')})`)
}
