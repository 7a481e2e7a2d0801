import type { Kysely, Transaction } from 'kysely'
import type { Logger } from 'pino'
import { z } from 'zod'
import type { ComparedUpTo, Database } from '../db/schema.ts'
import { type Moodle, MoodleError, type SiteInfo } from '../sdk/index.ts'
import {
  type AccessTarget,
  type DueAccess,
  lockAccess,
  openAccess,
  type RefusedAccess,
  touchAccess,
} from './access.ts'
import { openAccounts } from './accounts.ts'
import type { Telling } from './agreement.ts'
import { type Client, createClient } from './client.ts'
import { type Compared, compareAccess } from './compare.ts'
import { openCourses } from './courses.ts'
import type { Touch } from './entitlements.ts'
import { type RehearsedCall, rehearsingClient } from './rehearsing-client.ts'
import { openRoles } from './roles.ts'
import { openSiteState, type SiteHealth } from './site-state.ts'

export type Site = Moodle & {
  /** Locks what these people have, before a transaction looks at the products that give it, or changes them. */
  lockAccess(trx: Transaction<Database>, targets: AccessTarget[]): Promise<void>
  /**
   * Says, in the transaction that changes products, that these are no longer what Moodle was told. Who does so tells
   * Moodle afterwards; with `due` that is left to `applyDue`.
   */
  touchAccess(trx: Transaction<Database>, targets: AccessTarget[], options?: Touch): Promise<void>
  /**
   * Makes Moodle agree with our rows. Safe to repeat and to race. `again` tells it even what was told: for a retry,
   * which can't know what its forerunner still did after it was thought dead. `forerunnerDied`: a call of it may still come
   * late, and all is told once more when it can no longer.
   */
  applyAccess(targets: AccessTarget[], options?: Telling): Promise<void>
  /**
   * Tells Moodle what time has changed, and again what an unanswered call may have undone; `limit` at the most. Throws when
   * the site is away: all then stays due.
   */
  applyDue(limit: number): Promise<DueAccess>
  /** Tells Moodle these, told before or not. Returns those that it refuses. Throws when the site is away. */
  attemptAccess(targets: AccessTarget[]): Promise<RefusedAccess[]>
  /** Compares all that products give with what Moodle shows, from `after` on. Changes nothing. */
  compareAccess(after: Omit<ComparedUpTo, 'checked'> | null): AsyncGenerator<Compared>
  /**
   * The same site for a rehearsal: what reads is asked, what writes is noted and not sent. `db` keeps what it notes of
   * accounts and access, for its user to undo; `read` stands around each question that does go to Moodle.
   */
  rehearse(options: {
    db: Kysely<Database>
    note: (call: RehearsedCall) => void
    read: <T>(ask: () => Promise<T>) => Promise<T>
  }): Rehearsal
  /** The state of the site as all processes together see it. */
  health(): Promise<SiteHealth>
  /** Asks the site at once, whatever its state; an answer ends a pause for every process. */
  probe(): Promise<SiteHealth>
  /** Closes the connections, once the state is written. */
  close(): Promise<void>
}

/** What a script needs of a site, and the shop after it. */
export type Rehearsal = Omit<Site, 'rehearse' | 'health' | 'probe' | 'close'>

const siteInfo = z.object({
  sitename: z.string(),
  siteurl: z.string(),
  release: z.string().default(''),
  functions: z.array(z.object({ name: z.string() })).default([]),
})

const category = z.object({
  id: z.int(),
  name: z.string(),
  parent: z.int(),
  path: z.string().default(''),
  visible: z.union([z.int(), z.boolean()]).default(1),
})

/** Connects to one Moodle site. Nothing is called before it is needed. `url` with or without a trailing slash. */
export function connectSite(options: {
  id: string
  url: string
  token: string
  db: Kysely<Database>
  log: Logger
  concurrency?: number
  timeoutMs?: number
}): Site {
  const { id, token, db, log, concurrency, timeoutMs } = options
  const url = options.url.replace(/\/+$/, '')
  const state = openSiteState({ db, site: id, log })
  const client = createClient({
    url,
    token,
    concurrency,
    timeoutMs,
    onChange: (trouble) => state.note(trouble),
    recovered: state.recovered,
  })
  return {
    ...siteOf({ id, url, db, client }),
    rehearse({ db, note, read }) {
      const asking: Client = {
        ...client,
        call: (...asked) => read(() => client.call(...asked)),
        callNow: (...asked) => read(() => client.callNow(...asked)),
      }
      return siteOf({ id, url, db, client: rehearsingClient(asking, note) })
    },
    health: state.health,
    async probe() {
      try {
        await client.probe('core_webservice_get_site_info', {}, siteInfo)
        state.note(undefined, { checked: true })
      } catch (error) {
        if (!(error instanceof MoodleError)) throw error
        state.note(error.kind === 'request' ? undefined : error, { checked: true })
      }
      return await state.health()
    },
    async close() {
      client.close()
      await state.settled()
    },
  }
}

/** What is done with a site by its client; `db` keeps what is known of accounts and access there. */
function siteOf(options: { id: string; url: string; db: Kysely<Database>; client: Client }): Rehearsal {
  const { id, url, db, client } = options
  const courses = openCourses(client)
  const roles = openRoles(client)
  const accounts = openAccounts({ db, site: id, client })
  const access = openAccess({ db, site: id, client, courses })
  return {
    site: id,
    url,
    async siteInfo(): Promise<SiteInfo> {
      const info = await client.call('core_webservice_get_site_info', {}, siteInfo)
      return {
        name: info.sitename,
        url: info.siteurl,
        release: info.release,
        functions: new Set(info.functions.map(({ name }) => name)),
      }
    },
    course: courses.find,
    courses: courses.all,
    async categories() {
      const categories = await client.call('core_course_get_categories', {}, z.array(category))
      return categories.map(({ parent, visible, ...rest }) => ({
        ...rest,
        parentId: parent,
        visible: Boolean(visible),
      }))
    },
    async groups(courseId) {
      const group = z.object({ id: z.int(), name: z.string() })
      const groups = await client.call('core_group_get_course_groups', { courseid: courseId }, z.array(group))
      return groups.map((group) => ({ ...group, courseId }))
    },
    async cohorts() {
      const cohort = z.object({ id: z.int(), name: z.string(), idnumber: z.string().default('') })
      return await client.call('core_cohort_get_cohorts', {}, z.array(cohort))
    },
    roles: roles.list,
    roleId: roles.idOf,
    findAccounts: accounts.find,
    ensureAccount: accounts.ensure,
    call: (wsfunction, params, reply) => client.call(wsfunction, params, reply),
    lockAccess: (trx, targets) => lockAccess(trx, id, targets),
    touchAccess: (trx, targets, options) => touchAccess(trx, id, targets, options),
    applyAccess: access.apply,
    applyDue: access.applyDue,
    attemptAccess: access.attempt,
    compareAccess: (after) => compareAccess({ db, site: id, client }, after),
  }
}
