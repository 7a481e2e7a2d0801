import { type Kysely, sql, type Transaction } from 'kysely'
import { z } from 'zod'
import { type Membership, readMembership } from '../db/membership-target.ts'
import type { Database, ProductState } from '../db/schema.ts'
import { MoodleError } from '../sdk/index.ts'
import { forgetAccount } from './accounts.ts'
import { type Agree, type Known, openAgreement, secondsOfDoubt } from './agreement.ts'
import type { Client } from './client.ts'
import { coalesce } from './coalesce.ts'
import { batched, type Touch } from './entitlements.ts'
import { explainMembership } from './explain-membership.ts'
import { fixedFields, formFields } from './form.ts'
import { nextChange, runs } from './implied-enrolment.ts'

/** One person in a cohort, or with a role outside courses. `membership` as `writeMembership` has it. */
export type MembershipTarget = { membership: string; user: number }

/** What one product entitles to. Times are Unix seconds; `endsAt` 0 means no end. */
export type MembershipRow = { startsAt: number; endsAt: number; state: ProductState }

/** Whether a person is a member at `now`, by any product; undefined: no, and there is nothing to take away. */
export function impliedMembership(
  rows: MembershipRow[],
  told: boolean | null,
  now: number,
): boolean | undefined {
  if (rows.some((row) => runs(row, now))) return true
  // Told or not: a process may have died between telling Moodle and noting it. What never began was never given, and
  // who was a member before is left alone until then.
  return told !== null || rows.some(({ startsAt }) => startsAt <= now) ? false : undefined
}

/**
 * Says, in the transaction that changes products, that these memberships are no longer what Moodle was told. What is due
 * may be being told, by a process that dies with a call on its way: that is a doubt.
 */
export async function touchMemberships(
  trx: Transaction<Database>,
  site: string,
  targets: MembershipTarget[],
  { due = false }: Touch = {},
): Promise<void> {
  if (targets.length === 0) return
  await sql`
    insert into memberships (site, target, user_id, look_again_at)
    select distinct ${site}, membership, "user", case when ${due} then now() end
      from jsonb_to_recordset(${JSON.stringify(targets)}::jsonb) as t (membership text, "user" integer)
     order by membership, "user"
    on conflict (site, target, user_id) do update
       set revision = memberships.revision + 1,
           look_again_at = coalesce(excluded.look_again_at, memberships.look_again_at),
           doubted_until = case when memberships.look_again_at < now()
                                then now() + make_interval(secs => ${secondsOfDoubt})
                                else memberships.doubted_until end`.execute(trx)
}

/**
 * Makes Moodle agree with our rows: in, while any product runs; out, when none does. Moodle ends none of this by
 * itself, so each row keeps when to look again.
 */
export function openMemberships(options: {
  db: Kysely<Database>
  site: string
  client: Client
}): Agree<MembershipTarget> {
  const { db, site, client } = options
  const read = coalesce({
    send: (targets: MembershipTarget[]) => readMemberships(db, site, targets),
    max: targetsAStatement,
    splits: () => false,
  })
  const note = coalesce({
    send: (told: Told[]) => noteTold(db, site, told),
    max: targetsAStatement,
    splits: () => false,
  })
  const doubt = coalesce({
    send: (targets: MembershipTarget[]) => doubtMemberships(db, site, targets),
    max: targetsAStatement,
    splits: () => false,
  })
  const joinCohort = joinCohorts(client)
  const leaveCohort = batched(client, 'core_cohort_delete_cohort_members', 'members')
  const giveRole = batched(client, 'core_role_assign_roles', 'assignments')
  const takeRole = batched(client, 'core_role_unassign_roles', 'unassignments')

  async function set(membership: Membership, user: number, member: boolean): Promise<void> {
    if ('cohort' in membership) {
      const { cohort } = membership
      if (member) await joinCohort({ cohort, user })
      else await leaveCohort([{ cohortid: cohort, userid: user }])
      return
    }
    const { role, context } = membership
    const assignment = {
      roleid: role,
      userid: user,
      contextlevel: context.level,
      instanceid: context.instance,
    }
    await (member ? giveRole : takeRole)([assignment])
  }

  return openAgreement({
    key: ({ membership, user }) => `${membership} of user ${user}`,
    read,
    async tell(target, known): Promise<Told> {
      const now = Math.floor(Date.now() / 1000)
      const member = impliedMembership(known.rows, known.told, now)
      if (member !== undefined) {
        const membership = readMembership(target.membership)
        await set(membership, target.user, member).catch(async (error: unknown) => {
          const forget = () => forgetAccount(db, site, target.user)
          const attempt = { membership, user: target.user, member }
          const why = await explainMembership(error, attempt, { client, forget })
          if (why !== undefined) throw why
        })
      }
      const lookAgainAt = nextChange(known.rows, now) ?? null
      const { revision, readAt } = known
      return { ...target, revision, readAt, member: member ?? null, lookAgainAt }
    },
    note: (_target, _known, told) => note(told),
    doubt,
  })
}

/** Rows of one statement. */
const targetsAStatement = 500

type Joining = { cohort: number; user: number }

const warnings = z.object({
  warnings: z.array(z.object({ warningcode: z.string(), message: z.string().default('') })),
})

/** The form fields of one element of the call below. */
const fieldsOfJoining = 4

