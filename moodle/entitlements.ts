import { type Kysely, sql, type Transaction } from 'kysely'
import { z } from 'zod'
import type { Database, Enrolment } from '../db/schema.ts'
import { MoodleError, RetryLater } from '../sdk/index.ts'
import { forgetAccount } from './accounts.ts'
import type { Client } from './client.ts'
import { coalesce } from './coalesce.ts'
import type { Courses } from './courses.ts'
import { type Attempt, explainEnrolment } from './explain-enrolment.ts'
import { fixedFields, formFields } from './form.ts'
import { type EntitlementRow, impliedEnrolment, withdrawn } from './implied-enrolment.ts'

/** One person in one course of the site. */
export type EnrolmentTarget = { course: number; user: number }

/** How often an enrolment may change under our hands before we come back later. */
const roundsAtOnce = 8

/** Rows of one statement. */
const targetsAStatement = 500

/**
 * Says, in the transaction that changes products, that these enrolments are no longer what Moodle was told. One
 * statement, its rows locked in one order for all.
 */
export async function touchEnrolments(
  trx: Transaction<Database>,
  site: string,
  targets: EnrolmentTarget[],
): Promise<void> {
  if (targets.length === 0) return
  await sql`
    insert into enrolments (site, course_id, user_id)
    select distinct ${site}, course, "user"
      from jsonb_to_recordset(${JSON.stringify(targets)}::jsonb) as t (course integer, "user" integer)
     order by course, "user"
    on conflict (site, course_id, user_id) do update set revision = enrolments.revision + 1`.execute(trx)
}

/**
 * Makes Moodle agree with our rows. An enrolment call sets dates and status whole and no call reads them, so the rows
 * are the truth; nobody is ever unenrolled, since grades would be lost.
 *
 * A stale call must never be Moodle's last word. So whoever has made one looks at the revision again, and tells the
 * enrolment anew if it has moved since the rows were read.
 */
