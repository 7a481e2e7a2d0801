import { Hono } from 'hono'
import { type Check, checkReadiness } from '../shop/readiness.ts'
import type { Face, SiteHealth } from './face.ts'
import { routes } from './routes.ts'
import type { WebEnv } from './security.ts'

type Told = { status: 200 | 503; body: Record<string, unknown> }

/** Balancers ask often, and anybody may: within this many milliseconds they get the same answer. */
const keptFor = 1000

/**
 * `/healthz`: the process is alive. `/readyz`: the database answers and has its migrations, and the queue is there. The
 * Moodle site is shown beside these and decides nothing: without it the shop still sells, and productions wait.
 */
export function health(face: Face): Hono<WebEnv> {
  let kept: { at: number; told: Promise<Told> } | undefined

  const app = new Hono<WebEnv>()
  app.get(routes.health.pattern, (c) => c.json({ status: 'ok' }, 200, { 'cache-control': 'no-store' }))
  app.get(routes.ready.pattern, async (c) => {
    const now = performance.now()
    if (!kept || now - kept.at > keptFor) kept = { at: now, told: look(face) }
    const { status, body } = await kept.told
    return c.json(body, status, { 'cache-control': 'no-store' })
  })
  return app
}

async function look(face: Face): Promise<Told> {
  const checks = await checkReadiness(face.shop, face.pool)
  const failed = Object.entries(checks).filter(([, check]) => !check.ok)
  for (const [name, check] of failed) face.log.error({ err: check.error, check: name }, 'not ready')
  // The state of the site stands in the database too.
  const site = checks.database.ok ? await siteHealth(face) : undefined
  return {
    status: failed.length === 0 ? 200 : 503,
    body: {
      status: failed.length === 0 ? 'ready' : 'not_ready',
      checks: {
        ...Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, shown(check)])),
        site: site ? { status: site.state, since: site.since } : { status: 'unknown' },
      },
    },
  }
}

const shown = ({ ok, ms }: Check) => ({ status: ok ? 'up' : 'down', ms })

async function siteHealth(face: Face): Promise<SiteHealth | undefined> {
  try {
    return await face.site.health()
  } catch (error) {
    face.log.error({ err: error, check: 'site' }, 'the state of the site could not be read')
    return undefined
  }
}
