import { type Kysely, sql } from 'kysely'
import { readMembership } from '../db/membership-target.ts'
import type { ComparedUpTo, Database, Enrolment, Fault } from '../db/schema.ts'
import { MoodleError } from '../sdk/index.ts'
import type { Client } from './client.ts'
import { enrolmentFaults } from './compare-enrolment.ts'
import { rowsOfEnrolment } from './entitlements.ts'
import type { EntitlementRow } from './implied-enrolment.ts'
import { impliedMembership, type MembershipRow, rowsOfMembership } from './memberships.ts'
import { cohortMembers, existingUsers, groupMembers, openPeople } from './read-people.ts'

/** `user` null: the course or the cohort itself could not be read. */
export type Difference = { user: number | null; faults: Fault[] } & (
  | { course: number }
  | { membership: string }
)

/** A part of a comparison: what it found, how many rows were compared, and where to go on once it is over. */
export type Compared = { differences: Difference[]; checked: number; upTo?: Omit<ComparedUpTo, 'checked'> }

/** Rows of ours that are held at a time. */
const pageSize = 500

type Parts = { db: Kysely<Database>; site: string; client: Client }

/**
 * Compares all enrolments and memberships of the site with what products imply, course by course and then membership by
 * membership, and changes nothing. People whom the shop never enrolled are not looked at. `after`: goes on where an
 * earlier comparison was broken off. What changes under its eyes is left out: it is being told.
 */
export async function* compareAccess(
  parts: Parts,
  after: Omit<ComparedUpTo, 'checked'> | null,
): AsyncGenerator<Compared> {
  if (after?.membership === undefined) {
    for (let course = await nextCourse(parts, after?.course ?? 0); course !== undefined; ) {
      yield* readable(compareCourse(parts, course), { course })
      yield { differences: [], checked: 0, upTo: { course } }
      course = await nextCourse(parts, course)
    }
  }
  for (let target = await nextMembership(parts, after?.membership ?? ''); target !== undefined; ) {
    yield* readable(compareMembership(parts, target), { membership: target })
    yield { differences: [], checked: 0, upTo: { membership: target } }
    target = await nextMembership(parts, target)
  }
}

/** A course that is gone is one difference, and not one for each of its people; none, when nobody is to be in it. */
async function* readable(
  compared: AsyncGenerator<Compared, void, void>,
  subject: { course: number } | { membership: string },
): AsyncGenerator<Compared> {
  try {
    yield* compared
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error
    const { checked, people, message: cause } = error
    const fault: Fault = { kind: 'unreadable', cause, people }
    yield { differences: people === 0 ? [] : [{ ...subject, user: null, faults: [fault] }], checked }
  }
}

/** What Moodle refuses to show; any other failure stays what it is. */
async function unreadable(error: unknown, count: () => Promise<Count>): Promise<unknown> {
  if (!(error instanceof MoodleError) || error.kind !== 'request') return error
  return new Unreadable(error, await count())
}

/** Rows of ours, and those among them by which somebody is to get in, now or later. */
type Count = { all: number; open: number }

/** What Moodle says of a course or a cohort that it has no more. */
const gone = 'invalidrecord'

class Unreadable extends Error {
  override readonly name = 'Unreadable'
  readonly checked: number
  readonly people: number

  constructor(error: MoodleError, { all, open }: Count) {
    super(error.message, { cause: error })
    this.checked = all
    this.people = error.code === gone ? open : all
  }
}

async function nextCourse({ db, site }: Parts, after: number): Promise<number | undefined> {
  const { rows } = await sql<{ course: number }>`
    select course_id as course from enrolments where site = ${site} and course_id > ${after}
     order by course_id limit 1`.execute(db)
  return rows[0]?.course
}

async function nextMembership({ db, site }: Parts, after: string): Promise<string | undefined> {
  const { rows } = await sql<{ target: string }>`
    select target from memberships where site = ${site} and target > ${after} order by target limit 1`.execute(
    db,
  )
  return rows[0]?.target
}

/** A row of ours. `due`: time has changed it, and housekeeping is about to tell it, or has failed to. */
type Ours = {
  user: number
  revision: number
  toldRevision: number
  trouble: string | null
  due: boolean
  late: boolean
}

