import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Role } from '../../db/schema.ts'
import { type ApiToken, findApiToken, roleAllows } from '../../shop/operator.ts'
import type { Face } from '../face.ts'
import { rateLimit } from '../rate-limit.ts'
import type { RequestEnv } from '../request-log.ts'
import { clientAddress, type WebEnv } from '../security.ts'
import { allowance } from './allowance.ts'
import { type Problem, refuse, sendProblem } from './problem.ts'

/**
 * Who calls: an operator's program, or whoever holds the token of one cart or of one order. Those two are shown to be
 * right only where the cart or the order is read.
 */
export type Caller =
  | { kind: 'anyone' }
  | { kind: 'cart' | 'order'; token: string }
  | { kind: 'program'; program: ApiToken }

export type ApiEnv = { Variables: WebEnv['Variables'] & RequestEnv['Variables'] & { caller: Caller } }

/** Who may call an operation. A program needs a role; a customer needs the token of the cart or order that it names. */
export type Access = { anyone?: true; cart?: true; order?: true; role?: Role }

const authorization = /^(bearer|cart|order) +([A-Za-z0-9._~+/=-]{8,200})$/i

/** Finds out who calls, and counts the call, before anything else is done for them. */
export function identify(face: Face) {
  const limits = { attempts: face.config.API_REQUESTS_PER_MINUTE, seconds: 60 }
  const limit = (name: string) => allowance(rateLimit(face.pool, { name, ...limits }), limits.attempts)
  const programs = limit('api-token')
  const addresses = limit('api-address')

  return createMiddleware<ApiEnv>(async (c, next) => {
    const caller = await callerOf(face, c)
    const counted =
      caller?.kind === 'program'
        ? await programs.take(String(caller.program.id))
        : await addresses.take(clientAddress(c))
    if (!counted.ok) {
      return sendProblem(
        c,
        refuse('too_many_requests', { headers: { 'retry-after': String(counted.retryAfter) } }),
      )
    }
    if (!caller) return sendProblem(c, unauthenticated({ role: 'viewer', cart: true, order: true }, true))
    c.set('caller', caller)
    return await next()
  })
}

/** Undefined for credentials that are wrong, or none of ours: they are never taken for nobody's. */
async function callerOf(face: Face, c: Context<ApiEnv>): Promise<Caller | undefined> {
  const given = c.req.header('authorization')
  if (given === undefined) return { kind: 'anyone' }
  const [, scheme = '', token = ''] = authorization.exec(given) ?? []
  switch (scheme.toLowerCase()) {
    case 'cart':
      return { kind: 'cart', token }
    case 'order':
      return { kind: 'order', token }
    case 'bearer': {
      const program = await findApiToken(face.shop.db, token)
      return program && { kind: 'program', program }
    }
    default:
      return undefined
  }
}

/** Why this caller may not; undefined when they may. Checked on the server, for every operation, from its `access`. */
export function whyNotAllowed(caller: Caller, access: Access): Problem | undefined {
  switch (caller.kind) {
    case 'program':
      if (access.role === undefined) return access.anyone ? undefined : unauthenticated(access)
      return roleAllows(caller.program.operator.role, access.role) ? undefined : forbidden(access.role)
    case 'cart':
    case 'order':
      return access[caller.kind] || access.anyone ? undefined : unauthenticated(access)
    case 'anyone':
      return access.anyone ? undefined : unauthenticated(access)
    default:
      return caller satisfies never
  }
}

function unauthenticated(access: Access, wrong = false): Problem {
  const schemes = [
    ...(access.role ? [`Bearer realm="boutique"${wrong ? ', error="invalid_token"' : ''}`] : []),
    ...(access.cart ? ['Cart realm="boutique"'] : []),
    ...(access.order ? ['Order realm="boutique"'] : []),
  ]
  return refuse('unauthenticated', { headers: { 'www-authenticate': schemes.join(', ') } })
}

function forbidden(role: Role): Problem {
  return refuse('forbidden', {
    detail: { en: `It takes the role ${role}.`, fr: `Il faut le rôle ${role}.` },
    headers: { 'www-authenticate': `Bearer realm="boutique", error="insufficient_scope", scope="${role}"` },
  })
}

/** The caller as histories name them: a program by its operator and its own name. */
export function whoIs(caller: Caller): string {
  return caller.kind === 'program'
    ? `api:${caller.program.operator.email}/${caller.program.name}`
    : 'customer'
}