/** Its faults are warnings that don't name their element: with one, the halves of a call are sent again. */
function joinCohorts(client: Client): (joining: Joining) => Promise<undefined> {
  const call = 'core_cohort_add_cohort_members'
  return coalesce({
    limit: client.limit,
    fields: { most: formFields - fixedFields, of: () => fieldsOfJoining },
    send: async (joining: Joining[]) => {
      const members = joining.map(({ cohort, user }) => ({
        cohorttype: { type: 'id', value: cohort },
        usertype: { type: 'id', value: user },
      }))
      const reply = await client.callNow(call, { members }, warnings)
      const fault = reply.warnings.find(({ warningcode }) => warningcode !== alreadyThere)
      if (fault) {
        throw new MoodleError(`${call}: ${fault.message}`, {
          kind: 'request',
          code: `warning${fault.warningcode}`,
          call,
        })
      }
      return joining.map(() => undefined)
    },
  })
}

const alreadyThere = '3'

type KnownMembership = Known & { told: boolean | null; rows: MembershipRow[] }

/** Times are Unix seconds. */
type Told = MembershipTarget & {
  revision: number
  readAt: number
  member: boolean | null
  lookAgainAt: number | null
}

/** What products give to the membership `e` of a statement. */
export const rowsOfMembership = sql<MembershipRow[]>`
  coalesce(
    (select jsonb_agg(jsonb_build_object(
              'state', case when n.withdrawn_at is null then p.state else 'revoked' end,
              'startsAt', floor(extract(epoch from p.starts_at)),
              'endsAt', coalesce(ceil(extract(epoch from p.ends_at)), 0)))
       from membership_entitlements n,
            lateral (select state, starts_at, ends_at from products where id = n.product_id offset 0) p
      where n.site = e.site and n.target = e.target and n.user_id = e.user_id), '[]')`

/** The revision and the rows behind it in one statement, so that they belong together. */
async function readMemberships(
  db: Kysely<Database>,
  site: string,
  targets: MembershipTarget[],
): Promise<KnownMembership[]> {
  const { rows } = await sql<KnownMembership & MembershipTarget>`
    select t.membership, t."user", e.revision, e.applied_revision as "toldRevision", e.applied as told,
           extract(epoch from now())::float8 as "readAt", ${rowsOfMembership} as rows
      from jsonb_to_recordset(${JSON.stringify(targets)}::jsonb) as t (membership text, "user" integer),
           lateral (select * from memberships
                     where site = ${site} and target = t.membership and user_id = t."user"
                    offset 0) e`.execute(db)
  const found = new Map(rows.map((row) => [`${row.membership} ${row.user}`, row]))
  return targets.map(({ membership, user }) => {
    const known = found.get(`${membership} ${user}`)
    if (!known) throw new Error(`${membership} of user ${user} was applied but never touched`)
    return known
  })
}

/**
 * Notes what Moodle was told last, be it older than what was noted: the row is then behind, which is the truth. A doubt
 * that was not over when the rows were read stands. Returns the revision that each row has now.
 */
async function noteTold(db: Kysely<Database>, site: string, told: Told[]): Promise<number[]> {
  const { rows } = await sql<MembershipTarget & { revision: number }>`
    with held as (
      select t.membership as target, t."user" as user_id, t.revision, t.member, t."lookAgainAt",
             case when m.doubted_until > to_timestamp(t."readAt") then m.doubted_until end as doubted_until
        from (select * from jsonb_to_recordset(${JSON.stringify(told)}::jsonb)
                     as t (membership text, "user" integer, revision bigint, "readAt" float8, member boolean,
                           "lookAgainAt" float8)
               order by membership, "user") t,
             lateral (select doubted_until from memberships
                       where site = ${site} and target = t.membership and user_id = t."user" for update) m
    )
    update memberships m
       set applied_revision = held.revision, applied = held.member, applied_at = now(),
           look_again_at = case when m.revision = held.revision
                                then least(to_timestamp(held."lookAgainAt"), held.doubted_until)
                                else m.look_again_at end,
           trouble = null, doubted_until = held.doubted_until
      from held
     where m.site = ${site} and m.target = held.target and m.user_id = held.user_id
    returning m.target as membership, m.user_id as "user", m.revision`.execute(db)
  const revisions = new Map(rows.map((row) => [`${row.membership} ${row.user}`, row.revision]))
  return told.map(({ membership, user }) => revisions.get(`${membership} ${user}`) ?? 0)
}

/** Notes that calls for these may still come late: they are due once more when they can no longer. */
async function doubtMemberships(
  db: Kysely<Database>,
  site: string,
  targets: MembershipTarget[],
): Promise<undefined[]> {
  await sql`
    with held as (
      select m.target, m.user_id, now() + make_interval(secs => ${secondsOfDoubt}) as until
        from memberships m
       where m.site = ${site} and (m.target, m.user_id) in (
               select membership, "user"
                 from jsonb_to_recordset(${JSON.stringify(targets)}::jsonb) as t (membership text, "user" integer))
       order by m.target, m.user_id
         for update of m
    )
    update memberships m
       set doubted_until = held.until, look_again_at = least(m.look_again_at, held.until)
      from held
     where m.site = ${site} and m.target = held.target and m.user_id = held.user_id`.execute(db)
  return targets.map(() => undefined)
}
