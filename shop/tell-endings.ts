import { sql, type Transaction } from 'kysely'
import { fromKysely } from 'pg-boss'
import type { z } from 'zod'
import type { Customer, Database } from '../db/schema.ts'
import type { endingMail } from '../documents/mails.ts'
import { mailQueue } from './change-order.ts'
import type { Shop } from './shop.ts'

/** Days before the end at which it is announced, the earliest first. */
const announced = [30, 7]

/** Products of one run: the rest waits for the next minute. */
const batch = 500

type Ending = {
  id: number
  reference: string
  holder: Customer | null
  orderId: number
  customerEmail: string
  days: number
  endsOn: string
}

type EndingMail = { orderId: number; key: string; recipient: string; data: z.output<typeof endingMail> }

/**
 * Announces the end of products, 30 and 7 days before, to the customer and to a holder who is another: each product once
 * for each of the two and for each end that it has. Left out are products that last no longer than that, and those of
 * which all goes on by another. Returns how many products it announced.
 */
export async function tellEndings(shop: Pick<Shop, 'db' | 'queue' | 'settings'>): Promise<number> {
  return await shop.db.transaction().execute(async (trx) => {
    const endings = await mark(trx)
    const mails = mailsOf(endings)
    if (mails.length === 0) return endings.length
    const { mailing } = shop.settings
    const { rows } = await sql<{ id: number }>`
      insert into mails (order_id, key, kind, data, recipient, state)
      select "orderId", key, 'product_ending', data, recipient, ${mailing ? 'queued' : 'kept'}
        from jsonb_to_recordset(${JSON.stringify(mails)}::jsonb)
          as m ("orderId" bigint, key text, recipient text, data jsonb)
      on conflict (key) do nothing returning id`.execute(trx)
    if (mailing) {
      for (const { id } of rows) await shop.queue.send(mailQueue, { mail: id }, { db: fromKysely(trx) })
    }
    return endings.length
  })
}

/** Another product, q, gives the same thing within a day after p, and longer. */
const goesOn = sql`q.state = 'active' and q.starts_at <= p.ends_at + interval '1 day'
                   and (q.ends_at is null or q.ends_at > p.ends_at + interval '1 day')`

/** Finds the products to announce, and marks them as announced. */
async function mark(trx: Transaction<Database>): Promise<Ending[]> {
  const thresholds = announced.map((days, i) => ({ days, next: announced[i + 1] ?? 0 }))
  const { rows } = await sql<Ending>`
    with due as (
      select p.id, p.reference, p.holder, p.order_id, t.days,
             ((p.ends_at - interval '1 second') at time zone 'UTC')::date as ends_on
        from jsonb_to_recordset(${JSON.stringify(thresholds)}::jsonb) as t (days integer, next integer)
        join products p
          on p.ends_at > now() + make_interval(days => t.next) and p.ends_at <= now() + make_interval(days => t.days)
       where p.state = 'active'
         and greatest(p.starts_at, p.created_at) < p.ends_at - make_interval(days => t.days)
         and not exists (select from product_warnings w
                          where w.product_id = p.id and w.days = t.days
                            and w.ends_on = ((p.ends_at - interval '1 second') at time zone 'UTC')::date)
         and (exists (select from entitlements e
                       where e.product_id = p.id and e.withdrawn_at is null and not e.stays
                         and not exists (
                           select from entitlements n join products q on q.id = n.product_id
                            where n.site = e.site and n.course_id = e.course_id and n.user_id = e.user_id
                              and n.withdrawn_at is null and n.enrols = e.enrols
                              and (e.enrols or (n.role_id, n.group_id) is not distinct from (e.role_id, e.group_id))
                              and ${goesOn}))
              or exists (select from membership_entitlements e
                          where e.product_id = p.id and e.withdrawn_at is null and not e.stays
                            and not exists (
                              select from membership_entitlements n join products q on q.id = n.product_id
                               where n.site = e.site and n.target = e.target and n.user_id = e.user_id
                                 and n.withdrawn_at is null and ${goesOn}))
              or not exists (select from entitlements e where e.product_id = p.id
                             union all
                             select from membership_entitlements e where e.product_id = p.id))
       order by p.ends_at, p.id limit ${batch} for update of p skip locked
    ), marked as (
      insert into product_warnings (product_id, days, ends_on) select id, days, ends_on from due
      on conflict do nothing returning product_id
    )
    select due.id, due.reference, due.holder, due.order_id as "orderId", o.customer_email as "customerEmail",
           due.days, due.ends_on as "endsOn"
      from due join marked on marked.product_id = due.id join orders o on o.id = due.order_id
     order by due.id`.execute(trx)
  return rows
}

/** One mail for all that end on the same day for the same person, of one order. */
function mailsOf(endings: Ending[]): EndingMail[] {
  const mails = new Map<string, EndingMail>()
  const add = (ending: Ending, recipient: string, holder: string | undefined) => {
    const { id, orderId, days, endsOn } = ending
    const same = `${orderId} ${days} ${endsOn} ${recipient.toLowerCase()} ${holder === undefined}`
    const known = mails.get(same)
    if (known) {
      known.data.references.push(ending.reference)
      return
    }
    const key = `product_ending:${id}:${days}:${endsOn}:${holder === undefined ? 'customer' : 'holder'}`
    mails.set(same, {
      orderId,
      key,
      recipient,
      data: { days, endsOn, references: [ending.reference], holder },
    })
  }
  for (const ending of endings) {
    const { customerEmail, holder } = ending
    add(ending, customerEmail, undefined)
    if (holder && holder.email.toLowerCase() !== customerEmail.toLowerCase()) {
      add(ending, holder.email, holder.firstname)
    }
  }
  // An erased person has an address to which nothing goes.
  return [...mails.values()].filter(({ recipient }) => !recipient.endsWith('.invalid'))
}
