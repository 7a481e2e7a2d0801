import { type Kysely, sql } from 'kysely'
import type { Cause, Customer, Database } from '../db/schema.ts'
import type { Script } from '../production/production.ts'
import { handlerOf } from '../production/registry.ts'
import type { Text } from '../sdk/index.ts'
import { type AwaitedOrder, awaitedOrders, deferredMeans } from './list-payments.ts'
import type { Shop } from './shop.ts'

/** Counts stop here: more is "more". */
export const mostCounted = 1000

/** What waits for somebody in the office, counted up to `mostCounted`. */
export type Waiting = { needsOperator: number; giveBacks: number; failedMails: number }

/** The numbers beside the sections of the office, in one statement. */
export async function countWaiting(db: Kysely<Database>): Promise<Waiting> {
  const { rows } = await sql<Waiting>`
    select (select count(*) from (select from productions where state = 'needs_operator' limit ${mostCounted}) p)
             as "needsOperator",
           (select count(*) from (select from give_backs where done_at is null limit ${mostCounted}) g) as "giveBacks",
           (select count(*) from (select from mails where state = 'failed' limit ${mostCounted}) m) as "failedMails"`.execute(
    db,
  )
  return rows[0] ?? { needsOperator: 0, giveBacks: 0, failedMails: 0 }
}

/** A unit that stands still, and why. */
export type StuckUnit = {
  production: number
  script: Script
  handler: string
  cause: Cause | null
  attempt: number
  /** When it was tried last. */
  triedAt: Date
  orderNumber: string
  customer: Customer
  /** The customer's money is there, or an operator trusts it. */
  paid: boolean
  title: Text
  unitPosition: number
}

/** Units whose production needs an operator, those of paid orders first. */
export async function stuckUnits(db: Kysely<Database>, limit = 8): Promise<StuckUnit[]> {
  const { rows } = await sql<StuckUnit>`
    select p.id as production, p.script, p.handler, p.cause, p.attempt, coalesce(p.started_at, p.created_at) as "triedAt",
           o.number as "orderNumber", o.customer, (o.paid_at is not null or o.trusted_at is not null) as paid,
           l.entry->'title' as title, u.position as "unitPosition"
      from productions p
      join orders o on o.id = p.order_id
      join units u on u.id = p.unit_id
      join order_lines l on l.id = u.line_id
     where p.state = 'needs_operator'
     order by (o.paid_at is not null or o.trusted_at is not null) desc, p.id
     limit ${limit}`.execute(db)
  return rows
}

/** Productions that will be tried again by themselves, by kind of cause. */
export type Retrying = { kind: Cause['kind']; count: number; since: Date; nextTry: Date; message: string }

export async function retryingByCause(db: Kysely<Database>): Promise<Retrying[]> {
  const { rows } = await sql<Retrying>`
    select coalesce(cause->>'kind', 'handler') as kind, count(*) as count, min(created_at) as since,
           min(due_at) as "nextTry", (array_agg(cause->>'message' order by id desc))[1] as message
      from (select * from productions where state = 'retrying' limit ${mostCounted}) p
     group by 1 order by 2 desc`.execute(db)
  return rows
}

/** Orders of which a part is paid: nothing is produced before the rest comes. */
export async function partPaidOrders(db: Kysely<Database>, limit = 8): Promise<AwaitedOrder[]> {
  return await awaitedOrders(db).where('paid_cents', '>', 0).orderBy('id').limit(limit).execute()
}

/** Orders by deferred means whose deadline is near, or past for those that an operator trusts. */
export async function nearDeadline(
  shop: Pick<Shop, 'db' | 'means'>,
  before: Date,
  limit = 8,
): Promise<AwaitedOrder[]> {
  const deferred = deferredMeans(shop)
  if (deferred.length === 0) return []
  return await awaitedOrders(shop.db)
    .where('means', 'in', deferred)
    .where('pay_before', '<', before)
    .orderBy('pay_before')
    .orderBy('id')
    .limit(limit)
    .execute()
}

/** Access that our products say a person has, or has no longer, and that Moodle refused to be told. */
export type RefusedAccess = { reference: string; title: Text; holder: string | null; trouble: string }

/** What Moodle refuses, a line for each product that it is about. It is tried again every hour. */
export async function refusedAccess(db: Kysely<Database>, limit = 8): Promise<RefusedAccess[]> {
  const { rows } = await sql<RefusedAccess>`
    select p.reference, p.title, p.holder->>'email' as holder, refused.trouble
      from ((select n.product_id, e.trouble
               from enrolments e
               join entitlements n on n.site = e.site and n.course_id = e.course_id and n.user_id = e.user_id
              where e.trouble is not null limit ${limit})
            union
            (select n.product_id, m.trouble
               from memberships m
               join membership_entitlements n on n.site = m.site and n.target = m.target and n.user_id = m.user_id
              where m.trouble is not null limit ${limit})) refused
      join products p on p.id = refused.product_id
     order by p.id limit ${limit}`.execute(db)
  return rows
}

export type UnsellableEntry = { code: string; title: Text; handler: string }

/** Entries that are on sale and can't be bought, since their handler is not there. */
export async function unsellableEntries(shop: Pick<Shop, 'db' | 'registry'>): Promise<UnsellableEntry[]> {
  const rows = await shop.db
    .selectFrom('entries')
    .select(['code', 'title', 'handler'])
    .where('state', '=', 'on_sale')
    .where('handler', 'is not', null)
    .orderBy('position')
    .limit(mostCounted)
    .execute()
  return rows.flatMap((entry) =>
    entry.handler !== null && handlerOf(shop.registry(), entry) === 'missing'
      ? [{ ...entry, handler: entry.handler === 'specific' ? entry.code : entry.handler }]
      : [],
  )
}

/** What a day gave, up to now. `medianMs`: from payment to all produced, of the orders produced; null when none was. */
export type DayFigures = {
  placed: number
  paid: number
  paidCents: number
  produced: number
  medianMs: number | null
}

/** The figures since `from`. Amounts of orders in the shop's own currency only. */
export async function dayFigures(shop: Pick<Shop, 'db' | 'settings'>, from: Date): Promise<DayFigures> {
  const { rows } = await sql<DayFigures>`
    select (select count(*) from orders where placed_at >= ${from}) as placed, paid.*, produced.*
      from (select count(*) as paid,
                   coalesce(sum(total_cents) filter (where currency = ${shop.settings.currency}), 0) as "paidCents"
              from orders where paid_at >= ${from}) paid,
           (select count(*) as produced,
                   percentile_cont(0.5) within group (order by extract(epoch from produced_at - paid_at) * 1000)
                     filter (where produced_at >= paid_at) as "medianMs"
              from orders where produced_at >= ${from}) produced`.execute(shop.db)
  return rows[0] ?? { placed: 0, paid: 0, paidCents: 0, produced: 0, medianMs: null }
}
