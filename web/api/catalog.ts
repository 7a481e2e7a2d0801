import { z } from '@hono/zod-openapi'
import { schemaOf } from '../../sdk/form.ts'
import {
  type Entry,
  findOnSale,
  listCatalog,
  listCategories,
  mostUnits,
  unitForms,
  whyUnavailable,
} from '../../shop/entry.ts'
import type { Face } from '../face.ts'
import type { Locale } from '../ui/locale.ts'
import { exampleForm, form, formOf } from './form.ts'
import { type Operation, operation } from './operation.ts'
import { answerPage, pageOf, pageQuery } from './page.ts'
import { refuse } from './problem.ts'
import { cents, currency, entryCode, exampleText, orNull, text } from './values.ts'

const onSale = z
  .object({
    code: entryCode,
    title: text,
    summary: text,
    description: text,
    category: text,
    priceCents: cents.openapi({ description: 'The price of one unit, VAT included, in cents.' }),
    currency,
    vatBasisPoints: z.int().openapi({
      description: 'The VAT inside the price: 2000 is 20 %. Of a bundle it is that of each part instead.',
    }),
    parts: z
      .array(
        z.object({
          code: entryCode,
          quantity: z.int(),
          title: text,
          priceCents: cents.openapi({ description: 'The price of one by itself, in cents.' }),
          vatBasisPoints: z.int(),
        }),
      )
      .openapi({ description: 'Of a bundle: what one is made of. Empty for any other entry.' }),
    mostUnits: z.int().openapi({ description: 'The most units in one order.' }),
  })
  .openapi('CatalogEntry')

const onSaleInFull = onSale
  .extend({
    unit: z.object({ external: form, fields: form }).openapi({
      description: 'What is asked for each unit: by the handler, and by the training organisation.',
    }),
    partUnits: z
      .array(z.object({ code: entryCode, external: form, fields: form }))
      .openapi({ description: 'Of a bundle: what is asked for each part.' }),
    availability: z.object({
      available: z.boolean(),
      why: orNull(text).openapi({ description: 'Why it can’t be bought right now.' }),
    }),
  })
  .openapi('CatalogEntryInFull')

const example = {
  code: 'EXCEL-1',
  title: exampleText,
  summary: { en: 'Two days to master tables.', fr: 'Deux jours pour maîtriser les tableaux.' },
  description: { en: 'From the first cell to the pivot table.', fr: 'De la cellule au tableau croisé.' },
  category: { en: 'Office', fr: 'Bureautique' },
  priceCents: 49_000,
  currency: 'EUR',
  vatBasisPoints: 2000,
  parts: [],
  mostUnits: 500,
}

/** What anybody may read: what is on sale, and how it may be paid. */
export const catalogOperations: Operation[] = [
  operation(
    {
      id: 'listCatalog',
      method: 'get',
      path: '/catalog',
      tag: 'Catalog',
      summary: 'List what is on sale',
      access: { anyone: true },
      query: pageQuery(z.string().regex(/^-?\d{1,9}\.\d{1,15}$/)).extend({
        category: z.string().max(200).optional().openapi({ description: 'The English name of a category.' }),
      }),
      answer: {
        description: 'A page of the catalog, in its own order.',
        schema: pageOf(onSale),
        example: { items: [example], next: null },
      },
    },
    async (asked) => {
      const { limit, after, category } = asked.query
      const [position, id] = (after ?? '').split('.').map(Number)
      const { entries, next } = await listCatalog(asked.face.shop, {
        limit,
        category,
        after: position !== undefined && id !== undefined ? { position, id } : undefined,
      })
      return answerPage(
        asked,
        entries.map((entry) => offered(asked.face, entry)),
        next && `${next.position}.${next.id}`,
      )
    },
  ),

  operation(
    {
      id: 'listCategories',
      method: 'get',
      path: '/categories',
      tag: 'Catalog',
      summary: 'List the categories of what is on sale',
      access: { anyone: true },
      answer: {
        description: 'All categories, in the order of the catalog.',
        schema: z.object({ items: z.array(text) }),
        example: { items: [example.category] },
      },
    },
    async ({ face }) => ({ answer: { items: await listCategories(face.shop) } }),
  ),

  operation(
    {
      id: 'readCatalogEntry',
      method: 'get',
      path: '/catalog/{code}',
      tag: 'Catalog',
      summary: 'Read an entry with the forms of its units and whether it can be bought now',
      access: { anyone: true },
      params: z.object({ code: entryCode.openapi({ example: 'EXCEL-1' }) }),
      answer: {
        description: 'The entry.',
        schema: onSaleInFull,
        example: {
          ...example,
          unit: {
            external: exampleForm,
            fields: { schema: { type: 'object', properties: {} }, elements: [] },
          },
          partUnits: [],
          availability: { available: true, why: null },
        },
      },
    },
    async ({ face, params, locale }) => {
      const [entry] = await findOnSale(face.shop.db, [params.code])
      if (!entry) return refuse('not_found')
      const why = await whyUnavailable(face.shop, entry)
      return {
        answer: {
          ...offered(face, entry),
          unit: formsOfUnit(face, entry, locale),
          partUnits: entry.parts.flatMap(({ code, entry: part }) =>
            part ? [{ code, ...formsOfUnit(face, part, locale) }] : [],
          ),
          availability: { available: why === undefined, why: why ?? null },
        },
      }
    },
  ),

  operation(
    {
      id: 'listMeans',
      method: 'get',
      path: '/means',
      tag: 'Catalog',
      summary: 'List the means of payment',
      access: { anyone: true },
      answer: {
        description:
          'Immediate means send the customer to pay now; deferred ones give instructions. Credits are for customers who are signed in to the shop’s own pages.',
        schema: z.object({
          items: z.array(
            z.object({
              id: z.string(),
              kind: z.enum(['immediate', 'deferred', 'credits']),
              title: text,
              summary: text,
            }),
          ),
        }),
        example: {
          items: [
            {
              id: 'transfer',
              kind: 'deferred',
              title: { en: 'Bank transfer', fr: 'Virement bancaire' },
              summary: { en: 'You get our bank details.', fr: 'Vous recevez nos coordonnées bancaires.' },
            },
          ],
        },
      },
    },
    async ({ face }) => ({ answer: { items: [...face.shop.means.values()] } }),
  ),
]

const offered = (face: Face, entry: Entry) => ({
  ...entry,
  mostUnits: mostUnits(face.shop, entry),
  parts: entry.parts.flatMap(({ entry: part, ...rest }) => (part ? [{ ...part, ...rest }] : [])),
})

/** The two forms of a unit of this entry. */
function formsOfUnit(face: Face, entry: Entry, locale: Locale) {
  const { schema, external, fields } = unitForms(face.shop, entry)
  return {
    external: formOf(schema, locale, external),
    fields: formOf(schemaOf(fields), locale, fields),
  }
}
