import type { Enrolment, Fault } from '../db/schema.ts'
import { type EntitlementRow, impliedEnrolment, withdrawn } from './implied-enrolment.ts'
import type { SeenPerson } from './read-people.ts'

/** Seconds by which Moodle's clock may differ from ours. */
const skew = 60

/**
 * How what Moodle has shown of one person in one course `since` differs from what products imply at `now` (Unix
 * seconds). `seen`: undefined when the person is not in the list of the enrolled. Moodle doesn't tell dates, so what it was told stands
 * for them.
 */
export function enrolmentFaults(
  { rows, told }: { rows: EntitlementRow[]; told: Enrolment | null },
  seen: SeenPerson | undefined,
  isInGroup: (group: number) => boolean,
  { now, since }: { now: number; since: number },
): Fault[] {
  const implied = impliedEnrolment(rows, told, now)
  if (!implied) return []
  const { roles, groups, suspended, startsAt, endsAt, beside } = implied
  const faults: Fault[] = []
  if (told && !isSame(implied, told)) faults.push({ kind: 'told_otherwise' })

  const enrols = roles.length > 0
  const over = suspended || (endsAt !== 0 && endsAt <= now)
  const open = enrols && !over && startsAt <= now
  // Who lost access may have been unenrolled there: that takes nothing from anyone.
  if (enrols && !seen) return over ? faults : [...faults, { kind: 'missing' }]
  // What began or ended while we looked may rightly be the one or the other.
  const turns = [startsAt, endsAt].some((at) => at > since - skew && at < now + skew)
  if (enrols && seen && seen.active !== open && !turns) {
    faults.push({ kind: open ? 'suspended_there' : 'active_there' })
  }

  const gone = withdrawn(rows, told, implied, now)
  const add = (kind: 'role_missing' | 'role_left' | 'group_missing' | 'group_left', ids: number[]) => {
    if (ids.length > 0) faults.push({ kind, ids })
  }
  if (seen) {
    const due = [...(over ? [] : roles), ...(beside?.roles ?? [])]
    add(
      'role_missing',
      due.filter((role) => !seen.roles.includes(role)),
    )
    add(
      'role_left',
      gone.roles.filter((role) => seen.roles.includes(role)),
    )
  }
  const due = new Set([...(enrols && !over ? groups : []), ...(beside?.groups ?? [])])
  add(
    'group_missing',
    [...due].filter((group) => !isInGroup(group)),
  )
  add('group_left', gone.groups.filter(isInGroup))
  return faults
}

function isSame(a: Enrolment, b: Enrolment): boolean {
  const facts = ({ startsAt, endsAt, suspended, roles, groups, beside }: Enrolment) =>
    JSON.stringify([startsAt, endsAt, suspended, roles, groups, beside?.roles ?? [], beside?.groups ?? []])
  return facts(a) === facts(b)
}
