import type { Customer } from '../../db/schema.ts'

/** Who bought, in a cell of a list: the company or the person, and the address below. */
export function CustomerName({ customer }: { customer: Customer }) {
  return (
    <>
      {customer.company ?? `${customer.firstname} ${customer.lastname}`}
      <div class="soft small">{customer.email}</div>
    </>
  )
}
