import { type Kysely, type RawBuilder, type Selectable, sql } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { LockedOrder, OrderUnit } from './order.ts'
import { type OwnedProduct, toProduct } from './product.ts'

/** A product with all that a script of its unit is given. */
export type ProductWithUnit = {
  product: OwnedProduct
  order: Pick<LockedOrder, 'number' | 'locale' | 'customer' | 'placedAt' | 'paidAt'>
  unit: OrderUnit
}

/** Products, called p in `which`, each with the order and the unit that it is of. */
export async function productsWithUnits(
  db: Kysely<Database>,
  which: RawBuilder<boolean>,
): Promise<ProductWithUnit[]> {
  type Row = Selectable<Database['products']> & ProductWithUnit['order'] & { unit: OrderUnit }
  const { rows } = await sql<Row>`
    select p.*, o.number, o.locale, o.customer, o.placed_at as "placedAt", o.paid_at as "paidAt",
           jsonb_build_object('id', u.id, 'position', u.position, 'state', u.state, 'external', u.external,
                              'fields', u.fields, 'erased', u.erased_at is not null, 'entry', l.entry) as unit
      from products p
      join orders o on o.id = p.order_id
      join units u on u.id = p.unit_id
      join order_lines l on l.id = u.line_id
     where ${which}
     order by p.id`.execute(db)
  return rows.map(({ locale, customer, placedAt, paidAt, unit, ...row }) => ({
    product: toProduct({ ...row, unit_state: unit.state }),
    order: { number: row.number, locale, customer, placedAt, paidAt },
    unit,
  }))
}
