import { z } from '@hono/zod-openapi'
import { formsOf, hideSecrets } from '../../shop/hide-secrets.ts'
import { meansToPay, payableOf } from '../../shop/payable.ts'
import { refusalOf } from '../../shop/refusal.ts'
import type { OrderView } from '../../shop/view-order.ts'
import type { Face } from '../face.ts'
import {
  cents,
  currency,
  entryCode,
  exampleMoment,
  exampleNumber,
  exampleText,
  moment,
  orNull,
  person,
  text,
} from './values.ts'

export const orderState = z.enum([
  'placed',
  'awaiting_payment',
  'paid',
  'completed',
  'refused',
  'cancelled',
  'expired',
  'refunded',
])

export const unitState = z.enum([
  'ordered',
  'preparing',
  'prepared',
  'producing',
  'produced',
  'retrying',
  'needs_operator',
  'refused',
  'skipped',
  'cancelled',
  'released',
  'revoked',
])

export const productState = z.enum(['active', 'suspended', 'ended', 'revoked'])

export const customer = person
  .extend({
    company: z.string().optional(),
    address: z.string().optional(),
    vatNumber: z.string().optional(),
  })
  .openapi('Customer')

export const order = z
  .object({
    number: z.string(),
    state: orderState,
    locale: z.enum(['en', 'fr']),
    customer,
    currency,
    totalCents: cents,
    vatCents: cents,
    paidCents: cents,
    placedAt: moment,
    paidAt: moment.nullable(),
    producedAt: moment
      .nullable()
      .openapi({ description: 'Paid is one fact and produced another: see the units.' }),
    payment: z.object({
      means: z.string(),
      reference: z.string().openapi({ description: 'What the payer quotes on a transfer.' }),
      before: moment.nullable(),
      immediate: z
        .boolean()
        .openapi({ description: 'It can be paid now: `startPayment` says where to send the customer.' }),
      instructions: z
        .array(z.object({ label: text, value: z.string() }))
        .nullable()
        .openapi({ description: 'How to pay, while the order awaits a deferred payment.' }),
    }),
    refusal: orNull(text).openapi({ description: 'Why the order was refused, said to the customer.' }),
    trust: z
      .object({ at: moment, by: z.string(), why: z.string() })
      .nullable()
      .optional()
      .openapi({ description: 'For operators: who let the production start before the payment, and why.' }),
    lines: z.array(
      z.object({
        code: entryCode,
        title: text,
        quantity: z.int(),
        unitCents: cents,
        totalCents: cents,
        vatCents: cents,
        bundle: z
          .object({ code: entryCode, title: text, unitCents: cents, quantity: z.int() })
          .nullable()
          .openapi({
            description:
              'The bundle that it was bought in: each of its parts has a line, whose price is its share of the bundle’s.',
          }),
        units: z.array(
          z.object({
            id: z.int(),
            position: z.int(),
            state: unitState,
            external: z.record(z.string(), z.unknown()),
            fields: z.record(z.string(), z.unknown()),
            feedback: orNull(text),
          }),
        ),
      }),
    ),
    products: z.array(
      z.object({
        reference: z.string(),
        unitId: z.int(),
        title: text,
        link: z.string().nullable(),
        holder: orNull(person),
        startsAt: moment,
        endsAt: moment.nullable(),
        state: productState,
      }),
    ),
  })
  .openapi('Order')

export const exampleOrder: z.input<typeof order> = {
  number: exampleNumber,
  state: 'awaiting_payment',
  locale: 'en',
  customer: { email: 'alice@buyers.example', firstname: 'Alice', lastname: 'Martin' },
  currency: 'EUR',
  totalCents: 49_000,
  vatCents: 8167,
  paidCents: 0,
  placedAt: exampleMoment,
  paidAt: null,
  producedAt: null,
  refusal: null,
  payment: {
    means: 'transfer',
    reference: 'RF28261140000000',
    before: '2026-12-22T09:30:00.000Z',
    immediate: false,
    instructions: [{ label: { en: 'IBAN', fr: 'IBAN' }, value: 'FR76 3000 6000 0112 3456 7890 189' }],
  },
  lines: [
    {
      code: 'EXCEL-1',
      title: exampleText,
      quantity: 1,
      unitCents: 49_000,
      totalCents: 49_000,
      vatCents: 8167,
      bundle: null,
      units: [
        {
          id: 1,
          position: 1,
          state: 'prepared',
          external: { email: 'leo@learners.example', firstname: 'Léo', lastname: 'Petit' },
          fields: {},
          feedback: null,
        },
      ],
    },
  ],
  products: [],
}

/** An order as the API shows it. Only operators see who trusted it; nobody sees internal parameters here. */
export async function orderAnswer(
  face: Face,
  view: OrderView,
  options: { operator: boolean },
): Promise<z.output<typeof order>> {
  const means = meansToPay(face.shop, view)
  const { trust, ...seen } = view
  return {
    ...seen,
    ...(options.operator && { trust }),
    refusal: view.state === 'refused' ? ((await refusalOf(face.shop.db, view.id)) ?? null) : null,
    payment: {
      means: view.means,
      reference: view.paymentReference,
      before: view.payBefore,
      immediate: means?.kind === 'immediate',
      instructions: means?.kind === 'deferred' ? means.instructions(payableOf(face.shop, view)) : null,
    },
    lines: view.lines.map((line) => {
      const { external } = formsOf(face.shop, line.entry)
      const units = line.units.map((unit) => ({ ...unit, external: hideSecrets(external, unit.external) }))
      const { bundle } = line
      return {
        ...line,
        code: line.entry.code,
        title: line.entry.title,
        bundle: bundle && { ...bundle, unitCents: bundle.cents },
        units,
      }
    }),
  }
}
