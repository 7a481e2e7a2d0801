// Forms, from one description: a handler's schema gives its elements (`elementsOf`), an operator's list of elements
// gives its schema (`schemaOf`). A form then comes in through `readForm` and `validate`, an API body through
// `validate` alone; it is drawn by web/ui/form-elements.tsx.
import { z } from 'zod'
import { elementTypes, type FormElement, formElement } from './form-element.ts'
import { issueText, missingText, unknownText, wrongRowsText } from './form-messages.ts'
import {
  checkLearners,
  type LearnerRow,
  learnerList,
  learnersFrom,
  readLearnerList,
  wrongRows,
} from './learner-list.ts'
import { learnerListFrom } from './learner-text.ts'
import { compilePattern, faultOfPattern } from './safe-pattern.ts'
import type { Text } from './text.ts'

/** The answers of a form by field name, before validation. */
export type FormValues = Record<string, unknown>

/** What is wrong with a field; of a list of people, also the rows that are wrong. */
export type FieldError = Text & { rows?: LearnerRow[] }

/** A message for each field that is wrong, by field name; '' is the form as a whole. */
export type FormErrors = Record<string, FieldError>

const text = z.object({ en: z.string().min(1), fr: z.string().min(1) })

const fieldMeta = z.strictObject({
  label: text.optional(),
  help: text.optional(),
  type: z.enum(elementTypes).optional(),
  patternHelp: text.optional(),
  optionLabels: z.record(z.string(), text).optional(),
  visibleWhen: formElement.shape.visibleWhen,
  picker: formElement.shape.picker,
  pickerOf: z.string().optional(),
  autocomplete: z.string().optional(),
  forMe: formElement.shape.forMe,
  sameForAll: z.boolean().optional(),
  ownProducts: z.boolean().optional(),
  checkWhileTyping: z.boolean().optional(),
})

const scalar = z.object({
  type: z.string(),
  format: z.string().optional(),
  enum: z.array(z.string()).optional(),
  meta: fieldMeta.default({}),
})

/** What we read of one property of a schema's JSON Schema; `meta` is the field's own `.meta()`. */
const property = scalar.extend({
  const: z.union([z.string(), z.boolean()]).optional(),
  default: formElement.shape.default,
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  exclusiveMinimum: z.number().optional(),
  exclusiveMaximum: z.number().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  pattern: z.string().optional(),
  items: scalar.extend({ required: z.array(z.string()).optional() }).optional(),
})
type Property = z.output<typeof property>

const derived = new WeakMap<z.ZodObject, FormElement[]>()

/**
 * The form elements of a schema, from its types, bounds, defaults and `.meta()`; kept for each schema.
 * Throws, naming the field, for what no form can hold (objects, dates that are not `z.iso.date()`).
 */
export function elementsOf(schema: z.ZodObject): FormElement[] {
  const kept = derived.get(schema)
  if (kept) return kept
  const json = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    // our texts stay apart: a meta `type` would overwrite the JSON Schema's own
    metadata: z.registry<Record<string, unknown>>(),
    override: ({ zodSchema, jsonSchema }) => {
      const meta = metaOf(zodSchema)
      if (meta) jsonSchema.meta = { ...(isRecord(jsonSchema.meta) ? jsonSchema.meta : {}), ...meta }
    },
  })
  const required = new Set(json.required)
  const elements = Object.entries(json.properties ?? {}).map(([name, raw]) =>
    elementOf(name, raw, required.has(name)),
  )
  const wrong = elements.find((element, position) => !canBeHidden(element, elements.slice(0, position)))
  if (wrong) throw new Error(`the field "${wrong.name}": visibleWhen must name a field that stands before it`)
  derived.set(schema, elements)
  return elements
}

