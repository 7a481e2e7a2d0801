import { z } from 'zod'
import { MoodleError } from '../sdk/index.ts'
import type { Client } from './client.ts'

/** One person in a course as Moodle lists them: `active` is whether they get in now, by whatever means. */
export type SeenPerson = { roles: number[]; active: boolean }

/** People of one call. */
const pageSize = 1000

/** People that two pages share: whoever leaves the course meanwhile moves the others up. */
const overlap = 20

const people = z.array(z.object({ id: z.int(), roles: z.array(z.object({ roleid: z.int() })).default([]) }))

type Person = z.output<typeof people>[number]

/** The people of a course in the order of their ids, a page at a time. */
async function* enrolled(client: Client, course: number, onlyActive: boolean): AsyncGenerator<Person> {
  let last = 0
  for (let from = 0; ; from += pageSize - overlap) {
    const options = [
      { name: 'userfields', value: onlyActive ? 'id' : 'id, roles' },
      { name: 'sortby', value: 'id' },
      { name: 'limitfrom', value: from },
      { name: 'limitnumber', value: pageSize },
      ...(onlyActive ? [{ name: 'onlyactive', value: 1 }] : []),
    ]
    const page = await client.call('core_enrol_get_enrolled_users', { courseid: course, options }, people)
    for (const person of page) {
      if (person.id <= last) continue
      last = person.id
      yield person
    }
    if (page.length < pageSize) return
  }
}

/**
 * Looks for people in a course, going through its list once: each call asks for higher ids than the one before, in
 * ascending order. What is held at a time is a page of Moodle's answer.
 */
export function openPeople(
  client: Client,
  course: number,
): (users: number[]) => Promise<Map<number, SeenPerson>> {
  const all = reader(enrolled(client, course, false))
  const active = reader(enrolled(client, course, true))
  return async (users) => {
    const seen = new Map<number, SeenPerson>()
    const wanted = new Set(users)
    const last = users.at(-1) ?? 0
    const [there, getIn] = await Promise.all([all(wanted, last), active(wanted, last)])
    const open = new Set(getIn.map(({ id }) => id))
    for (const { id, roles } of there) {
      seen.set(id, { roles: roles.map(({ roleid }) => roleid), active: open.has(id) })
    }
    return seen
  }
}

/** Reads on up to an id, and keeps who is wanted. */
function reader(source: AsyncGenerator<Person>) {
  let next: Person | undefined
  return async (wanted: Set<number>, upTo: number): Promise<Person[]> => {
    const found: Person[] = []
    for (;;) {
      next ??= (await source.next()).value ?? undefined
      if (!next || next.id > upTo) return found
      if (wanted.has(next.id)) found.push(next)
      next = undefined
    }
  }
}

const members = z.array(z.object({ userids: z.array(z.int()) }))

/** The members of a cohort. */
export async function cohortMembers(client: Client, cohort: number): Promise<Set<number>> {
  const asked = { cohortids: [cohort] }
  const [found] = await client.call('core_cohort_get_cohort_members', asked, members)
  return new Set(found?.userids)
}

/** Groups of one call. */
const groupsACall = 100

/** Which of `users` is in which of `groups`; a group that the site has no more has nobody. */
export async function groupMembers(
  client: Client,
  groups: number[],
  users: Set<number>,
): Promise<Map<number, Set<number>>> {
  const found = new Map<number, Set<number>>()
  const reply = z.array(z.object({ groupid: z.int(), userids: z.array(z.int()) }))
  const look = async (ids: number[]): Promise<void> => {
    try {
      for (const { groupid, userids } of await client.call(
        'core_group_get_group_members',
        { groupids: ids },
        reply,
      )) {
        found.set(groupid, new Set(userids.filter((user) => users.has(user))))
      }
    } catch (error) {
      if (!(error instanceof MoodleError) || error.code !== 'invalidrecord') throw error
      // One of them is gone, and the answer does not tell which.
      if (ids.length > 1) for (const id of ids) await look([id])
    }
  }
  for (let i = 0; i < groups.length; i += groupsACall) await look(groups.slice(i, i + groupsACall))
  return found
}

/** Those of `users` whose account is still there. */
export async function existingUsers(client: Client, users: number[]): Promise<Set<number>> {
  const found = new Set<number>()
  const reply = z.array(z.object({ id: z.int() }))
  const at = 500
  for (let i = 0; i < users.length; i += at) {
    const asked = { field: 'id', values: users.slice(i, i + at) }
    for (const { id } of await client.call('core_user_get_users_by_field', asked, reply)) found.add(id)
  }
  return found
}
