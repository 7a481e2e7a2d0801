// What stands before every page. In web/app.ts:
//   app.use(security({ publicUrl, secret }), limitBody)   on everything
//   refuseNul on the addresses of pages; the API says itself what is wrong
//   storefront.use(protectForms); office.use(protectForms) on what forms post to, not on the API or on notifications
// A page that holds a form asks `csrfToken(c)` for what `CsrfField` carries.
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'
import { getConnInfo } from '@hono/node-server/conninfo'
import type { Context } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { createMiddleware } from 'hono/factory'
import { HTTPException } from 'hono/http-exception'
import { secureHeaders } from 'hono/secure-headers'
import { decodeList } from '../sdk/learner-text.ts'
import { readCookie, writeCookie } from './cookies.ts'
import type { Locale } from './ui/locale.ts'

/** What the middlewares of every page put into `c.var`. */
export type WebEnv = { Variables: { locale: Locale; security: Security } }

type Security = {
  https: boolean
  origin: string
  secret: string
  /** How many proxies of ours stand before the shop, each adding to X-Forwarded-For. */
  proxies: number
  /** The visitor of this request, once a form needed one. */
  visitor?: string
}

/**
 * Sets the headers of every answer, and what cookies and forms need to know. `secret` is `config.SECRET_KEY`;
 * `formOrigins`: where our forms may lead outside the shop.
 */
export function security(settings: {
  publicUrl: string
  secret: string
  proxies?: number
  formOrigins?: readonly string[]
}) {
  const { protocol, origin } = new URL(settings.publicUrl)
  const https = protocol === 'https:'
  const headers = secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'self'"],
      imgSrc: ["'self'", 'data:'],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      // Browsers hold a redirect that answers a form to this as well.
      formAction: ["'self'", ...(settings.formOrigins ?? [])],
      frameAncestors: ["'none'"],
    },
    xFrameOptions: 'DENY',
    // `no-referrer` would make browsers send "Origin: null" with our own forms, which `protectForms` reads
    referrerPolicy: 'same-origin',
    strictTransportSecurity: https ? 'max-age=31536000' : false,
    permissionsPolicy: { camera: [], microphone: [], geolocation: [] },
  })
  return createMiddleware<WebEnv>(async (c, next) => {
    c.set('security', { https, origin, secret: settings.secret, proxies: settings.proxies ?? 0 })
    await headers(c, next)
    if (!c.res.headers.has('cache-control')) c.res.headers.set('cache-control', 'private, no-cache')
    // Nobody reads the rest of such a body: the next request needs a connection of its own.
    if (c.res.status === 413) c.res.headers.set('connection', 'close')
  })
}

const limit = bodyLimit({
  maxSize: 1_000_000,
  onError: () => {
    throw new HTTPException(413, { message: 'This is more than the shop takes at once: one megabyte.' })
  },
})

/**
 * One megabyte: an order of 100 units with all its answers is a tenth of that. A body that breaks off is a 400: whoever
 * hangs up is no fault of the shop, and nothing to wake its operators for.
 */
export const limitBody = createMiddleware(async (c, next) => {
  let whole = false
  try {
    return await limit(c, async () => {
      whole = true
      await next()
    })
  } catch (cause) {
    if (whole || cause instanceof HTTPException) throw cause
    throw new HTTPException(400, { message: 'The request broke off.', cause })
  }
})

/** No text of ours holds a NUL, which the database refuses: an address with one leads nowhere. Throws a 404. */
export const refuseNul = createMiddleware(async (c, next) => {
  if (c.req.url.includes('%00')) throw new HTTPException(404)
  await next()
})

/**
 * Lets a form post only from a page of ours: by the browser's word (Sec-Fetch-Site, Origin) and by a token bound to
 * the visitor's cookie and, in the office, to the session. Throws a 403 otherwise.
 */
export const protectForms = createMiddleware<WebEnv>(async (c, next) => {
  if (!['GET', 'HEAD', 'OPTIONS'].includes(c.req.method)) {
    if (!isFromHere(c) || !(await hasToken(c))) {
      throw new HTTPException(403, {
        message:
          'This form was open for too long, or is not from this shop: reload the page and send it again.',
      })
    }
  }
  await next()
})

