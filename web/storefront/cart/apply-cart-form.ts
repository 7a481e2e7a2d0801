import type { CartAnswers, CartContent, CartUnit } from '../../../db/schema.ts'
import { type FormValues, readForm } from '../../../sdk/form.ts'
import type { FormElement } from '../../../sdk/form-element.ts'
import {
  answersOfParts,
  hasSameLearner,
  noAnswers,
  partKey,
  removeUnit,
  sameForAll,
  sameForPart,
  setQuantity,
} from '../../../shop/cart.ts'

/** A submitted form, field by field. */
export type Body = Record<string, string | string[]>

type Forms = { external: FormElement[]; fields: FormElement[] }
/** The forms of a line's units, and how many units it may have. `parts`: of a bundle, each unit of its parts. */
export type LineForms = Forms & { most: number; parts: (Forms & { code: string; copy: number })[] }
export type CartForms = ReadonlyMap<string, LineForms>

/** Where the inputs of a unit have their names. */
export const unitPrefix = (key: string, part: 'external' | 'fields') => `unit.${key}.${part}.`
/** The line of a box "same for all units"; `of`: the part of a bundle whose units they are. */
export const sameLine = (code: string, part: 'external' | 'fields', of?: string) =>
  of === undefined ? `${code}.${part}` : `${code}.${of}.${part}`
/** The box that says that one person takes all parts of a bundle. */
export const sameLearnerBox = (key: string) => `samelearner.${key}`

/**
 * What a submit of the cart's form makes of the cart: everything typed is kept, right or wrong, for the units that the
 * form showed; then what its button asks is done. The cart may have changed since the form was shown (another tab):
 * what the form did not show stays as it is. A draft, kept while the customer types, changes no quantity.
 */
export function applyCartForm(content: CartContent, body: Body, forms: CartForms): CartContent {
  const intent = one(body.intent)
  const typed = keepTyped(content, body, forms)
  const [, verb, what] = /^(add|remove|drop):(.{1,60})$/.exec(intent) ?? []
  if (verb === 'remove' && what) return removeUnit(typed, what)
  if (verb === 'drop' && what) return setQuantity(typed, what, 0, 0)
  if (verb === 'add' && what) return share(addUnit(typed, what, forms), forms)
  return share(intent === 'draft' ? typed : keepQuantities(typed, body, forms), forms)
}

function keepTyped(content: CartContent, body: Body, forms: CartForms): CartContent {
  const shown = new Set(many(body.units))
  const boxes = new Set(many(body.boxes))
  const lines = content.lines.map((line) => {
    const form = forms.get(line.code)
    if (!form) return line
    const units = line.units.map((unit) => (shown.has(unit.key) ? readUnit(unit, body, form, shown) : unit))
    return { ...line, units, ...(boxes.has(line.code) && { same: readSame(line.code, body, form) }) }
  })
  return { ...content, lines }
}

function readUnit(unit: CartUnit, body: Body, form: LineForms, shown: ReadonlySet<string>): CartUnit {
  if (form.parts.length === 0) return { ...unit, ...readAnswers(unit.key, body, form) }
  const answers = answersOfParts(unit, form.parts)
  return {
    ...unit,
    sameLearner: one(body[sameLearnerBox(unit.key)]) !== '',
    parts: form.parts.map(({ code, copy, ...forms }, index) => {
      const key = partKey(unit, code, copy)
      return { code, ...(shown.has(key) ? readAnswers(key, body, forms) : (answers[index] ?? noAnswers)) }
    }),
  }
}

/** A bundle with answers for each of its parts, be they empty. */
function withParts(unit: CartUnit, { parts }: LineForms) {
  const answers = answersOfParts(unit, parts)
  return {
    ...unit,
    sameLearner: hasSameLearner(unit),
    parts: answers.map((given, index) => ({ ...given, code: parts[index]?.code ?? '' })),
  }
}

function readAnswers(key: string, body: Body, form: Forms): CartAnswers {
  return {
    forMe: one(body[`forme.${key}`]) !== '',
    external: sound(readForm(form.external, body, unitPrefix(key, 'external'))),
    fields: sound(readForm(form.fields, body, unitPrefix(key, 'fields'))),
  }
}

/** The fields whose box is ticked: `external.company`, or in a bundle `EXCEL-1.external.company`. */
function readSame(code: string, body: Body, form: LineForms): string[] {
  const read = (forms: Forms, of?: string) =>
    (['external', 'fields'] as const).flatMap((part) =>
      forms[part]
        .filter((element) => element.sameForAll)
        .filter((element) => one(body[`same.${sameLine(code, part, of)}.${element.name}`]) !== '')
        .map((element) => `${of === undefined ? '' : `${of}.`}${part}.${element.name}`),
    )
  const parts = form.parts.filter((part) => part.copy === 1)
  return [...read(form), ...parts.flatMap((part) => read(part, part.code))]
}

function addUnit(content: CartContent, code: string, forms: CartForms): CartContent {
  const line = content.lines.find((one) => one.code === code)
  const most = forms.get(code)?.most ?? 0
  return line && line.units.length < most ? setQuantity(content, code, line.units.length + 1, most) : content
}

/** Quantities that were changed in the form; one that stayed as it was shown says nothing. */
function keepQuantities(content: CartContent, body: Body, forms: CartForms): CartContent {
  return content.lines.reduce((changed, { code }) => {
    const typed = one(body[`quantity.${code}`])
    if (!/^\d{1,6}$/.test(typed) || typed === one(body[`was.${code}`])) return changed
    return setQuantity(changed, code, Number(typed), forms.get(code)?.most ?? 0)
  }, content)
}

/** Gives the first unit's answers to all units of its line, for the fields whose box is ticked. */
function share(content: CartContent, forms: CartForms): CartContent {
  return content.lines.reduce((changed, { code, same = [] }) => {
    const form = forms.get(code)
    if (!form || same.length === 0) return changed
    if (form.parts.length > 0) return shareParts(changed, code, form, same)
    return sameForAll(changed, code, ticked(form, same))
  }, content)
}

/** The same for each part of a bundle, among its units in the whole line. */
function shareParts(content: CartContent, code: string, form: LineForms, same: string[]): CartContent {
  const lines = content.lines.map((line) =>
    line.code === code ? { ...line, units: line.units.map((unit) => withParts(unit, form)) } : line,
  )
  const whole: CartContent = { ...content, lines }
  return form.parts
    .filter((part) => part.copy === 1)
    .reduce(
      (changed, part) => sameForPart(changed, code, part.code, ticked(part, same, `${part.code}.`)),
      whole,
    )
}

function ticked({ external, fields }: Forms, same: string[], of = ''): Forms {
  return {
    external: external.filter((element) => same.includes(`${of}external.${element.name}`)),
    fields: fields.filter((element) => same.includes(`${of}fields.${element.name}`)),
  }
}

/** Without what PostgreSQL's jsonb can't hold. */
export function sound(values: FormValues): FormValues {
  const clean = (value: unknown): unknown =>
    typeof value === 'string'
      ? value.toWellFormed().replaceAll('\0', '')
      : Array.isArray(value)
        ? value.map(clean)
        : value
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, clean(value)]))
}

function one(value: string | string[] | undefined): string {
  return many(value).at(-1) ?? ''
}

function many(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat()
}
