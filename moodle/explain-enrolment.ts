import { z } from 'zod'
import { MoodleError } from '../sdk/index.ts'
import type { Client } from './client.ts'
import type { Courses } from './courses.ts'

/** What was asked of Moodle for one person in one course. */
export type Attempt = {
  course: number
  user: number
  roles: number[]
  groups: number[]
  /** False: only a role or a group, for someone whose enrolment is none of ours. */
  enrols: boolean
  /** Nothing is to be open any more: what is gone need not be closed. */
  closes: boolean
}

/** Where the words of a refusal come from, and who must hear of an account that is gone. */
export type Lookup = { client: Client; courses: Courses; forget: (user: number) => Promise<void> }

/**
 * Says in an operator's words why Moodle refused an enrolment: what is wrong, where, what to do. Moodle's own error
 * often doesn't tell, so the course, the user and the groups are looked up. Undefined: one of them was deleted, and with
 * it what was to be closed. Other errors come back as they are.
 */
export async function explainEnrolment(error: unknown, attempt: Attempt, lookup: Lookup): Promise<unknown> {
  if (!(error instanceof MoodleError) || error.kind !== 'request' || error.code === 'badreply') return error
  const { text, gone } = await reasonOf(error, attempt, lookup)
  if (gone && attempt.closes) return undefined
  const { user, course, groups } = attempt
  const what = attempt.enrols
    ? `user ${user} can't be enrolled in course ${course}`
    : groups.length > 0
      ? `user ${user} can't be in group ${groups.join(', ')} of course ${course}`
      : `user ${user} can't have a role in course ${course}`
  const message = `${what}: ${text}`
  return new MoodleError(message, { kind: 'request', code: error.code, call: error.call }, { cause: error })
}

type Reason = { text: string; gone?: true }

async function reasonOf(error: MoodleError, attempt: Attempt, lookup: Lookup): Promise<Reason> {
  switch (error.code) {
    case 'invaliduser':
    case 'userdeleted':
      return await userGone(attempt, lookup)
    case 'guestsarenotallowed':
      return { text: 'this user is the guest of the site. Hand the product over to a person' }
    case 'wsnoinstance':
      return { text: noManualEnrolment }
    case 'wsusercannotassign':
      return { text: roleRefused(attempt) }
    case 'nopermissions':
    case 'requireloginerror':
    case 'errorcoursecontextnotvalid':
      return { text: noRights }
    default: {
      const found = await findReason(error, attempt, lookup)
      return found ?? { text: `${error.message}. The course and the user exist` }
    }
  }
}

async function findReason(error: MoodleError, attempt: Attempt, lookup: Lookup): Promise<Reason | undefined> {
  const { client, courses } = lookup
  const course = await courses.find(attempt.course)
  if (!course) return { text: noCourse, gone: true }
  if (attempt.enrols && !course.enrolmentMethods.includes('manual')) return { text: noManualEnrolment }
  const byId = { field: 'id', values: [attempt.user] }
  const users = await client.call('core_user_get_users_by_field', byId, z.array(z.object({ id: z.int() })))
  if (users.length === 0) return await userGone(attempt, lookup)
  if (error.call.startsWith('core_role_')) return { text: roleRefused(attempt) }
  if (attempt.groups.length === 0) return undefined
  const inCourse = { courseid: attempt.course }
  const groups = await client.call(
    'core_group_get_course_groups',
    inCourse,
    z.array(z.object({ id: z.int() })),
  )
  const gone = attempt.groups.filter((group) => !groups.some(({ id }) => id === group))
  if (gone.length > 0) {
    const text = `the course has no group ${gone.join(', ')}. Choose another group in the entry`
    return { text, gone: true }
  }
  const isOutside = error.call === 'core_group_add_group_members' && !attempt.enrols
  return isOutside ? { text: notEnrolled } : undefined
}

const noCourse = 'the site has no such course, or hides it from the shop. Choose another course in the entry'

const noRights =
  'the Moodle user of the shop has no rights there. Give it a role in the course or its category that may enrol people and assign roles, then retry'

const noManualEnrolment =
  'manual enrolment is missing or switched off there. Add or enable it among the enrolment methods of the course, then retry'

const notEnrolled =
  'this person is not enrolled there, and Moodle lets nobody else into a group. Enrol them first, then retry'

const roleRefused = ({ roles }: Attempt) =>
  `the shop may not assign role ${roles.join(' or ')}: it doesn't exist, or "Allow role assignments" leaves it out. Allow it in Moodle, or choose another role in the entry; then retry`

async function userGone({ user }: Attempt, { forget }: Lookup): Promise<Reason> {
  await forget(user)
  const text =
    'the site has no such user any more. The shop has forgotten this account: hand the product over to the same person to find or create their account again'
  return { text, gone: true }
}
