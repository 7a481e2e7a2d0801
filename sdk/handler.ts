import type { z } from 'zod'
import type { Moodle, Person } from './moodle.ts'
import type { Feedback, Text } from './text.ts'

/** What a script runs for: one unit of one line of an order. */
export type Unit = {
  id: number
  /** 1 for the first unit of its line. */
  position: number
  order: { number: string; locale: 'en' | 'fr'; placedAt: Date; paidAt: Date | null }
  entry: { code: string; title: Text }
  /** Who pays. Not the learner: the learner is named by the external parameters. */
  buyer: Person & { company?: string }
}

/**
 * Runs `effect` once for this unit, script and `name`: its result (any JSON value) is journalled, and returned as
 * it is when the script runs again. A process may die between the effect and its record, so an effect must bear
 * being repeated: look before you write.
 * @example const learner = await step('account', () => moodle.ensureAccount(external))
 */
export type Step = <T>(name: string, effect: () => Promise<T> | T) => Promise<T>

/** Writes a line into the shop's log, with order, unit, production and script. Name no secret in it. */
export type Log = (message: string, details?: Record<string, unknown>) => void

type Entitled = {
  /** The Moodle user id of the person, from `moodle.ensureAccount`. */
  user: number
  /** It stays with this person when the product is handed over to another learner. */
  stays?: boolean
}

/** An enrolment: the shop computes it from all products that open the course for this person. */
export type EnrolmentEntitlement = Entitled & {
  course: number
  /** Moodle role id: 5 is the student of a standard site. */
  role: number
  group?: number
}

/** A group alone: the person must be enrolled in the course already, by whatever means. */
export type GroupEntitlement = Entitled & { course: number; group: number; role?: undefined }

/** A place in a cohort, and so in whatever hangs on it. */
export type CohortEntitlement = Entitled & { cohort: number }

/** A role without an enrolment, in the system (`instance` 0), a category or a course. */
export type RoleEntitlement = Entitled & {
  role: number
  context: { level: 'system' | 'coursecat' | 'course'; instance: number }
}

/**
 * What one product entitles a person to in Moodle. All last from the product's start to its end and stop while it is
 * suspended; several products for one thing add up. The first one's user is the product's holder.
 */
export type Entitlement = EnrolmentEntitlement | GroupEntitlement | CohortEntitlement | RoleEntitlement

/** What the customer owns once the unit is produced. */
export type ProductDraft = {
  /** Names the product within its unit, so that it is made once however often the script runs. */
  key: string
  title: Text
  /** Where it is used: an absolute URL. */
  link?: string
  holder?: Person
  startsAt: Date
  /** Undefined: it has no end. */
  endsAt?: Date
  entitlements?: Entitlement[]
  /**
   * When the holder has what the first entitlement gives already, the whole period begins where that ends: days are
   * added, never lost. What has no end is left as it is.
   */
  extends?: boolean
  /**
   * Credits that come onto the buyer's account with the product, in cents of the order's currency, once; only of a
   * handler that says `bringsCredits`. When the product is revoked, what is left of them is taken back.
   */
  credits?: { cents: number }
  data?: Record<string, unknown>
}

/** What a customer owns, as it is now. `endsAt` null: it has no end. */
export type Product = {
  id: number
  reference: string
  key: string
  title: Text
  holder: Person | null
  startsAt: Date
  endsAt: Date | null
  /** Days that other units have added to its end (`changeProduct`), less those that were taken back. */
  addedDays: number
  state: 'active' | 'suspended' | 'ended' | 'revoked'
  data: Record<string, unknown>
}

/** A product found by its reference. */
export type FoundProduct = Product & {
  /** The handler that it came from. */
  handler: string
  /** Whether it entitles anyone to something in Moodle. */
  givesAccess: boolean
}

/** A change that an after-sale action or a script asks for; the shop writes it and makes Moodle agree. */
export type ProductChange = {
  state?: 'active' | 'suspended' | 'revoked'
  startsAt?: Date
  /** null: from now on it has no end. A product that had ended and ends later, or never, is active again. */
  endsAt?: Date | null
  /**
   * Days (whole, 1 or more) that its end moves on, counted from now when that is past; what has no end stays without
   * one. Reckoned from the end as it is when the change is written: of two changes at once, the second adds to the first.
   */
  addDays?: number
  /** Takes off again the days that this unit's scripts have added to it, if they have. For `revoke`. */
  takeDaysBack?: boolean
  /**
   * Another learner gets the product, and what it entitles to: see `accessActions.handOver`. null: nobody holds it any
   * more, and what it gave its holder is withdrawn. An action that changes the holder is refused when somebody else has
   * changed it since it was asked for.
   */
  holder?: { person: Person; user: number } | null
  /** All that it entitles to from now on. What it gave before and isn't among it is withdrawn. */
  entitlements?: Entitlement[]
}

