import { Hono } from 'hono'
import { compress } from 'hono/compress'
import { createMiddleware } from 'hono/factory'
import { api, isOfApi } from './api/api.ts'
import { answerError } from './api/problem.ts'
import type { Face } from './face.ts'
import { health } from './health.ts'
import { isOfOffice } from './office/door.ts'
import { office } from './office/office.tsx'
import { troublePage } from './office/trouble.tsx'
import { requestLog } from './request-log.ts'
import { routes } from './routes.ts'
import { limitBody, security, type WebEnv } from './security.ts'
import { failurePage } from './storefront/failure-pages.tsx'
import { storefront } from './storefront/storefront.tsx'
import { serveAsset } from './ui/assets.ts'

/** The whole web side: what stands before every page, then each face under its own addresses. */
export function createApp(face: Face): Hono<WebEnv> {
  const app = new Hono<WebEnv>()
  app.use(requestLog(face.log))
  const { PUBLIC_URL: publicUrl, TRUSTED_PROXIES: proxies } = face.config
  if (proxies === 0) app.use(noticeProxy(face.log))
  const formOrigins = [...face.shop.means.values()].flatMap((means) =>
    means.kind === 'immediate' ? (means.origins ?? []) : [],
  )
  app.use(security({ publicUrl, secret: face.secret, proxies, formOrigins }), limitBody)
  app.get(routes.assets.pattern, compress(), serveAsset)
  app.route('/', health(face))
  app.route('/', api(face))
  app.route('/', office(face))
  app.route('/', storefront(face))
  const page = failurePage(face)
  // What breaks before a face begins is answered as that face does.
  app.onError((error, c) => {
    if (isOfApi(c.req.path)) return answerError(error, c)
    return isOfOffice(c.req.path) ? troublePage(c, face, error) : page(error, c)
  })
  return app
}

/** Says once that all visitors may count as one: a proxy stands before the shop, and the settings know of none. */
function noticeProxy(log: Face['log']) {
  let told = false
  return createMiddleware(async (c, next) => {
    if (!told && c.req.header('x-forwarded-for') !== undefined) {
      told = true
      log.warn(
        'requests carry X-Forwarded-For, and TRUSTED_PROXIES is 0: if a proxy of yours stands before the shop, set it, ' +
          'or its limits take all visitors for one',
      )
    }
    await next()
  })
}
