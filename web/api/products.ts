import { z } from '@hono/zod-openapi'
import { idOf } from '../../shop/cart.ts'
import { listProducts } from '../../shop/list-products.ts'
import {
  actionsFor,
  actOnProduct,
  findProduct,
  type OwnedProduct,
  productHistory,
} from '../../shop/product.ts'
import { readProductReference } from '../../shop/reference.ts'
import { refundProduct } from '../../shop/refund-product.ts'
import { enrolmentsOfProduct } from '../../shop/told-enrolments.ts'
import { validityOf } from '../../shop/validity.ts'
import { findOwnOrder } from '../../shop/view-order.ts'
import type { Face } from '../face.ts'
import { type Caller, whoIs } from './caller.ts'
import { exampleForm, form, formOf } from './form.ts'
import { type Operation, operation } from './operation.ts'
import { productState } from './order-answer.ts'
import { answerPage, pageOf, pageQuery } from './page.ts'
import { faultsAt, pointerTo, refuse } from './problem.ts'
import {
  entryCode,
  exampleMoment,
  exampleNumber,
  exampleText,
  moment,
  orNull,
  person,
  rowId,
  text,
  why,
} from './values.ts'

const product = z
  .object({
    reference: z.string(),
    orderNumber: z.string(),
    unitId: z.int(),
    handler: z.string(),
    title: text,
    link: z.string().nullable(),
    holder: orNull(person),
    startsAt: moment,
    endsAt: moment.nullable(),
    state: productState,
    createdAt: moment,
  })
  .openapi('Product')

const action = z
  .object({
    name: z.string(),
    title: text,
    help: text.optional(),
    form,
    initial: z.record(z.string(), z.unknown()).openapi({ description: 'What its form starts with.' }),
  })
  .openapi('Action')

const productInFull = product
  .extend({
    actions: z.array(action).openapi({ description: 'What can be done with it now, by this caller.' }),
    history: z
      .array(
        z.object({
          at: moment,
          who: z.string(),
          event: z.string(),
          data: z.record(z.string(), z.unknown()),
          why: z.string().nullable(),
        }),
      )
      .optional()
      .openapi({ description: 'For operators.' }),
    enrolments: z
      .array(
        z.object({
          site: z.string(),
          course: z.int(),
          user: z.int(),
          role: z.int(),
          group: z.int().nullable(),
          toldAt: moment.nullable().openapi({ description: 'When Moodle was told last.' }),
          behind: z.boolean().openapi({ description: 'Moodle is yet to be told.' }),
        }),
      )
      .optional()
      .openapi({ description: 'For operators: what it opens in Moodle.' }),
  })
  .openapi('ProductInFull')

const exampleProduct = {
  reference: '4K7Q-2MXA-9D0P-ZZT3',
  orderNumber: exampleNumber,
  unitId: 1,
  handler: 'std_enroloncourse',
  title: exampleText,
  link: 'https://moodle.example/course/view.php?id=12',
  holder: { email: 'leo@learners.example', firstname: 'Léo', lastname: 'Petit' },
  startsAt: exampleMoment,
  endsAt: null,
  state: 'active' as const,
  createdAt: exampleMoment,
}

const reference = z.string().max(40).openapi({
  example: exampleProduct.reference,
  description: 'As it is written, with or without its hyphens.',
})

