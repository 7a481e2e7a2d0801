import { isDeepStrictEqual } from 'node:util'
import { type RawBuilder, sql, type Transaction } from 'kysely'
import { containing } from '../db/containing.ts'
import type { Customer, Database } from '../db/schema.ts'
import { forget, nobodysEmail } from './forget.ts'

// What erasing a person does, table by table: each keeps what the law makes a shop keep, and the shape of the rest.

/** Of whom, and where: `own` orders are the person's, `orders` those and others that name them. All of them are locked. */
export type Erasure = ReturnType<typeof forget> & {
  trx: Transaction<Database>
  email: string
  own: number[]
  orders: number[]
}

/** What stands where a buyer's data was. */
const nobody: Customer = { email: nobodysEmail, firstname: '—', lastname: '—' }

type Row = Record<string, unknown>

/** Whether a row, called t, is of one of the orders. */
const ofOrders = ({ orders }: Erasure) => sql<boolean>`t.order_id = any(${orders}::bigint[])`
/** Whether a row is of an order of the person's own. */
const isOwn = ({ own }: Erasure, row: Row) => own.includes(Number(row.order_id))

export async function eraseOrders(erasure: Erasure): Promise<void> {
  const { trx, own, orders, without } = erasure
  await rewrite(trx, 'orders', sql`t.id = any(${orders}::bigint[])`, (row) => {
    const mine = own.includes(Number(row.id))
    return {
      ...(mine && { customer: nobody, customer_email: nobody.email }),
      trusted_why: without(row.trusted_why),
    }
  })
}

/** What we know of the person's account, and what Moodle said of it when it refused something. */
export async function eraseAccounts({ trx, email, without }: Erasure): Promise<void> {
  const { rows: accounts } = await sql<{ id: number | null }>`
    delete from accounts where email = ${email} returning user_id as id`.execute(trx)
  for (const table of ['enrolments', 'memberships', 'differences']) {
    const users = accounts.map(({ id }) => id)
    const theirs = sql<boolean>`t.trouble is not null and t.user_id = any(${users}::integer[])`
    await rewrite(trx, table, theirs, ({ trouble }) => ({ trouble: without(trouble) }))
  }
}

/** Returns how many were changed. */
export async function eraseProducts(erasure: Erasure): Promise<number> {
  const { trx, without, concerns } = erasure
  return await rewrite(trx, 'products', ofOrders(erasure), ({ id, key, title, link, holder, data }) => ({
    key: concerns(key) ? `erased-${id}` : key,
    title: without(title),
    link: concerns(link) ? null : link,
    holder: concerns(holder) ? null : holder,
    data: without(data),
  }))
}

/** A buyer's own orders, and the units in which somebody else bought for this person. Returns how many were changed. */
export async function eraseUnits(erasure: Erasure): Promise<number> {
  const { trx, blank, without, concerns } = erasure
  const erasedAt = new Date().toISOString()
  return await rewrite(trx, 'units', ofOrders(erasure), (row) => {
    const { external, fields, feedback } = row
    if (isOwn(erasure, row)) {
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
}

/** What was made under such a name has it in Moodle by now. */
export async function eraseReservations({ trx, orders, concerns }: Erasure): Promise<void> {
  const { rows: reserved } = await sql<{ name: string }>`
    select name from reservations
     where unit_id in (select id from units where order_id = any(${orders}::bigint[]))`.execute(trx)
  const theirs = reserved.map(({ name }) => name).filter(concerns)
  await sql`delete from reservations where name = any(${theirs}::text[])`.execute(trx)
}

/** The journal: what scripts were given, what their steps returned, how they failed. */
export async function eraseProductions(erasure: Erasure): Promise<void> {
  const { trx, blank, without, concerns } = erasure
  const productions: number[] = []
  await rewrite(trx, 'productions', ofOrders(erasure), (row) => {
    const { unit, external, fields, ...input } = row.input as Row // as the engine keeps it
    const { buyer, ...rest } = unit as Row // likewise
    const mine = isOwn(erasure, row)
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
}

/** What was noted beside payments and what was given back, and what those who take payments told us. */
export async function eraseMoney(erasure: Erasure): Promise<void> {
  const { trx, orders, without, concerns } = erasure
  await rewrite(trx, 'payments', ofOrders(erasure), (row) => ({
    reference: concerns(row.reference) ? `${without(row.reference)} ${row.id}` : row.reference,
    note: isOwn(erasure, row) ? null : without(row.note),
  }))
  await rewrite(trx, 'give_backs', ofOrders(erasure), (row) => ({
    why: without(row.why),
    // As a rule it tells to which account.
    done_note: isOwn(erasure, row) ? null : without(row.done_note),
  }))
  const ofNumbers = sql<boolean>`
    t.order_number in (select number from orders where id = any(${orders}::bigint[]))`
  await rewrite(trx, 'notifications', ofNumbers, ({ body }) => ({ body: without(body) }))
}

/** The reasons that people wrote. */
export async function eraseHistories(erasure: Erasure): Promise<void> {
  const { trx, orders, concerns } = erasure
  // The histories take nothing but this, from nobody but who says so.
  await sql`select set_config('boutique.erasing', 'on', true)`.execute(trx)
  const forgetWhy = ({ why }: Row) => ({ why: concerns(why) ? null : why })
  await rewrite(trx, 'history', sql`${ofOrders(erasure)} and t.why is not null`, forgetWhy)
  const ofProducts = sql<boolean>`
    t.why is not null and t.product_id in (select id from products where order_id = any(${orders}::bigint[]))`
  await rewrite(trx, 'product_history', ofProducts, forgetWhy)
}

/** Mails to the person, and those to others that name them. Returns how many were changed. */
export async function eraseMails({ trx, email, orders, without }: Erasure): Promise<number> {
  // One that is queued for an order under way is still to be sent.
  const theirs = sql<boolean>`
    t.order_id = any(${orders}::bigint[])
    or (lower(t.recipient) = ${email} and (t.order_id is null or t.state <> 'queued'))`
  return await rewrite(trx, 'mails', theirs, ({ recipient, state, subject, body, data }) => {
    if (String(recipient).toLowerCase() !== email) {
      return { subject: without(subject), body: without(body), data: without(data) }
    }
    const erased = { recipient: nobody.email, subject: null, body: null, data: {} }
    return state === 'queued' ? { ...erased, state: 'kept', cause: 'its recipient was erased' } : erased
  })
}

/** What is about to be bought, and what programs were answered. */
export async function eraseCarts({ trx, email }: Erasure): Promise<void> {
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
