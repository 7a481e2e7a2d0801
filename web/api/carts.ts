import { z } from '@hono/zod-openapi'
import type { CartContent } from '../../db/schema.ts'
import {
  type CartWithEntries,
  countUnits,
  findCart,
  findCartWithEntries,
  idOf,
  openCart,
  saveCart,
  type ViewedCart,
  viewCart,
} from '../../shop/cart.ts'
import { changeCart } from '../../shop/change-cart.ts'
import { mostUnitsOfAnOrder } from '../../shop/entry.ts'
import { hideSecrets } from '../../shop/hide-secrets.ts'
import type { Face } from '../face.ts'
import type { Caller } from './caller.ts'
import {
  linesOf,
  sentCustomer,
  sentLines,
  sentUnit,
  sentUnits,
  tooManyInAll,
  unitOf,
  whyTooMany,
} from './cart-content.ts'
import { type Answered, type Operation, operation, root } from './operation.ts'
import { type Problem, refuse } from './problem.ts'
import { cents, currency, entryCode, exampleText, orNull, text } from './values.ts'

const wrongRow = z.object({
  line: z.int(),
  source: z.string(),
  values: z.object({ email: z.string(), firstname: z.string(), lastname: z.string() }),
  errors: z.record(z.string(), text),
})

const errors = z
  .record(
    z.string(),
    text.extend({
      rows: z.array(wrongRow).optional().openapi({
        description: 'Of a list of people: the rows that are wrong, each with its errors by column.',
      }),
    }),
  )
  .openapi({ description: 'What is wrong, by field; empty when all is well. "" is the form as a whole.' })

const answers = {
  forMe: z.boolean(),
  external: z.record(z.string(), z.unknown()),
  fields: z.record(z.string(), z.unknown()),
  errors: z.object({ external: errors, fields: errors }),
}

const cart = z
  .object({
    id: z.uuid(),
    revision: z.int().openapi({ description: 'Moves with each change.' }),
    lines: z.array(
      z.object({
        code: entryCode,
        title: text,
        unitCents: cents,
        mostUnits: z.int(),
        totalCents: cents,
        vatCents: cents,
        why: orNull(text).openapi({ description: 'What is wrong with the line as a whole.' }),
        units: z.array(
          z.object({
            key: z.string().openapi({ description: 'Names the unit within its cart.' }),
            ...answers,
            sameLearner: z.boolean().openapi({
              description: 'Of a bundle: whoever is named for the first part takes the others too.',
            }),
            parts: z.array(z.object({ code: entryCode, title: text, ...answers })).openapi({
              description: 'Of a bundle: each unit of its parts, with the answers that count for it.',
            }),
          }),
        ),
      }),
    ),
    gone: z.array(z.string()).openapi({ description: 'Codes of lines that can’t be bought any more.' }),
    customer: sentCustomer,
    units: z.int(),
    totalCents: cents,
    vatCents: cents,
    currency,
    complete: z.boolean().openapi({ description: 'Nothing is missing: the order can be placed.' }),
  })
  .openapi('Cart')

const exampleCart = {
  id: '5b1f9f0e-3c1d-8a52-a7de-9b2c4d5e6f70',
  revision: 1,
  lines: [
    {
      code: 'EXCEL-1',
      title: exampleText,
      unitCents: 49_000,
      mostUnits: 500,
      totalCents: 49_000,
      vatCents: 8167,
      why: null,
      units: [
        {
          key: '1f2e3d4c',
          forMe: false,
          external: { email: 'leo@learners', firstname: 'Léo', lastname: 'Petit' },
          fields: {},
          sameLearner: true,
          parts: [],
          errors: {
            external: {
              email: {
                en: 'This e-mail address is not complete.',
                fr: 'Cette adresse e-mail n’est pas complète.',
              },
            },
            fields: {},
          },
        },
      ],
    },
  ],
  gone: [],
  customer: {},
  units: 1,
  totalCents: 49_000,
  vatCents: 8167,
  currency: 'EUR',
  complete: false,
}

