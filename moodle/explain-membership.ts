import { z } from 'zod'
import type { Membership } from '../db/membership-target.ts'
import { MoodleError } from '../sdk/index.ts'
import type { Client } from './client.ts'

/** What was asked of Moodle for one person. */
type Attempt = { membership: Membership; user: number; member: boolean }

type Lookup = { client: Client; forget: () => Promise<void> }

/**
 * Says in an operator's words why Moodle refused a membership: what is wrong, where, what to do. Moodle's own error often
 * doesn't tell, so the user and the cohort or category are looked up. Undefined: one of them was deleted, and the
 * membership that was to be taken away with it. Other errors come back as they are.
 */
export async function explainMembership(error: unknown, attempt: Attempt, lookup: Lookup): Promise<unknown> {
  if (!(error instanceof MoodleError) || error.kind !== 'request' || error.code === 'badreply') return error
  const { membership, user, member } = attempt
  const reason = await reasonOf(error, attempt, lookup)
  if (reason.gone && !member) return undefined
  const what =
    'cohort' in membership
      ? `user ${user} can't be ${member ? 'put in' : 'taken out of'} cohort ${membership.cohort}`
      : `role ${membership.role} can't be ${member ? 'given to' : 'taken from'} user ${user} ${where(membership)}`
  const details = { kind: 'request', code: error.code, call: error.call } as const
  return new MoodleError(`${what}: ${reason.text}`, details, { cause: error })
}

type RoleMembership = Exclude<Membership, { cohort: number }>

function where({ context }: RoleMembership): string {
  return context.level === 'system' ? 'in the system' : `in category ${context.instance}`
}

type Reason = { text: string; gone?: true }

async function reasonOf(error: MoodleError, attempt: Attempt, { client, forget }: Lookup): Promise<Reason> {
  const { membership, user } = attempt
  if (error.code === 'nopermissions' || error.code === 'requireloginerror') {
    const capability = 'cohort' in membership ? 'moodle/cohort:assign' : 'moodle/role:assign'
    const text = `the Moodle user of the shop has no rights there: give its role the capability ${capability}, then retry`
    return { text }
  }
  const found = z.array(z.object({ id: z.int() }))
  const users = await client.call('core_user_get_users_by_field', { field: 'id', values: [user] }, found)
  if (users.length === 0) {
    await forget()
    return { text: userGone, gone: true }
  }
  if ('cohort' in membership) {
    const cohorts = await client
      .call('core_cohort_get_cohorts', { cohortids: [membership.cohort] }, found)
      .catch(noneIfUnknown)
    if (cohorts.length > 0) return { text: error.message }
    return { text: 'the site has no such cohort any more. Choose another in the entry', gone: true }
  }
  if (membership.context.level === 'coursecat') {
    const criteria = [{ key: 'id', value: membership.context.instance }]
    const asked = { criteria, addsubcategories: false }
    const categories = await client.call('core_course_get_categories', asked, found).catch(noneIfUnknown)
    if (categories.length === 0) {
      const text = 'the site has no such category, or hides it from the shop. Choose another in the entry'
      return { text, gone: true }
    }
  }
  const text = `the shop may not assign role ${membership.role} there: it doesn't exist, can't be given at that level, or "Allow role assignments" leaves it out. Allow it in Moodle, or choose another role in the entry; then retry`
  return { text }
}

const userGone =
  'the site has no such user any more. The shop has forgotten this account: hand the product over to the same person to find or create their account again'

function noneIfUnknown(error: unknown): { id: number }[] {
  if (error instanceof MoodleError && error.kind === 'request') return []
  throw error
}
