import { type Kysely, sql, type Transaction } from 'kysely'
import { fromKysely, type JobWithMetadata } from 'pg-boss'
import type { ComparedUpTo, Database, Fault } from '../db/schema.ts'
import type { Queue } from '../production/queue.ts'
import { MoodleError } from '../sdk/index.ts'
import type { Who } from './order.ts'
import type { AccessTarget, Compared, Shop } from './shop.ts'

export const reconciliationQueue = 'reconciliation'

type Job = { run: number; work: 'compare' | 'repair' }
type Parts = Pick<Shop, 'db' | 'site'>

/** Runs that are kept, with what they found. */
const kept = 5

/** Minutes without a sign of life after which a run counts as dead. */
const patience = 10

/** Makes the queue that reconciliations are sent to: in every process that may start one, before it does. */
export async function openReconciliationQueue(queue: Queue): Promise<void> {
  await queue.createQueue(reconciliationQueue, {
    notify: true,
    heartbeatSeconds: 10,
    expireInSeconds: 12 * 3600,
    // An hour of the site being away.
    retryLimit: 60,
    retryDelay: 5,
    retryBackoff: true,
    retryDelayMax: 60,
    deleteAfterSeconds: 3600,
  })
}

/** Has this process compare and repair what is asked for. The queue must be open. */
export async function startReconciler(shop: Shop): Promise<void> {
  await shop.queue.work(
    reconciliationQueue,
    { includeMetadata: true, heartbeatRefreshSeconds: 3, notifyPollingIntervalSeconds: 5 },
    async ([job]: JobWithMetadata<Job>[]) => {
      if (!job) return
      const { run, work } = job.data
      try {
        if (work === 'compare') await reconcile(shop, run)
        else await repairAsked(shop, run)
      } catch (error) {
        // A site that is away is waited for; what else fails is not better the tenth time.
        const over = job.retryCount >= (error instanceof MoodleError ? job.retryLimit : 3)
        await noteFailure(shop.db, run, error, over)
        shop.log.warn({ err: error, run, over }, 'the reconciliation could not go on')
        if (!over) throw error
      }
    },
  )
}

/**
 * Starts a comparison of all that products give with what Moodle shows, in a worker. One at a time: `fresh` is false
 * when there is one already, which is the one returned. It changes nothing in Moodle.
 */
export async function startReconciliation(
  shop: Pick<Shop, 'db' | 'queue' | 'site'>,
  { who }: { who: Who },
): Promise<{ id: number; fresh: boolean }> {
  return await shop.db.transaction().execute(async (trx) => {
    const run = await beginReconciliation(trx, shop.site.site, who)
    if (run.fresh) await send(shop.queue, trx, { run: run.id, work: 'compare' })
    return run
  })
}

async function send(queue: Queue, trx: Transaction<Database>, job: Job): Promise<void> {
  await queue.send(reconciliationQueue, job, { db: fromKysely(trx) })
}

/** Writes a new run, to be done with `reconcile`; or finds the one that is under way. */
export async function beginReconciliation(
  trx: Transaction<Database>,
  site: string,
  who: Who,
): Promise<{ id: number; fresh: boolean }> {
  await sql`
    update reconciliations set state = 'failed', ended_at = now(), cause = 'nobody went on with it'
     where site = ${site} and state = 'running' and seen_at < now() - make_interval(mins => ${patience})`.execute(
    trx,
  )
  const { rows } = await sql<{ id: number }>`
    insert into reconciliations (site, asked_by, total)
    select ${site}, ${who}, (select count(*) from enrolments where site = ${site})
                          + (select count(*) from memberships where site = ${site})
    on conflict (site) where state = 'running' do nothing returning id`.execute(trx)
  const [made] = rows
  if (made) {
    await sql`
      delete from reconciliations where site = ${site} and id <= coalesce(
        (select id from reconciliations where site = ${site} order by id desc offset ${kept} limit 1), 0)`.execute(
      trx,
    )
    return { id: made.id, fresh: true }
  }
  const running = await trx
    .selectFrom('reconciliations')
    .select('id')
    .where('site', '=', site)
    .where('state', '=', 'running')
    .executeTakeFirstOrThrow()
  return { id: running.id, fresh: false }
}

