import { z } from 'zod'
import { courseInContext, frontPageId } from './courses.ts'
import { type Call, defineFunction } from './define-function.ts'
import { Failure, invalidParameter, invalidUser, loginRequired, missingRecord } from './failure.ts'
import { flag, int, list, namedOptions } from './parameters.ts'
import { assignable, giveRole, roleName, rolesIn } from './roles.ts'
import type { Course, Enrolment, EnrolmentTally, State, User } from './state.ts'
import { findUser, fullName, guestId, userReply } from './users.ts'

/** Sets the enrolment anew, dates and status included, and adds the role to those that the user has. */
export function setEnrolment(state: State, courseId: number, enrolment: Enrolment, roleId: number): void {
  const { userId } = enrolment
  const enrolments = state.enrolments.get(courseId)
  const tally = tallyOf(state, courseId, userId)
  tally.set += 1
  if (!enrolments?.has(userId)) tally.created += 1
  enrolments?.set(userId, enrolment)
  giveRole(state, `course:${courseId}`, userId, roleId)
}

/** Lets a learner enter a course that is open to them now. False when it is not. */
export function enterCourse(state: State, courseId: number, email: string, now: number): boolean {
  const user = state.users.get(state.emails.get(email.toLowerCase()) ?? 0)
  const enrolment = user && state.enrolments.get(courseId)?.get(user.id)
  if (!enrolment || !isActive(enrolment, now)) return false
  state.visits.set(`${courseId}:${user.id}`, now)
  return true
}

/** How often the user's enrolment in the course was set up to now. */
function tallyOf(state: State, courseId: number, userId: number): EnrolmentTally {
  const key = `${courseId}:${userId}`
  const known = state.tallies.get(key)
  if (known) return known
  const tally = { created: 0, set: 0, removed: 0 }
  state.tallies.set(key, tally)
  return tally
}

/** Takes the enrolment away, and with it the user's roles and groups in the course. */
function removeEnrolment(state: State, courseId: number, userId: number): void {
  if (!state.enrolments.get(courseId)?.delete(userId)) return
  tallyOf(state, courseId, userId).removed += 1
  state.roles.get(`course:${courseId}`)?.delete(userId)
  for (const group of state.groups.values()) if (group.courseId === courseId) group.members.delete(userId)
}

export const isActive = (enrolment: Enrolment, now: number) =>
  !enrolment.suspended && enrolment.startsAt <= now && (enrolment.endsAt === 0 || enrolment.endsAt > now)

const noInstance = ({ state }: Call, courseId: number) => {
  // 4.1 forgets to put the number into its text.
  const id = state.release === '4.5' ? courseId : '{$a->courseid}'
  return new Failure(
    'moodle',
    'wsnoinstance',
    `Manual enrolment plugin instance doesn't exist or is disabled for the course (id = ${id})`,
  )
}

/** Refuses a user who can't be enrolled, in the words of the release. */
function requireEnrollable({ state }: Call, userId: number): void {
  if (state.release === '4.1') {
    if (findUser(state, userId)) return
    throw new Failure(
      'coding',
      'codingerror',
      'Coding error detected, it must be fixed by a programmer: User ID does not exist or is deleted!',
    )
  }
  const user = state.users.get(userId)
  if (!user) throw invalidUser()
  if (user.deleted) throw new Failure('moodle', 'userdeleted', 'error/userdeleted')
  if (user.id === guestId) throw guestRefused()
}

const guestRefused = () =>
  new Failure('moodle', 'guestsarenotallowed', 'The guest user is not allowed to do this')

const enrolUsers = defineFunction({
  parameters: z.strictObject({
    enrolments: list(
      z.strictObject({
        roleid: int,
        userid: int,
        courseid: int,
        timestart: int.optional(),
        timeend: int.optional(),
        suspend: int.optional(),
      }),
    ),
  }),
  writes: true,
  run(call, { enrolments }) {
    const { state, caller } = call
    for (const { roleid, userid, courseid } of enrolments) {
      const course = state.courses.get(courseid)
      if (!course) throw invalidParameter()
      if (caller === 'plain') throw loginRequired()
      if (!assignable(caller, roleid, 'course')) {
        throw new Failure(
          'moodle',
          'wsusercannotassign',
          `You don't have the permission to assign this role (${roleid}) to this user (${userid}) in this course (${courseid}).`,
        )
      }
      if (course.manual !== 'enabled') throw noInstance(call, courseid)
      requireEnrollable(call, userid)
    }
    for (const { roleid, userid, courseid, timestart = 0, timeend = 0, suspend = 0 } of enrolments) {
      const enrolment = { userId: userid, startsAt: timestart, endsAt: timeend, suspended: suspend !== 0 }
      setEnrolment(state, courseid, enrolment, roleid)
    }
    return null
  },
})

const unenrolUsers = defineFunction({
  parameters: z.strictObject({
    enrolments: list(z.strictObject({ userid: int, courseid: int, roleid: int.optional() })),
  }),
  writes: true,
  run(call, { enrolments }) {
    const { state, caller } = call
    for (const { userid, courseid } of enrolments) {
      const course = state.courses.get(courseid)
      if (!course) throw missingRecord('course')
      if (caller === 'plain') throw loginRequired()
      if (course.manual === 'none') throw noInstance(call, courseid)
      if (!findUser(state, userid)) throw state.release === '4.5' ? invalidUser() : invalidParameter()
      if (userid === guestId && state.release === '4.5') throw guestRefused()
    }
    for (const { userid, courseid } of enrolments) removeEnrolment(state, courseid, userid)
    return null
  },
})