/** What `check` found wrong, at the field it concerns. An error keeps the entry from being sold. */
export type Finding = { field?: string; level: 'error' | 'warning'; text: Text }

/** What each script of a unit is given. */
export type ScriptContext<Internal, External> = {
  unit: Unit
  /** The operator's parameters, frozen when the order was placed. */
  internal: Internal
  /** The customer's answers for this unit. */
  external: External
  /** The answers to the operator's own fields of the entry. */
  fields: Record<string, unknown>
  moodle: Moodle
  step: Step
  /** The products that a person owns in this shop now (active, or suspended, and not ended), for one course if given. */
  owned: (email: string, course?: number) => Promise<Product[]>
  /** The product of a reference, whoever owns it and whatever its state; the reference may be written anyhow. */
  findProduct: (reference: string) => Promise<FoundProduct | undefined>
  /**
   * Changes a product of any unit, and makes Moodle agree. It is a step of its own: a product is changed once by a
   * script, however often this is called. Returns the product as this change left it. What is revoked stays as it is:
   * look at the `state` that you get.
   */
  changeProduct: (reference: string, change: ProductChange) => Promise<Product>
  /**
   * Reserves a name among this handler's (a short name, a place) for this unit: false when another unit has it. The
   * unit keeps it until its order dies, it is revoked, or `free` gives it up. Safe to repeat.
   */
  reserve: (name: string) => Promise<boolean>
  free: (name: string) => Promise<void>
  log: Log
  /** Aborted when the shop stops or another worker has taken this production over. */
  signal: AbortSignal
}

/** What `postpay` returns: what the customer now owns, and what is said about it. */
export type Delivery = {
  products: ProductDraft[]
  feedback?: Feedback
  /** Reserved names that this unit gives up at the very moment when its products are there. */
  frees?: string[]
}

/**
 * An after-sale action: its form, who may do it, and what it changes. A `Refused` that it throws is told to whoever asked
 * for it; nothing is changed then.
 */
export type Action<Internal = unknown, Input = unknown> = {
  title: Text
  help?: Text
  /** The action's own form. */
  input: z.ZodObject & z.ZodType<Input>
  audience: 'operator' | 'customer' | 'both'
  /** When the action makes sense; always, when absent. */
  when?: (product: Product) => boolean
  /** What the form starts with, by field: an end date as it is now, say. */
  initial?: (product: Product) => Record<string, unknown>
  run: (context: {
    product: Product
    internal: Internal
    input: Input
    /** Who asked for it. */
    by: 'operator' | 'customer'
    moodle: Moodle
    step: Step
    log: Log
    signal: AbortSignal
  }) =>
    | Promise<{ change?: ProductChange; feedback?: Feedback }>
    | { change?: ProductChange; feedback?: Feedback }
}

/**
 * A production handler: one literal. From its two schemas the shop derives the operator's form, the customer's
 * micro-form, validation, API and docs. Every function is optional: a handler that only takes answers is a handler.
 */
export type Handler<
  Internal extends z.ZodObject = z.ZodObject,
  External extends z.ZodObject = z.ZodObject,