export function openEntitlements(options: {
  db: Kysely<Database>
  site: string
  client: Client
  courses: Courses
}) {
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
  const enrol = batched(client, 'enrol_manual_enrol_users', 'enrolments')
  const joinGroups = batched(client, 'core_group_add_group_members', 'members')
  const leaveGroups = batched(client, 'core_group_delete_group_members', 'members')
  const takeRoles = batched(client, 'core_role_unassign_roles', 'unassignments')
  const turns = new Map<string, Promise<void>>()

  async function applyOne(target: EnrolmentTarget, again: boolean): Promise<void> {
    let evenIfTold = again
    for (let round = 0; round < roundsAtOnce; round++) {
      const known = await read(target)
      if (!evenIfTold && known.toldRevision >= known.revision) return
      const implied = impliedEnrolment(known.rows, known.told, Math.floor(Date.now() / 1000))
      if (implied) await tell(target, implied, known)
      const revision = await note({ ...target, revision: known.revision, enrolment: implied ?? null })
      if (revision === known.revision) return
      // Someone may have told the newer one already, and our call may have come after theirs.
      evenIfTold = true
    }
    throw new RetryLater(1, `the enrolment of user ${target.user} in course ${target.course} keeps changing`)
  }

  async function tell(target: EnrolmentTarget, implied: Enrolment, { rows, told }: Known): Promise<void> {
    const { course: courseid, user: userid } = target
    const gone = withdrawn(rows, told, implied)
    const { startsAt, endsAt, suspended, roles, groups } = implied
    const explained = (attempt: Pick<Attempt, 'roles' | 'groups'>) => async (error: unknown) => {
      const forget = (user: number) => forgetAccount(db, site, user)
      throw await explainEnrolment(error, { ...target, ...attempt }, { client, courses, forget })
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
    await Promise.all([
      joinGroups(members(groups)).catch(explained({ roles: [], groups })),
      leaveGroups(members(gone.groups))
        .catch(unlessGone)
        .catch(explained({ roles: [], groups: gone.groups })),
      takeRoles(
        gone.roles.map((roleid) => ({ roleid, userid, contextlevel: 'course', instanceid: courseid })),
      ).catch(explained({ roles: gone.roles, groups: [] })),
    ])
  }

  /** One at a time for each enrolment: units of one order that share a learner need not race each other. */
  function inTurn(target: EnrolmentTarget, work: () => Promise<void>): Promise<void> {
    const key = `${target.course}:${target.user}`
    const before = turns.get(key)
    const mine = before ? before.then(work, work) : work()
    const done = mine.finally(() => {
      if (turns.get(key) === done) turns.delete(key)
    })
    turns.set(key, done)
    return done
  }

  return {
    /**
     * Tells Moodle the enrolments of `targets` that our rows have moved on from. With `again` all of them: for who can't
     * know what an earlier attempt still told after it was thought dead. Throws the worst error once all were tried.
     */
    async apply(targets: EnrolmentTarget[], { again = false }: { again?: boolean } = {}): Promise<void> {
      const works = targets.map((target) => inTurn(target, () => applyOne(target, again)))
      const errors: unknown[] = []
      for (const outcome of await Promise.allSettled(works)) {
        if (outcome.status === 'rejected') errors.push(outcome.reason)
      }
      // A failure that passes by itself comes first: the one that needs an operator is still there afterwards.
      const passing = errors.find((error) => !(error instanceof MoodleError) || error.kind !== 'request')
      if (errors.length > 0) throw passing ?? errors[0]
    },
  }
}

type Element = Record<string, string | number | boolean>

/** A function that takes a list and returns nothing, called for many people at once. */
function batched(client: Client, wsfunction: string, list: string): (elements: Element[]) => Promise<void> {
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

/** A group that was deleted has no members left to take away. */
function unlessGone(error: unknown): void {
  if (!(error instanceof MoodleError) || error.code !== 'invalidrecord') throw error
}

function never(): boolean {
  return false
}

type Known = { revision: number; toldRevision: number; told: Enrolment | null; rows: EntitlementRow[] }

type Told = EnrolmentTarget & { revision: number; enrolment: Enrolment | null }

/** The revision and the rows behind it in one statement, so that they belong together. */
async function readEnrolments(
  db: Kysely<Database>,
  site: string,
  targets: EnrolmentTarget[],
): Promise<Known[]> {
  const { rows } = await sql<Known & EnrolmentTarget>`
    select t.course, t."user", e.revision, e.applied_revision as "toldRevision", e.applied as told,
           coalesce(
             (select jsonb_agg(jsonb_build_object(
                       'role', n.role_id, 'group', n.group_id, 'state', p.state,
                       'startsAt', floor(extract(epoch from p.starts_at)),
                       'endsAt', coalesce(ceil(extract(epoch from p.ends_at)), 0)))
                from entitlements n join products p on p.id = n.product_id
               where n.site = e.site and n.course_id = e.course_id and n.user_id = e.user_id),
             '[]') as rows
      from jsonb_to_recordset(${JSON.stringify(targets)}::jsonb) as t (course integer, "user" integer)
      join enrolments e on e.site = ${site} and e.course_id = t.course and e.user_id = t."user"`.execute(db)
  const found = new Map(rows.map((row) => [`${row.course}:${row.user}`, row]))
  return targets.map(({ course, user }) => {
    const known = found.get(`${course}:${user}`)
    if (!known)
      throw new Error(`the enrolment of user ${user} in course ${course} was applied but never touched`)
    return known
  })
}

/**
 * Notes what Moodle was told last, be it older than what was noted: the row is then behind, which is the truth. Returns
 * the revision that each row has now.
 */
async function noteTold(db: Kysely<Database>, site: string, told: Told[]): Promise<number[]> {
  const { rows } = await sql<EnrolmentTarget & { revision: number }>`
    with held as (
      select e.course_id, e.user_id, t.revision, t.enrolment
        from jsonb_to_recordset(${JSON.stringify(told)}::jsonb)
               as t (course integer, "user" integer, revision bigint, enrolment jsonb)
        join enrolments e on e.site = ${site} and e.course_id = t.course and e.user_id = t."user"
       order by e.course_id, e.user_id
         for update of e
    )
    update enrolments e
       set applied_revision = held.revision, applied = nullif(held.enrolment, 'null'), applied_at = now()
      from held
     where e.site = ${site} and e.course_id = held.course_id and e.user_id = held.user_id
    returning e.course_id as course, e.user_id as "user", e.revision`.execute(db)
  const revisions = new Map(rows.map((row) => [`${row.course}:${row.user}`, row.revision]))
  return told.map(({ course, user }) => revisions.get(`${course}:${user}`) ?? 0)
}
