import { isActive } from './enrolment.ts'
import { groupsOf } from './groups.ts'
import { roleName, rolesIn } from './roles.ts'
import type { Course, State, User } from './state.ts'
import { fullName, guestId } from './users.ts'

/** An enrolment as people and tests look at it. Times are Unix seconds; 0 is none. */
export type EnrolmentView = {
  userid: number
  email: string
  fullname: string
  roles: string[]
  timestart: number
  timeend: number
  status: 'active' | 'suspended'
  /** Enrolled, not suspended, begun and not ended. */
  open: boolean
  groups: string[]
  /** When they last entered the course; 0: never. */
  entered: number
  /** How often it came into being, was set (its creation too) and was taken away, since the sandbox was new. */
  created: number
  set: number
  removed: number
}

/**
 * The people of a course, the latest first, and how many there are. `email`: only those whose address contains it,
 * whatever its case.
 */
export function describeEnrolments(
  state: State,
  course: Course,
  now: number,
  { email = '', limit }: { email?: string; limit?: number } = {},
): { total: number; shown: EnrolmentView[] } {
  const people = [...(state.enrolments.get(course.id)?.values() ?? [])].flatMap((enrolment) => {
    const user = state.users.get(enrolment.userId)
    return user && hasEmail(user, email) ? [{ enrolment, user }] : []
  })
  const groups = groupsOf(state, course.id)
  const shown = people
    .reverse()
    .slice(0, limit)
    .map(({ enrolment, user }) => ({
      userid: user.id,
      email: user.email,
      fullname: fullName(user),
      roles: rolesIn(state, `course:${course.id}`, user.id).map(roleName),
      timestart: enrolment.startsAt,
      timeend: enrolment.endsAt,
      status: enrolment.suspended ? ('suspended' as const) : ('active' as const),
      open: isActive(enrolment, now),
      groups: groups.filter((group) => group.members.has(user.id)).map((group) => group.name),
      entered: state.visits.get(`${course.id}:${user.id}`) ?? 0,
      created: 0,
      set: 0,
      removed: 0,
      ...state.tallies.get(`${course.id}:${user.id}`),
    }))
  return { total: people.length, shown }
}

/** Everyone with an account, guests aside, the latest first. */
export const describeAccounts = (state: State, email = '') =>
  [...state.users.values()]
    .filter((user) => !user.deleted && user.id !== guestId && hasEmail(user, email))
    .reverse()
    .map((user) => ({
      id: user.id,
      username: user.username,
      email: user.email,
      fullname: fullName(user),
      suspended: user.suspended,
      createdAt: user.createdAt,
    }))

export const describeCohorts = (state: State, email = '') =>
  [...state.cohorts.values()].map((cohort) => ({
    id: cohort.id,
    name: cohort.name,
    idnumber: cohort.idnumber,
    members: emails(state, cohort.members, email),
  }))

/** Roles given outside enrolments: in the system, in categories, and in courses to people not enrolled there. */
export function describeRoles(state: State, email = '') {
  const views: { context: string; email: string; roles: string[] }[] = []
  for (const [context, users] of state.roles) {
    const courseId = context.startsWith('course:') ? Number(context.slice('course:'.length)) : undefined
    for (const [userId, roles] of users) {
      const user = state.users.get(userId)
      const enrolled = courseId !== undefined && state.enrolments.get(courseId)?.has(userId)
      if (!user || enrolled || roles.size === 0 || !hasEmail(user, email)) continue
      views.push({ context, email: user.email, roles: rolesIn(state, context, userId).map(roleName) })
    }
  }
  return views
}

/** The whole site, for tests: `GET /sandbox/state`. */
export function describeSite(state: State, now: number, email = '') {
  return {
    sitename: state.sitename,
    release: state.release,
    courses: [...state.courses.values()].map((course) => ({
      id: course.id,
      shortname: course.shortname,
      fullname: course.fullname,
      categoryid: course.categoryId,
      visible: course.visible,
      manual: course.manual,
      groups: groupsOf(state, course.id).map((group) => ({
        id: group.id,
        name: group.name,
        members: emails(state, group.members, email),
      })),
      enrolments: describeEnrolments(state, course, now, { email }).shown,
      /** People who were enrolled and no longer are. */
      former: formerEnrolments(state, course, email),
    })),
    categories: [...state.categories.values()],
    accounts: describeAccounts(state, email),
    cohorts: describeCohorts(state, email),
    roles: describeRoles(state, email),
    overrides: [...state.overrides.values()].map(({ userId, ...override }) => ({
      ...override,
      email: state.users.get(userId ?? 0)?.email,
    })),
    messages: state.messages.map(({ userId, ...message }) => ({
      ...message,
      email: state.users.get(userId)?.email,
    })),
    notes: state.notes.map(({ userId, ...note }) => ({ ...note, email: state.users.get(userId)?.email })),
  }
}

function formerEnrolments(state: State, course: Course, email: string) {
  const prefix = `${course.id}:`
  return [...state.tallies].flatMap(([key, tally]) => {
    if (!key.startsWith(prefix)) return []
    const user = state.users.get(Number(key.slice(prefix.length)))
    if (!user || !hasEmail(user, email) || state.enrolments.get(course.id)?.has(user.id)) return []
    return [{ userid: user.id, email: user.email, ...tally }]
  })
}

const hasEmail = (user: User, email: string) =>
  email === '' || user.email.toLowerCase().includes(email.toLowerCase())

const emails = (state: State, userIds: Iterable<number>, email: string) =>
  [...userIds].flatMap((id) => {
    const user = state.users.get(id)
    return user && hasEmail(user, email) ? [user.email] : []
  })
