import { type Kysely, sql } from 'kysely'
import type { Logger } from 'pino'
import type { Database } from '../db/schema.ts'
import type { MoodleError } from '../sdk/index.ts'

/** `paused`: the site refuses our token, and an operator must see to it. */
export type SiteHealth = { state: 'up' | 'down' | 'paused'; cause?: string; since: Date }

export type SiteState = {
  /** As all processes together see it. */
  health(): Promise<SiteHealth>
  /** Notes that the site is as `trouble` says. The row changes when that is news, and after a check by hand. */
  note(trouble: MoodleError | undefined, options?: { checked?: boolean }): void
  /** Whether another process has noted that the site answers again. Reads the table once a second at the most. */
  recovered(): Promise<boolean>
  /** Resolves when all is written. */
  settled(): Promise<void>
}

/** Milliseconds. */
const askEvery = 1_000

/** The state of a site, shared with the other processes through the table `sites`. */
export function openSiteState(options: { db: Kysely<Database>; site: string; log: Logger }): SiteState {
  const { db, site, log } = options
  let health: SiteHealth = { state: 'up', since: new Date() }
  let askedAt = 0
  let written: Promise<unknown> = Promise.resolve()

  async function write({ state, cause }: SiteHealth, checked: boolean): Promise<void> {
    await sql`
      insert into sites (id, state, cause, checked_at) values (${site}, ${state}, ${cause ?? null}, now())
      on conflict (id) do update
         set state = excluded.state, cause = excluded.cause, checked_at = now(),
             since = case when sites.state = excluded.state then sites.since else now() end
       where ${checked} or (sites.state, sites.cause) is distinct from (excluded.state, excluded.cause)`.execute(
      db,
    )
  }

  function read() {
    return db
      .selectFrom('sites')
      .select(['state', 'cause', 'since'])
      .where('id', '=', site)
      .executeTakeFirst()
  }

  return {
    async health() {
      await written
      const row = await read()
      return row ? { state: row.state, cause: row.cause ?? undefined, since: row.since } : health
    },
    note(trouble, { checked = false } = {}) {
      const state = trouble === undefined ? 'up' : trouble.kind === 'token' ? 'paused' : 'down'
      const news = state !== health.state
      health = { state, cause: trouble?.message, since: news ? new Date() : health.since }
      if (news) {
        if (trouble) log.error({ site, code: trouble.code, cause: trouble.message }, `the site is ${state}`)
        else log.info({ site }, 'the site answers again')
      }
      const word = health
      written = written
        .then(() => write(word, checked))
        .catch((error: unknown) =>
          log.error({ site, err: error }, 'the state of the site could not be written'),
        )
    },
    async recovered() {
      const now = Date.now()
      if (now - askedAt < askEvery) return false
      askedAt = now
      // Our own word first: what it replaces is older than our trouble.
      await written
      return (await read())?.state === 'up'
    },
    async settled() {
      await written
    },
  }
}
