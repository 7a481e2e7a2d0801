import { type Kysely, sql, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import { MoodleError, RetryLater } from '../sdk/index.ts'
import { type Telling, throwWorst } from './agreement.ts'
import type { Client } from './client.ts'
import type { Courses } from './courses.ts'
import { type EnrolmentTarget, openEntitlements, type Touch, touchEnrolments } from './entitlements.ts'
import { type MembershipTarget, openMemberships, touchMemberships } from './memberships.ts'

/** What one person has of the site: in a course, or as a member of a cohort or of those with a role. */
export type AccessTarget = EnrolmentTarget | MembershipTarget

/** What became of a look at what is due: how many were told, and how many could not be, each for its own reason. */
export type DueAccess = { told: number; failed: number }

/** Seconds until what Moodle refused is tried again. */
const refusedPause = 3600

/** Says, in the transaction that changes products, that these are no longer what Moodle was told. */
export async function touchAccess(
  trx: Transaction<Database>,
  site: string,
  targets: AccessTarget[],
  touch?: Touch,
): Promise<void> {
  // Always in this order, as every lock.
  await touchEnrolments(trx, site, targets.filter(isEnrolment), touch)
  await touchMemberships(trx, site, targets.filter(isMembership), touch)
}

/**
 * Locks what these people have, before the products that give it are looked at or changed: see docs/architecture.md,
 * "Locks". What nobody has had yet is no row, and is locked by `touchAccess`.
 */
export async function lockAccess(
  trx: Transaction<Database>,
  site: string,
  targets: AccessTarget[],
): Promise<void> {
  const enrolments = JSON.stringify(targets.filter(isEnrolment))
  const memberships = JSON.stringify(targets.filter(isMembership))
  if (enrolments !== '[]') {
    await sql`
      select from enrolments e
       where e.site = ${site} and (e.course_id, e.user_id) in (
               select course, "user" from jsonb_to_recordset(${enrolments}::jsonb) as t (course integer, "user" integer))
       order by e.course_id, e.user_id for no key update`.execute(trx)
  }
  if (memberships !== '[]') {
    await sql`
      select from memberships m
       where m.site = ${site} and (m.target, m.user_id) in (
               select membership, "user"
                 from jsonb_to_recordset(${memberships}::jsonb) as t (membership text, "user" integer))
       order by m.target, m.user_id for no key update`.execute(trx)
  }
}

/** The way to make Moodle agree with our rows, in courses and beside them. */
export function openAccess(parts: { db: Kysely<Database>; site: string; client: Client; courses: Courses }) {
  const { db, site } = parts
  const agreeOnEnrolments = openEntitlements(parts)
  const agreeOnMemberships = openMemberships(parts)

  /** Tells all of them; the outcomes in the order of `targets`. */
  async function settle(targets: AccessTarget[], telling: Telling): Promise<PromiseSettledResult<void>[]> {
    const [enrolments, memberships] = await Promise.all([
      agreeOnEnrolments(targets.filter(isEnrolment), telling),
      agreeOnMemberships(targets.filter(isMembership), telling),
    ])
    return targets.flatMap((target) => (isEnrolment(target) ? enrolments : memberships).shift() ?? [])
  }

  return {
    settle,

    /**
     * Tells Moodle what of `targets` our rows have moved on from. With `again` all of them: for who can't know what an
     * earlier attempt still told after it was thought dead. Throws the worst error once all were tried.
     */
    async apply(targets: AccessTarget[], telling: Telling = {}): Promise<void> {
      throwWorst(await settle(targets, telling))
    },

    attempt,

    /**
     * Tells Moodle what time has changed, and again what an unanswered call may have undone; `limit` at the most. While it is
     * away all stays due.
     */
    async applyDue(limit: number): Promise<DueAccess> {
      const due = await readDue(db, site, limit)
      const refused = await attempt(due)
      return { told: due.length - refused.length, failed: refused.length }
    },
  }

  /**
   * Tells Moodle `targets`, told before or not. Returns those that it refuses, each with the reason, which is kept: they
   * are tried again in an hour. Throws when the site is away.
   */
  async function attempt(targets: AccessTarget[]): Promise<RefusedAccess[]> {
    const outcomes = await settle(targets, { again: true })
    const refused: RefusedAccess[] = []
    let away: MoodleError | undefined
    for (const [i, outcome] of outcomes.entries()) {
      const target = targets[i]
      if (outcome.status === 'fulfilled' || !target) continue
      const { reason } = outcome
      if (reason instanceof MoodleError && reason.kind !== 'request') away = reason
      // One that keeps changing is being told by someone else.
      else if (!(reason instanceof RetryLater)) refused.push({ ...target, trouble: messageOf(reason) })
    }
    await postpone(db, site, refused)
    if (away) throw away
    return refused
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

/** What Moodle refuses to be told, and why. */
export type RefusedAccess = AccessTarget & { trouble: string }

function isEnrolment(target: AccessTarget): target is EnrolmentTarget {
  return 'course' in target
}

function isMembership(target: AccessTarget): target is MembershipTarget {
  return 'membership' in target
}

async function readDue(db: Kysely<Database>, site: string, limit: number): Promise<AccessTarget[]> {
  const { rows } = await sql<{ course: number | null; membership: string | null; user: number }>`
    (select course_id as course, null as membership, user_id as "user", look_again_at as at from enrolments
      where site = ${site} and look_again_at <= now() order by look_again_at limit ${limit})
    union all
    (select null, target, user_id, look_again_at from memberships
      where site = ${site} and look_again_at <= now() order by look_again_at limit ${limit})
     order by at limit ${limit}`.execute(db)
  return rows.flatMap(({ course, membership, user }): AccessTarget[] => {
    if (course !== null) return [{ course, user }]
    return membership === null ? [] : [{ membership, user }]
  })
}

async function postpone(db: Kysely<Database>, site: string, refused: RefusedAccess[]): Promise<void> {
  if (refused.length === 0) return
  const rows = JSON.stringify(refused)
  await sql`
    update enrolments e
       set trouble = r.trouble, look_again_at = now() + make_interval(secs => ${refusedPause})
      from jsonb_to_recordset(${rows}::jsonb) as r (course integer, "user" integer, trouble text)
     where e.site = ${site} and e.course_id = r.course and e.user_id = r."user"`.execute(db)
  await sql`
    update memberships m
       set trouble = r.trouble, look_again_at = now() + make_interval(secs => ${refusedPause})
      from jsonb_to_recordset(${rows}::jsonb) as r (membership text, "user" integer, trouble text)
     where m.site = ${site} and m.target = r.membership and m.user_id = r."user"`.execute(db)
}
