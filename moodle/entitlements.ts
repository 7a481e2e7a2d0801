import { type Kysely, sql, type Transaction } from 'kysely'
import { z } from 'zod'
import type { Database, Enrolment } from '../db/schema.ts'
import { MoodleError } from '../sdk/index.ts'
import { forgetAccount } from './accounts.ts'
import { type Agree, type Known, openAgreement, secondsOfDoubt, throwWorst } from './agreement.ts'
import type { Client } from './client.ts'
import { coalesce } from './coalesce.ts'
import type { Courses } from './courses.ts'
import { type Attempt, explainEnrolment } from './explain-enrolment.ts'
import { fixedFields, formFields } from './form.ts'
import { type EntitlementRow, impliedEnrolment, isOpen, nextChange, withdrawn } from './implied-enrolment.ts'

/** One person in one course of the site. */
export type EnrolmentTarget = { course: number; user: number }

/** Rows of one statement. */
const targetsAStatement = 500

/** Who changes something tells it to Moodle; with `due` it is left to whoever looks next at what is due. */
export type Touch = { due?: boolean }

/**
 * Says, in the transaction that changes products, that these enrolments are no longer what Moodle was told. One
 * statement, its rows locked in one order for all. What is due may be being told, by a process that dies with a call on
 * its way: that is a doubt.
 */
export async function touchEnrolments(
  trx: Transaction<Database>,
  site: string,
  targets: EnrolmentTarget[],
  { due = false }: Touch = {},
): Promise<void> {
  if (targets.length === 0) return
  await sql`
    insert into enrolments (site, course_id, user_id, look_again_at)
    select distinct ${site}, course, "user", case when ${due} then now() end
      from jsonb_to_recordset(${JSON.stringify(targets)}::jsonb) as t (course integer, "user" integer)
     order by course, "user"
    on conflict (site, course_id, user_id) do update
       set revision = enrolments.revision + 1,
           look_again_at = coalesce(excluded.look_again_at, enrolments.look_again_at),
           doubted_until = case when enrolments.look_again_at < now()
                                then now() + make_interval(secs => ${secondsOfDoubt})
                                else enrolments.doubted_until end`.execute(trx)
}

/**
 * Makes Moodle agree with our rows. An enrolment call sets dates and status whole and no call reads them, so the rows
 * are the truth; nobody is ever unenrolled, since grades would be lost. What is given without enrolling, a group or a
 * role alone, is given for as long as a product runs.
 */