const sortKeys: Record<string, (user: User) => string | number> = {
  id: (user) => user.id,
  firstname: (user) => user.firstname,
  lastname: (user) => user.lastname,
}

/** Who is enrolled, as the options of `core_enrol_get_enrolled_users` narrow and order it. */
function enrolledUsers({ state, now }: Call, course: Course, options: Map<string, string>): User[] {
  const group = state.groups.get(Number(options.get('groupid') ?? 0))
  const sortBy = options.get('sortby') ?? 'id'
  const key = Object.hasOwn(sortKeys, sortBy) ? sortKeys[sortBy] : undefined
  if (!key) throw invalidParameter()
  const users: User[] = []
  for (const enrolment of state.enrolments.get(course.id)?.values() ?? []) {
    const active = isActive(enrolment, now)
    if (options.get('onlyactive') === '1' && !active) continue
    if (options.get('onlysuspended') === '1' && active) continue
    if (group && !group.members.has(enrolment.userId)) continue
    const user = findUser(state, enrolment.userId)
    if (user) users.push(user)
  }
  users.sort((a, b) => {
    const [left, right] = [key(a), key(b)]
    return left < right ? -1 : left > right ? 1 : 0
  })
  if (options.get('sortdirection')?.toUpperCase() === 'DESC') users.reverse()
  const from = Number(options.get('limitfrom') ?? 0)
  const number = Number(options.get('limitnumber') ?? 0)
  return number > 0 ? users.slice(from, from + number) : users.slice(from)
}

function enrolledReply(call: Call, course: Course, user: User) {
  const { state } = call
  const { auth, suspended, confirmed, lang, theme, timezone, mailformat, trackforums, ...shown } = userReply(
    call,
    user,
  )
  return {
    ...shown,
    lastcourseaccess: state.visits.get(`${course.id}:${user.id}`) ?? 0,
    roles: rolesIn(state, `course:${course.id}`, user.id).map((roleid) => ({
      roleid,
      name: '',
      shortname: roleName(roleid),
      sortorder: 0,
    })),
    enrolledcourses: activeCourses(call, user.id).map(({ id, fullname, shortname }) => ({
      id,
      fullname,
      shortname,
    })),
  }
}

const getEnrolledUsers = defineFunction({
  parameters: z.strictObject({ courseid: int, options: namedOptions }),
  run(call, { courseid, options = [] }) {
    if (!call.state.courses.has(courseid)) throw missingRecord('course')
    const course = courseInContext(call, courseid)
    const given = new Map(options.map(({ name, value }) => [name, value]))
    const fields = given
      .get('userfields')
      ?.split(',')
      .map((field) => field.trim())
    return enrolledUsers(call, course, given).map((user) => {
      if (!fields) return enrolledReply(call, course, user)
      // Whatever is asked for, the id and the full name come with it.
      const wanted = new Set(['id', 'fullname', ...fields])
      const named = { firstname: user.firstname, lastname: user.lastname, fullname: fullName(user) }
      const all = Object.entries({ ...enrolledReply(call, course, user), ...named })
      return Object.fromEntries(all.filter(([field]) => wanted.has(field)))
    })
  },
})

function activeCourses({ state, now }: Call, userId: number): Course[] {
  const courses: Course[] = []
  for (const [courseId, enrolments] of state.enrolments) {
    const enrolment = enrolments.get(userId)
    const course = state.courses.get(courseId)
    if (course && enrolment && isActive(enrolment, now)) courses.push(course)
  }
  return courses
}

const getUsersCourses = defineFunction({
  parameters: z.strictObject({ userid: int, returnusercount: flag.default(true) }),
  run(call, { userid, returnusercount }) {
    const { state, url } = call
    if (!findUser(state, userid)) return []
    return activeCourses(call, userid).map((course) => ({
      id: course.id,
      shortname: course.shortname,
      fullname: course.fullname,
      displayname: course.fullname,
      ...(returnusercount && { enrolledusercount: state.enrolments.get(course.id)?.size ?? 0 }),
      idnumber: course.idnumber,
      visible: course.visible ? 1 : 0,
      summary: course.summary,
      summaryformat: 1,
      format: course.format,
      ...(state.release === '4.5' && {
        courseimage: `${url}/pluginfile.php/${course.id}/course/generated/course.svg`,
      }),
      showgrades: true,
      lang: course.lang,
      enablecompletion: course.completion,
      completionhascriteria: false,
      completionusertracked: true,
      category: course.categoryId,
      progress: 0,
      completed: false,
      startdate: course.startsAt,
      enddate: course.endsAt,
      marker: 0,
      lastaccess: null,
      isfavourite: false,
      hidden: false,
      overviewfiles: [],
      showactivitydates: false,
      showcompletionconditions: true,
      timemodified: course.modifiedAt,
    }))
  },
})

const getEnrolmentMethods = defineFunction({
  parameters: z.strictObject({ courseid: int }),
  run({ state }, { courseid }) {
    if (!state.courses.has(courseid) || courseid === frontPageId) throw missingRecord('course')
    // Manual enrolment has nothing to say about itself, so it isn't listed; the sandbox has no other.
    return []
  },
})

export const enrolmentFunctions = {
  enrol_manual_enrol_users: enrolUsers,
  enrol_manual_unenrol_users: unenrolUsers,
  core_enrol_get_enrolled_users: getEnrolledUsers,
  core_enrol_get_users_courses: getUsersCourses,
  core_enrol_get_course_enrolment_methods: getEnrolmentMethods,
}
