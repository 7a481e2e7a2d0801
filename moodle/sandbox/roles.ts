import { z } from 'zod'
import { type Call, type Caller, defineFunction } from './define-function.ts'
import { Failure, invalidParameter } from './failure.ts'
import { int, list, raw } from './parameters.ts'
import type { State } from './state.ts'
import { findUser } from './users.ts'

type Level = 'system' | 'coursecat' | 'course'

/** The roles of a standard site, and `referent`, one that this organisation added. No web service lists them. */
export const roles: { id: number; shortname: string; levels: Level[]; byShop: Level[] }[] = [
  { id: 1, shortname: 'manager', levels: ['system', 'coursecat', 'course'], byShop: ['coursecat'] },
  { id: 2, shortname: 'coursecreator', levels: ['system', 'coursecat'], byShop: ['coursecat'] },
  { id: 3, shortname: 'editingteacher', levels: ['course'], byShop: ['course'] },
  { id: 4, shortname: 'teacher', levels: ['course'], byShop: ['course'] },
  { id: 5, shortname: 'student', levels: ['course'], byShop: ['course'] },
  { id: 6, shortname: 'guest', levels: [], byShop: [] },
  { id: 7, shortname: 'user', levels: [], byShop: [] },
  { id: 8, shortname: 'frontpage', levels: [], byShop: [] },
  {
    id: 9,
    shortname: 'referent',
    levels: ['system', 'coursecat', 'course'],
    byShop: ['system', 'coursecat', 'course'],
  },
]

export const roleName = (id: number) => roles.find((role) => role.id === id)?.shortname ?? String(id)

/** Whether the caller may give this role at this level. An unknown role: no. */
export function assignable(caller: Caller, roleId: number, level: Level): boolean {
  const role = roles.find(({ id }) => id === roleId)
  if (!role || caller === 'plain') return false
  return (caller === 'admin' ? role.levels : role.byShop).includes(level)
}

/** The roles that a user has in a context, in order of id. */
export const rolesIn = (state: State, context: string, userId: number): number[] =>
  [...(state.roles.get(context)?.get(userId) ?? [])].sort((a, b) => a - b)

export function giveRole(state: State, context: string, userId: number, roleId: number): void {
  let users = state.roles.get(context)
  if (!users) {
    users = new Map()
    state.roles.set(context, users)
  }
  const given = users.get(userId)
  if (given) given.add(roleId)
  else users.set(userId, new Set([roleId]))
}

const contextFields = { contextid: int.optional(), contextlevel: raw.optional(), instanceid: int.optional() }
const assignment = z.strictObject({ roleid: int, userid: int, ...contextFields })
type Assignment = z.output<typeof assignment>

/** The context that an assignment names. By id only the system's is known here. */
function contextOf(state: State, { contextid, contextlevel, instanceid }: Assignment): [Level, string] {
  if (contextid !== undefined || contextlevel === 'system') {
    if (contextid !== undefined && (contextid !== 1 || contextlevel !== undefined)) throw invalidParameter()
    return ['system', 'system']
  }
  if (instanceid !== undefined) {
    if (contextlevel === 'coursecat' && state.categories.has(instanceid)) {
      return ['coursecat', `coursecat:${instanceid}`]
    }
    if (contextlevel === 'course' && state.courses.has(instanceid)) return ['course', `course:${instanceid}`]
  }
  throw invalidParameter()
}

function checked({ state, caller }: Call, assignments: Assignment[]) {
  return assignments.map((given) => {
    const [level, context] = contextOf(state, given)
    if (!assignable(caller, given.roleid, level)) throw invalidParameter()
    return { context, userId: given.userid, roleId: given.roleid }
  })
}

const assignRoles = defineFunction({
  parameters: z.strictObject({ assignments: list(assignment) }),
  writes: true,
  run(call, { assignments }) {
    const given = checked(call, assignments)
    if (given.some(({ userId }) => !findUser(call.state, userId))) {
      throw new Failure(
        'coding',
        'codingerror',
        'Coding error detected, it must be fixed by a programmer: User ID does not exist or is deleted!',
      )
    }
    for (const { context, userId, roleId } of given) giveRole(call.state, context, userId, roleId)
    return null
  },
})

const unassignRoles = defineFunction({
  parameters: z.strictObject({ unassignments: list(assignment) }),
  writes: true,
  run(call, { unassignments }) {
    for (const { context, userId, roleId } of checked(call, unassignments)) {
      call.state.roles.get(context)?.get(userId)?.delete(roleId)
    }
    return null
  },
})

export const roleFunctions = {
  core_role_assign_roles: assignRoles,
  core_role_unassign_roles: unassignRoles,
}