const exampleUnit = {
  external: { email: 'leo@learners.example', firstname: 'Léo', lastname: 'Petit' },
}
const exampleContent = { lines: [{ code: 'EXCEL-1', units: [exampleUnit] }] }

const content = z.object({ lines: sentLines, customer: sentCustomer.optional() })
const cartId = z.object({ id: z.uuid() })

/** Carts: what a customer is about to order. Whoever has the token has the cart. */
export const cartOperations: Operation[] = [
  operation(
    {
      id: 'createCart',
      method: 'post',
      path: '/carts',
      tag: 'Carts',
      summary: 'Open a cart',
      description:
        'The token is given this once. Send it as `Authorization: Cart <token>`. Every answer is the cart as the shop ' +
        'sees it, with today’s prices and with what is wrong in each unit, field by field.',
      access: { anyone: true },
      body: { schema: content, example: exampleContent },
      answer: {
        status: 201,
        description: 'The cart, and its token.',
        schema: cart.extend({ token: z.string() }).openapi('OpenedCart'),
        example: { ...exampleCart, token: 'mZ9y2kqkT3uVt0p5b8wXnA' },
      },
    },
    async ({ face, body }) => {
      const opened: CartContent = { lines: linesOf(body.lines), customer: body.customer }
      const { token, ...cart } = await openCart(face.shop.db, opened)
      const { answer } = await answerCart(face, cart)
      return { answer: { ...answer, token }, headers: { location: `${root}/carts/${cart.id}` } }
    },
  ),

  operation(
    {
      id: 'readCart',
      method: 'get',
      path: '/carts/{id}',
      tag: 'Carts',
      summary: 'Read a cart',
      access: { cart: true },
      params: cartId,
      answer: { description: 'The cart.', schema: cart, example: exampleCart },
    },
    async ({ face, caller, params }) => {
      const found = await findCartWithEntries(face.shop.db, tokenOf(caller))
      return found?.id === params.id ? await answerCart(face, found) : refuse('not_found')
    },
  ),

  operation(
    {
      id: 'replaceCart',
      method: 'put',
      path: '/carts/{id}',
      tag: 'Carts',
      summary: 'Replace all that is in a cart',
      access: { cart: true },
      params: cartId,
      body: {
        schema: content.extend({
          revision: z.int().optional().openapi({ description: 'When given, the cart must still have it.' }),
        }),
        example: { ...exampleContent, revision: 1 },
      },
      answer: { description: 'The cart.', schema: cart, example: exampleCart },
      problems: ['stale'],
    },
    async ({ face, caller, params, body }) => {
      const found = await findCart(face.shop.db, tokenOf(caller))
      if (found?.id !== params.id) return refuse('not_found')
      const customer = body.customer ?? found.content.customer
      const changed = { ...found, content: { lines: linesOf(body.lines), customer } }
      const expected = body.revision ?? found.revision
      const saved = expected === found.revision && (await saveCart(face.shop.db, changed))
      return saved ? await answerCart(face, saved) : refuse('stale')
    },
  ),

  operation(
    {
      id: 'replaceCartLine',
      method: 'put',
      path: '/carts/{id}/lines/{code}',
      tag: 'Carts',
      summary: 'Replace the units of one entry; none takes the line away',
      access: { cart: true },
      params: cartId.extend({ code: entryCode.openapi({ example: 'EXCEL-1' }) }),
      body: { schema: z.object({ units: sentUnits }), example: { units: [exampleUnit] } },
      answer: { description: 'The cart.', schema: cart, example: exampleCart },
    },
    async ({ face, caller, params, body }) => {
      let fits = true
      const answered = await change(face, caller, params.id, (content) => {
        const { lines } = content
        const line = { code: params.code, units: body.units.map(unitOf) }
        const replaced = lines.some((one) => one.code === line.code)
          ? lines.map((one) => (one.code === line.code ? line : one))
          : [...lines, line]
        const changed = { ...content, lines: replaced.filter((one) => one.units.length > 0) }
        fits = countUnits(changed) <= mostUnitsOfAnOrder
        return fits ? changed : content
      })
      return fits ? answered : refuse('invalid', { errors: [{ pointer: '/units', text: tooManyInAll }] })
    },
  ),

  operation(
    {
      id: 'replaceCartUnit',
      method: 'put',
      path: '/carts/{id}/units/{key}',
      tag: 'Carts',
      summary: 'Replace the answers of one unit',
      access: { cart: true },
      params: cartId.extend({ key: z.string().max(40).openapi({ example: '1f2e3d4c' }) }),
      body: { schema: sentUnit, example: exampleUnit },
      answer: { description: 'The cart.', schema: cart, example: exampleCart },
    },
    async ({ face, caller, params, body }) =>
      await changeUnit(face, caller, params, ({ key }) => [{ key, ...body }]),
  ),

  operation(
    {
      id: 'removeCartUnit',
      method: 'delete',
      path: '/carts/{id}/units/{key}',
      tag: 'Carts',
      summary: 'Take one unit out of a cart',
      access: { cart: true },
      params: cartId.extend({ key: z.string().max(40).openapi({ example: '1f2e3d4c' }) }),
      answer: { description: 'The cart.', schema: cart, example: { ...exampleCart, lines: [] } },
    },
    async ({ face, caller, params }) => await changeUnit(face, caller, params, () => []),
  ),
]