/** What customers own once their units are produced, and the after-sale actions. */
export const productOperations: Operation[] = [
  operation(
    {
      id: 'listProducts',
      method: 'get',
      path: '/products',
      tag: 'Products',
      summary: 'List and search products, newest first',
      access: { role: 'viewer' },
      query: pageQuery(rowId).extend({
        state: productState.optional(),
        search: z
          .string()
          .max(200)
          .optional()
          .openapi({ description: 'A reference, an order’s number, or the start of the holder’s e-mail.' }),
        entry: entryCode.optional().openapi({ description: 'The code of the entry that was bought.' }),
        handler: z.string().max(100).optional(),
        endsFrom: z.iso.date().optional().openapi({
          description: 'Those that end on this day (in UTC) or later, the soonest first.',
        }),
        endsTo: z.iso.date().optional().openapi({ description: 'Those that end on this day or before.' }),
      }),
      answer: {
        description: 'A page of products.',
        schema: pageOf(product),
        example: { items: [exampleProduct], next: null },
      },
    },
    async (asked) => {
      const { endsFrom, endsTo, ...filter } = asked.query
      const { products, next } = await listProducts(asked.face.shop.db, {
        ...filter,
        ...(endsFrom && { endsFrom: new Date(endsFrom) }),
        ...(endsTo && { endsBefore: new Date(Date.parse(endsTo) + 86_400_000) }),
      })
      return answerPage(asked, products, next)
    },
  ),

  operation(
    {
      id: 'readProduct',
      method: 'get',
      path: '/products/{reference}',
      tag: 'Products',
      summary: 'Read a product with the actions that it offers now',
      access: { order: true, role: 'viewer' },
      params: z.object({ reference }),
      answer: {
        description: 'The product.',
        schema: productInFull,
        example: {
          ...exampleProduct,
          actions: [
            { name: 'suspend', title: { en: 'Suspend', fr: 'Suspendre' }, form: exampleForm, initial: {} },
          ],
        },
      },
    },
    async ({ face, caller, params, locale }) => {
      const found = await productOf(face, caller, params.reference)
      if (!found) return refuse('not_found')
      const actions = actionsFor(face.shop, found, audienceOf(caller)).map(
        ([name, { title, help, input, initial }]) => ({
          name,
          title,
          help,
          form: formOf(input, locale),
          initial: initial?.(found) ?? {},
        }),
      )
      if (caller.kind !== 'program') return { answer: { ...found, actions } }
      const [history, enrolments] = await Promise.all([
        productHistory(face.shop.db, found.id),
        enrolmentsOfProduct(face.shop.db, found.id),
      ])
      return { answer: { ...found, actions, history, enrolments } }
    },
  ),

  operation(
    {
      id: 'checkProduct',
      method: 'get',
      path: '/products/{reference}/validity',
      tag: 'Products',
      summary: 'Check whether a product is valid now',
      description:
        'For whoever was given a reference: of a licence, say. It tells what the product is and until when, and ' +
        'nothing about whose it is.',
      access: { anyone: true },
      params: z.object({ reference }),
      answer: {
        description: 'Its validity.',
        schema: z.object({
          valid: z.boolean().openapi({ description: 'It has begun, has not ended, and is active.' }),
          state: productState,
          title: text,
          startsAt: moment,
          endsAt: moment.nullable().openapi({ description: 'Null: it has no end.' }),
        }),
        example: {
          valid: true,
          state: 'active',
          title: exampleText,
          startsAt: exampleMoment,
          endsAt: null,
        },
      },
    },
    async ({ face, params }) => {
      const written = readProductReference(params.reference)
      const found = written && (await findProduct(face.shop.db, written))
      return found ? { answer: validityOf(found) } : refuse('not_found')
    },
  ),

  operation(
    {
      id: 'actOnProduct',
      method: 'post',
      path: '/products/{reference}/actions/{action}',
      tag: 'Products',
      summary: 'Do one of a product’s after-sale actions',
      description:
        'As durable as a script: `waiting` goes on by itself, `needs_operator` waits for one; see the production. The ' +
        'product says which actions it offers now, and what their forms ask; another field is refused.',
      access: { order: true, role: 'operator' },
      params: z.object({ reference, action: z.string().max(60).openapi({ example: 'changeEnd' }) }),
      body: {
        schema: z
          .record(z.string().max(60), z.unknown())
          .openapi({ description: 'The answers to the action’s form, by field.' }),
        example: { endsOn: '2027-06-30' },
      },
      answer: {
        description: 'What became of it.',
        schema: z.object({ production: z.int(), state: z.enum(['done', 'waiting', 'needs_operator']) }),
        example: { production: 7, state: 'done' },
      },
      problems: ['invalid', 'conflict'],
    },
    async ({ face, caller, params, body, once }) => {
      const found = await productOf(face, caller, params.reference)
      if (!found) return refuse('not_found')
      const acted = await actOnProduct(
        face.shop,
        face.engine,
        found.reference,
        params.action,
        body,
        { who: whoIs(caller), audience: audienceOf(caller) },
        once && idOf(once),
      )
      if (acted.ok) return { answer: acted }
      switch (acted.reason) {
        case 'not_found':
          return refuse('not_found')
        case 'invalid':
          return refuse('invalid', {
            errors: Object.entries(acted.errors).flatMap(([field, error]) =>
              faultsAt(field ? [field] : [], error),
            ),
          })
        case 'refused':
          return refuse('conflict', { detail: acted.why })
        case 'not_now':
          return refuse('conflict', {
            detail: {
              en: 'The product does not offer this action now.',
              fr: 'Le produit ne propose pas cette action actuellement.',
            },
          })
        case 'too_often':
          return refuse('too_many_requests', {
            detail: acted.why,
            headers: { 'retry-after': String(acted.seconds) },
          })
        default:
          return acted satisfies never
      }
    },
  ),

  operation(
    {
      id: 'refundProduct',
      method: 'post',
      path: '/products/{reference}/refund',
      tag: 'Products',
      summary: 'Take one product of a unit back, and note what of its price is to be given back',
      description:
        'The other products of its unit stay; with the last one the whole unit is revoked. At the most what is left of ' +
        'the unit’s price: `conflict` when the product was refunded before.',
      access: { role: 'operator' },
      params: z.object({ reference }),
      body: {
        schema: z.object({ amountCents: z.int().min(0), why }),
        example: { amountCents: 3000, why: 'The course was called off.' },
      },
      answer: { description: 'The product as it is now.', schema: product, example: exampleProduct },
      problems: ['invalid', 'conflict'],
    },
    async ({ face, caller, params, body }) => {
      const found = await productOf(face, caller, params.reference)
      if (!found) return refuse('not_found')
      const refunded = await refundProduct(face.shop, found.id, { who: whoIs(caller), ...body })
      if (refunded.ok) return { answer: (await findProduct(face.shop.db, found.reference)) ?? found }
      if (refunded.reason === 'too_much') {
        const most = refunded.restCents
        return refuse('invalid', {
          errors: [
            {
              pointer: pointerTo('amountCents'),
              text: {
                en: `${most} cents at the most are left of the unit’s price.`,
                fr: `Il reste ${most} centimes au plus du prix de l’unité.`,
              },
            },
          ],
        })
      }
      return refuse('conflict', {
        detail: {
          en: 'There is nothing to refund: it was refunded before, or its unit is not delivered.',
          fr: 'Il n’y a rien à rembourser : c’est déjà fait, ou son unité n’est pas livrée.',
        },
      })
    },
  ),
]

const audienceOf = (caller: Caller) =>
  caller.kind === 'program' ? ('operator' as const) : ('customer' as const)

/** The product, for an operator's program or for whoever has the token of its order. */
async function productOf(face: Face, caller: Caller, typed: string): Promise<OwnedProduct | undefined> {
  const reference = readProductReference(typed)
  const found = reference && (await findProduct(face.shop.db, reference))
  if (!found || caller.kind === 'program') return found || undefined
  const own = caller.kind === 'order' && (await findOwnOrder(face.shop.db, found.orderNumber, caller.token))
  return own ? found : undefined
}
