import { z } from 'zod'
import { MoodleError, type Role } from '../sdk/index.ts'
import type { Client } from './client.ts'

export type Roles = {
  /** The standard roles, and those seen on people enrolled in `courseId`. */
  list(courseId?: number): Promise<Role[]>
  idOf(nameOrId: string, courseId?: number): Promise<number>
}

/** Those of a site as Moodle installs it. */
const standard: Role[] = [
  { id: 1, shortname: 'manager' },
  { id: 2, shortname: 'coursecreator' },
  { id: 3, shortname: 'editingteacher' },
  { id: 4, shortname: 'teacher' },
  { id: 5, shortname: 'student' },
]

const enrolled = z.array(
  z.object({ roles: z.array(z.object({ roleid: z.int(), shortname: z.string() })).default([]) }),
)

/**
 * The roles of a site. No web service lists them, so what is known is the standard ones, and those that enrolled people
 * were seen to have, which win: a site may have given a standard name another id.
 */
export function openRoles(client: Client): Roles {
  const seen = new Map<string, number>()

  async function look(courseId: number): Promise<void> {
    const options = [
      { name: 'userfields', value: 'id, roles' },
      { name: 'limitnumber', value: 500 },
    ]
    const users = await client.call(
      'core_enrol_get_enrolled_users',
      { courseid: courseId, options },
      enrolled,
    )
    for (const { roleid, shortname } of users.flatMap((user) => user.roles)) seen.set(shortname, roleid)
  }

  function known(): Role[] {
    const ids = new Set(seen.values())
    const undisturbed = standard.filter(({ id, shortname }) => !seen.has(shortname) && !ids.has(id))
    return [...undisturbed, ...[...seen].map(([shortname, id]) => ({ id, shortname }))].sort(
      (a, b) => a.id - b.id,
    )
  }

  return {
    async list(courseId) {
      if (courseId !== undefined) await look(courseId)
      return known()
    },
    async idOf(nameOrId, courseId) {
      if (/^\d+$/.test(nameOrId)) return Number(nameOrId)
      const find = () => known().find(({ shortname }) => shortname === nameOrId)?.id
      let id = find()
      if (id === undefined && courseId !== undefined) {
        await look(courseId)
        id = find()
      }
      if (id !== undefined) return id
      const message =
        `no role named ${nameOrId} was seen on the site: give its id instead, ` +
        'which Moodle shows in the address of its page under Users > Permissions > Define roles'
      const call = 'core_enrol_get_enrolled_users'
      throw new MoodleError(message, { kind: 'request', code: 'unknownrole', call })
    },
  }
}
