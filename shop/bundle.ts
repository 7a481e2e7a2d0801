import type { FrozenBundle, Part } from '../db/schema.ts'
import type { Finding, Text } from '../sdk/index.ts'
import type { Entry } from './entry.ts'
import { splitCents, vatWithin } from './money.ts'

/** A part of a bundle as it stands today; without an entry when there is none of its code. */
export type EntryPart = Part & { entry?: Entry }

/** The most different parts, and the most units of them all, in one bundle: each unit has its own form. */
export const mostParts = 20
export const mostPartUnits = 50

export const isBundle = (entry: { parts: readonly unknown[] }): boolean => entry.parts.length > 0

export const countPartUnits = (parts: readonly Part[]): number =>
  parts.reduce((sum, { quantity }) => sum + quantity, 0)

/** One of the units that a bundle is made of. `copy`: 1 for the first unit of its part. */
export type BundleUnit = { entry: Entry; copy: number }

/** The units of one bundle, part by part; of an entry that is none, itself. A part that is gone has none. */
export function unitsOf(entry: Entry): BundleUnit[] {
  if (!isBundle(entry)) return [{ entry, copy: 1 }]
  return entry.parts.flatMap(({ entry: part, quantity }) =>
    part ? Array.from({ length: quantity }, (_, index) => ({ entry: part, copy: index + 1 })) : [],
  )
}

/** What an order writes as one line. `units`: which of the units of one bundle are in it, by their place in `unitsOf`. */
export type SoldLine = {
  entry: Entry
  units: number[]
  quantity: number
  unitCents: number
  totalCents: number
  vatCents: number
  bundle: FrozenBundle | null
}

/**
 * The lines that an order of `quantity` of this entry has: one, or for a bundle one for each part. Its price is split
 * over its units in proportion to what each costs by itself, so that each bears the VAT of its own rate and is given back
 * alone (decision 015). A part whose units can't all have the same share makes two lines, a cent apart.
 */
export function soldLines(entry: Entry, quantity: number): SoldLine[] {
  const units = unitsOf(entry)
  const shares = isBundle(entry)
    ? splitCents(
        entry.priceCents,
        units.map((unit) => unit.entry.priceCents),
      )
    : [entry.priceCents]
  const places = Map.groupBy(units.keys(), (place) => `${units[place]?.entry.code} ${shares[place]}`)
  const bundle = isBundle(entry)
    ? { code: entry.code, title: entry.title, cents: entry.priceCents, quantity }
    : null
  return [...places.values()].map((of) => {
    const [first = 0] = of
    const sold = units[first]?.entry ?? entry
    const unitCents = shares[first] ?? 0
    const totalCents = unitCents * of.length * quantity
    return {
      entry: sold,
      units: of,
      quantity: of.length * quantity,
      unitCents,
      totalCents,
      vatCents: vatWithin(totalCents, sold.vatBasisPoints),
      bundle,
    }
  })
}

/** The rates of VAT in an entry's price: of a bundle, those of its parts, the highest first. */
export function vatRates(entry: Pick<Entry, 'vatBasisPoints' | 'parts'>): number[] {
  if (!isBundle(entry)) return [entry.vatBasisPoints]
  const rates = entry.parts.flatMap((part) => part.entry?.vatBasisPoints ?? [])
  return [...new Set(rates)].sort((one, other) => other - one)
}

/** What the parts of a bundle cost one by one, in cents. */
export function priceOfParts(parts: readonly EntryPart[]): number {
  return parts.reduce((sum, { entry, quantity }) => sum + (entry?.priceCents ?? 0) * quantity, 0)
}

/** Lines one after the other that were bought in one bundle, together; any other line is by itself. */
export function groupLines<Line extends { bundle: FrozenBundle | null }>(
  lines: readonly Line[],
): { bundle: FrozenBundle | null; lines: Line[] }[] {
  const groups: { bundle: FrozenBundle | null; lines: Line[] }[] = []
  for (const line of lines) {
    const last = groups.at(-1)
    if (last?.bundle && last.bundle.code === line.bundle?.code) last.lines.push(line)
    else groups.push({ bundle: line.bundle, lines: [line] })
  }
  return groups
}

/** What is wrong with a list of parts in itself; undefined when nothing is. */
export function whyNoParts(code: string, parts: readonly Part[]): Text | undefined {
  const wrong = parts.find(({ quantity }) => !Number.isInteger(quantity) || quantity < 1)
  if (wrong) {
    return {
      en: `${wrong.code}: a whole number of units, 1 or more.`,
      fr: `${wrong.code} : un nombre entier d’unités, 1 au moins.`,
    }
  }
  if (parts.some((part) => part.code === code)) {
    return {
      en: 'A bundle can’t be a part of itself.',
      fr: 'Une offre groupée ne peut pas se contenir elle-même.',
    }
  }
  const twice = parts.find((part, index) => parts.findIndex((other) => other.code === part.code) < index)
  if (twice) {
    return {
      en: `${twice.code} is there twice: raise its quantity instead.`,
      fr: `${twice.code} y figure deux fois : augmentez plutôt sa quantité.`,
    }
  }
  const units = countPartUnits(parts)
  if (parts.length > mostParts || units > mostPartUnits || units < 2) {
    return {
      en: `A bundle has at least two units, and at the most ${mostPartUnits} of ${mostParts} entries.`,
      fr: `Une offre groupée compte au moins deux unités, et au plus ${mostPartUnits} de ${mostParts} entrées.`,
    }
  }
  return undefined
}

/** Why an entry can't be a part of a bundle that is sold in this currency; undefined when it can. */
export function whyNoPart({ code, entry }: EntryPart, currency: string): Text | undefined {
  if (!entry) return { en: `There is no entry ${code}.`, fr: `Il n’y a pas d’entrée ${code}.` }
  if (isBundle(entry)) {
    return {
      en: `${code} is a bundle itself: a bundle can’t be a part.`,
      fr: `${code} est elle-même une offre groupée : elle ne peut pas être une partie.`,
    }
  }
  if (entry.state === 'retired') {
    return { en: `${code} is retired.`, fr: `${code} est retirée du catalogue.` }
  }
  if (entry.currency !== currency) {
    return { en: `${code} is sold in ${entry.currency}.`, fr: `${code} est vendue en ${entry.currency}.` }
  }
  return undefined
}

/** A finding about a part, said of the bundle. */
export function ofPart({ code }: Part, { level, text }: Pick<Finding, 'level' | 'text'>): Finding {
  return { field: 'parts', level, text: { en: `${code}: ${text.en}`, fr: `${code} : ${text.fr}` } }
}
