import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { type Kysely, sql } from 'kysely'
import type { CartAnswers, CartContent, CartUnit, Customer, Database } from '../db/schema.ts'
import { type FormErrors, schemaOf, validate } from '../sdk/form.ts'
import type { FormElement } from '../sdk/form-element.ts'
import { isBundle, type SoldLine, soldLines, unitsOf } from './bundle.ts'
import {
  canBeProduced,
  type Entry,
  findOnSale,
  mostUnits,
  mostUnitsOfAnOrder,
  rowsOnSale,
  toEntries,
  unitForms,
} from './entry.ts'
import type { Shop } from './shop.ts'

export type Cart = { id: string; content: CartContent; revision: number }
/** A cart with the entries on sale that its lines name. */
export type CartWithEntries = Cart & { entries: Entry[] }

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
  return await selectCart(db, token).executeTakeFirst()
}

/** As `findCart`, for whoever looks at what is in it. */
export async function findCartWithEntries(
  db: Kysely<Database>,
  token: string,
): Promise<CartWithEntries | undefined> {
  const row = await selectCart(db, token)
    .select(rowsOnSale(sql.ref('content')).as('entries'))
    .executeTakeFirst()
  return row && { ...row, entries: await toEntries(db, row.entries) }
}

const selectCart = (db: Kysely<Database>, token: string) =>
  db.selectFrom('carts').select(['id', 'content', 'revision']).where('token_hash', '=', hash(token))

/** Opens a cart. The token, 128 random bits, goes into the customer's cookie; only its hash is kept. */
export async function openCart(
  db: Kysely<Database>,
  content: CartContent,
): Promise<CartWithEntries & { token: string }> {
  const token = randomBytes(16).toString('base64url')
  const id = idOf(token)
  const opened = await db
    .insertInto('carts')
    .values({ id, token_hash: hash(token), content: JSON.stringify(content) })
    .returning(['revision', rowsOnSale(sql.ref('carts.content')).as('entries')])
    .executeTakeFirstOrThrow()
  return { token, id, content, revision: opened.revision, entries: await toEntries(db, opened.entries) }
}

/**
 * Saves a cart if nobody saved it meanwhile, and returns it as it is then; undefined when somebody did (another tab), and
 * the caller reads it again.
 */
export async function saveCart(
  db: Kysely<Database>,
  { id, content, revision }: Cart,
): Promise<CartWithEntries | undefined> {
  const saved = await db
    .updateTable('carts')
    .set({ content: JSON.stringify(content), revision: sql`revision + 1`, updated_at: sql`now()` })
    .where('id', '=', id)
    .where('revision', '=', revision)
    .returning(['revision', rowsOnSale(sql.ref('carts.content')).as('entries')])
    .executeTakeFirst()
  return saved && { id, content, revision: saved.revision, entries: await toEntries(db, saved.entries) }
}

export const newUnit = (): CartUnit => ({
  key: randomUUID().slice(0, 8),
  forMe: false,
  external: {},
  fields: {},
})

/** How many units a cart has; a bundle is one. */
export function countUnits({ lines }: { lines: { units: unknown[] }[] }): number {
  return lines.reduce((sum, line) => sum + line.units.length, 0)
}

/**
 * Gives a line this many units: new ones are empty, the ones taken away are the last. What was typed for the others
 * stays. Zero takes the line away; `quantity` beyond `most` becomes `most`; what is no quantity changes nothing. A cart
 * doesn't grow beyond what one order can have.
 */
export function setQuantity(content: CartContent, code: string, quantity: number, most: number): CartContent {
  if (!Number.isInteger(quantity) || quantity < 0) return content
  const line = content.lines.find((one) => one.code === code) ?? { code, units: [] }
  const room = line.units.length + Math.max(0, mostUnitsOfAnOrder - countUnits(content))
  const wanted = Math.min(most, quantity, room)
  const units = line.units.slice(0, wanted)
  while (units.length < wanted) units.push(newUnit())
  const lines = content.lines.some((one) => one.code === code)
    ? content.lines.map((one) => (one.code === code ? { ...one, units } : one))
    : [...content.lines, { code, units }]
  return { ...content, lines: lines.filter((one) => one.units.length > 0) }
}