function elementOf(name: string, raw: unknown, required: boolean): FormElement {
  const read = property.safeParse(raw)
  const type = read.success ? typeOf(read.data, required) : undefined
  if (!read.success || !type) {
    const inMeta = read.error?.issues.find(({ path }) => path.includes('meta'))
    if (inMeta) throw new Error(`the field "${name}": ${wordMeta(inMeta)}`)
    const why = read.error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
    throw new Error(
      `the field "${name}" can't be shown in a form: use texts, numbers, booleans, enums, z.iso.date() or lists of ` +
        `these, optional or with a default${why ? ` (${why})` : ''}`,
    )
  }
  const field = read.data
  const meta = { ...field.items?.meta, ...field.meta }
  const whole = field.type === 'integer' || field.items?.type === 'integer'
  const bounds = boundsOf(field)
  const options = optionsOf(field, meta.optionLabels)
  const element = formElement.safeParse({
    name,
    type,
    label: meta.label ?? { en: name, fr: name },
    help: meta.help,
    required: isRequired(field, required),
    default: field.default,
    ...bounds,
    ...(options && { options }),
    ...(whole && { whole }),
    ...(type === 'learners' && { names: field.items?.required?.includes('lastname') ?? false }),
    pattern: type === 'text' || type === 'tel' || type === 'textarea' ? field.pattern : undefined,
    patternHelp: meta.patternHelp,
    visibleWhen: meta.visibleWhen,
    picker: meta.picker,
    pickerOf: meta.pickerOf,
    autocomplete: meta.autocomplete,
    forMe: meta.forMe,
    sameForAll: meta.sameForAll,
    ownProducts: meta.ownProducts,
    checkWhileTyping: meta.checkWhileTyping,
  })
  if (!element.success) throw new Error(`the field "${name}": ${z.prettifyError(element.error)}`)
  return element.data
}

/** What is wrong with a field's `.meta()`. */
function wordMeta({ path, message, ...issue }: z.core.$ZodIssue): string {
  if (issue.code === 'unrecognized_keys') {
    const known = Object.keys(fieldMeta.shape).join(', ')
    return `its meta has ${issue.keys.join(', ')}, which means nothing: it may have ${known}`
  }
  const where = path.slice(path.indexOf('meta') + 1).join('.')
  return `its meta, at ${where}: ${message}; a text is in English and in French, { en, fr }`
}

function typeOf(field: Property, required: boolean): FormElement['type'] | undefined {
  if (field.meta.type) return field.meta.type
  if (field.type === 'array') {
    return ['string', 'integer'].includes(field.items?.type ?? '') ? 'list' : undefined
  }
  if (field.type === 'boolean') return 'checkbox'
  if (field.enum) {
    const answered = required || field.default !== undefined
    return answered && field.enum.length <= 3 ? 'radio' : 'select'
  }
  if (field.type === 'integer' || field.type === 'number') return 'number'
  if (field.type !== 'string') return undefined
  if (field.format === 'email' || field.format === 'date') return field.format
  return field.format === 'uri' ? 'url' : 'text'
}

function isRequired(field: Property, required: boolean): boolean {
  if (field.type === 'boolean') return field.const === true
  if (field.type === 'array') return required && (field.minItems ?? 0) > 0
  return required
}

function boundsOf(field: Property): { min?: number; max?: number } {
  const inside = field.type === 'integer' ? 1 : 0
  const min =
    field.minLength ??
    field.minItems ??
    field.minimum ??
    (field.exclusiveMinimum === undefined ? undefined : field.exclusiveMinimum + inside)
  const max =
    field.maxLength ??
    field.maxItems ??
    field.maximum ??
    (field.exclusiveMaximum === undefined ? undefined : field.exclusiveMaximum - inside)
  return {
    ...(min !== undefined && min > Number.MIN_SAFE_INTEGER && { min }),
    ...(max !== undefined && max < Number.MAX_SAFE_INTEGER && { max }),
  }
}

function optionsOf(field: Property, labels: Record<string, Text> = {}): FormElement['options'] {
  const values = field.enum ?? field.items?.enum
  return values?.map((value) => ({ value, label: labels[value] ?? { en: value, fr: value } }))
}

