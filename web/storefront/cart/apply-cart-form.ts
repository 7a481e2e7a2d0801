import type { CartContent, CartUnit } from '../../../db/schema.ts'
import { type FormValues, readForm } from '../../../sdk/form.ts'
import type { FormElement } from '../../../sdk/form-element.ts'
import { newUnit, removeUnit, sameForAll, setQuantity } from '../../../shop/cart.ts'

/** A submitted form, field by field. */
export type Body = Record<string, string | string[]>

/** The forms of a line's units, and how many units it may have. */
export type LineForms = { external: FormElement[]; fields: FormElement[]; most: number }
export type CartForms = ReadonlyMap<string, LineForms>

/** Where the inputs of a unit have their names. */
export const unitPrefix = (key: string, part: 'external' | 'fields') => `unit.${key}.${part}.`
/** The line of a box "same for all units". */
export const sameLine = (code: string, part: 'external' | 'fields') => `${code}.${part}`

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
    const units = line.units.map((unit) => (shown.has(unit.key) ? readUnit(unit, body, form) : unit))
    return { ...line, units, ...(boxes.has(line.code) && { same: readSame(line.code, body, form) }) }
  })
  return { ...content, lines }
}

function readUnit(unit: CartUnit, body: Body, form: LineForms): CartUnit {
  return {
    ...unit,
    forMe: one(body[`forme.${unit.key}`]) !== '',
    external: sound(readForm(form.external, body, unitPrefix(unit.key, 'external'))),
    fields: sound(readForm(form.fields, body, unitPrefix(unit.key, 'fields'))),
  }
}

function readSame(code: string, body: Body, form: LineForms): string[] {
  return (['external', 'fields'] as const).flatMap((part) =>
    form[part]
      .filter((element) => element.sameForAll)
      .filter((element) => one(body[`same.${sameLine(code, part)}.${element.name}`]) !== '')
      .map((element) => `${part}.${element.name}`),
  )
}

function addUnit(content: CartContent, code: string, forms: CartForms): CartContent {
  const most = forms.get(code)?.most ?? 0
  const lines = content.lines.map((line) =>
    line.code === code && line.units.length < most ? { ...line, units: [...line.units, newUnit()] } : line,
  )
  return { ...content, lines }
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
    const shared = (part: 'external' | 'fields') =>
      form[part].filter((element) => same.includes(`${part}.${element.name}`))
    return sameForAll(changed, code, { external: shared('external'), fields: shared('fields') })
  }, content)
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