type OurEnrolment = Ours & { told: Enrolment | null; rows: EntitlementRow[] }
type OurMembership = Ours & { told: boolean | null; rows: MembershipRow[] }

/** Minutes after which what is due should have been told. */
const patience = 10

const dueness = sql`coalesce(e.look_again_at <= now(), false) as due,
                    coalesce(e.look_again_at <= now() - make_interval(mins => ${patience}), false) as late`

async function* compareCourse(parts: Parts, course: number): AsyncGenerator<Compared, void, void> {
  const { db, site, client } = parts
  const begun = await clock(db)
  const people = openPeople(client, course)
  let last = 0
  for (;;) {
    const { rows: page } = await sql<OurEnrolment>`
      select e.user_id as "user", e.revision, e.applied_revision as "toldRevision", e.trouble, e.applied as told,
             ${dueness}, ${rowsOfEnrolment} as rows
        from enrolments e where e.site = ${site} and e.course_id = ${course} and e.user_id > ${last}
       order by e.user_id limit ${pageSize}`.execute(db)
    const users = page.map(({ user }) => user)
    const look = () => Promise.all([people(users), groupMembers(client, groupsOf(page), new Set(users))])
    const [seen, groups] = await look().catch(async (error: unknown) => {
      throw await unreadable(error, () => countFrom(parts, course, last))
    })
    const time = { now: Math.floor(Date.now() / 1000), since: Math.floor(begun.getTime() / 1000) }
    const found = page.flatMap((ours): Found[] => {
      const isInGroup = (group: number) => groups.get(group)?.has(ours.user) ?? false
      const faults = isBehind(ours)
        ? [behind(ours)]
        : ours.due
          ? []
          : enrolmentFaults(ours, seen.get(ours.user), isInGroup, time)
      return faults.length > 0 ? [{ ours, faults }] : []
    })
    const still = await stillSo(found, begun, (users) => readRevisions(db, site, course, users))
    const differences = await withAccounts(client, still)
    yield { differences: differences.map((one) => ({ course, ...one })), checked: page.length }
    if (page.length < pageSize) return
    last = users.at(-1) ?? last
  }
}

async function* compareMembership(parts: Parts, target: string): AsyncGenerator<Compared, void, void> {
  const { db, site, client } = parts
  const begun = await clock(db)
  const membership = readMembership(target)
  let members: Set<number> | undefined
  let last = 0
  for (;;) {
    const { rows: page } = await sql<OurMembership>`
      select e.user_id as "user", e.revision, e.applied_revision as "toldRevision", e.trouble, e.applied as told,
             ${dueness}, ${rowsOfMembership} as rows
        from memberships e where e.site = ${site} and e.target = ${target} and e.user_id > ${last}
       order by e.user_id limit ${pageSize}`.execute(db)
    if ('cohort' in membership) {
      members ??= await cohortMembers(client, membership.cohort).catch(async (error: unknown) => {
        throw await unreadable(error, () => countMembers(parts, target))
      })
    }
    const now = Math.floor(Date.now() / 1000)
    const found = page.flatMap((ours): Found[] => {
      const faults = isBehind(ours) ? [behind(ours)] : ours.due ? [] : membershipFaults(ours, members, now)
      return faults.length > 0 ? [{ ours, faults }] : []
    })
    const still = await stillSo(found, begun, (users) => readMemberRevisions(db, site, target, users))
    const differences = await withAccounts(client, still)
    yield { differences: differences.map((one) => ({ membership: target, ...one })), checked: page.length }
    if (page.length < pageSize) return
    last = page.at(-1)?.user ?? last
  }
}

/** `members` undefined: no call tells who has a role outside courses, so what Moodle was told stands for it. */
function membershipFaults(
  { user, rows, told }: OurMembership,
  members: Set<number> | undefined,
  now: number,
): Fault[] {
  const implied = impliedMembership(rows, told, now)
  if (implied === undefined) return []
  if (implied !== told) return [{ kind: 'told_otherwise' }]
  if (!members || members.has(user) === implied) return []
  return [{ kind: implied ? 'not_member' : 'member_there' }]
}