export function openEntitlements(options: {
  db: Kysely<Database>
  site: string
  client: Client
  courses: Courses
}): Agree<EnrolmentTarget> {
  const { db, site, client, courses } = options
  const read = coalesce({
    send: (targets: EnrolmentTarget[]) => readEnrolments(db, site, targets),
    max: targetsAStatement,
    splits: never,
  })
  const note = coalesce({
    send: (told: Told[]) => noteTold(db, site, told),
    max: targetsAStatement,
    splits: never,
  })
  const doubt = coalesce({
    send: (targets: EnrolmentTarget[]) => doubtEnrolments(db, site, targets),
    max: targetsAStatement,
    splits: never,
  })
  const enrol = batched(client, 'enrol_manual_enrol_users', 'enrolments')
  const joinGroups = batched(client, 'core_group_add_group_members', 'members')
  const leaveGroups = batched(client, 'core_group_delete_group_members', 'members')
  const giveRoles = batched(client, 'core_role_assign_roles', 'assignments')
  const takeRoles = batched(client, 'core_role_unassign_roles', 'unassignments')

  async function tell(target: EnrolmentTarget, known: KnownEnrolment): Promise<Told> {
    const now = Math.floor(Date.now() / 1000)
    const implied = impliedEnrolment(known.rows, known.told, now)
    if (implied) {
      const gone = withdrawn(known.rows, known.told, implied, now)
      await set(target, implied, { ...gone, closes: !isOpen(implied, now) })
    }
    const next = nextChange(
      known.rows.filter(({ enrols }) => !enrols),
      now,
    )
    const { revision, readAt } = known
    return { ...target, revision, readAt, enrolment: implied ?? null, lookAgainAt: next ?? null }
  }

  async function set(
    target: EnrolmentTarget,
    implied: Enrolment,
    gone: { roles: number[]; groups: number[]; closes: boolean },
  ): Promise<void> {
    const { course: courseid, user: userid } = target
    const { startsAt, endsAt, suspended, roles, beside } = implied
    const groups = [...new Set([...implied.groups, ...(beside?.groups ?? [])])]
    const explained = (attempt: Pick<Attempt, 'roles' | 'groups'>) => async (error: unknown) => {
      const forget = (user: number) => forgetAccount(db, site, user)
      const asked = { ...target, ...attempt, enrols: roles.length > 0, closes: gone.closes }
      const why = await explainEnrolment(error, asked, { client, courses, forget })
      if (why !== undefined) throw why
    }
    await enrol(
      roles.map((roleid) => ({
        roleid,
        userid,
        courseid,
        timestart: startsAt,
        timeend: endsAt,
        // Left out, it is active again: a field less for nearly all.
        ...(suspended && { suspend: true }),
      })),
    ).catch(explained({ roles, groups: [] }))
    const members = (ids: number[]) => ids.map((groupid) => ({ groupid, userid }))
    const inCourse = (ids: number[]) =>
      ids.map((roleid) => ({ roleid, userid, contextlevel: 'course', instanceid: courseid }))
    // All of them to their end: what is said of one must not hide that another was never answered.
    const outcomes = await Promise.allSettled([
      joinGroups(members(groups)).catch(explained({ roles: [], groups })),
      leaveGroups(members(gone.groups))
        .catch(unlessGone)
        .catch(explained({ roles: [], groups: gone.groups })),
      giveRoles(inCourse(beside?.roles ?? [])).catch(explained({ roles: beside?.roles ?? [], groups: [] })),
      takeRoles(inCourse(gone.roles)).catch(explained({ roles: gone.roles, groups: [] })),
    ])
    throwWorst(outcomes)
  }

  return openAgreement({
    key: ({ course, user }) => `the enrolment of user ${user} in course ${course}`,
    read,
    tell,
    note: (_target, _known, told) => note(told),
    doubt,
  })
}

type Element = Record<string, string | number | boolean>

/** A function that takes a list and returns nothing, called for many people at once. */
export function batched(
  client: Client,
  wsfunction: string,
  list: string,
): (elements: Element[]) => Promise<void> {
  const send = coalesce({
    limit: client.limit,
    fields: {
      most: formFields - fixedFields,
      of: (elements: Element[]) => elements.reduce((sum, element) => sum + Object.keys(element).length, 0),
    },
    send: async (items) => {
      await client.callNow(wsfunction, { [list]: items.flat() }, z.null())
      return items.map(() => undefined)
    },
  })
  return async (elements) => {
    if (elements.length > 0) await send(elements)
  }
}

/** A group or a user that was deleted: there is no membership left to take away. */
function unlessGone(error: unknown): void {
  const gone = error instanceof MoodleError && ['invalidrecord', 'invaliduser'].includes(error.code)
  if (!gone) throw error
}

function never(): boolean {
  return false
}

export type KnownEnrolment = Known & { told: Enrolment | null; rows: EntitlementRow[] }

/** Times are Unix seconds. */
type Told = EnrolmentTarget & {
  revision: number
  readAt: number
  enrolment: Enrolment | null
  lookAgainAt: number | null
}

/** What products give to the enrolment `e` of a statement. */
export const rowsOfEnrolment = sql<EntitlementRow[]>`
  coalesce(
    (select jsonb_agg(jsonb_build_object(
              'role', n.role_id, 'group', n.group_id, 'enrols', n.enrols,
              'state', case when n.withdrawn_at is null then p.state else 'revoked' end,
              'startsAt', floor(extract(epoch from p.starts_at)),
              'endsAt', coalesce(ceil(extract(epoch from p.ends_at)), 0)))
       from entitlements n,
            -- "offset 0": one by one, by their index. A plan made while the table was small reads it all.
            lateral (select state, starts_at, ends_at from products where id = n.product_id offset 0) p
      where n.site = e.site and n.course_id = e.course_id and n.user_id = e.user_id), '[]')`

