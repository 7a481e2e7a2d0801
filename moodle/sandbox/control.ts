import { Hono } from 'hono'
import { z } from 'zod'
import { clearLog, recentCalls } from './call-log.ts'
import { describeSite } from './describe-site.ts'
import { enterCourse } from './enrolment.ts'
import { addFault, faultRule, liftFaults } from './faults.ts'
import type { Site } from './rest.ts'

/** A learner who enters a course. */
export const visit = z.object({ course: z.coerce.number().int(), email: z.string() })

/**
 * What tests and tools ask of the sandbox itself, under `/sandbox`: `faults` and `visits` (with the token), `calls` and
 * `state`.
 */
export function sandboxControl(site: Site, token: string): Hono {
  const app = new Hono()

  for (const path of ['/faults/*', '/visits']) {
    app.use(path, async (c, next) => {
      if (c.req.header('authorization') === `Bearer ${token}`) return next()
      return c.json({ error: 'Send the sandbox’s token: Authorization: Bearer …' }, 401)
    })
  }
  app.get('/faults', (c) => c.json({ faults: site.faults }))
  app.post('/faults', async (c) => {
    const rule = faultRule.safeParse(await c.req.json().catch(() => undefined))
    if (!rule.success) {
      return c.json(
        { error: rule.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) },
        400,
      )
    }
    return c.json(addFault(site.faults, rule.data), 201)
  })
  app.delete('/faults', (c) => {
    liftFaults(site.faults)
    return c.body(null, 204)
  })
  app.delete('/faults/:id{[0-9]+}', (c) => {
    liftFaults(site.faults, Number(c.req.param('id')))
    return c.body(null, 204)
  })

  app.post('/visits', async (c) => {
    const given = visit.safeParse(await c.req.json().catch(() => undefined))
    const entered =
      given.success &&
      enterCourse(site.state, given.data.course, given.data.email, Math.floor(Date.now() / 1000))
    return entered ? c.body(null, 204) : c.json({ error: 'The course is not open to this learner.' }, 400)
  })

  app.get('/calls', (c) =>
    c.json({
      total: site.log.total,
      functions: Object.fromEntries(site.log.functions),
      recent: recentCalls(site.log).map(({ form, ...call }) => ({ ...call, form: withoutPasswords(form) })),
    }),
  )
  app.delete('/calls', (c) => {
    clearLog(site.log)
    return c.body(null, 204)
  })

  app.get('/state', (c) =>
    c.json(describeSite(site.state, Math.floor(Date.now() / 1000), c.req.query('email') ?? '')),
  )
  return app
}

const withoutPasswords = (form: object) =>
  JSON.parse(JSON.stringify(form, (key, value) => (key === 'password' ? '…' : value)))