/**
 * A line with one more unit, for the product of this reference; where a unit is for it already, or none is left to add,
 * nothing changes. `field`: the one that asks for it.
 */
export function addExtension(
  content: CartContent,
  code: string,
  { field, reference, most }: { field: string; reference: string; most: number },
): CartContent {
  const units = content.lines.find((line) => line.code === code)?.units ?? []
  const isEmpty = ({ external }: CartUnit) => (external[field] ?? '') === ''
  if (units.some(({ external }) => external[field] === reference)) return content
  const waiting = units.find(isEmpty)
  const wider = waiting ? content : setQuantity(content, code, units.length + 1, most)
  const lines = wider.lines.map((line) => {
    if (line.code !== code) return line
    const filled = waiting ?? line.units.at(-1)
    if (!filled || !isEmpty(filled)) return line
    const named = { ...filled, external: { ...filled.external, [field]: reference } }
    return { ...line, units: line.units.map((unit) => (unit === filled ? named : unit)) }
  })
  return { ...wider, lines }
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
  const lines = content.lines.map((line) => {
    const [first] = line.units
    if (line.code !== code || !first) return line
    return { ...line, units: line.units.map((unit) => withShared(unit, first, elements)) }
  })
  return { ...content, lines }
}

/** The same within a line of bundles, for one of its parts. */
export function sameForPart(
  content: CartContent,
  bundle: string,
  code: string,
  elements: { external: FormElement[]; fields: FormElement[] },
): CartContent {
  const lines = content.lines.map((line) => {
    const first = line.units[0]?.parts?.find((part) => part.code === code)
    if (line.code !== bundle || !first) return line
    const units = line.units.map((unit) => ({
      ...unit,
      parts: unit.parts?.map((part) => (part.code === code ? withShared(part, first, elements) : part)),
    }))
    return { ...line, units }
  })
  return { ...content, lines }
}

function withShared<Answers extends CartAnswers>(
  answers: Answers,
  first: CartAnswers,
  elements: { external: FormElement[]; fields: FormElement[] },
): Answers {
  const shared = (values: Record<string, unknown>, of: FormElement[]) =>
    Object.fromEntries(of.filter((one) => one.sameForAll).map((one) => [one.name, values[one.name]]))
  return {
    ...answers,
    external: { ...answers.external, ...shared(first.external, elements.external) },
    fields: { ...answers.fields, ...shared(first.fields, elements.fields) },
  }
}

export const noAnswers: CartAnswers = { forMe: false, external: {}, fields: {} }

/** What was answered for these units of a bundle, in their order. Answers for anything else count for nothing. */
export function answersOfParts(
  unit: Pick<CartUnit, 'parts'>,
  units: { code: string; copy: number }[],
): CartAnswers[] {
  return units.map(
    ({ code, copy }) => unit.parts?.filter((part) => part.code === code)[copy - 1] ?? noAnswers,
  )
}

/** Whether one person takes all parts of a bundle; so it is until somebody has answered otherwise. */
export const hasSameLearner = ({ sameLearner, parts }: Pick<CartUnit, 'sameLearner' | 'parts'>): boolean =>
  sameLearner ?? parts === undefined

/** Empty when it is complete. What is "for me" is completed by the checkout. */
type AnswerErrors = { external: FormErrors; fields: FormErrors }

export type ViewedUnit = Omit<CartUnit, 'parts'> & {
  position: number
  errors: AnswerErrors
  /** Of a bundle: one person takes all parts. */
  sameLearner: boolean
  /** Of a bundle: each unit of its parts, in the order of `unitsOf`. */
  parts: ViewedPart[]
}

