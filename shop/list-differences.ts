import { type Kysely, sql } from 'kysely'
import { type Membership, readMembership } from '../db/membership-target.ts'
import type { Cause, Customer, Database, Fault, ProductionState, ProductState } from '../db/schema.ts'
import type { Text } from '../sdk/index.ts'
import type { Who } from './order.ts'

export type Reconciliation = {
  id: number
  state: 'running' | 'done' | 'failed'
  askedBy: string
  /** Enrolments and memberships to compare, and those compared so far. */
  total: number
  checked: number
  differences: number
  /** How many repairs were asked for and wait, were made, and were refused by Moodle. */
  repairs: { asked: number; repaired: number; refused: number }
  /** Why it failed, or what it waits for. */
  cause: string | null
  startedAt: Date
  endedAt: Date | null
}

/** The last reconciliation of the site, be it under way or over. */
export async function lastReconciliation(
  db: Kysely<Database>,
  site: string,
): Promise<Reconciliation | undefined> {
  const { rows } = await sql<Reconciliation>`
    select r.id, r.state, r.asked_by as "askedBy", r.total, r.checked, r.cause, r.started_at as "startedAt",
           r.ended_at as "endedAt", d.differences, d.repairs
      from (select * from reconciliations where site = ${site} order by id desc limit 1) r,
           lateral (select count(*) as differences,
                           jsonb_build_object('asked', count(*) filter (where repair = 'asked'),
                                              'repaired', count(*) filter (where repair = 'repaired'),
                                              'refused', count(*) filter (where repair = 'refused')) as repairs
                      from differences where reconciliation_id = r.id) d`.execute(db)
  return rows[0]
}

/** The ways in which the site may differ: see `Fault`. */
export const faultKinds = [
  'behind',
  'told_otherwise',
  'account_gone',
  'missing',
  'suspended_there',
  'active_there',
  'role_missing',
  'role_left',
  'group_missing',
  'group_left',
  'not_member',
  'member_there',
  'unreadable',
] as const satisfies Fault['kind'][]

/** How many differences of the last reconciliation are yet to be repaired, by the kind of their faults. */
export async function countByKind(
  db: Kysely<Database>,
  site: string,
): Promise<{ kind: Fault['kind']; count: number }[]> {
  const { rows } = await sql<{ kind: Fault['kind']; count: number }>`
    select fault->>'kind' as kind, count(distinct d.id)::integer as count
      from differences d, jsonb_array_elements(d.faults) fault
     where d.reconciliation_id = (select max(id) from reconciliations where site = ${site})
       and d.repair is distinct from 'repaired'
     group by 1 order by 2 desc, 1`.execute(db)
  return rows
}

/** How many things of the last reconciliation are not the same and not repaired, counted up to `most`. */
export async function countDifferences(db: Kysely<Database>, site: string, most: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::integer as count
      from (select from differences
             where reconciliation_id = (select max(id) from reconciliations where site = ${site})
               and repair is distinct from 'repaired' limit ${most}) d`.execute(db)
  return rows[0]?.count ?? 0
}

export type ListedDifference = {
  id: number
  /** One of the two. */
  course: number | null
  membership: Membership | null
  /** Moodle user id; null: the course or the cohort itself could not be read, and there is nothing to repair. */
  user: number | null
  faults: Fault[]
  foundAt: Date
  repair: 'asked' | 'repaired' | 'refused' | null
  /** Who asked for the repair, and when it was made. */
  repairBy: Who | null
  repairedAt: Date | null
  /** Why Moodle refused the repair. */
  trouble: string | null
  /** The products that give this, the newest first: five at the most. */
  products: { reference: string; title: Text; holder: Customer | null; state: ProductState }[]
  /** What still works on them, or waits for an operator. */
  production: { id: number; state: ProductionState; cause: Cause | null } | null
}

/** A page of what a reconciliation found: the last one's, unless `reconciliation` names another. */
export async function listDifferences(
  db: Kysely<Database>,
  site: string,
  {
    reconciliation,
    after = 0,
    limit = 50,
    repaired,
    kind,
  }: {
    reconciliation?: number
    after?: number
    limit?: number
    /** Only those that were repaired, or only those that were not. */
    repaired?: boolean
    kind?: Fault['kind']
  } = {},
): Promise<{ differences: ListedDifference[]; next: number | undefined }> {
  const run =
    reconciliation === undefined
      ? sql`(select max(id) from reconciliations where site = ${site})`
      : sql`${reconciliation}`
  const { rows } = await sql<Omit<ListedDifference, 'membership'> & { membership: string | null }>`
    select d.id, d.course_id as course, d.target as membership, d.user_id as "user", d.faults, d.found_at as "foundAt",
           d.repair, d.repair_asked_by as "repairBy", d.repaired_at as "repairedAt", d.trouble, p.products, p.production
      from differences d,
           lateral (
             select coalesce(jsonb_agg(jsonb_build_object('reference', p.reference, 'title', p.title,
                                                          'holder', p.holder, 'state', p.state)
                                       order by p.id desc), '[]') as products,
                    (select jsonb_build_object('id', w.id, 'state', w.state, 'cause', w.cause)
                       from productions w
                      where w.unit_id = any(array_agg(p.unit_id)) and w.state in ('queued', 'running', 'retrying', 'needs_operator')
                      order by w.id desc limit 1) as production
               from (select p.* from products p
                      where p.id in (select n.product_id from entitlements n
                                      where n.site = ${site} and n.course_id = d.course_id and n.user_id = d.user_id
                                     union
                                     select n.product_id from membership_entitlements n
                                      where n.site = ${site} and n.target = d.target and n.user_id = d.user_id)
                      order by p.id desc limit 5) p
           ) p
     where d.reconciliation_id = ${run} and d.id > ${after}
       and (${repaired ?? null}::boolean is null or ${repaired ?? null} = (d.repair is not distinct from 'repaired'))
       and (${kind ?? null}::text is null or d.faults @> jsonb_build_array(jsonb_build_object('kind', ${kind ?? null}::text)))
     order by d.id limit ${limit + 1}`.execute(db)
  const page = rows.slice(0, limit).map(({ membership, ...row }) => ({
    ...row,
    membership: membership === null ? null : readMembership(membership),
  }))
  return { differences: page, next: rows.length > limit ? page.at(-1)?.id : undefined }
}