const tokenOf = (caller: Caller): string => (caller.kind === 'cart' ? caller.token : '')

async function change(
  face: Face,
  caller: Caller,
  id: string,
  how: (content: CartContent) => CartContent,
): Promise<Answered<CartAnswer> | Problem> {
  if (idOf(tokenOf(caller)) !== id) return refuse('not_found')
  const changed = await changeCart(face.shop.db, tokenOf(caller), how)
  return changed ? await answerCart(face, changed) : refuse('not_found')
}

type Unit = CartContent['lines'][number]['units'][number]

async function changeUnit(
  face: Face,
  caller: Caller,
  { id, key }: { id: string; key: string },
  how: (unit: Unit) => Unit[],
): Promise<Answered<CartAnswer> | Problem> {
  let known = false
  const answered = await change(face, caller, id, (content) => {
    known = content.lines.some((line) => line.units.some((unit) => unit.key === key))
    const lines = content.lines.map((line) => ({
      ...line,
      units: line.units.flatMap((unit) => (unit.key === key ? how(unit) : [unit])),
    }))
    return { ...content, lines: lines.filter((line) => line.units.length > 0) }
  })
  return known ? answered : refuse('not_found')
}

type CartAnswer = z.output<typeof cart>

async function answerCart(
  face: Face,
  { id, content, revision, entries }: CartWithEntries,
): Promise<Answered<CartAnswer>> {
  const viewed = await viewCart(face.shop, content, content.customer, entries)
  const lines = viewed.lines.map(lineOf)
  return {
    answer: {
      ...viewed,
      id,
      revision,
      lines,
      customer: content.customer ?? {},
      currency: face.shop.settings.currency,
    },
  }
}

function lineOf(line: ViewedCart['lines'][number]) {
  const { entry, units, most, totalCents, vatCents } = line
  return {
    code: entry.code,
    title: entry.title,
    unitCents: entry.priceCents,
    mostUnits: most,
    totalCents,
    vatCents,
    why: whyTooMany(line) ?? null,
    units: units.map((unit) => ({
      ...unit,
      external: hideSecrets(line.external, unit.external),
      parts: unit.parts.map((part) => ({
        ...part,
        title: part.entry.title,
        external: hideSecrets(part.asked.external, part.external),
      })),
    })),
  }
}
