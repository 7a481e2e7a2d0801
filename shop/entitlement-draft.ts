import { writeMembership } from '../db/membership-target.ts'
import type { Entitlement } from '../sdk/index.ts'
import type { AccessTarget } from './shop.ts'

/** An entitlement as the tables keep it: in a course, or to a membership outside courses. */
export type EntitlementDraft = { user: number; stays: boolean } & (
  | { course: number; role: number | null; group: number | null; enrols: boolean }
  | { membership: string }
)

/** Reads what a handler says that a product entitles to. Throws on what is none of the four kinds. */
export function draftEntitlement(entitlement: Entitlement): EntitlementDraft {
  const { user, stays = false } = entitlement
  const target = targetOf(entitlement)
  if (target && isId(user)) return { user, stays, ...target }
  throw new Error(`the script gives an entitlement that is none: ${JSON.stringify(entitlement)}`)
}

/** Undefined: a handler is code of others, and this is not what its type promises. */
function targetOf(entitlement: Entitlement) {
  if ('cohort' in entitlement) {
    return isId(entitlement.cohort) ? { membership: writeMembership(entitlement) } : undefined
  }
  if ('context' in entitlement) {
    const { role, context } = entitlement
    const { level, instance } = context
    if (!isId(role) || (level !== 'system' && !isId(instance))) return undefined
    switch (level) {
      case 'course':
        return { course: instance, role, group: null, enrols: false }
      case 'coursecat':
      case 'system':
        return { membership: writeMembership({ role, context: { level, instance } }) }
      default:
        level satisfies never
        return undefined
    }
  }
  const { course, role = null, group = null } = entitlement
  const given = [course, role, group].filter((id) => id !== null)
  if (given.length < 2 || !given.every(isId)) return undefined
  return { course, role, group, enrols: role !== null }
}

function isId(id: unknown): boolean {
  return typeof id === 'number' && Number.isSafeInteger(id) && id > 0
}

/** What these drafts are about, each once. */
export function targetsOfDrafts(drafts: EntitlementDraft[]): AccessTarget[] {
  const targets = drafts.map((draft): [string, AccessTarget] =>
    'course' in draft
      ? [`${draft.course} ${draft.user}`, { course: draft.course, user: draft.user }]
      : [`${draft.membership} ${draft.user}`, { membership: draft.membership, user: draft.user }],
  )
  return [...new Map(targets).values()]
}
