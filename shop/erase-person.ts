import { isDeepStrictEqual } from 'node:util'
import { type Kysely, type RawBuilder, sql, type Transaction } from 'kysely'
import type { Customer, Database } from '../db/schema.ts'
import { forgetCredits } from './credits.ts'
import { forgetSignIns } from './customer-session.ts'
import { type Forgotten, forget, namesBeside, nobodysEmail } from './forget.ts'

/** What stands where a buyer's data was. */
const nobody: Customer = { email: nobodysEmail, firstname: '—', lastname: '—' }

/** `open`: numbers of orders that still need them; `credits`: what they still have. The others are counts. */
export type Erased = {
  orders: number
  units: number
  products: number
  mails: number
  open: string[]
  credits: { cents: number; currency: string }[]
}

type Row = Record<string, unknown>

/**
 * Erases a person from the shop, as buyer and as learner, by e-mail whatever its case (GDPR, article 17). What the law
 * makes a shop keep stays: orders, amounts, dates, payments. Orders that are still under way keep what they need, and
 * so do those of which a script is still to run; their numbers come back in `open`, to be erased once that is over.
 * Products stay, without their holder: they can still be changed and taken back. Credits are theirs until they are spent
 * or, when that is asked for, forfeited. Moodle's own account is Moodle's to delete.
 */