/** The revision and the rows behind it in one statement, so that they belong together. */
async function readEnrolments(
  db: Kysely<Database>,
  site: string,
  targets: EnrolmentTarget[],
): Promise<KnownEnrolment[]> {
  const { rows } = await sql<KnownEnrolment & EnrolmentTarget>`
    select t.course, t."user", e.revision, e.applied_revision as "toldRevision", e.applied as told,
           extract(epoch from now())::float8 as "readAt", ${rowsOfEnrolment} as rows
      from jsonb_to_recordset(${JSON.stringify(targets)}::jsonb) as t (course integer, "user" integer),
           lateral (select * from enrolments
                     where site = ${site} and course_id = t.course and user_id = t."user"
                    offset 0) e`.execute(db)
  const found = new Map(rows.map((row) => [`${row.course}:${row.user}`, row]))
  return targets.map(({ course, user }) => {
    const known = found.get(`${course}:${user}`)
    if (!known)
      throw new Error(`the enrolment of user ${user} in course ${course} was applied but never touched`)
    return known
  })
}

/**
 * Notes what Moodle was told last, be it older than what was noted: the row is then behind, which is the truth. A doubt
 * that was not over when the rows were read stands. Returns the revision that each row has now.
 */
async function noteTold(db: Kysely<Database>, site: string, told: Told[]): Promise<number[]> {
  const { rows } = await sql<EnrolmentTarget & { revision: number }>`
    with held as (
      select t.course as course_id, t."user" as user_id, t.revision, t.enrolment, t."lookAgainAt",
             case when e.doubted_until > to_timestamp(t."readAt") then e.doubted_until end as doubted_until
        from (select * from jsonb_to_recordset(${JSON.stringify(told)}::jsonb)
                     as t (course integer, "user" integer, revision bigint, "readAt" float8, enrolment jsonb,
                           "lookAgainAt" float8)
               -- As goes without saying, but has PostgreSQL expect ten of them, not a hundred.
               where course > 0 and "user" > 0
               order by course, "user") t,
             -- One by one, in this order and by their key.
             lateral (select doubted_until from enrolments
                       where site = ${site} and course_id = t.course and user_id = t."user" for update) e
    )
    update enrolments e
       set applied_revision = held.revision, applied = nullif(held.enrolment, 'null'), applied_at = now(),
           look_again_at = case when e.revision = held.revision
                                then least(to_timestamp(held."lookAgainAt"), held.doubted_until)
                                else e.look_again_at end,
           trouble = null, doubted_until = held.doubted_until
      from held
     where e.site = ${site} and e.course_id = held.course_id and e.user_id = held.user_id
    returning e.course_id as course, e.user_id as "user", e.revision`.execute(db)
  const revisions = new Map(rows.map((row) => [`${row.course}:${row.user}`, row.revision]))
  return told.map(({ course, user }) => revisions.get(`${course}:${user}`) ?? 0)
}

/** Notes that calls for these may still come late: they are due once more when they can no longer. */
async function doubtEnrolments(
  db: Kysely<Database>,
  site: string,
  targets: EnrolmentTarget[],
): Promise<undefined[]> {
  await sql`
    with held as (
      select e.course_id, e.user_id, now() + make_interval(secs => ${secondsOfDoubt}) as until
        from enrolments e
       where e.site = ${site} and (e.course_id, e.user_id) in (
               select course, "user"
                 from jsonb_to_recordset(${JSON.stringify(targets)}::jsonb) as t (course integer, "user" integer))
       order by e.course_id, e.user_id
         for update of e
    )
    update enrolments e
       set doubted_until = held.until, look_again_at = least(e.look_again_at, held.until)
      from held
     where e.site = ${site} and e.course_id = held.course_id and e.user_id = held.user_id`.execute(db)
  return targets.map(() => undefined)
}