> = {
  title: Text
  /** One or two sentences for the operator who chooses a handler. */
  summary?: Text
  /** The web-service functions that the service behind our token must have. */
  functions?: string[]
  internal: Internal
  external: External
  /**
   * What is asked with these internal parameters, when that is narrower than `external`: the same fields, fewer people
   * or more that is required.
   */
  asks?: (internal: z.output<Internal>) => z.ZodObject & z.ZodType<z.output<External>>
  /** The most units of an entry in one order. */
  maxQuantity?: number
  /** Its products may bring credits (`ProductDraft.credits`): what it sells is then not for sale for credits. */
  bringsCredits?: boolean
  /** Run when the operator saves the entry, against the live site: what would keep a sale from being produced. */
  check?: (context: { internal: z.output<Internal>; moodle: Moodle }) => Promise<Finding[]>
  /**
   * Says, while a field with `checkWhileTyping` is typed, why this can't be taken. Anybody may ask: it tells no more than
   * that. The order checks again in `prepay`. `reserved`: whether a unit of this handler holds that name.
   */
  checkField?: (context: {
    field: string
    value: string
    internal: z.output<Internal>
    moodle: Moodle
    reserved: (name: string) => Promise<boolean>
  }) => Promise<Text | undefined>
  /** Run when the entry is shown and again when it is ordered. */
  available?: (context: {
    entry: { code: string }
    internal: z.output<Internal>
    moodle: Moodle
  }) => Promise<{ ok: true } | { ok: false; why: Text }>
  /** Whether `prepay` has anything to do with these parameters; when absent, it always has. */
  prepares?: (internal: z.output<Internal>) => boolean
  /** Before the payment: may check, reserve, prepare, or throw `Refused`. */
  prepay?: (
    context: ScriptContext<z.output<Internal>, z.output<External>>,
  ) => Promise<{ feedback?: Feedback } | undefined>
  /** Undoes `prepay` when the order dies unpaid. */
  release?: (context: ScriptContext<z.output<Internal>, z.output<External>>) => Promise<void>
  /**
   * Only after the payment is validated: delivers. The shop then records the products and sets the enrolments. The
   * products of its first complete run count: the shop never gives a unit more, or something else, later.
   */
  postpay?: (context: ScriptContext<z.output<Internal>, z.output<External>>) => Promise<Delivery>
  /**
   * Undoes what `postpay` did beyond its products' entitlements, which the shop withdraws itself. `products`: all of the
   * unit's; one that was taken back alone before is `revoked`.
   */
  revoke?: (
    context: ScriptContext<z.output<Internal>, z.output<External>> & { products: Product[] },
  ) => Promise<void>
  /**
   * One product is taken back alone, and its unit stays: undoes what `postpay` did for this one beyond its entitlements.
   * `revoke` runs for the unit all the same, later or at the same time, so that what both undo must bear it.
   */
  revokeOne?: (
    context: ScriptContext<z.output<Internal>, z.output<External>> & { product: Product },
  ) => Promise<void>
  /**
   * Its unit is a pack, whose products are seats that the buyer finds together on one page: the action `give` gives one
   * that nobody holds to a learner. Its form is `learnerFields`.
   */
  pack?: { give: string }
  /**
   * One of its products has come to its end, by its date: what must be done beyond the access, which the shop closes. A
   * product that is revoked before does not come to it.
   */
  ended?: (
    context: ScriptContext<z.output<Internal>, z.output<External>> & { product: Product },
  ) => Promise<void>
  /** Undoes `ended`: the product was extended after its end, and is active again. */
  revived?: (
    context: ScriptContext<z.output<Internal>, z.output<External>> & { product: Product },
  ) => Promise<void>
  /**
   * Whether a unit adds days to this product, when its external parameter `reference` names it: whoever has such a
   * product is shown the way to the entry. Asked only of products that have an end and are not revoked.
   */
  prolongs?: (product: FoundProduct, internal: z.output<Internal>) => boolean
  /** After-sale actions by name. */
  // biome-ignore lint/suspicious/noExplicitAny: each action has its own input, which its schema checks at the border
  actions?: Record<string, Action<z.output<Internal>, any>>
}

/**
 * Types a handler's functions from its schemas. It returns its argument.
 * @example
 * export default defineHandler({
 *   title: { en: 'Printed notebook', fr: 'Cahier imprimé' },
 *   internal: z.object({}),
 *   external: z.object({ address: z.string().max(300).meta({ type: 'textarea' }) }),
 *   async postpay({ step, unit, external }) { … },
 * })
 */
export function defineHandler<Internal extends z.ZodObject, External extends z.ZodObject>(
  handler: Handler<Internal, External>,
): Handler<Internal, External> {
  return handler
}

/**
 * Types one after-sale action from its input schema. It returns its argument.
 * @example
 * actions: {
 *   extend: defineAction({
 *     title: { en: 'Extend', fr: 'Prolonger' },
 *     input: z.object({ days: z.int().positive() }),
 *     audience: 'operator',
 *     run: ({ input }) => ({ change: { addDays: input.days } }),
 *   }),
 * }
 */
export function defineAction<Input, Internal = Record<string, unknown>>(
  action: Action<Internal, Input>,
): Action<Internal, Input> {
  return action
}