/** Does a run, from where it was broken off. `progress` hears how many rows were compared. Throws when Moodle is away. */
export async function reconcile(
  { db, site }: Parts,
  id: number,
  progress: (checked: number) => void = () => {},
): Promise<void> {
  const run = await db
    .selectFrom('reconciliations')
    .select(['position', 'state'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (run?.state !== 'running') return
  const missing = await missingFunctions({ db, site })
  if (missing.length > 0) {
    const cause = `the service of the shop's token in Moodle lacks ${missing.join(', ')}: add them, then start again`
    await end(db, id, 'failed', cause)
    return
  }
  let checked = run.position?.checked ?? 0
  for await (const part of site.compareAccess(run.position)) {
    checked += part.checked
    if (!(await write(db, id, part, checked))) return
    progress(checked)
  }
  await end(db, id, 'done', null)
}

/** What a comparison has to call and the token may not. */
async function missingFunctions({ db, site }: Parts): Promise<string[]> {
  const { rows } = await sql<{ groups: boolean; cohorts: boolean }>`
    select exists (select from entitlements where site = ${site.site} and group_id is not null) as groups,
           exists (select from memberships where site = ${site.site} and target like 'cohort:%') as cohorts`.execute(
    db,
  )
  const needed = [
    'core_enrol_get_enrolled_users',
    'core_user_get_users_by_field',
    ...(rows[0]?.groups ? ['core_group_get_group_members'] : []),
    ...(rows[0]?.cohorts ? ['core_cohort_get_cohort_members'] : []),
  ]
  const { functions } = await site.siteInfo()
  return needed.filter((name) => !functions.has(name))
}

/** Keeps what a part of a run found. False: the run is over, by somebody else. */
async function write(db: Kysely<Database>, id: number, part: Compared, checked: number): Promise<boolean> {
  const { differences, upTo } = part
  const position: ComparedUpTo | null = upTo ? { ...upTo, checked } : null
  const { rows } = await sql<{ id: number }>`
    with run as (
      update reconciliations
         set checked = ${checked}, seen_at = now(), cause = null,
             position = coalesce(${position && JSON.stringify(position)}::jsonb, position)
       where id = ${id} and state = 'running' returning id
    ), found as (
      insert into differences (reconciliation_id, course_id, target, user_id, faults)
      select run.id, d.course, d.membership, d."user", d.faults
        from run, jsonb_to_recordset(${JSON.stringify(differences)}::jsonb)
               as d (course integer, membership text, "user" integer, faults jsonb)
      on conflict do nothing
    )
    select id from run`.execute(db)
  return rows.length > 0
}

async function end(
  db: Kysely<Database>,
  id: number,
  state: 'done' | 'failed',
  cause: string | null,
): Promise<void> {
  await db
    .updateTable('reconciliations')
    .set({ state, cause, ended_at: new Date() })
    .where('id', '=', id)
    .where('state', '=', 'running')
    .execute()
}

/** Notes why a run stands still; with `over`, that it has failed. */
export async function noteFailure(
  db: Kysely<Database>,
  id: number,
  error: unknown,
  over: boolean,
): Promise<void> {
  const cause = error instanceof Error ? error.message : String(error)
  if (over) await end(db, id, 'failed', cause)
  else {
    await sql`update reconciliations set cause = ${cause}, seen_at = now() where id = ${id} and state = 'running'`.execute(
      db,
    )
  }
}

/** Differences of one transaction and one look at Moodle. */
const batch = 200

/** Differences by their ids, or those of the last run: all, or of one kind. */
export type Which = number[] | 'all' | { kind: Fault['kind'] }

/**
 * Asks for the repair of differences: a worker tells Moodle again what products imply. Returns how many; those asked for
 * or repaired before, and what could not be read, are left out.
 */
export async function repairDifferences(
  shop: Pick<Shop, 'db' | 'queue' | 'site'>,
  which: Which,
  { who }: { who: Who },
): Promise<number> {
  return await shop.db.transaction().execute(async (trx) => {
    const { asked, runs } = await askRepairs(trx, shop.site.site, which, who)
    for (const run of runs) await send(shop.queue, trx, { run, work: 'repair' })
    return asked
  })
}

/** Marks differences to be repaired with `repairAsked`. */
export async function askRepairs(
  trx: Transaction<Database>,
  site: string,
  which: Which,
  who: Who,
): Promise<{ asked: number; runs: number[] }> {
  const ofLast = sql`reconciliation_id = (select max(id) from reconciliations where site = ${site})`
  const wanted = Array.isArray(which)
    ? sql`id = any(${which}::bigint[])`
    : which === 'all'
      ? ofLast
      : sql`${ofLast} and faults @> jsonb_build_array(jsonb_build_object('kind', ${which.kind}::text))`
  const { rows } = await sql<{ run: number }>`
    update differences set repair = 'asked', repair_asked_by = ${who}, trouble = null
     where ${wanted} and user_id is not null and (repair is null or repair = 'refused')
    returning reconciliation_id as run`.execute(trx)
  return { asked: rows.length, runs: [...new Set(rows.map(({ run }) => run))] }
}

type Asked = { id: number; course: number | null; membership: string | null; user: number }

/** Repairs what was asked for of a run. Throws when Moodle is away: what is left stays asked for. */
export async function repairAsked(
  { db, site }: Parts,
  run: number,
  progress: (repaired: number) => void = () => {},
): Promise<void> {
  let done = 0
  for (;;) {
    const asked = await nextAsked(db, run)
    if (asked.length === 0) return
    const targets = asked.map(targetOf)
    // From now on these rows are behind, should this process die before Moodle is told.
    await db.transaction().execute((trx) => site.touchAccess(trx, targets))
    const refused = await site.attemptAccess(targets)
    const troubles = new Map(refused.map(({ trouble, ...target }) => [keyOf(target), trouble]))
    const outcomes = asked.map((one) => ({
      id: one.id,
      trouble: troubles.get(keyOf(targetOf(one))) ?? null,
    }))
    await sql`
      update differences d
         set repair = case when o.trouble is null then 'repaired' else 'refused' end, trouble = o.trouble,
             repaired_at = case when o.trouble is null then now() end
        from jsonb_to_recordset(${JSON.stringify(outcomes)}::jsonb) as o (id bigint, trouble text)
       where d.id = o.id`.execute(db)
    done += asked.length
    progress(done)
  }
}

async function nextAsked(db: Kysely<Database>, run: number): Promise<Asked[]> {
  const { rows } = await sql<Asked>`
    select id, course_id as course, target as membership, user_id as "user" from differences
     where reconciliation_id = ${run} and repair = 'asked' order by id limit ${batch}`.execute(db)
  return rows
}

function targetOf({ course, membership, user }: Asked): AccessTarget {
  return course === null ? { membership: membership ?? '', user } : { course, user }
}

function keyOf(target: AccessTarget): string {
  return 'course' in target ? `${target.course} ${target.user}` : `${target.membership} ${target.user}`
}
