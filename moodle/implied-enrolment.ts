import type { Enrolment, ProductState } from '../db/schema.ts'

/** What one product entitles to in a course. Times are Unix seconds; `endsAt` 0 means no end. */
export type EntitlementRow = {
  /** Null: the group alone. */
  role: number | null
  group: number | null
  /** False: beside an enrolment that is none of this product's. */
  enrols: boolean
  startsAt: number
  endsAt: number
  state: ProductState
}

type Period = Pick<EntitlementRow, 'startsAt' | 'endsAt' | 'state'>

/**
 * What a person's products in a course add up to at `now` (Unix seconds). The enrolment is the union of the active ones,
 * from the earliest start to the latest end, with all their roles and groups. Those whose end has passed count only
 * while there is no other. With none active it is suspended and otherwise as `told`, Moodle's last word from us, so that
 * nothing is lost. Beside it stands what is given without enrolling, which Moodle doesn't end: that of now, no more.
 * Undefined: there is nothing to tell.
 */
export function impliedEnrolment(
  rows: EntitlementRow[],
  told: Enrolment | null,
  now: number,
): Enrolment | undefined {
  const enrolled = impliedPeriod(
    rows.filter(({ enrols }) => enrols),
    told,
    now,
  )
  const alone = rows.filter(({ enrols }) => !enrols)
  if (alone.length === 0 && !told?.beside) return enrolled
  const given = alone.filter((row) => runs(row, now))
  const beside = { roles: sorted(rolesOf(given)), groups: sorted(groupsOf(given)) }
  return { ...(enrolled ?? notEnrolled), beside }
}

const notEnrolled: Enrolment = { startsAt: 0, endsAt: 0, suspended: false, roles: [], groups: [] }

function impliedPeriod(rows: EntitlementRow[], told: Enrolment | null, now: number): Enrolment | undefined {
  const running = rows.filter((row) => row.state === 'active' && !isOver(row, now))
  if (running.length > 0) return { ...union(running), suspended: false }
  const over = rows.filter(({ state }) => state === 'active' || state === 'ended')
  if (over.length > 0) return { ...union(over), suspended: false }
  if (told && told.roles.length > 0) {
    const { startsAt, endsAt, roles, groups } = told
    return { startsAt, endsAt, suspended: true, roles, groups }
  }
  return rows.length > 0 ? { ...union(rows), suspended: true } : undefined
}

/** Whether the person gets anything by it at `now`, or will. */
export function isOpen(enrolment: Enrolment, now: number): boolean {
  const { suspended, endsAt, roles, beside } = enrolment
  const enrols = roles.length > 0 && !suspended && (endsAt === 0 || endsAt > now)
  return enrols || (beside?.roles.length ?? 0) + (beside?.groups.length ?? 0) > 0
}

/** Whether a product gives at `now` what Moodle itself neither begins nor ends. */
export function runs(row: Period, now: number): boolean {
  return row.state === 'active' && row.startsAt <= now && !isOver(row, now)
}

/** The next moment at which time alone changes what `rows` give: a start or an end of an active one. */
export function nextChange(rows: Period[], now: number): number | undefined {
  const moments = rows
    .filter(({ state }) => state === 'active')
    .flatMap(({ startsAt, endsAt }) => [startsAt, endsAt])
    .filter((moment) => moment > now)
  return moments.length > 0 ? Math.min(...moments) : undefined
}

/** What rows and the last word name and the enrolment no longer has: to be taken away in Moodle. */
export function withdrawn(
  rows: EntitlementRow[],
  told: Enrolment | null,
  implied: Enrolment,
  now: number,
): { roles: number[]; groups: number[] } {
  // The rows too, and not only the last word: a process may have died between telling Moodle and noting it.
  const given = rows.filter(({ enrols, startsAt }) => enrols || startsAt <= now)
  // A suspended enrolment keeps its roles and groups: they come back with it.
  const lost = implied.suspended ? given.filter(({ enrols }) => !enrols) : given
  const word = [told?.beside, implied.suspended ? undefined : told]
  const roles = [...rolesOf(lost), ...word.flatMap((one) => one?.roles ?? [])]
  const groups = [...groupsOf(lost), ...word.flatMap((one) => one?.groups ?? [])]
  const kept = [implied, implied.beside]
  return {
    roles: sorted(roles).filter((role) => !kept.some((one) => one?.roles.includes(role))),
    groups: sorted(groups).filter((group) => !kept.some((one) => one?.groups.includes(group))),
  }
}

const isOver = ({ endsAt }: Period, now: number) => endsAt !== 0 && endsAt <= now

function union(rows: EntitlementRow[]): Omit<Enrolment, 'suspended'> {
  const ends = rows.map(({ endsAt }) => endsAt)
  return {
    startsAt: Math.min(...rows.map(({ startsAt }) => startsAt)),
    endsAt: ends.includes(0) ? 0 : Math.max(...ends),
    roles: sorted(rolesOf(rows)),
    groups: sorted(groupsOf(rows)),
  }
}

function rolesOf(rows: EntitlementRow[]): number[] {
  return rows.flatMap(({ role }) => (role === null ? [] : [role]))
}

function groupsOf(rows: EntitlementRow[]): number[] {
  return rows.flatMap(({ group }) => (group === null ? [] : [group]))
}

function sorted(ids: number[]): number[] {
  return [...new Set(ids)].sort((a, b) => a - b)
}