/**
 * The schema of an operator's own fields. A field with `visibleWhen` is optional here: `validate` asks for it when it
 * shows. A text has 200 characters at the most and a list 100 items, unless `max` says otherwise.
 */
export function schemaOf(elements: FormElement[]): z.ZodObject {
  return z.object(
    Object.fromEntries(
      elements.map((element) => {
        const value = valueSchema(element).meta({ label: element.label })
        if (element.default !== undefined) return [element.name, value.default(element.default)]
        return [element.name, element.required && !element.visibleWhen ? value : value.optional()]
      }),
    ),
  )
}

function valueSchema(element: FormElement): z.ZodType {
  const { min, max } = element
  switch (element.type) {
    case 'text':
    case 'textarea':
    case 'tel':
    case 'secret': {
      const value = z
        .string()
        .min(min ?? 0)
        // a pattern is cheap on what is short, and never tried on anything else
        .max(max ?? (element.type === 'textarea' ? 5000 : 200), { abort: true })
      return element.pattern ? value.regex(compilePattern(element.pattern)) : value
    }
    case 'email':
      return z.email().max(254)
    case 'url':
      return z.url({ protocol: /^https?$/, hostname: z.regexes.domain }).max(2000)
    case 'number':
      return (element.whole ? z.int() : z.number()).min(min ?? -1e15).max(max ?? 1e15)
    case 'money':
      return z
        .int()
        .min(min ?? 0)
        .max(max ?? 1e11)
    case 'checkbox':
      return element.required ? z.literal(true) : z.boolean()
    case 'select':
    case 'radio':
      return z.enum((element.options ?? []).map((option) => option.value))
    case 'date':
      return z.iso.date()
    case 'list': {
      const item = element.options
        ? z.enum(element.options.map((option) => option.value))
        : element.whole
          ? z.int()
          : z.string().min(1).max(200)
      return z
        .array(item)
        .min(min ?? (element.required ? 1 : 0))
        .max(max ?? 100)
    }
    case 'learners': {
      const { label, names } = element
      return learnerList({ label, names, min: min ?? (element.required ? 1 : 0), max: max ?? 100 })
    }
    default:
      return element.type satisfies never
  }
}

/** What is wrong with an operator's list of fields, and where: `[2].options[0].label.fr`. */
export type ElementsError = { path: string; text: Text }

/**
 * Reads an operator's own fields: a JSON text, or the list itself. Everything that is wrong comes back at once.
 * Pickers and secrets are left to handlers: what a customer answers here is kept, readable, with the order.
 */
export function parseElements(
  json: unknown,
): { ok: true; elements: FormElement[] } | { ok: false; errors: ElementsError[] } {
  const list = typeof json === 'string' ? parseJson(json) : json
  if (!Array.isArray(list)) {
    return refuse('', {
      en: 'A list of fields is expected: [{"name": "size", "type": "text", "label": {"en": …, "fr": …}}].',
      fr: 'Une liste de champs est attendue : [{"name": "taille", "type": "text", "label": {"en": …, "fr": …}}].',
    })
  }
  if (list.length > 40) return refuse('', { en: '40 fields at the most.', fr: '40 champs au plus.' })
  const read = z.array(formElement).safeParse(list)
  if (!read.success) {
    return {
      ok: false,
      errors: read.error.issues.map((issue) => ({ path: pathOf(issue.path), text: structureText(issue) })),
    }
  }
  const errors = read.data.flatMap((element, position) =>
    faultsOf(element, read.data.slice(0, position)).map(({ path, text }) => ({
      path: `[${position}].${path}`,
      text: {
        en: `Field ${position + 1} (${element.name}): ${text.en}`,
        fr: `Champ ${position + 1} (${element.name}) : ${text.fr}`,
      },
    })),
  )
  return errors.length > 0 ? { ok: false, errors } : { ok: true, elements: read.data }
}

