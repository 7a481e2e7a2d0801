import { sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { EntitlementDraft } from './entitlement-draft.ts'

// What a product gave stays as a withdrawn row: it is what tells that something must be taken away.

/** What a product's holder is entitled to, and nobody else: what stays with a person is no part of it. `from` null: whoever has it. */
const ofHolder = (productId: number, from: number | null) =>
  sql`product_id = ${productId} and not stays and withdrawn_at is null
      and (${from}::integer is null or user_id = ${from})`

/** Gives another person what a product entitles its holder to. */
export async function handOver(
  trx: Transaction<Database>,
  productId: number,
  { from, to }: { from: number | null; to: number },
): Promise<void> {
  const moving = sql`${ofHolder(productId, from)} and user_id <> ${to}`
  await sql`
    with moved as (
      update entitlements set withdrawn_at = now() where ${moving}
      returning product_id, site, course_id, role_id, group_id, enrols
    )
    insert into entitlements (product_id, site, course_id, user_id, role_id, group_id, enrols)
    select distinct product_id, site, course_id, ${to}::integer, role_id, group_id, enrols from moved
    on conflict (product_id, site, course_id, user_id, enrols, coalesce(role_id, 0), coalesce(group_id, 0))
      do update set withdrawn_at = null`.execute(trx)
  await sql`
    with moved as (
      update membership_entitlements set withdrawn_at = now() where ${moving}
      returning product_id, site, target
    )
    insert into membership_entitlements (product_id, site, target, user_id)
    select distinct product_id, site, target, ${to}::integer from moved
    on conflict (product_id, site, target, user_id) do update set withdrawn_at = null`.execute(trx)
}

/** Withdraws what a product entitles its holder to. */
export async function takeFromHolder(
  trx: Transaction<Database>,
  productId: number,
  from: number | null,
): Promise<void> {
  const given = ofHolder(productId, from)
  await sql`
    with withdrawn as (update entitlements set withdrawn_at = now() where ${given})
    update membership_entitlements set withdrawn_at = now() where ${given}`.execute(trx)
}

/** Makes these all that a product entitles to: the rest is withdrawn. */
export async function setEntitlements(
  trx: Transaction<Database>,
  site: string,
  productId: number,
  drafts: EntitlementDraft[],
): Promise<void> {
  const given = sql`
    (select course, "user", role, "group", enrols, membership, bool_and(stays) as stays
       from jsonb_to_recordset(${JSON.stringify(drafts)}::jsonb)
         as e (course integer, "user" integer, role integer, "group" integer, enrols boolean, membership text,
               stays boolean)
      group by 1, 2, 3, 4, 5, 6)`
  await sql`
    with given as ${given}, withdrawn as (
      update entitlements e set withdrawn_at = now()
       where product_id = ${productId} and withdrawn_at is null
         and not exists (
           select from given g
            where e.site = ${site}
              and (g.course, g."user", g.role, g."group", g.enrols)
                  is not distinct from (e.course_id, e.user_id, e.role_id, e.group_id, e.enrols))
    )
    insert into entitlements (product_id, site, course_id, user_id, role_id, group_id, enrols, stays)
    select ${productId}::bigint, ${site}, course, "user", role, "group", enrols, stays
      from given where course is not null
    on conflict (product_id, site, course_id, user_id, enrols, coalesce(role_id, 0), coalesce(group_id, 0))
      do update set withdrawn_at = null, stays = excluded.stays`.execute(trx)
  await sql`
    with given as ${given}, withdrawn as (
      update membership_entitlements e set withdrawn_at = now()
       where product_id = ${productId} and withdrawn_at is null
         and not exists (
           select from given g
            where e.site = ${site} and g.membership = e.target and g."user" = e.user_id)
    )
    insert into membership_entitlements (product_id, site, target, user_id, stays)
    select ${productId}::bigint, ${site}, membership, "user", stays from given where membership is not null
    on conflict (product_id, site, target, user_id) do update set withdrawn_at = null, stays = excluded.stays`.execute(
    trx,
  )
}