type Found = { ours: Ours; faults: Fault[] }

const isBehind = ({ revision, toldRevision, late, trouble }: Ours) =>
  toldRevision < revision || late || trouble !== null

const behind = ({ trouble }: Ours): Fault => ({ kind: 'behind', trouble })

function groupsOf(page: OurEnrolment[]): number[] {
  const groups = page.flatMap(({ rows, told }) => [
    ...rows.flatMap(({ group }) => group ?? []),
    ...(told?.groups ?? []),
    ...(told?.beside?.groups ?? []),
  ])
  return [...new Set(groups)]
}

type Revision = { user: number; revision: number; toldRevision: number; toldAt: Date | null }

/** Leaves out what has moved since it was read, and what was told since the site was first asked: it is newer there. */
async function stillSo(
  found: Found[],
  begun: Date,
  read: (users: number[]) => Promise<Revision[]>,
): Promise<Found[]> {
  if (found.length === 0) return found
  const revisions = await read(found.map(({ ours }) => ours.user))
  const now = new Map(revisions.map((one) => [one.user, one]))
  return found.filter(({ ours }) => {
    const row = now.get(ours.user)
    const unmoved = row?.revision === ours.revision && row.toldRevision === ours.toldRevision
    return unmoved && (row.toldAt === null || row.toldAt < begun)
  })
}

/** Who is missing may have no account there any more: that is another cause, and another remedy. */
async function withAccounts(client: Client, found: Found[]): Promise<{ user: number; faults: Fault[] }[]> {
  const absent = (fault: Fault) =>
    fault.kind === 'missing' || fault.kind === 'not_member' || fault.kind === 'behind'
  const doubtful = found.filter(({ faults }) => faults.some(absent)).map(({ ours }) => ours.user)
  const there = await existingUsers(client, doubtful)
  const gone = new Set(doubtful.filter((user) => !there.has(user)))
  return found.map(({ ours: { user }, faults }) => ({
    user,
    faults: gone.has(user) ? [{ kind: 'account_gone' }] : faults,
  }))
}

async function clock(db: Kysely<Database>): Promise<Date> {
  const { rows } = await sql<{ now: Date }>`select now() as now`.execute(db)
  return rows[0]?.now ?? new Date()
}

async function readRevisions(db: Kysely<Database>, site: string, course: number, users: number[]) {
  const { rows } = await sql<Revision>`
    select user_id as "user", revision, applied_revision as "toldRevision", applied_at as "toldAt" from enrolments
     where site = ${site} and course_id = ${course} and user_id = any(${users}::integer[])`.execute(db)
  return rows
}

async function readMemberRevisions(db: Kysely<Database>, site: string, target: string, users: number[]) {
  const { rows } = await sql<Revision>`
    select user_id as "user", revision, applied_revision as "toldRevision", applied_at as "toldAt" from memberships
     where site = ${site} and target = ${target} and user_id = any(${users}::integer[])`.execute(db)
  return rows
}

/** Of a product `p` and its entitlement `n`. */
const opens = sql`n.withdrawn_at is null and p.state = 'active' and (p.ends_at is null or p.ends_at > now())`

async function countFrom({ db, site }: Parts, course: number, after: number): Promise<Count> {
  const { rows } = await sql<Count>`
    select count(*) as all,
           count(*) filter (where exists (
             select from entitlements n join products p on p.id = n.product_id
              where n.site = e.site and n.course_id = e.course_id and n.user_id = e.user_id and ${opens})) as open
      from enrolments e
     where e.site = ${site} and e.course_id = ${course} and e.user_id > ${after}`.execute(db)
  return rows[0] ?? { all: 0, open: 0 }
}

async function countMembers({ db, site }: Parts, target: string): Promise<Count> {
  const { rows } = await sql<Count>`
    select count(*) as all,
           count(*) filter (where exists (
             select from membership_entitlements n join products p on p.id = n.product_id
              where n.site = e.site and n.target = e.target and n.user_id = e.user_id and ${opens})) as open
      from memberships e where e.site = ${site} and e.target = ${target}`.execute(db)
  return rows[0] ?? { all: 0, open: 0 }
}
