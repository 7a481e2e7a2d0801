import { Hono } from 'hono'
import type { Site } from './rest.ts'

export function sandboxPages(site: Site, token: string): Hono {
  const app = new Hono()
  app.get('/', (c) => c.text(token === '' ? '' : site.state.sitename))
  return app
}