function faultsOf(element: FormElement, before: FormElement[]): ElementsError[] {
  const faults: ElementsError[] = []
  const add = (path: string, en: string, fr: string) => faults.push({ path, text: { en, fr } })
  if (before.some((other) => other.name === element.name)) {
    add('name', 'another field has this name.', 'un autre champ porte ce nom.')
  }
  if (element.picker || element.pickerOf || element.type === 'secret') {
    add(
      element.type === 'secret' ? 'type' : 'picker',
      'only a handler can ask for secrets or pick from the site.',
      'seul un gestionnaire peut demander un secret ou choisir sur la plateforme.',
    )
  }
  const values = element.options?.map((option) => option.value) ?? []
  if (['select', 'radio'].includes(element.type) && values.length === 0) {
    add('options', 'it needs options to choose from.', 'il faut des options parmi lesquelles choisir.')
  }
  if (new Set(values).size < values.length || values.includes('')) {
    add('options', 'each option needs a value of its own.', 'chaque option doit avoir sa propre valeur.')
  }
  if (element.min !== undefined && element.max !== undefined && element.min > element.max) {
    add('min', 'min is more than max.', 'min dépasse max.')
  }
  const counts = !['number', 'money', 'date'].includes(element.type)
  if (
    counts &&
    [element.min, element.max].some(
      (bound) => bound !== undefined && !(Number.isInteger(bound) && bound >= 0),
    )
  ) {
    add(
      'min',
      'min and max count characters or items here.',
      'min et max comptent ici des caractères ou des éléments.',
    )
  }
  if (element.pattern !== undefined) {
    const fault = faultOfPattern(element.pattern)
    if (fault) faults.push({ path: 'pattern', text: fault })
    else if ((element.max ?? 200) > 200) {
      add(
        'max',
        'a field with a pattern has 200 characters at the most.',
        'un champ avec un motif a 200 caractères au plus.',
      )
    }
  }
  if (!canBeHidden(element, before)) {
    add(
      'visibleWhen.field',
      'visibleWhen must name a field that stands before it.',
      'visibleWhen doit nommer un champ placé avant lui.',
    )
  }
  if (
    element.default !== undefined &&
    faults.length === 0 &&
    !valueSchema(element).safeParse(element.default).success
  ) {
    add('default', 'the default would itself be refused.', 'la valeur par défaut serait elle-même refusée.')
  }
  return faults
}

function canBeHidden(element: FormElement, before: FormElement[]): boolean {
  const { visibleWhen } = element
  return !visibleWhen || before.some((other) => other.name === visibleWhen.field)
}

/**
 * The values of an HTML form, field by field; what was left empty is undefined. A text that is no number (or id) is
 * kept as it was typed, for `validate` to refuse and the page to show again.
 */
export function readForm(
  elements: FormElement[],
  form: Record<string, string | string[]>,
  prefix = '',
): FormValues {
  return Object.fromEntries(
    elements.map((element) => {
      const key = `${prefix}${element.name}`
      if (element.type === 'learners') return [element.name, learnerListFrom(form, key) || undefined]
      const given = Object.hasOwn(form, key) ? form[key] : undefined
      return [element.name, readElement(element, given === undefined ? [] : [given].flat())]
    }),
  )
}

function readElement(element: FormElement, given: string[]): unknown {
  const last = given.at(-1)
  switch (element.type) {
    case 'checkbox':
      return last !== undefined && !['', '0', 'false', 'off'].includes(last)
    case 'number':
      return readNumber(last)
    case 'money':
      return readMoney(last)
    case 'list': {
      const items = given.flatMap((lines) => lines.split(/\r\n|\r|\n/)).map((line) => line.trim())
      const filled = items.filter((item) => item !== '')
      if (filled.length === 0 && (element.required || (element.min ?? 0) > 0)) return undefined
      return element.whole ? filled.map(readNumber) : filled
    }
    case 'secret':
      return last === '' ? undefined : last
    default: {
      const typed = last?.trim()
      return typed === '' ? undefined : typed
    }
  }
}

/** "1 234,5" and "1234.5" are 1234.5; what is no number comes back as it was typed. */
function readNumber(typed: string | undefined): number | string | undefined {
  const plain = typed?.replaceAll(/\s/gu, '').replace(',', '.')
  if (typed === undefined || plain === undefined || plain === '') return undefined
  const number = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : Number.NaN
  return Number.isFinite(number) ? number : typed.trim()
}

