import { OpenAPIHono } from '@hono/zod-openapi'
import type { Face } from '../face.ts'
import { routes } from '../routes.ts'
import { accessOperations } from './access.ts'
import { batchOperations } from './batches.ts'
import { type ApiEnv, identify } from './caller.ts'
import { cartOperations } from './carts.ts'
import { catalogOperations } from './catalog.ts'
import { creditOperations } from './credits.ts'
import { type Document, documentOf, registerSecurity } from './document.ts'
import { dryRunOperations } from './dry-runs.ts'
import { entryOperations } from './entries.ts'
import { handlerOperations } from './handlers.ts'
import { mailOperations } from './mails.ts'
import { type Operation, root } from './operation.ts'
import { orderOperations } from './orders.ts'
import { packOperations } from './packs.ts'
import { paymentOperations } from './payments.ts'
import { answerError, refuse, sendProblem } from './problem.ts'
import { productionOperations } from './productions.ts'
import { productOperations } from './products.ts'
import { reconciliationOperations } from './reconciliations.ts'
import { reference } from './reference.tsx'
import { siteOperations } from './site.ts'

/** Every operation of the API. Where two addresses could match, the plainer one stands first. */
export const operations: readonly Operation[] = [
  ...catalogOperations,
  ...cartOperations,
  ...orderOperations,
  ...paymentOperations,
  ...creditOperations,
  ...productionOperations,
  ...productOperations,
  ...batchOperations,
  ...packOperations,
  ...entryOperations,
  ...dryRunOperations,
  ...handlerOperations,
  ...siteOperations,
  ...reconciliationOperations,
  ...mailOperations,
  ...accessOperations,
]

/**
 * The API, all below /api: its operations under /api/v1, its OpenAPI 3.1 document and a reference for people. It knows
 * no cookies and answers no other site's pages (no CORS).
 */
export function api(face: Face): OpenAPIHono<ApiEnv> {
  const app = new OpenAPIHono<ApiEnv>()
  app.onError(answerError)
  app.use(`${root}/*`, identify(face))
  registerSecurity(app)
  for (const { mount } of operations) mount(app, face)

  // Made when it is first asked for: it takes a tenth of a second, and starts should not.
  let made: Document | undefined
  const document = () => {
    made ??= documentOf(app, { url: face.config.PUBLIC_URL, name: face.shop.settings.name })
    return made
  }
  app.get(routes.api.document.pattern, (c) => c.json(document()))
  app.get(routes.api.reference.pattern, (c) => c.html(reference(document(), face.shop.settings.name)))
  app.get(root, (c) => c.redirect(routes.api.reference()))

  for (const [path, methods] of methodsByPath()) {
    app.all(path, (c) =>
      sendProblem(c, refuse('method_not_allowed', { headers: { allow: methods.join(', ') } })),
    )
  }
  app.all('/api/*', (c) => sendProblem(c, refuse('not_found')))
  return app
}

/** Whether an address is the API's, which answers errors in its own way. */
export const isOfApi = (path: string): boolean => path === '/api' || path.startsWith('/api/')

/** The methods that each address takes, as the router writes addresses. */
function methodsByPath(): Map<string, string[]> {
  const methods = new Map<string, string[]>()
  for (const { path, method } of operations) {
    const pattern = path.replaceAll(/\{(\w+)\}/g, ':$1')
    const known = methods.get(pattern) ?? []
    methods.set(pattern, [...known, ...(method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()])])
  }
  return methods
}