export async function erasePerson(
  db: Kysely<Database>,
  address: string,
  { forfeitCredits = false }: { forfeitCredits?: boolean } = {},
): Promise<Erased> {
  const email = address.trim().toLowerCase()
  return await db.transaction().execute(async (trx) => {
    const { own, others, open } = await lockOrders(trx, email)
    const all = [...own, ...others]
    const { blank, without, concerns } = forget({ email, names: await namesOf(trx, email, all) })
    const isOwn = (row: Row) => own.includes(Number(row.order_id))
    const ofOrders = sql<boolean>`t.order_id = any(${all}::bigint[])`
    const erasedAt = new Date().toISOString()

    await rewrite(trx, 'orders', sql`t.id = any(${all}::bigint[])`, (row) => {
      const mine = own.includes(Number(row.id))
      return {
        ...(mine && { customer: nobody, customer_email: nobody.email }),
        trusted_why: without(row.trusted_why),
      }
    })

    const { rows: accounts } = await sql<{ id: number | null }>`
      delete from accounts where email = ${email} returning user_id as id`.execute(trx)
    for (const table of ['enrolments', 'memberships', 'differences']) {
      const users = accounts.map(({ id }) => id)
      const theirs = sql<boolean>`t.trouble is not null and t.user_id = any(${users}::integer[])`
      await rewrite(trx, table, theirs, ({ trouble }) => ({ trouble: without(trouble) }))
    }

    const products = await rewrite(trx, 'products', ofOrders, ({ id, key, title, link, holder, data }) => ({
      key: concerns(key) ? `erased-${id}` : key,
      title: without(title),
      link: concerns(link) ? null : link,
      holder: concerns(holder) ? null : holder,
      data: without(data),
    }))

    // A buyer's own orders, and the units in which somebody else bought for this person.
    const units = await rewrite(trx, 'units', ofOrders, (row) => {
      const { external, fields, feedback } = row
      if (isOwn(row)) {
        return { external: blank(external), fields: blank(fields), feedback: null, erased_at: erasedAt }
      }
      if (!concerns([external, fields])) return { feedback: without(feedback) }
      return {
        external: without(external),
        fields: blank(fields),
        feedback: without(feedback),
        erased_at: erasedAt,
      }
    })

    // What was made under such a name has it in Moodle by now.
    const { rows: reserved } = await sql<{ name: string }>`
      select name from reservations
       where unit_id in (select id from units where order_id = any(${all}::bigint[]))`.execute(trx)
    const theirs = reserved.map(({ name }) => name).filter(concerns)
    await sql`delete from reservations where name = any(${theirs}::text[])`.execute(trx)

    const productions: number[] = []
    await rewrite(trx, 'productions', ofOrders, (row) => {
      const { unit, external, fields, ...input } = row.input as Row // as the engine keeps it
      const { buyer, ...rest } = unit as Row // likewise
      const mine = isOwn(row)
      if (!mine && !concerns({ ...row, input: { ...input, buyer, external, fields } })) return {}
      productions.push(Number(row.id))
      return {
        input: {
          ...(without(input) as Row), // an object, like what it was
          unit: { ...rest, buyer: mine ? nobody : without(buyer) },
          external: mine ? blank(external) : without(external),
          fields: blank(fields),
        },
        cause: null,
        feedback: mine ? null : without(row.feedback),
      }
    })
    const ofProductions = sql<boolean>`t.production_id = any(${productions}::bigint[])`
    let step = 0
    await rewrite(trx, 'steps', ofProductions, ({ name, result }) => ({
      name: concerns(name) ? `— ${++step}` : name,
      result: blank(result),
    }))
    // What Moodle said may name a learner in its own way.
    await sql`delete from failures t where ${ofProductions}`.execute(trx)

    await rewrite(trx, 'payments', ofOrders, (row) => ({
      reference: concerns(row.reference) ? `${without(row.reference)} ${row.id}` : row.reference,
      note: isOwn(row) ? null : without(row.note),
    }))
    await rewrite(trx, 'give_backs', ofOrders, (row) => ({
      why: without(row.why),
      // As a rule it tells to which account.
      done_note: isOwn(row) ? null : without(row.done_note),
    }))
    await rewrite(
      trx,
      'notifications',
      sql`t.order_number in (select number from orders where id = any(${all}::bigint[]))`,
      ({ body }) => ({ body: without(body) }),
    )

    // The histories take nothing but this, from nobody but who says so.
    await sql`select set_config('boutique.erasing', 'on', true)`.execute(trx)
    const forgetWhy = ({ why }: Row) => ({ why: concerns(why) ? null : why })
    await rewrite(trx, 'history', sql`${ofOrders} and t.why is not null`, forgetWhy)
    await rewrite(
      trx,
      'product_history',
      sql`t.why is not null and t.product_id in (select id from products where order_id = any(${all}::bigint[]))`,
      forgetWhy,
    )

    await forgetSignIns(trx, email)
    const mails = await rewrite(
      trx,
      'mails',
      // One that is queued for an order under way is still to be sent.
      sql`t.order_id = any(${all}::bigint[])
          or (lower(t.recipient) = ${email} and (t.order_id is null or t.state <> 'queued'))`,
      ({ recipient, state, subject, body, data }) => {
        if (String(recipient).toLowerCase() !== email) {
          return { subject: without(subject), body: without(body), data: without(data) }
        }
        const erased = { recipient: nobody.email, subject: null, body: null, data: {} }
        return state === 'queued' ? { ...erased, state: 'kept', cause: 'its recipient was erased' } : erased
      },
    )

    // In a list of learners that was pasted, an address is a part of a text.
    const { rows: carts } = await sql<{ id: string; content: unknown }>`
      select id, content from carts where content::text ilike ${containing(email)}`.execute(trx)
    const { concerns: hasAddress } = forget({ email, names: [] })
    const theirCarts = carts.filter(({ content }) => hasAddress(content)).map(({ id }) => id)
    await sql`delete from carts where id = any(${theirCarts}::uuid[])`.execute(trx)
    // The key stays, that nothing is done twice; what was answered is not told again.
    await rewrite(trx, 'idempotency_keys', sql`t.response::text ilike ${containing(email)}`, () => ({
      response: { headers: {}, body: '' },
    }))

    const credits = await forgetCredits(trx, email, { forfeit: forfeitCredits })
    return { orders: own.length, units, products, mails, open, credits }
  })
}

/** A pattern for whatever contains this text. */
const containing = (text: string) => `%${text.replace(/[\\%_]/g, '\\$&')}%`

/**
 * Locks all orders that have to do with a person. Ids of those that are over: `own`, the person's, and `others`, that
 * name them. `open`: numbers of the rest.
 */
