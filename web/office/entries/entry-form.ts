import { handlerOf } from '../../../production/registry.ts'
import { elementsOf, type FormErrors, type FormValues, readForm, validate } from '../../../sdk/form.ts'
import type { FormElement } from '../../../sdk/form-element.ts'
import { type Text, z } from '../../../sdk/index.ts'
import { isBundle, mostParts } from '../../../shop/bundle.ts'
import type { EntryDraft } from '../../../shop/check-entry.ts'
import { type Entry, mostUnitsOfAnOrder } from '../../../shop/entry.ts'
import { keepSecrets } from '../../../shop/hide-secrets.ts'
import type { Shop } from '../../../shop/shop.ts'
import { fromHundredths, toHundredths } from '../../ui/amount.ts'
import type { Locale } from '../../ui/locale.ts'
import { textOf } from '../field.tsx'

const inEnglish = (label: Text): Text => ({ en: `${label.en}, English`, fr: `${label.fr}, anglais` })
const inFrench = (label: Text): Text => ({ en: `${label.en}, French`, fr: `${label.fr}, français` })
const title: Text = { en: 'Title', fr: 'Titre' }
const category: Text = { en: 'Category', fr: 'Catégorie' }
const summary: Text = { en: 'Summary', fr: 'Résumé' }
const description: Text = { en: 'Description', fr: 'Description' }
const line = (max: number) => z.string().min(1).max(max)
const long = z.string().max(20_000).optional()

const entrySchema = z.object({
  code: z
    .string()
    .regex(/^[A-Z0-9][A-Z0-9-]{1,39}$/)
    .meta({
      label: { en: 'Code', fr: 'Code' },
      help: {
        en: 'Its name for good: in addresses, exports and the API.',
        fr: 'Son nom définitif : dans les adresses, les exports et l’API.',
      },
      patternHelp: {
        en: 'Two to forty capitals, digits and hyphens, such as EXCEL-1.',
        fr: 'De deux à quarante capitales, chiffres et tirets, par exemple EXCEL-1.',
      },
    }),
  titleEn: line(200).meta({ label: inEnglish(title) }),
  titleFr: line(200).meta({ label: inFrench(title) }),
  categoryEn: line(100).meta({ label: inEnglish(category) }),
  categoryFr: line(100).meta({ label: inFrench(category) }),
  summaryEn: line(400).meta({ label: inEnglish(summary), type: 'textarea' }),
  summaryFr: line(400).meta({ label: inFrench(summary), type: 'textarea' }),
  descriptionEn: long.meta({
    label: inEnglish(description),
    type: 'textarea',
    help: { en: 'An empty line starts a paragraph.', fr: 'Une ligne vide commence un paragraphe.' },
  }),
  descriptionFr: long.meta({ label: inFrench(description), type: 'textarea' }),
  price: z
    .number()
    .min(0)
    .max(1_000_000)
    .meta({ label: { en: 'Price, VAT included', fr: 'Prix TTC' } }),
  vat: z
    .number()
    .min(0)
    .max(100)
    .default(20)
    .meta({ label: { en: 'VAT rate, %', fr: 'Taux de TVA, %' } }),
  maxQuantity: z
    .int()
    .min(1)
    .max(mostUnitsOfAnOrder)
    .optional()
    .meta({
      label: { en: 'Most per order', fr: 'Max. par commande' },
    }),
  position: z
    .int()
    .min(-100_000)
    .max(100_000)
    .default(0)
    .meta({
      label: { en: 'Position', fr: 'Position' },
      help: { en: 'In the catalog: the smallest first.', fr: 'Au catalogue : la plus petite d’abord.' },
    }),
})
export const entryElements = elementsOf(entrySchema)

/** The fields of an entry with these names, in this order. */
export function elementsNamed(...names: string[]): FormElement[] {
  return names.flatMap((name) => entryElements.filter((element) => element.name === name))
}

/** An entry as it stands in its form: what was typed, right or wrong. */
export type TypedEntry = {
  values: FormValues
  handler: string | null
  /** The rows of a bundle's parts, none of them empty; undefined when it is no bundle. */
  parts?: TypedPart[]
  internal: FormValues
  /** The operator's own fields, as JSON. */
  fields: string
}

export type TypedPart = { code: string; quantity: string }

/** What the form of an entry shows before anything is typed. */
export function typedOf(entry: Entry | undefined, locale: Locale): TypedEntry {
  if (!entry) return { values: {}, handler: null, internal: {}, fields: '' }
  return {
    values: {
      code: entry.code,
      titleEn: entry.title.en,
      titleFr: entry.title.fr,
      categoryEn: entry.category.en,
      categoryFr: entry.category.fr,
      summaryEn: entry.summary.en,
      summaryFr: entry.summary.fr,
      descriptionEn: entry.description.en,
      descriptionFr: entry.description.fr,
      price: fromHundredths(entry.priceCents, locale),
      vat: fromHundredths(entry.vatBasisPoints, locale, 0),
      maxQuantity: entry.maxQuantity ?? '',
      position: entry.position,
    },
    handler: entry.handler,
    ...(isBundle(entry) && {
      parts: entry.parts.map(({ code, quantity }) => ({ code, quantity: String(quantity) })),
    }),
    internal: entry.internal,
    fields: entry.fields.length > 0 ? JSON.stringify(entry.fields, null, 2) : '',
  }
}

