import { z } from 'zod'
import { MoodleError, type MoodleErrorKind } from '../sdk/index.ts'
import type { Answer, PostError } from './post.ts'

/** Moodle says success or failure in the body: HTTP is 200 for nearly every error. */
const refusal = z.object({
  exception: z.string(),
  errorcode: z.string(),
  message: z.string().default(''),
  debuginfo: z.string().optional(),
})

/**
 * How the error codes that concern the whole site are to be treated; any other is about the request itself. The class
 * name in `exception` changes from version to version, so it is never looked at.
 */
const kinds = new Map<string, MoodleErrorKind>(
  Object.entries({
    dbconnectionfailed: 'outage',
    sitemaintenance: 'maintenance',
    upgraderunning: 'maintenance',
    invalidtoken: 'token',
    accessexception: 'token',
    servicenotavailable: 'token',
    wsaccessuserdeleted: 'token',
    wsaccessuserexpired: 'token',
    wsaccessusernologin: 'token',
    wsaccessusersuspended: 'token',
    wsaccessuserunconfirmed: 'token',
  } as const),
)

/** What an operator can do, where Moodle's own sentence doesn't tell. */
const advice = new Map(
  Object.entries({
    dbconnectionfailed: "Moodle can't reach its database",
    invalidtoken:
      'the token of the shop is unknown to Moodle or has expired: make another and set MOODLE_TOKEN',
    accessexception:
      'Moodle refuses the token of the shop: it has expired, its service is switched off, or it may not be used from this address',
    wsaccessusersuspended: 'the Moodle user behind the token of the shop is suspended',
    invalidparameter: 'Moodle refuses a value of this call, and does not say which',
  }),
)

/**
 * Reads Moodle's answer to `call`. Throws the `MoodleError` that it tells, or a `badreply` that names the place where
 * the reply is not as `schema` has it.
 */
export function readReply<T>(call: string, answer: Answer, schema: z.ZodType<T>): T {
  if (answer.status !== 200) throw statusError(call, answer)
  const reply = parseJson(answer.body)
  if (reply === undefined) {
    const what = answer.body === '' ? 'nothing' : `what is not JSON (${answer.contentType || 'no type'})`
    throw badReply(call, `it brought ${what}`, 'outage')
  }
  const refused = refusal.safeParse(reply)
  if (refused.success) throw refusalError(call, refused.data)
  const read = schema.safeParse(reply)
  if (read.success) return read.data
  const [issue] = read.error.issues
  throw badReply(
    call,
    `at ${issue?.path.join('.') || 'its top'}: ${issue?.message ?? 'not as expected'}`,
    'request',
    read.error,
  )
}

/**
 * Errors of the whole site that a single call can bring too: a function missing from the service, a firewall's dislike,
 * a page of PHP. The site must be asked for something simple to know.
 */
export const maybeThisCallOnly = new Map([
  [
    'accessexception',
    "the function is not in the service of the shop's token: add it to that service in Moodle",
  ],
  ['badreply', 'Moodle answers this call with what is not JSON, and others well: see its error log'],
  ['http400', 'something before Moodle refuses this call, and lets others pass (HTTP 400)'],
  [
    'http403',
    'something before Moodle refuses this call, and lets others pass (HTTP 403): look for a firewall',
  ],
  ['http413', 'something before Moodle finds this call too large (HTTP 413)'],
  ['http500', 'Moodle breaks on this call, and answers others (HTTP 500): see its error log'],
])

/** An error in reaching the site: before, or instead of, an answer. */
export function unreachable(call: string, host: string, cause: PostError): MoodleError {
  return new MoodleError(
    `${call}: ${host} can't be reached (${cause.message})`,
    { kind: 'outage', code: cause.timedOut ? 'timeout' : 'unreachable', call, unanswered: cause.sent },
    { cause },
  )
}

function refusalError(call: string, refused: z.output<typeof refusal>): MoodleError {
  // For a weak password the code itself is the HTML text of the site's rules.
  const code = /^[\w/-]{1,80}$/.test(refused.errorcode) ? refused.errorcode : 'passwordpolicy'
  const said = plainText(refused.message)
  const debug = plainText(refused.debuginfo ?? '').slice(0, 300)
  const known = advice.get(code)
  const sentence = known ? `${known} (${said})` : said || code
  return new MoodleError(`${call}: ${sentence}${debug && ` [${debug}]`}`, {
    kind: kinds.get(code) ?? 'request',
    code,
    call,
  })
}

function statusError(call: string, { status, retryAfter, body }: Answer): MoodleError {
  const code = `http${status}`
  // PHP's own 500 ends its work, and Moodle's own maintenance page says when to come back. Any other: a server before
  // Moodle speaks for it, which may be at work all the same.
  const unanswered = status > 500 && retryAfter === undefined
  if (status === 403 && body === '') {
    const message = `${call}: web services or the REST protocol are switched off in Moodle (HTTP 403)`
    return new MoodleError(message, { kind: 'token', code, call })
  }
  if (status === 503) {
    const message = `${call}: the site is under maintenance or overloaded (HTTP 503)`
    return new MoodleError(message, { kind: 'maintenance', code, call, retryAfter, unanswered })
  }
  const why =
    status >= 300 && status < 400
      ? 'it redirects: set MOODLE_URL to the very address of the site, https included'
      : status === 404
        ? 'there is no Moodle at this address: check MOODLE_URL'
        : `its web server answers with an error`
  const message = `${call}: ${why} (HTTP ${status})`
  return new MoodleError(message, { kind: 'outage', code, call, retryAfter, unanswered })
}

function badReply(call: string, what: string, kind: MoodleErrorKind, cause?: unknown): MoodleError {
  const message = `${call}: the reply can't be used: ${what}`
  return new MoodleError(message, { kind, code: 'badreply', call }, { cause })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Characters of what a site says of itself that are read: it goes into every journal. */
const longestSaid = 2000

/** On one line, without tags, NUL or half a character: the database keeps it. */
function plainText(html: string): string {
  return html
    .slice(0, longestSaid)
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .toWellFormed()
    .trim()
}
