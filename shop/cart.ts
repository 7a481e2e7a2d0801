import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { CartContent, CartUnit, Customer, Database } from '../db/schema.ts'
import { type FormErrors, schemaOf, validate } from '../sdk/form.ts'
import type { FormElement } from '../sdk/form-element.ts'
import { type Entry, findOnSale, mostUnits, mostUnitsOfAnOrder, unitForms } from './entry.ts'
import { vatWithin } from './money.ts'
import type { Shop } from './shop.ts'

export type Cart = { id: string; content: CartContent; revision: number }

const hash = (token: string) => createHash('sha256').update(token).digest()

/**
 * The id that a secret name has: whoever knows the name knows it, and nobody learns the name from it. A cart's id
 * comes from its token, so that the token still finds the order when the cart has ended in it.
 */
export function idOf(name: string): string {
  const hex = createHash('sha256').update(`id of ${name}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}

export const emptyCart = (): CartContent => ({ lines: [] })

/** The cart of a cookie's token; undefined when there is none (any more). */
export async function findCart(db: Kysely<Database>, token: string): Promise<Cart | undefined> {
  return await db
    .selectFrom('carts')
    .select(['id', 'content', 'revision'])
    .where('token_hash', '=', hash(token))
    .executeTakeFirst()
}

/** Opens a cart. The token, 128 random bits, goes into the customer's cookie; only its hash is kept. */
export async function openCart(
  db: Kysely<Database>,
  content: CartContent,
): Promise<{ token: string; id: string }> {
  const token = randomBytes(16).toString('base64url')
  const id = idOf(token)
  await db
    .insertInto('carts')
    .values({ id, token_hash: hash(token), content: JSON.stringify(content) })
    .execute()
  return { token, id }
}

/** Saves a cart if nobody saved it meanwhile; false when somebody did (another tab), and the caller reads it again. */
export async function saveCart(db: Kysely<Database>, cart: Cart): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('carts')
    .set({ content: JSON.stringify(cart.content), revision: sql`revision + 1`, updated_at: sql`now()` })
    .where('id', '=', cart.id)
    .where('revision', '=', cart.revision)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

export const newUnit = (): CartUnit => ({
  key: randomUUID().slice(0, 8),
  forMe: false,
  external: {},
  fields: {},
})

/**
 * Gives a line this many units: new ones are empty, the ones taken away are the last. What was typed for the others
 * stays. Zero takes the line away; `quantity` beyond `most` becomes `most`; what is no quantity changes nothing.
 */
export function setQuantity(content: CartContent, code: string, quantity: number, most: number): CartContent {
  if (!Number.isInteger(quantity) || quantity < 0) return content
  const wanted = Math.min(most, quantity)
  const line = content.lines.find((one) => one.code === code) ?? { code, units: [] }
  const units = line.units.slice(0, wanted)
  while (units.length < wanted) units.push(newUnit())
  const lines = content.lines.some((one) => one.code === code)
    ? content.lines.map((one) => (one.code === code ? { ...one, units } : one))
    : [...content.lines, { code, units }]
  return { ...content, lines: lines.filter((one) => one.units.length > 0) }
}

/** Takes one unit away, by its key. */
export function removeUnit(content: CartContent, key: string): CartContent {
  const lines = content.lines
    .map((line) => ({ ...line, units: line.units.filter((unit) => unit.key !== key) }))
    .filter((line) => line.units.length > 0)
  return { ...content, lines }
}

/** Gives the answers of a line's first unit to all its units, for the fields where that makes sense. */
export function sameForAll(
  content: CartContent,
  code: string,
  elements: { external: FormElement[]; fields: FormElement[] },
): CartContent {
  const shared = (values: Record<string, unknown>, of: FormElement[]) =>
    Object.fromEntries(of.filter((one) => one.sameForAll).map((one) => [one.name, values[one.name]]))
  const lines = content.lines.map((line) => {
    const [first] = line.units
    if (line.code !== code || !first) return line
    const external = shared(first.external, elements.external)
    const fields = shared(first.fields, elements.fields)
    const units = line.units.map((unit) => ({
      ...unit,
      external: { ...unit.external, ...external },
      fields: { ...unit.fields, ...fields },
    }))
    return { ...line, units }
  })
  return { ...content, lines }
}

export type ViewedUnit = CartUnit & {
  position: number
  /** Empty when the unit is complete. A unit that is "for me" is completed by the checkout. */
  errors: { external: FormErrors; fields: FormErrors }
}

export type ViewedLine = {
  entry: Entry
  units: ViewedUnit[]
  /** What the handler asks, and what the operator added. */
  external: FormElement[]
  fields: FormElement[]
  /** The most units of this entry in one order. A line that has more can't be ordered. */
  most: number
  totalCents: number
  vatCents: number
}

export type ViewedCart = {
  lines: ViewedLine[]
  /** Codes of lines that can't be bought any more. */
  gone: string[]
  totalCents: number
  vatCents: number
  units: number
  complete: boolean
}

/**
 * The cart as the server sees it: today's entries, prices and forms, each unit validated. Nothing that the browser
 * sent counts but codes, quantities and answers. `customer` completes the units that are "for me".
 */
export async function viewCart(
  shop: Shop,
  content: CartContent,
  customer?: Partial<Customer>,
): Promise<ViewedCart> {
  const entries = new Map(
    (
      await findOnSale(
        shop.db,
        content.lines.map((line) => line.code),
      )
    ).map((entry) => [entry.code, entry]),
  )
  const gone: string[] = []
  const lines: ViewedLine[] = []
  for (const line of content.lines) {
    const entry = entries.get(line.code)
    if (!entry) {
      gone.push(line.code)
      continue
    }
    const forms = unitForms(shop, entry)
    if (entry.handler !== null && !forms.handler) {
      gone.push(line.code)
      continue
    }
    const most = mostUnits(shop, entry)
    const units = line.units.map((unit, index) => ({
      ...unit,
      position: index + 1,
      errors: checkUnit(forms, unit, customer).errors,
    }))
    const totalCents = entry.priceCents * units.length
    lines.push({
      entry,
      units,
      most,
      totalCents,
      external: forms.external,
      fields: forms.fields,
      vatCents: vatWithin(totalCents, entry.vatBasisPoints),
    })
  }
  const units = lines.flatMap((line) => line.units)
  return {
    lines,
    gone,
    totalCents: lines.reduce((sum, line) => sum + line.totalCents, 0),
    vatCents: lines.reduce((sum, line) => sum + line.vatCents, 0),
    units: units.length,
    complete:
      units.length > 0 &&
      units.length <= mostUnitsOfAnOrder &&
      lines.every((line) => line.units.length <= line.most) &&
      new Set(lines.map((line) => line.entry.code)).size === lines.length &&
      gone.length === 0 &&
      units.every((unit) => isEmpty(unit.errors.external) && isEmpty(unit.errors.fields)),
  }
}

const isEmpty = (errors: FormErrors) => Object.keys(errors).length === 0

/**
 * Validates one unit's answers. For a unit that is "for me" the buyer's own identity fills the fields that name it;
 * while the buyer is not known yet, those fields are not asked.
 */
export function checkUnit(
  forms: ReturnType<typeof unitForms>,
  unit: Pick<CartUnit, 'forMe' | 'external' | 'fields'>,
  customer?: Partial<Customer>,
): {
  value?: { external: Record<string, unknown>; fields: Record<string, unknown> }
  errors: { external: FormErrors; fields: FormErrors }
} {
  const mine = forms.external.filter((element) => unit.forMe && element.forMe)
  const answers = { ...unit.external }
  for (const element of mine) answers[element.name] = element.forMe && customer?.[element.forMe]
  const external = forms.handler
    ? validate(forms.handler.external, forms.external, answers)
    : { ok: true as const, value: {} }
  const fields = validate(schemaOf(forms.fields), forms.fields, unit.fields)
  const errors = { external: external.ok ? {} : external.errors, fields: fields.ok ? {} : fields.errors }
  if (!external.ok && customer === undefined) {
    errors.external = Object.fromEntries(
      Object.entries(external.errors).filter(([name]) => !mine.some((element) => element.name === name)),
    )
  }
  if (!external.ok || !fields.ok) return { errors }
  return { value: { external: external.value, fields: fields.value }, errors }
}

/** Deletes carts that nobody touched for `days` days. */
export async function pruneCarts(db: Kysely<Database>, days = 60): Promise<number> {
  const { numDeletedRows } = await db
    .deleteFrom('carts')
    .where('updated_at', '<', sql<Date>`now() - make_interval(days => ${days})`)
    .executeTakeFirst()
  return Number(numDeletedRows)
}