/**
 * Reads the form of an entry. `kept` is the entry as it is saved: its code can't change, a secret that was left empty
 * stays, and so do the parameters of a handler that is not there to ask for them.
 */
export function readTyped(
  shop: Pick<Shop, 'registry'>,
  body: Record<string, string | string[]>,
  kept: Entry | undefined,
): TypedEntry {
  const values = readForm(entryElements, body)
  if (kept) values.code = kept.code
  if (textOf(body.handler) === bundleChoice) {
    return { values, handler: null, parts: readParts(body), internal: {}, fields: textOf(body.fields) }
  }
  const handler = readHandler(textOf(body.handler))
  const code = typeof values.code === 'string' ? values.code : ''
  const before = kept?.handler === handler ? kept.internal : {}
  const found = handlerOf(shop.registry(), { code, handler })
  if (found === 'missing') return { values, handler, internal: before, fields: textOf(body.fields) }
  const elements = found ? elementsOf(found.handler.internal) : []
  const internal = keepSecrets(elements, readForm(elements, body, 'internal.'), before)
  return { values, handler, internal, fields: textOf(body.fields) }
}

/** The handler choice that makes a bundle. */
export const bundleChoice = 'bundle'
export const partName = (row: number, field: keyof TypedPart) => `part.${row}.${field}`

/** The rows that name an entry; a few more than there may be, so that it is said when they are too many. */
function readParts(body: Record<string, string | string[]>): TypedPart[] {
  return Array.from({ length: mostParts + 10 }, (_, row) => ({
    code: textOf(body[partName(row, 'code')]).trim().toUpperCase().slice(0, 60),
    quantity: textOf(body[partName(row, 'quantity')]).trim() || '1',
  })).filter(({ code }) => code !== '')
}

function readHandler(text: string): string | null {
  return text === 'specific' || /^(std|ext)_[a-z0-9_]{1,80}$/.test(text) ? text : null
}

/** The draft that was typed, for the shop to judge, and what is wrong with the entry's own fields. */
export function draftOf(typed: TypedEntry): { draft: EntryDraft; errors: FormErrors } {
  const read = validate(entrySchema, entryElements, typed.values)
  const errors = read.ok ? {} : read.errors
  const text = (name: string): string => {
    const value = read.ok
      ? new Map<string, unknown>(Object.entries(read.value)).get(name)
      : typed.values[name]
    return typeof value === 'string' ? value : ''
  }
  const priceCents = toHundredths(typed.values.price)
  const vatBasisPoints = toHundredths(typed.values.vat ?? 20)
  const decimals: Text = { en: 'Two decimals at the most.', fr: 'Deux décimales au plus.' }
  if (read.ok && !Number.isInteger(priceCents)) errors.price = decimals
  if (read.ok && !Number.isInteger(vatBasisPoints)) errors.vat = decimals
  if (typed.parts?.length === 0) {
    errors.parts = { en: 'Name what the bundle is made of.', fr: 'Dites ce que contient l’offre.' }
  }
  return {
    errors,
    draft: {
      code: text('code'),
      title: { en: text('titleEn'), fr: text('titleFr') },
      category: { en: text('categoryEn'), fr: text('categoryFr') },
      summary: { en: text('summaryEn'), fr: text('summaryFr') },
      description: { en: text('descriptionEn'), fr: text('descriptionFr') },
      priceCents,
      vatBasisPoints,
      handler: typed.handler,
      internal: typed.internal,
      fields: typed.parts ? [] : typed.fields,
      parts: (typed.parts ?? []).map(({ code, quantity }) => ({ code, quantity: Number(quantity) })),
      maxQuantity: read.ok ? (read.value.maxQuantity ?? null) : null,
      position: read.ok ? read.value.position : 0,
    },
  }
}

/** The names of the fields that another save has changed meanwhile, as their labels. */
export function differences(typed: TypedEntry, saved: Entry): FormElement[] {
  const now = draftOf(typed).draft
  const differs: Record<string, boolean> = {
    titleEn: now.title.en !== saved.title.en,
    titleFr: now.title.fr !== saved.title.fr,
    categoryEn: now.category.en !== saved.category.en,
    categoryFr: now.category.fr !== saved.category.fr,
    summaryEn: now.summary.en !== saved.summary.en,
    summaryFr: now.summary.fr !== saved.summary.fr,
    descriptionEn: now.description.en !== saved.description.en,
    descriptionFr: now.description.fr !== saved.description.fr,
    price: now.priceCents !== saved.priceCents,
    vat: now.vatBasisPoints !== saved.vatBasisPoints,
    maxQuantity: now.maxQuantity !== saved.maxQuantity,
    position: now.position !== saved.position,
  }
  return entryElements.filter((element) => differs[element.name])
}
