import { type Kysely, sql } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { Step } from '../sdk/index.ts'
import type { Production } from './production.ts'
import { storable } from './storable.ts'

/** Another worker has this production now: whatever this one still does is not recorded. */
export class Superseded extends Error {
  override readonly name = 'Superseded'
}

/** The memo of one run of a script, and where it failed. */
export type Steps = { step: Step; failedStep: () => string | undefined }

/**
 * The memo of one run of a script. Each effect's result is journalled in a short statement of its own that names the
 * attempt; a worker that was thought dead finds the fence closed and stops.
 */
export async function openSteps(
  db: Kysely<Database>,
  production: Production,
  signal: AbortSignal,
): Promise<Steps> {
  const done = new Map<string, unknown>()
  if (production.attempt > 1) {
    const rows = await db
      .selectFrom('steps')
      .select(['name', 'result'])
      .where('production_id', '=', production.id)
      .execute()
    for (const row of rows) done.set(row.name, row.result)
  }
  const used = new Set<string>()
  let failed: string | undefined
  const step: Step = async (name, effect) => {
    if (used.has(name))
      throw new Error(`the script has two steps named "${name}": each needs a name of its own`)
    used.add(name)
    // What the memo holds is what this very step once returned.
    if (done.has(name)) return done.get(name) as Awaited<ReturnType<typeof effect>>
    if (signal.aborted) throw new Superseded(`production ${production.id} was taken over before step ${name}`)
    const started = performance.now()
    let result: string
    try {
      result = JSON.stringify(storable((await effect()) ?? null))
    } catch (error) {
      failed ??= name // the innermost one: steps may be nested
      throw error
    }
    const milliseconds = Math.round(performance.now() - started)
    const { numAffectedRows } = await sql`
      insert into steps (production_id, name, attempt, result, milliseconds)
      select id, ${name}, attempt, ${result}::jsonb, ${milliseconds} from productions
       where id = ${production.id} and attempt = ${production.attempt} and state = 'running'
      on conflict do nothing`.execute(db)
    if (numAffectedRows !== 1n) {
      throw new Superseded(`production ${production.id} was taken over during step ${name}`)
    }
    failed = undefined
    // As it will be when the script runs again: a date, say, is a text from the start.
    return JSON.parse(result)
  }
  return { step, failedStep: () => failed }
}
