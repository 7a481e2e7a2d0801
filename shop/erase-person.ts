import { type Kysely, sql } from 'kysely'
import type { Customer, Database } from '../db/schema.ts'

/** Of productions: nothing more is done with their input. */
const ended = ['done', 'refused', 'skipped', 'cancelled']

/** What stands where a person's data was. The domain is reserved: no mail can ever go there (RFC 2606). */
const nobody: Customer = { email: 'erased@erased.invalid', firstname: '—', lastname: '—' }

export type Erased = { orders: number; units: number; products: number; mails: number; open: string[] }

/**
 * Erases a person from the shop, as buyer and as learner, by e-mail whatever its case (GDPR, article 17). What the law
 * makes a shop keep stays: orders, amounts, dates, payments. Orders that are still under way keep what they need;
 * their numbers come back in `open`, to be erased once they are closed. Moodle's own account is Moodle's to delete.
 */
export async function erasePerson(db: Kysely<Database>, address: string): Promise<Erased> {
  const email = address.trim().toLowerCase()
  const named = `%${email.replace(/[\\%_]/g, '\\$&')}%`
  const mentions = `%${JSON.stringify(email).replace(/[\\%_]/g, '\\$&')}%`
  const erased = JSON.stringify(nobody)
  return await db.transaction().execute(async (trx) => {
    const closed = ['completed', 'refused', 'cancelled', 'expired', 'refunded'] as const
    const { rows: open } = await sql<{ number: string }>`
      select number from orders o
       where state <> all(${closed}::text[])
         and (customer_email = ${email}
              or exists (select from units u where u.order_id = o.id and u.external::text ilike ${mentions}))
       order by id`.execute(trx)
    const orders = await trx
      .updateTable('orders')
      .set({ customer: erased, customer_email: nobody.email })
      .where('customer_email', '=', email)
      .where('state', 'in', closed)
      .returning('id')
      .execute()
    const ids = orders.map((order) => order.id)
    // A buyer's own orders, and the units in which somebody else bought for this person.
    const { rows: units } = await sql<{ id: number }>`
      update units set external = '{}', fields = '{}', feedback = null
        from orders o
       where o.id = units.order_id and o.state = any(${closed}::text[])
         and (o.id = any(${ids}::bigint[]) or units.external::text ilike ${mentions})
      returning units.id`.execute(trx)
    await sql`
      update productions
         set input = jsonb_set(jsonb_set(input, '{external}', '{}'), '{unit,buyer}', ${erased}::jsonb)
               - 'products' - 'action',
             cause = null, feedback = null
       where unit_id = any(${units.map((unit) => unit.id)}::bigint[]) and state = any(${ended}::text[])`.execute(
      trx,
    )
    await sql`
      update steps s set result = null from productions p
       where p.id = s.production_id and p.state = any(${ended}::text[])
         and p.unit_id = any(${units.map((unit) => unit.id)}::bigint[])`.execute(trx)
    await sql`
      delete from failures f using productions p
       where p.id = f.production_id and p.unit_id = any(${units.map((unit) => unit.id)}::bigint[])`.execute(
      trx,
    )
    // Whoever got a product by an after-sale action is named by no unit.
    const { rows: actions } = await sql<{ id: number }>`
      update productions set input = input - 'action' - 'products'
       where script in ('action', 'revoke') and state in ('done', 'skipped', 'cancelled')
         and input::text ilike ${mentions}
      returning id`.execute(trx)
    await sql`
      update steps set result = null
       where production_id = any(${actions.map((action) => action.id)}::bigint[]) and result::text ilike ${mentions}`.execute(
      trx,
    )
    const products = await trx
      .updateTable('products')
      .set({ holder: null })
      .where(sql<string>`lower(holder->>'email')`, '=', email)
      .returning('id')
      .execute()
    const mails = await trx
      .updateTable('mails')
      .set({ recipient: nobody.email, data: '{}', subject: null, body: null })
      .where(sql<string>`lower(recipient)`, '=', email)
      .where('state', '!=', 'queued')
      .returning('id')
      .execute()
    // What Moodle said of a learner, or an operator wrote, may name them.
    await sql`select set_config('boutique.erasing', 'on', true)`.execute(trx)
    await sql`
      update history set why = null
       where why ilike ${named}
         and order_id in (select order_id from units where id = any(${units.map((unit) => unit.id)}::bigint[]))`.execute(
      trx,
    )
    await sql`update product_history set why = null where why ilike ${named}`.execute(trx)
    await sql`delete from carts where content::text ilike ${mentions}`.execute(trx)
    await trx.deleteFrom('accounts').where('email', '=', email).execute()
    return {
      orders: orders.length,
      units: units.length,
      products: products.length,
      mails: mails.length,
      open: open.map((order) => order.number),
    }
  })
}
