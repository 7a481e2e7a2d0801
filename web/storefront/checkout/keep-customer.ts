import type { CartContent } from '../../../db/schema.ts'
import { type FormValues, readForm } from '../../../sdk/form.ts'
import { customerElements } from '../../../shop/customer.ts'
import { type Body, sound } from '../cart/apply-cart-form.ts'

export const customerPrefix = 'customer.'

/** The customer as typed, right or wrong. */
export function readCustomerForm(body: Body): FormValues {
  return sound(readForm(customerElements, body, customerPrefix))
}

/** Keeps with the cart what the buyer typed of themselves, when the form asked it. */
export function keepCustomer(content: CartContent, body: Body): CartContent {
  if (!Object.keys(body).some((name) => name.startsWith(customerPrefix))) return content
  return { ...content, customer: readCustomerForm(body) }
}
