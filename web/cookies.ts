import type { Context } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { WebEnv } from './security.ts'

// The operator's session goes to the office alone: the storefront never sees who is signed in there.
const paths = { visitor: '/', cart: '/', customer: '/', session: '/office' } as const
export type CookieName = keyof typeof paths

// Where the shop is https, by such names browsers take cookies over https alone, and those of "/" from this very host: a
// site beside it, such as its Moodle, can't plant one.
function nameOf<Env extends WebEnv>(c: Context<Env>, name: CookieName): string {
  if (!c.var.security.https) return name
  return `${paths[name] === '/' ? '__Host-' : '__Secure-'}${name}`
}

export function readCookie<Env extends WebEnv>(c: Context<Env>, name: CookieName): string | undefined {
  return getCookie(c, nameOf(c, name))
}

/** Out of reach of scripts and of other sites' forms; over https only when the shop is. `days` absent: until the browser closes. */
export function writeCookie<Env extends WebEnv>(
  c: Context<Env>,
  name: CookieName,
  value: string,
  days?: number,
): void {
  setCookie(c, nameOf(c, name), value, {
    path: paths[name],
    httpOnly: true,
    sameSite: 'Lax',
    secure: c.var.security.https,
    ...(days !== undefined && { maxAge: days * 86_400 }),
  })
}

export function dropCookie<Env extends WebEnv>(c: Context<Env>, name: CookieName): void {
  deleteCookie(c, nameOf(c, name), { path: paths[name], secure: c.var.security.https })
}
