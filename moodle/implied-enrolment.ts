import type { Enrolment, ProductState } from '../db/schema.ts'

/** What one product entitles to in a course. Times are Unix seconds; `endsAt` 0 means no end. */
export type EntitlementRow = {
  role: number
  group: number | null
  startsAt: number
  endsAt: number
  state: ProductState
}

/**
 * The enrolment that a person's products in a course add up to at `now` (Unix seconds): the union of the active ones,
 * from the earliest start to the latest end, with all their roles and groups. Those whose end has passed count only
 * while there is no other. With none active it is suspended and otherwise as `told`, Moodle's last word from us, so that
 * nothing is lost. Undefined: there is nothing to tell.
 */
export function impliedEnrolment(
  rows: EntitlementRow[],
  told: Enrolment | null,
  now: number,
): Enrolment | undefined {
  const active = rows.filter((row) => row.state === 'active')
  const running = active.filter((row) => row.endsAt === 0 || row.endsAt > now)
  if (running.length > 0) return { ...union(running), suspended: false }
  if (active.length > 0) return { ...union(active), suspended: false }
  if (told) return { ...told, suspended: true }
  return rows.length > 0 ? { ...union(rows), suspended: true } : undefined
}

/** What rows and the last word name and the enrolment no longer has: to be taken away in Moodle. */
export function withdrawn(
  rows: EntitlementRow[],
  told: Enrolment | null,
  implied: Enrolment,
): { roles: number[]; groups: number[] } {
  // A suspended enrolment keeps its roles and groups: they come back with it.
  if (implied.suspended) return { roles: [], groups: [] }
  // The rows too, and not only the last word: a process may have died between telling Moodle and noting it.
  const roles = [...(told?.roles ?? []), ...rows.map(({ role }) => role)]
  const groups = [...(told?.groups ?? []), ...groupsOf(rows)]
  return {
    roles: sorted(roles).filter((role) => !implied.roles.includes(role)),
    groups: sorted(groups).filter((group) => !implied.groups.includes(group)),
  }
}

function union(rows: EntitlementRow[]): Omit<Enrolment, 'suspended'> {
  const ends = rows.map(({ endsAt }) => endsAt)
  return {
    startsAt: Math.min(...rows.map(({ startsAt }) => startsAt)),
    endsAt: ends.includes(0) ? 0 : Math.max(...ends),
    roles: sorted(rows.map(({ role }) => role)),
    groups: sorted(groupsOf(rows)),
  }
}

function groupsOf(rows: EntitlementRow[]): number[] {
  return rows.flatMap(({ group }) => (group === null ? [] : [group]))
}

function sorted(ids: number[]): number[] {
  return [...new Set(ids)].sort((a, b) => a - b)
}
