import { Hono } from 'hono'
import { sandboxControl } from './control.ts'
import type { Site } from './rest.ts'

/** Everything that the sandbox serves beside the REST protocol. */
export function sandboxPages(site: Site, token: string): Hono {
  const app = new Hono()
  app.route('/sandbox', sandboxControl(site, token))
  app.get('/', (c) => c.text(site.state.sitename))
  return app
}
