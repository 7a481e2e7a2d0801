import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import { findSession, roleAllows } from '../../shop/operator.ts'
import { readCookie } from '../cookies.ts'
import type { Face } from '../face.ts'
import { routes } from '../routes.ts'
import type { OfficeEnv, OfficeRoute } from './office-route.ts'

/**
 * Stands before every page of the office: a stranger is sent to sign in, whatever the address, and someone whose role
 * does not allow it is refused. Nothing else checks who may do what.
 */
export function admit(face: Face, needs: OfficeRoute['needs']) {
  return createMiddleware<OfficeEnv>(async (c, next) => {
    if (needs === 'nobody') return await next()
    const token = readCookie(c, 'session')
    const operator = token && (await findSession(face.shop.db, token))
    if (!operator) {
      const back = c.req.method === 'GET' ? pathOf(c.req.url) : undefined
      return c.redirect(
        back && back !== routes.office.home()
          ? `${routes.office.signIn()}?${new URLSearchParams({ next: back })}`
          : routes.office.signIn(),
        303,
      )
    }
    c.set('operator', operator)
    if (!roleAllows(operator.role, needs)) throw new HTTPException(403, { message: 'role' })
    await next()
  })
}

/** Whether a path is the office's. */
export const isOfOffice = (path: string): boolean =>
  path === routes.office.home() || path.startsWith(`${routes.office.home()}/`)

/** A path of the office from what a form or an address says; its home for anything else. */
export function officePath(given: unknown): string {
  const base = 'http://office.invalid'
  if (typeof given !== 'string' || !URL.canParse(given, base)) return routes.office.home()
  const url = new URL(given, base)
  return url.origin === base && isOfOffice(url.pathname)
    ? `${url.pathname}${url.search}`
    : routes.office.home()
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url)
  return `${pathname}${search}`
}
