import { type Kysely, sql } from 'kysely'
import { type Membership, readMembership } from '../db/membership-target.ts'
import type { Database } from '../db/schema.ts'
import type { Production } from '../production/production.ts'
import type { AccessTarget } from './shop.ts'

/** How this run of a production tells Moodle what it gives: with regard to what those before it may have told. */
export function tellingOf({ attempt, interruptions }: Production) {
  return { again: attempt > 1, forerunnerDied: interruptions > 0 }
}

/** All that these products give access to, or gave before they were handed over. */
export async function accessOf(db: Kysely<Database>, productIds: number[]): Promise<AccessTarget[]> {
  const { rows } = await sql<{ course: number | null; membership: string | null; user: number }>`
    select distinct course_id as course, null as membership, user_id as "user"
      from entitlements where product_id = any(${productIds}::bigint[])
    union all
    select distinct null::integer, target, user_id
      from membership_entitlements where product_id = any(${productIds}::bigint[])`.execute(db)
  return rows.flatMap(({ course, membership, user }): AccessTarget[] => {
    if (course !== null) return [{ course, user }]
    return membership === null ? [] : [{ membership, user }]
  })
}

/** What a product gives without enrolling anyone, and what Moodle was told of it. */
export type ToldAccess = {
  site: string
  user: number
  gives: Membership | { course: number; group: number } | { course: number; role: number }
  /** Whether Moodle was told to give it; null: nothing was told. */
  told: boolean | null
  toldAt: Date | null
  /** Our rows have changed since: Moodle is yet to be told. */
  behind: boolean
  /** Why Moodle could not be told, at the last try of the shop's own. */
  trouble: string | null
}

/** What a product gives beside enrolments: memberships, and in a course a group or a role alone. */
export async function besideEnrolments(db: Kysely<Database>, productId: number): Promise<ToldAccess[]> {
  const { rows } = await sql<
    Omit<ToldAccess, 'gives'> & {
      target: string | null
      course: number | null
      role: number | null
      group: number | null
    }
  >`
    select n.site, n.user_id as "user", null as target, n.course_id as course, n.role_id as role, n.group_id as "group",
           case when e.applied_at is not null
                then coalesce(e.applied->'beside'->'groups' @> to_jsonb(n.group_id)
                              or e.applied->'beside'->'roles' @> to_jsonb(n.role_id), false) end as told,
           e.applied_at as "toldAt", coalesce(e.applied_revision < e.revision, true) as behind, e.trouble
      from entitlements n
      left join enrolments e on e.site = n.site and e.course_id = n.course_id and e.user_id = n.user_id
     where n.product_id = ${productId} and not n.enrols and n.withdrawn_at is null
    union all
    select n.site, n.user_id, n.target, null, null, null, m.applied, m.applied_at,
           coalesce(m.applied_revision < m.revision, true), m.trouble
      from membership_entitlements n
      left join memberships m on m.site = n.site and m.target = n.target and m.user_id = n.user_id
     where n.product_id = ${productId} and n.withdrawn_at is null`.execute(db)
  return rows.flatMap(({ target, course, role, group, ...row }): ToldAccess[] => {
    if (target !== null) return [{ ...row, gives: readMembership(target) }]
    if (course === null) return []
    if (group !== null) return [{ ...row, gives: { course, group } }]
    return role === null ? [] : [{ ...row, gives: { course, role } }]
  })
}
