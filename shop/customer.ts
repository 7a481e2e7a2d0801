import { type Kysely, sql } from 'kysely'
import { z } from 'zod'
import type { Customer, Database } from '../db/schema.ts'
import { elementsOf, type FormErrors, type FormValues, validate } from '../sdk/form.ts'

const line = (max: number) => z.string().min(1).max(max)

/** Who buys: asked once for each order. The fields of a company are optional. */
const customerSchema = z.object({
  firstname: line(100).meta({ label: { en: 'First name', fr: 'Prénom' }, autocomplete: 'given-name' }),
  lastname: line(100).meta({ label: { en: 'Last name', fr: 'Nom' }, autocomplete: 'family-name' }),
  email: z
    .email()
    .max(100)
    .meta({
      label: { en: 'E-mail', fr: 'Adresse e-mail' },
      help: { en: 'The order and its receipt go there.', fr: 'Votre commande et son reçu y sont envoyés.' },
      autocomplete: 'email',
    }),
  company: line(200)
    .optional()
    .meta({ label: { en: 'Company', fr: 'Société' }, autocomplete: 'organization' }),
  address: line(500)
    .optional()
    .meta({
      label: { en: 'Billing address', fr: 'Adresse de facturation' },
      type: 'textarea',
      autocomplete: 'street-address',
    }),
  vatNumber: z
    .string()
    .regex(/^[A-Za-z]{2}[A-Za-z0-9 ]{2,14}$/)
    .optional()
    .meta({
      label: { en: 'VAT number', fr: 'Numéro de TVA' },
      patternHelp: {
        en: 'Two letters of the country, then the number: FR12345678901.',
        fr: 'Deux lettres du pays puis le numéro : FR12345678901.',
      },
    }),
})

export const customerElements = elementsOf(customerSchema)

/** Reads a customer's data; errors by field. */
export function readCustomer(
  values: FormValues,
): { ok: true; value: Customer } | { ok: false; errors: FormErrors } {
  return validate(customerSchema, customerElements, values)
}

/** What is known of whoever has this e-mail: as they ordered last, or by the name of what they hold. */
export async function knownCustomer(db: Kysely<Database>, email: string): Promise<Partial<Customer>> {
  const order = await db
    .selectFrom('orders')
    .select('customer')
    .where('customer_email', '=', email)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (order) return order.customer
  const product = await db
    .selectFrom('products')
    .select('holder')
    .where(sql<string>`lower(holder->>'email')`, '=', email)
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  return product?.holder ?? { email }
}
