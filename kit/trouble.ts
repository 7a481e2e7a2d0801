import type { Moment } from './process.ts'
import type { World } from './world.ts'

/** What goes wrong in one phase of a sale. `at` counts from 1. */
export type Trouble =
  /** The process dies at this moment of the phase; another takes over. */
  | { kind: 'dies'; at: number }
  /** It sleeps at this moment, is thought dead, and wakes up when another has done the work. */
  | { kind: 'sleeps'; at: number }
  /** Moodle does the call that this moment is about when the next try has done it anew. */
  | { kind: 'late'; at: number }
  /** This call meets one fault after the other, an attempt each. */
  | { kind: 'faults'; at: number; faults: Fault[] }
  /** Two workers take the same production at the same time. */
  | { kind: 'twice' }

/** Every fault, as a line of the table tells it. */
export const faultTitles = {
  down: 'Moodle is down, at every call',
  maintenance: 'Moodle is under maintenance',
  cliMaintenance: 'Moodle is being upgraded',
  database: 'Moodle has lost its database',
  badGateway: 'the server before Moodle fails',
  token: 'Moodle doesn’t know the token',
  access: 'Moodle refuses the token',
  disabled: 'Moodle’s web services are off',
  slow: 'Moodle answers too late, and does it all the same',
  lostReply: 'Moodle does it, and its answer is lost',
  serviceDown: 'the service is down, at every call',
  serviceUnavailable: 'the service is unavailable',
  serviceBroken: 'the service breaks',
  serviceLostReply: 'the service does it, and its answer is lost',
} as const
export type Fault = keyof typeof faultTitles

/** Faults in which nothing is done: one may follow the other in one run. */
export const outages = {
  moodle: ['down', 'maintenance', 'cliMaintenance', 'database', 'badGateway', 'token', 'access', 'disabled'],
  service: ['serviceDown', 'serviceUnavailable', 'serviceBroken'],
} as const satisfies Record<string, Fault[]>
/** Faults in which it is done all the same. */
export const doneFaults = {
  moodle: ['slow', 'lostReply'],
  service: ['serviceLostReply'],
} as const satisfies Record<string, Fault[]>

/**
 * By these the shop itself gives access and takes it, and tells it again when it must: what they do late, at the very end
 * of a sale even, must change nothing.
 */
export const accessFunctions: ReadonlySet<string> = new Set([
  'core_cohort_add_cohort_members',
  'core_cohort_delete_cohort_members',
  'core_group_add_group_members',
  'core_group_delete_group_members',
  'core_role_assign_roles',
  'core_role_unassign_roles',
  'enrol_manual_enrol_users',
])

/** Whose call a moment is. The calls of the service are named by method and path. */
export const calleeOf = ({ name }: Moment): 'moodle' | 'service' =>
  name.includes(' ') ? 'service' : 'moodle'

/**
 * Lets a fault begin at this call: an outage goes on until all is mended. `slow` holds the call until the attempt is
 * over; Moodle then does it all the same.
 */
export function strike(
  world: World,
  fault: Fault,
  { name }: Moment,
  attemptOver: Promise<void>,
): Promise<void> | undefined {
  switch (fault) {
    case 'slow':
      return attemptOver
    case 'lostReply':
      world.breakMoodle({ fault, function: name, times: 1 })
      return undefined
    case 'serviceDown':
      world.breakService('down')
      return undefined
    case 'serviceUnavailable':
      world.breakService('unavailable')
      return undefined
    case 'serviceBroken':
      world.breakService('broken')
      return undefined
    case 'serviceLostReply':
      world.breakService('lostReply', 1)
      return undefined
    default:
      world.breakMoodle({ fault })
      return undefined
  }
}