async function lockOrders(
  trx: Transaction<Database>,
  email: string,
): Promise<{ own: number[]; others: number[]; open: string[] }> {
  const named = containing(JSON.stringify(email))
  const written = containing(email)
  // All that was ever written is read, which may take long in a large shop.
  await sql`set local statement_timeout = 0`.execute(trx)
  const { rows } = await sql<{ id: number; number: string; own: boolean; closed: boolean }>`
    select o.id, o.number, o.customer_email = ${email} as own,
           o.state in ('completed', 'refused', 'cancelled', 'expired', 'refunded') as closed
      from orders o
     where o.customer_email = ${email}
        or o.id in (select order_id from units where external::text ilike ${named} or fields::text ilike ${named}
                    union
                    select order_id from products where lower(holder->>'email') = ${email}
                    union
                    -- Who had a product for a while, by an after-sale action, is named by no unit.
                    select order_id from productions where input::text ilike ${named}
                    union
                    -- And whoever is only spoken of, by nothing but that.
                    select order_id from history where why ilike ${written}
                    union
                    select p.order_id from product_history h join products p on p.id = h.product_id
                     where h.why ilike ${written}
                    union
                    select order_id from payments where note ilike ${written} or reference ilike ${written}
                    union
                    select order_id from give_backs where why ilike ${written} or done_note ilike ${written}
                    union
                    select order_id from mails
                     where lower(recipient) = ${email} or body ilike ${written} or data::text ilike ${written})
        or o.number in (select order_number from notifications where body::text ilike ${written})
     order by o.id for update of o`.execute(trx)
  const { rows: live } = await sql<{ id: number }>`
    select distinct order_id as id from productions
     where order_id = any(${rows.map(({ id }) => id)}::bigint[])
       and state in ('queued', 'running', 'retrying', 'needs_operator')`.execute(trx)
  const busy = new Set(live.map(({ id }) => id))
  const over = rows.filter(({ id, closed }) => closed && !busy.has(id))
  return {
    own: over.filter(({ own }) => own).map(({ id }) => id),
    others: over.filter(({ own }) => !own).map(({ id }) => id),
    open: rows.filter((order) => !over.includes(order)).map(({ number }) => number),
  }
}

/** The names that a person bore in these orders. */
async function namesOf(
  trx: Transaction<Database>,
  email: string,
  orders: number[],
): Promise<Forgotten['names']> {
  const { rows } = await sql<{ value: unknown }>`
    select customer as value from orders where id = any(${orders}::bigint[])
    union all
    select external from units where order_id = any(${orders}::bigint[])
    union all
    select holder from products where order_id = any(${orders}::bigint[])
    union all
    select input->'action' from productions where order_id = any(${orders}::bigint[]) and script = 'action'`.execute(
    trx,
  )
  const names = rows.flatMap(({ value }) => namesBeside(email, value))
  return [...new Map(names.map((name) => [`${name.firstname} ${name.lastname}`, name])).values()]
}

/** Gives rows of a table, called t in `which`, what `change` says of them. Returns how many it changed. */
async function rewrite(
  trx: Transaction<Database>,
  table: string,
  which: RawBuilder<boolean>,
  change: (row: Row) => Row,
): Promise<number> {
  const { rows } = await sql<{ place: string; row: Row }>`
    select t.ctid::text as place, to_jsonb(t) as row from ${sql.table(table)} t where ${which} for update`.execute(
    trx,
  )
  const changes = rows.flatMap(({ place, row }) => {
    const changed = Object.entries(change(row)).filter(
      ([column, value]) => !isDeepStrictEqual(value, row[column]),
    )
    return changed.length > 0 ? [{ place, changed: Object.fromEntries(changed) }] : []
  })
  if (changes.length === 0) return 0
  const columns = [...new Set(changes.flatMap(({ changed }) => Object.keys(changed)))]
  const list = sql.join(columns.map((column) => sql.ref(column)))
  await sql`
    update ${sql.table(table)} t
       set (${list}) = (select ${list} from jsonb_populate_record(t, c.changed))
      from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) as c (place text, changed jsonb)
     where t.ctid = c.place::tid`.execute(trx)
  return changes.length
}