/** One unit of a part in a bundle, with the answers that count for it. */
export type ViewedPart = CartAnswers & {
  /** Names it within the cart. */
  key: string
  code: string
  /** 1 for the first unit of its part. */
  copy: number
  entry: Entry
  asked: { external: FormElement[]; fields: FormElement[] }
  /**
   * The part before it that would name the same learner: the key of that part, and by field of this one the field
   * there. While one person takes all, what is answered there counts here.
   */
  follows?: { key: string; fields: Map<string, string> }
  errors: AnswerErrors
}

export type ViewedLine = {
  entry: Entry
  units: ViewedUnit[]
  /** What the handler asks, and what the operator added. */
  external: FormElement[]
  fields: FormElement[]
  /** The most units of this entry in one order. A line that has more can't be ordered. */
  most: number
  /** What an order of it writes. */
  sold: SoldLine[]
  totalCents: number
  vatCents: number
}

export type ViewedCart = {
  lines: ViewedLine[]
  /** Codes of lines that can't be bought any more. */
  gone: string[]
  totalCents: number
  vatCents: number
  /** How many units are produced: a bundle has those of its parts. */
  units: number
  complete: boolean
}

/**
 * The cart as the server sees it: today's entries, prices and forms, each unit validated. Nothing that the browser
 * sent counts but codes, quantities and answers. `customer` completes the units that are "for me"; `entries` are those
 * that were read with the cart.
 */
