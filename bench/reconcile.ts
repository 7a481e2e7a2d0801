import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { pino } from 'pino'
import { connect } from '../db/connect.ts'
import { startSandbox } from '../moodle/sandbox/sandbox.ts'
import { addUser } from '../moodle/sandbox/users.ts'
import { connectSite } from '../moodle/site.ts'

const products = 10_000
const courses = [2, 3, 4, 5, 6]
const latency = 35

/**
 * What `boutique reconcile` costs for 10,000 products in 5 courses on a Moodle that takes 35 ms for a call, with one
 * product in a hundred tampered with: seconds, and the peak of the command's memory in megabytes. The database is
 * emptied of its own enrolments first.
 */
export async function reconciling(
  databaseUrl: string,
): Promise<{ seconds: number; megabytes: number; differences: number }> {
  const sandbox = await startSandbox({ latency })
  const { db, pool } = await connect(databaseUrl)
  try {
    const site = connectSite({
      id: 'main',
      url: sandbox.url,
      token: sandbox.token,
      db,
      log: pino({ level: 'silent' }),
    })
    const { state } = sandbox.site
    const users = Array.from({ length: products }, (_, i) => {
      const username = `reconciled${i}`
      const person = { firstname: 'Léo', lastname: `N${i}`, email: `${username}@learners.example` }
      const account = { idnumber: '', city: '', country: '', lang: 'en', auth: 'manual', createdAt: 0 }
      return addUser(state, { ...account, ...person, username }).id
    })
    await pool.query('delete from enrolments; delete from memberships; delete from entitlements')
    await pool.query(
      `with made as (
         insert into products (reference, order_id, unit_id, key, handler, title, holder, starts_at, ends_at, data)
         select 'RECO-' || to_char(n, 'FM0000-0000') || '-0000', u.order_id, u.id, 'reconciled' || n, 'std_enroloncourse',
                '{}', jsonb_build_object('email', 'reconciled' || n || '@learners.example'), now() - interval '9 days',
                now() + interval '99 days', '{}'
           from (select id, order_id from units limit 1) u, generate_series(0, ${products - 1}) n
         returning id, substr(key, 11)::int as n
       ), given as (
         insert into entitlements (product_id, site, course_id, user_id, role_id)
         select id, 'main', ($1::int[])[n % ${courses.length} + 1], ($2::int[])[n + 1], 5 from made
         returning site, course_id, user_id
       )
       insert into enrolments (site, course_id, user_id) select site, course_id, user_id from given`,
      [courses, users],
    )
    const targets = users.map((user, i) => ({ course: courses[i % courses.length] ?? 2, user }))
    await site.applyAccess(targets)
    await site.close()
    for (const [i, { course, user }] of targets.entries()) {
      if (i % 100 === 0) state.enrolments.get(course)?.delete(user)
    }

    const started = performance.now()
    const child = spawn(process.execPath, ['--import', 'tsx', 'cli/boutique.ts', 'reconcile'], {
      cwd: path.join(import.meta.dirname, '..'),
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        MOODLE_URL: sandbox.url,
        MOODLE_TOKEN: sandbox.token,
        SECRET_KEY: '0'.repeat(64),
      },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const megabytes = await peak(child)
    const { rows } = await pool.query('select count(*)::int as n from differences')
    return { seconds: (performance.now() - started) / 1000, megabytes, differences: rows[0]?.n ?? 0 }
  } finally {
    await db.destroy()
    await sandbox.close()
  }
}

/** The most memory that a process ever held, once it has ended. */
async function peak(child: ChildProcess): Promise<number> {
  let most = 0
  const look = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '')
    most = Math.max(most, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024)
  }, 20)
  await once(child, 'exit')
  clearInterval(look)
  return most
}