/** Cents of an amount as people write it; what has no whole number of cents comes back as it was typed. */
function readMoney(typed: string | undefined): number | string | undefined {
  const amount = readNumber(typed)
  if (typeof amount !== 'number') return amount
  const cents = Math.round(amount * 100)
  return Math.abs(amount * 100 - cents) < 1e-6 ? cents : typed?.trim()
}

/** The elements that show, given the answers: a field is hidden when the one it depends on is, or says otherwise. */
export function visibleElements(elements: FormElement[], values: FormValues): FormElement[] {
  const visible = new Map<string, FormElement>()
  for (const element of elements) {
    const { visibleWhen: when } = element
    const other = when && visible.get(when.field)
    const answer =
      other && (values[other.name] ?? other.default ?? (other.type === 'checkbox' ? false : undefined))
    const answers = Array.isArray(answer) ? answer : [answer]
    if (!when || (other && answers.some((one) => when.is.some((expected) => expected === one)))) {
      visible.set(element.name, element)
    }
  }
  return [...visible.values()]
}

/**
 * Checks answers against a schema and its elements. Keys that are no field, and fields that don't show, are dropped;
 * an empty text counts as no answer, and a text given for a list of people is read row by row. `schema` and
 * `elements` come from one another.
 */
export function validate<Schema extends z.ZodObject>(
  schema: Schema,
  elements: FormElement[],
  values: FormValues,
): { ok: true; value: z.output<Schema> } | { ok: false; errors: FormErrors } {
  const given = new Map(
    elements
      .filter((element) => Object.hasOwn(values, element.name))
      .map((element) => [element.name, clean(element, values[element.name])]),
  )
  const visible = new Map(
    visibleElements(elements, Object.fromEntries(given)).map((element) => [element.name, element]),
  )
  for (const name of given.keys()) if (!visible.has(name)) given.delete(name)

  const errors = new Map<string, FieldError>()
  for (const element of visible.values()) {
    const empty = given.get(element.name) === undefined && element.default === undefined
    if (element.required && empty) errors.set(element.name, missingText(element))
    const people = element.type === 'learners' && rowsOf(element, given.get(element.name))
    if (!people) continue
    given.set(
      element.name,
      people.map(({ values }) => values),
    )
    const wrong = wrongRows(people)
    if (wrong.length > 0) errors.set(element.name, { ...wrongRowsText(wrong.length), rows: wrong })
  }
  const read = schema.safeParse(Object.fromEntries(given))
  for (const issue of read.error?.issues ?? []) {
    const name = String(issue.path[0] ?? '')
    const element = visible.get(name)
    const told = errors.get(element ? name : '')
    // too many people, say: told with the rows that are wrong
    const besides = told?.rows && issue.path.length === 1 ? { rows: told.rows } : undefined
    if (told && !besides) continue
    if (element) errors.set(name, { ...issueText(issue, element, given.get(name)), ...besides })
    else errors.set('', wholeText(issue, name))
  }
  if (read.success && errors.size === 0) return { ok: true, value: read.data }
  return { ok: false, errors: Object.fromEntries(errors) }
}

/**
 * As `validate`, where answers come from a program as well: one to a question that the form doesn't have is wrong too. A
 * misspelt name would pass for an answer that was left out, and leaving one out may mean much: no end, say.
 */
export function validateSent<Schema extends z.ZodObject>(
  schema: Schema,
  elements: FormElement[],
  values: FormValues,
): ReturnType<typeof validate<Schema>> {
  const unknown = unknownFields(elements, values)
  const read = validate(schema, elements, values)
  if (Object.keys(unknown).length === 0) return read
  return { ok: false, errors: { ...(read.ok ? {} : read.errors), ...unknown } }
}