export async function viewCart(
  shop: Shop,
  { lines: wanted }: CartContent,
  customer?: Partial<Customer>,
  entries?: Entry[],
): Promise<ViewedCart> {
  const codes = wanted.map((line) => line.code)
  const onSale = new Map((entries ?? (await findOnSale(shop.db, codes))).map((entry) => [entry.code, entry]))
  const gone: string[] = []
  const lines: ViewedLine[] = []
  for (const line of wanted) {
    const entry = onSale.get(line.code)
    if (!entry || !canBeProduced(shop, entry)) {
      gone.push(line.code)
      continue
    }
    const forms = unitForms(shop, entry)
    const most = mostUnits(shop, entry)
    const units = line.units.map((unit, index) => ({
      ...unit,
      position: index + 1,
      errors: checkUnit(forms, unit, customer).errors,
      sameLearner: hasSameLearner(unit),
      parts: isBundle(entry) ? viewParts(shop, entry, unit, customer) : [],
    }))
    const sold = soldLines(entry, units.length)
    lines.push({
      entry,
      units,
      most,
      sold,
      totalCents: sumOf(sold, 'totalCents'),
      external: forms.external,
      fields: forms.fields,
      vatCents: sumOf(sold, 'vatCents'),
    })
  }
  for (const line of lines) line.most = mostBeside(shop, line, lines)
  const units = lines.flatMap((line) => line.units.flatMap((unit) => answeredUnits(line.entry, unit)))
  return {
    lines,
    gone,
    totalCents: sumOf(lines, 'totalCents'),
    vatCents: sumOf(lines, 'vatCents'),
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

/** The most of a line, now that other lines have the same entries, be it by themselves or in bundles. */
function mostBeside(shop: Pick<Shop, 'registry'>, line: ViewedLine, lines: ViewedLine[]): number {
  const others = lines.flatMap((other) => (other === line ? [] : other.sold))
  const rooms = unitsOf(line.entry).flatMap(({ entry }, _, units) => {
    const taken = others.filter((sold) => sold.entry.id === entry.id)
    if (taken.length === 0) return []
    const each = units.filter((unit) => unit.entry.id === entry.id).length
    return Math.floor((mostUnits(shop, entry) - sumOf(taken, 'quantity')) / each)
  })
  return Math.max(0, Math.min(line.most, ...rooms))
}

const sumOf = <Name extends string>(rows: Record<Name, number>[], name: Name) =>
  rows.reduce((sum, row) => sum + row[name], 0)

/** What is produced for one unit in the cart: itself, or of a bundle the units of its parts. */
export function answeredUnits(entry: Entry, unit: ViewedUnit): (CartAnswers & { errors: AnswerErrors })[] {
  return isBundle(entry) ? unit.parts : [unit]
}

/** Names one unit of a part within the cart. */
export const partKey = (unit: { key: string }, code: string, copy: number) => `${unit.key}-${code}-${copy}`

function viewParts(
  shop: Pick<Shop, 'registry'>,
  bundle: Entry,
  unit: CartUnit,
  customer: Partial<Customer> | undefined,
): ViewedPart[] {
  const units = unitsOf(bundle).map(({ entry, copy }) => ({ entry, copy, code: entry.code }))
  const given = answersOfParts(unit, units)
  const viewed: ViewedPart[] = []
  for (const [index, { entry, code, copy }] of units.entries()) {
    const forms = unitForms(shop, entry)
    const own = { key: partKey(unit, code, copy), code, copy, entry, ...(given[index] ?? noAnswers) }
    const asked = { external: forms.external, fields: forms.fields }
    const leader = viewed.find((part) => part.copy === copy && part.asked.external.some(({ forMe }) => forMe))
    const fields = leader ? sameFields(leader, forms.external) : new Map<string, string>()
    if (!leader || fields.size === 0) {
      viewed.push({ ...own, asked, errors: checkUnit(forms, own, customer).errors })
      continue
    }
    const same = hasSameLearner(unit)
    const answers = same ? asLearnerOf(leader, own, fields) : own
    const { errors } = checkUnit(forms, answers, customer)
    if (same) errors.external = withoutSaid(errors.external, leader, fields)
    viewed.push({ ...answers, asked, follows: { key: leader.key, fields }, errors })
  }
  return viewed
}

/** By field that names the learner: the field of the part before that does so as well. */
function sameFields(leader: ViewedPart, elements: FormElement[]): Map<string, string> {
  return new Map(
    elements.flatMap(({ name, forMe }): [string, string][] => {
      const there = forMe && leader.asked.external.find((element) => element.forMe === forMe)
      return there ? [[name, there.name]] : []
    }),
  )
}

/** A part's answers with the learner of another. */
function asLearnerOf<Answers extends CartAnswers>(
  leader: ViewedPart,
  answers: Answers,
  fields: ReadonlyMap<string, string>,
): Answers {
  const named = [...fields].map(([name, there]) => [name, leader.external[there]])
  return { ...answers, forMe: leader.forMe, external: { ...answers.external, ...Object.fromEntries(named) } }
}

/** What is wrong with the learner is said once, where they are named. */
function withoutSaid(
  errors: FormErrors,
  leader: ViewedPart,
  fields: ReadonlyMap<string, string>,
): FormErrors {
  return Object.fromEntries(
    Object.entries(errors).filter(([name]) => !leader.errors.external[fields.get(name) ?? '']),
  )
}

const isEmpty = (errors: FormErrors) => Object.keys(errors).length === 0

/**
 * Validates one unit's answers. For a unit that is "for me" the buyer's own identity fills the fields that name it;
 * while the buyer is not known yet, those fields are not asked.
 */
export function checkUnit(
  forms: ReturnType<typeof unitForms>,
  unit: CartAnswers,
  customer?: Partial<Customer>,
): {
  value?: { external: Record<string, unknown>; fields: Record<string, unknown> }
  errors: { external: FormErrors; fields: FormErrors }
} {
  const mine = forms.external.filter((element) => unit.forMe && element.forMe)
  const answers = { ...unit.external }
  for (const element of mine) answers[element.name] = element.forMe && customer?.[element.forMe]
  const external = forms.schema
    ? validate(forms.schema, forms.external, answers)
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