/** The token that a form of this page must carry. The first call gives the visitor their cookie. */
export function csrfToken<Env extends WebEnv>(c: Context<Env>): string {
  const { security } = c.var
  security.visitor ??= readCookie(c, 'visitor')
  if (!security.visitor) {
    security.visitor = randomBytes(16).toString('base64url')
    writeCookie(c, 'visitor', security.visitor, 180)
  }
  return tokenFor(c, security.visitor)
}

function tokenFor<Env extends WebEnv>(c: Context<Env>, visitor: string): string {
  const { secret } = c.var.security
  const bound = `csrf\n${visitor}\n${readCookie(c, 'session') ?? ''}`
  return createHmac('sha256', secret).update(bound).digest('base64url')
}

async function hasToken(c: Context<WebEnv>): Promise<boolean> {
  const visitor = readCookie(c, 'visitor')
  if (!visitor) return false
  const { csrf } = await readForm(c)
  const given = Buffer.from(typeof csrf === 'string' ? csrf : '')
  const expected = Buffer.from(tokenFor(c, visitor))
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function isFromHere(c: Context<WebEnv>): boolean {
  const site = c.req.header('sec-fetch-site')
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
  const origin = c.req.header('origin')
  if (origin === undefined || origin === c.var.security.origin) return true
  return URL.canParse(origin) && new URL(origin).host === c.req.header('host')
}

/** What a form sent, by name, without any NUL; a file is its text. Throws a 415 for a file that is no text. */
export async function readBody(c: Context): Promise<Record<string, string | string[]>> {
  const body = await readForm(c)
  const read = Object.entries(body).map(async ([name, value]) => {
    const texts = await Promise.all(
      [value].flat().map(async (one) => withoutNul(typeof one === 'string' ? one : await readFile(one))),
    )
    return [withoutNul(name), texts.length === 1 && texts[0] !== undefined ? texts[0] : texts] as const
  })
  return Object.fromEntries(await Promise.all(read))
}

/** A cart of 500 units with thirty questions each has fewer. Reading half a million takes seconds. */
const mostFields = 20_000

async function readForm(c: Context): Promise<Record<string, string | File | (string | File)[]>> {
  const damaged = (cause: unknown): never => {
    throw new HTTPException(400, { message: 'This form can’t be read.', cause })
  }
  const body = new Uint8Array(await c.req.arrayBuffer().catch(damaged))
  const urlencoded = c.req.header('content-type')?.startsWith('application/x-www-form-urlencoded')
  const separators = urlencoded ? body.reduce((sum, byte) => sum + (byte === ampersand ? 1 : 0), 0) : 0
  if (separators >= mostFields) throw new HTTPException(413, { message: 'This form has too many fields.' })
  return await c.req.parseBody({ all: true }).catch(damaged)
}

const ampersand = '&'.charCodeAt(0)

const withoutNul = (text: string) => text.replaceAll('\0', '')

async function readFile(file: File): Promise<string> {
  const text = decodeList(new Uint8Array(await file.arrayBuffer()))
  if (text !== undefined) return text
  throw new HTTPException(415, {
    message: 'This file is no text: save it as CSV, or copy its cells into the form.',
  })
}

/** Who asks, for limiting: an IPv4 address, or the network (/64) of an IPv6 one. */
export function clientAddress<Env extends WebEnv>(c: Context<Env>): string {
  const { proxies } = c.var.security
  const forwarded = (c.req.header('x-forwarded-for') ?? '').split(',').map((address) => address.trim())
  const address = (proxies > 0 ? forwarded.at(-proxies) : undefined) || remoteAddress(c)
  // some proxies add the port: 192.0.2.7:41000, [2001:db8::1]:41000
  const plain = address.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^([\d.]+):\d+$/, '$1')
  const own = plain.replace(/^::ffff:(?=[\d.]+$)/i, '')
  return own.includes(':') ? networkOf(own) : own
}

/** The first four groups of an IPv6 address; "::" stands for as many zeros as it takes. */
function networkOf(address: string): string {
  const [before = '', after] = address.toLowerCase().split('::')
  const groups = (part: string) => part.split(':').filter((group) => group !== '')
  const ends = after === undefined ? [] : groups(after)
  const zeros = after === undefined ? 0 : Math.max(0, 8 - groups(before).length - ends.length)
  const all = [...groups(before), ...Array.from({ length: zeros }, () => '0'), ...ends]
  return all.slice(0, 4).join(':')
}

function remoteAddress(c: Context): string {
  // only a server has connections: app.request() in tests has none
  return c.env?.incoming ? (getConnInfo(c).remote.address ?? 'unknown') : 'unknown'
}