/** What is to be said of answers to questions that a form doesn't have, by their names. */
export function unknownFields(elements: FormElement[], values: FormValues): FormErrors {
  const known = elements.map(({ name }) => name)
  const unknown = Object.keys(values).filter((name) => !known.includes(name))
  return Object.fromEntries(unknown.map((name) => [name, unknownText(known)]))
}

/** The rows of a list of people: from a text, or from a list such as the API's; undefined for anything else. */
function rowsOf({ names }: FormElement, value: unknown): LearnerRow[] | undefined {
  if (typeof value === 'string') return readLearnerList(value, { names })
  const learners = learnersFrom(value)
  return learners && checkLearners(learners, { names })
}

/** Without what PostgreSQL's jsonb refuses (NUL, half characters) or what no single line holds; '' and null are none. */
function clean(element: FormElement, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => clean({ ...element, type: 'text' }, item))
  if (value === null) return undefined
  if (typeof value !== 'string') return value
  const sound = value.toWellFormed().replaceAll('\0', '')
  if (element.type === 'secret') return sound === '' ? undefined : sound
  if (element.type === 'learners') return sound.trim() === '' ? undefined : sound
  const line = element.type === 'textarea' ? sound : sound.replaceAll(/[\r\n]+/g, ' ')
  return line.trim() === '' ? undefined : line.trim()
}

function wholeText(issue: z.core.$ZodIssue, name: string): Text {
  const text = issueText(
    issue,
    { name, type: 'text', label: { en: name, fr: name }, required: false },
    undefined,
  )
  return name === '' ? text : { en: `${name}: ${text.en}`, fr: `${name} : ${text.fr}` }
}

function structureText(issue: z.core.$ZodIssue): Text {
  const path = pathOf(issue.path)
  if (issue.code === 'unrecognized_keys') {
    const keys = issue.keys.map((key) => `"${key}"`).join(', ')
    return { en: `${path}: ${keys} is not known here.`, fr: `${path} : ${keys} n’est pas connu ici.` }
  }
  if (issue.path.at(-1) === 'name') {
    return {
      en: `${path}: a name starts with a small letter and has letters and digits only, 40 at the most.`,
      fr: `${path} : un nom commence par une minuscule et n’a que des lettres et des chiffres, 40 au plus.`,
    }
  }
  if (issue.path.at(-1) === 'type') {
    const types = elementTypes.filter((type) => type !== 'secret').join(', ')
    return { en: `${path}: one of ${types}.`, fr: `${path} : l’un de ${types}.` }
  }
  if (issue.path.includes('label') || issue.path.includes('help') || issue.path.includes('patternHelp')) {
    return {
      en: `${path}: a text in both languages is expected, {"en": "…", "fr": "…"}.`,
      fr: `${path} : un texte dans les deux langues est attendu, {"en": "…", "fr": "…"}.`,
    }
  }
  return { en: `${path}: this can’t be used here.`, fr: `${path} : ceci ne convient pas ici.` }
}

function pathOf(path: PropertyKey[]): string {
  return path
    .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
    .join('')
    .replace(/^\./, '')
}

function refuse(path: string, text: Text): { ok: false; errors: ElementsError[] } {
  return { ok: false, errors: [{ path, text }] }
}

function parseJson(json: string): unknown {
  try {
    return json.trim() === '' ? [] : JSON.parse(json)
  } catch {
    return undefined
  }
}

function metaOf(schema: unknown): Record<string, unknown> | undefined {
  return schema instanceof z.core.$ZodType ? z.globalRegistry.get(schema) : undefined
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The JSON Schema of a form's schema for the API's document: our labels become titles, our helps descriptions. */
export function jsonSchemaOf(schema: z.ZodObject, locale: 'en' | 'fr' = 'en'): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    metadata: z.registry<Record<string, unknown>>(),
    override: ({ zodSchema, jsonSchema }) => {
      const { label, help } = fieldMeta.safeParse(metaOf(zodSchema) ?? {}).data ?? {}
      if (label) jsonSchema.title = label[locale]
      if (help) jsonSchema.description = help[locale]
    },
  })
}
