import type { z } from 'zod'

/** A course as the shop needs it. */
export type Course = {
  id: number
  shortname: string
  fullname: string
  visible: boolean
  categoryId: number
  /** Unix seconds; 0 when the course has none. */
  startsAt: number
  endsAt: number
  /** Enrolment methods that are switched on: `manual` must be among them for us to enrol. */
  enrolmentMethods: string[]
}
/** A category of courses. `path` holds the ids from the top: `/2/7`. */
export type Category = { id: number; name: string; parentId: number; path: string; visible: boolean }
/** A group of a course. */
export type Group = { id: number; name: string; courseId: number }
/** A cohort of the site. `idnumber` is '' when it has none. */
export type Cohort = { id: number; name: string; idnumber: string }
/** No web service of Moodle lists the roles: see `Moodle.roles`. */
export type Role = { id: number; shortname: string }
/** Who somebody is. The e-mail is what an account is found by, whatever its case. */
export type Person = { email: string; firstname: string; lastname: string }
/** A user of Moodle. */
export type Account = { id: number; username: string; email: string; fullname: string; suspended: boolean }
/** The site as `core_webservice_get_site_info` tells of it. `functions`: those that our token's service has. */
export type SiteInfo = { name: string; url: string; release: string; functions: ReadonlySet<string> }

/**
 * One Moodle site, as handlers see it. Every method may throw a `MoodleError`; let it pass: the shop knows
 * whether to wait, to retry or to call an operator.
 */
export interface Moodle {
  /** The identifier of the site in the shop. */
  readonly site: string
  /** The site's address, without a trailing slash. */
  readonly url: string

  siteInfo(): Promise<SiteInfo>
  /** A course by its id, or by its short name when given a text; undefined when there is none. */
  course(idOrShortname: number | string): Promise<Course | undefined>
  courses(): Promise<Course[]>
  categories(): Promise<Category[]>
  groups(courseId: number): Promise<Group[]>
  cohorts(): Promise<Cohort[]>
  /** The standard roles, and those seen on people enrolled in `courseId`. */
  roles(courseId?: number): Promise<Role[]>
  /**
   * The id of a role given by its short name or its id: see `moodleRole`. With `courseId`, a name that is not a standard
   * one is looked for among the people enrolled there.
   */
  roleId(nameOrId: string, courseId?: number): Promise<number>
  /** Everyone who has this e-mail address, whatever its case. */
  findAccounts(email: string): Promise<Account[]>
  /**
   * The account of this person, found by e-mail or else created; Moodle itself sends the new password.
   * Safe to repeat and to race. Throws when several accounts have the address: an operator must choose.
   */
  ensureAccount(person: Person & { locale?: 'en' | 'fr' }): Promise<{ id: number; created: boolean }>
  /**
   * Any other web-service function. `params` are plain values, nested as Moodle documents them; the reply is
   * parsed with `reply`. Calls that write must bear being repeated: wrap them in a `step`.
   */
  call<T>(wsfunction: string, params: Record<string, unknown>, reply: z.ZodType<T>): Promise<T>
}

/** How an error of Moodle is to be treated. */
export type MoodleErrorKind =
  /** The site can't be reached or its database is down: wait. */
  | 'outage'
  /** The site says that it is under maintenance: wait. */
  | 'maintenance'
  /** Our token or service is refused: the whole site pauses and an operator is told. */
  | 'token'
  /** This very request is wrong (a course that is gone, a role that can't be given): an operator decides. */
  | 'request'

/** An error that Moodle answered, or a failure to reach it. Sorted by `errorcode`, never by `exception`. */
export class MoodleError extends Error {
  override readonly name = 'MoodleError'
  readonly kind: MoodleErrorKind
  /** Moodle's `errorcode`, or a code of ours: `unreachable`, `timeout`, `httpNNN`, `badreply`. */
  readonly code: string
  /** The web-service function that was called. */
  readonly call: string
  /** Seconds after which the site asks to be called again, when it says so. */
  readonly retryAfter: number | undefined
  /** The call was sent and Moodle never answered it: it may be done, or be done later. */
  readonly unanswered: boolean

  constructor(
    message: string,
    details: { kind: MoodleErrorKind; code: string; call: string; retryAfter?: number; unanswered?: boolean },
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.kind = details.kind
    this.code = details.code
    this.call = details.call
    this.retryAfter = details.retryAfter
    this.unanswered = details.unanswered ?? false
  }
}
