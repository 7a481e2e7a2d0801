import { randomUUID } from 'node:crypto'
import { createMiddleware } from 'hono/factory'
import { matchedRoutes } from 'hono/route'
import type { Logger } from 'pino'
import { routes } from './routes.ts'

export type RequestEnv = { Variables: { requestId: string } }

const quiet: readonly string[] = [routes.assets.pattern, routes.health.pattern, routes.ready.pattern]
const soundId = /^[\w.-]{8,64}$/

/**
 * One log line a request: its id (the proxy's `X-Request-Id` or our own, sent back), method, route, status and
 * milliseconds. The route is the pattern, never the address: addresses of orders hold their tokens, queries hold
 * names. An unexpected error is logged here, and nowhere else.
 */
export function requestLog(log: Logger) {
  return createMiddleware<RequestEnv>(async (c, next) => {
    const given = c.req.header('x-request-id')
    const requestId = given !== undefined && soundId.test(given) ? given : randomUUID()
    c.set('requestId', requestId)
    const started = performance.now()
    await next()
    // Not c.header: that would make a stream of an answer that is there as a whole.
    c.res.headers.set('x-request-id', requestId)

    const { status } = c.res
    const route = matchedRoutes(c)[c.req.routeIndex]?.path ?? ''
    const line = {
      request: requestId,
      method: c.req.method,
      // Where nothing but a middleware matched, nobody knows the address.
      route: route.includes('*') ? 'unknown' : route,
      status,
      ms: Math.round((performance.now() - started) * 10) / 10,
    }
    if (status >= 500) log.error({ ...line, err: c.error }, 'request failed')
    else if (quiet.includes(line.route)) log.debug(line, 'request')
    else log.info(line, 'request')
  })
}
