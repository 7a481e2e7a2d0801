import { z } from '@hono/zod-openapi'
import type { CartContent, CartUnit } from '../../db/schema.ts'
import type { Text } from '../../sdk/index.ts'
import { isBundle, mostPartUnits } from '../../shop/bundle.ts'
import { countUnits, newUnit, type ViewedCart, type ViewedPart } from '../../shop/cart.ts'
import { mostUnitsOfAnOrder } from '../../shop/entry.ts'
import { type Fault, faultsAt, pointerTo } from './problem.ts'
import { entryCode } from './values.ts'

/** More than any form asks. */
const mostAnswers = 100

const answers = z
  .record(z.string().max(60), z.unknown())
  .refine((given) => Object.keys(given).length <= mostAnswers, {
    params: { text: { en: `${mostAnswers} answers at the most.`, fr: `${mostAnswers} réponses au plus.` } },
  })

const forMe = z.boolean().default(false).openapi({
  description: 'The buyer is the learner: the fields that name them are filled from the customer.',
})
const external = answers.default({}).openapi({ description: 'Answers to what the handler asks, by field.' })
const fields = answers
  .default({})
  .openapi({ description: 'Answers to the training organisation’s own fields.' })

/** One unit as a program sends it. What is no question of the form is dropped when the order is placed. */
export const sentUnit = z
  .object({
    forMe,
    external,
    fields,
    parts: z
      .array(z.object({ code: entryCode, forMe, external, fields }))
      .max(mostPartUnits)
      .optional()
      .openapi({
        description:
          'Of a bundle: the answers for its parts, by code; the second of one code are those for its second unit.',
      }),
    sameLearner: z.boolean().optional().openapi({
      description: 'Of a bundle: whoever is named for the first part takes the others too.',
    }),
  })
  .openapi('SentUnit', {
    example: { external: { email: 'leo@learners.example', firstname: 'Léo', lastname: 'Petit' } },
  })

export const sentUnits = z.array(sentUnit).max(mostUnitsOfAnOrder)

export const tooManyInAll: Text = {
  en: `${mostUnitsOfAnOrder} units at the most, in all lines together.`,
  fr: `${mostUnitsOfAnOrder} unités au plus, toutes lignes confondues.`,
}

/** The lines of a cart, as many as fit into one order: one for each entry. Prices, titles and totals are the shop's business, whatever is sent. */
export const sentLines = z
  .array(z.object({ code: entryCode, units: sentUnits }))
  .max(100)
  .refine((lines) => new Set(lines.map((line) => line.code)).size === lines.length, {
    params: { text: { en: 'One line for each entry.', fr: 'Une ligne par entrée.' } },
  })
  .refine((lines) => countUnits({ lines }) <= mostUnitsOfAnOrder, { params: { text: tooManyInAll } })

const detail = z.string().max(500).optional()

/** Who buys, as far as it is known; it is validated when the order is placed. */
export const sentCustomer = z
  .object({
    email: detail,
    firstname: detail,
    lastname: detail,
    company: detail,
    address: detail,
    vatNumber: detail,
  })
  .openapi('SentCustomer', {
    example: { email: 'alice@buyers.example', firstname: 'Alice', lastname: 'Martin' },
  })

/** A cart's lines from what was sent. */
export function linesOf(sent: z.output<typeof sentLines>): CartContent['lines'] {
  return sent
    .map(({ code, units }) => ({ code, units: units.map(unitOf) }))
    .filter((line) => line.units.length > 0)
}

export const unitOf = (sent: z.output<typeof sentUnit>): CartUnit => ({ ...newUnit(), ...sent })

/** Says so when a line has more units of its entry than may be ordered. */
export function whyTooMany(line: ViewedCart['lines'][number]): Text | undefined {
  return line.units.length > line.most
    ? { en: `${line.most} units at the most.`, fr: `${line.most} unités au plus.` }
    : undefined
}

/** All that is wrong in a cart, each thing at its place in the lines as they were sent. */
export function faultsOf(content: CartContent, viewed: ViewedCart): Fault[] {
  return content.lines.flatMap(({ code }, index): Fault[] => {
    const line = viewed.lines.find((one) => one.entry.code === code)
    if (!line) {
      const text = { en: `${code} is not for sale.`, fr: `${code} n’est pas en vente.` }
      return [{ pointer: pointerTo('lines', index, 'code'), text }]
    }
    const tooMany = whyTooMany(line)
    return [
      ...(tooMany ? [{ pointer: pointerTo('lines', index, 'units'), text: tooMany }] : []),
      ...line.units.flatMap((unit, place) => {
        const at = ['lines', index, 'units', place]
        if (!isBundle(line.entry)) return faultsOfAnswers(at, unit.errors)
        const sent = content.lines[index]?.units[place]?.parts ?? []
        return unit.parts.flatMap((part) =>
          faultsOfAnswers([...at, 'parts', placeOf(part, sent)], part.errors),
        )
      }),
    ]
  })
}

function faultsOfAnswers(at: PropertyKey[], errors: ViewedPart['errors']): Fault[] {
  return (['external', 'fields'] as const).flatMap((form) =>
    Object.entries(errors[form]).flatMap(([field, error]) =>
      faultsAt([...at, form, ...(field ? [field] : [])], error),
    ),
  )
}

/** Where the answers for a unit of a part stand among those that were sent, or where they are missing. */
function placeOf({ code, copy }: ViewedPart, sent: { code: string }[]): number {
  const places = [...sent.keys()].filter((place) => sent[place]?.code === code)
  return places[copy - 1] ?? sent.length
}
