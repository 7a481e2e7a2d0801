import type { CallLog } from './call-log.ts'
import { countElements, logCall } from './call-log.ts'
import type { Caller } from './define-function.ts'
import {
  accessDenied,
  Failure,
  failureReply,
  invalidParameter,
  invalidToken,
  missingRecord,
} from './failure.ts'
import { type Fault, type FaultKind, strike } from './faults.ts'
import { findFunction } from './functions.ts'
import type { Journal } from './journal.ts'
import type { Form } from './read-form.ts'
import type { State } from './state.ts'
import { writeXml } from './write-xml.ts'

/**
 * What a token opens. Beside the callers: `narrow`, the shop's account in a service with a single function;
 * `denied`, one that the service refuses; `expired`, refused once and then forgotten, as Moodle does.
 */
export type TokenKind = Caller | 'narrow' | 'denied' | 'expired'

/** The running site: what it holds, and how it is told to misbehave. */
export type Site = {
  state: State
  /** Its address for browsers, without a trailing slash. */
  url: string
  tokens: Map<string, TokenKind>
  faults: Fault[]
  log: CallLog
  journal: Journal | undefined
  /** Milliseconds that every call takes. */
  latency: number
}

export type Reply = { status: number; type: string; body: string; headers?: Record<string, string> }

/** Answers a call of `/webservice/rest/server.php`. `undefined`: the connection is to be dropped. */
export async function answer(site: Site, form: Form): Promise<Reply | undefined> {
  const startedAt = Date.now()
  const name = typeof form.wsfunction === 'string' ? form.wsfunction : ''
  const struck = strike(site.faults, { function: name, form })
  const wait = site.latency + struck.milliseconds
  if (wait > 0) await new Promise((done) => setTimeout(done, wait).unref())
  const { reply, outcome } = perform(site, name, form, struck.kind)
  const { wstoken: _token, ...shown } = form
  logCall(site.log, {
    at: startedAt,
    function: name,
    elements: countElements(form),
    outcome,
    milliseconds: Date.now() - startedAt,
    form: shown,
  })
  return reply
}

function perform(
  site: Site,
  name: string,
  form: Form,
  fault: FaultKind | undefined,
): { reply: Reply | undefined; outcome: string } {
  const json = form.moodlewsrestformat === 'json'
  try {
    if (fault && fault !== 'lostReply') {
      const failed = failByOrder(fault)
      if (failed instanceof Failure) throw failed
      return { reply: failed, outcome: fault }
    }
    const result = run(site, name, form)
    if (fault) return { reply: undefined, outcome: fault }
    const body = json ? JSON.stringify(result) : writeXml(result)
    return { reply: { status: 200, type: json ? jsonType : xmlType, body }, outcome: 'ok' }
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    const object = failureReply(error, site.state.release)
    const body = json ? JSON.stringify(object) : writeXml(object)
    return {
      reply: { status: 200, type: json ? jsonType : xmlType, body },
      outcome: fault ?? error.errorcode,
    }
  }
}

const jsonType = 'application/json'
const xmlType = 'application/xml; charset=utf-8'
const htmlType = 'text/html; charset=utf-8'

/** What Moodle, or the server before it, says while something is wrong with it. */
function failByOrder(fault: Exclude<FaultKind, 'lostReply'>): Failure | Reply | undefined {
  switch (fault) {
    case 'down':
      return undefined
    case 'maintenance':
      return new Failure(
        'moodle',
        'sitemaintenance',
        'The site is undergoing maintenance and is currently not available',
      )
    case 'token':
      return invalidToken()
    case 'access':
      return accessDenied()
    case 'database':
      return new Failure('connection', 'dbconnectionfailed', 'Error: Database connection failed')
    case 'cliMaintenance': {
      const body = '<!DOCTYPE html><html><body><h1>Site under maintenance</h1></body></html>'
      return { status: 503, type: htmlType, body, headers: { 'Retry-After': '300' } }
    }
    case 'badGateway':
      return { status: 502, type: 'text/html', body: '<html><body><h1>502 Bad Gateway</h1></body></html>' }
    case 'disabled':
      return { status: 403, type: htmlType, body: '' }
  }
}

/** Moodle's own order: who calls, which function, whether it may, and only then what it is given. */
function run(site: Site, name: string, form: Form): unknown {
  const { wstoken, wsfunction: _name, moodlewsrestformat: _format, ...parameters } = form
  const token = typeof wstoken === 'string' ? wstoken : ''
  const kind = site.tokens.get(token)
  if (!kind) throw invalidToken()
  if (kind === 'expired') site.tokens.delete(token)
  if (kind === 'expired' || kind === 'denied') throw accessDenied()
  if (name === '') throw invalidParameter()
  const sandboxFunction = findFunction(site.state.release, name)
  if (!sandboxFunction) throw missingRecord('external_functions')
  if (kind === 'narrow' && name !== 'core_webservice_get_site_info') throw accessDenied()
  const caller = kind === 'narrow' ? 'shop' : kind
  const now = Math.floor(Date.now() / 1000)
  const result = sandboxFunction.run({ state: site.state, caller, now, url: site.url }, parameters)
  if (sandboxFunction.writes) site.journal?.write({ at: now, caller, function: name, form: parameters })
  return result
}
