import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import type { Role } from '../../db/schema.ts'
import type { Operator } from '../../shop/operator.ts'
import type { Face } from '../face.ts'
import type { Route } from '../routes.ts'
import type { WebEnv } from '../security.ts'

/** What the door puts into `c.var`: who is signed in. Not there on the pages that need nobody. */
export type OfficeEnv = { Variables: WebEnv['Variables'] & { operator: Operator } }
export type OfficeContext = Context<OfficeEnv>
export type Page = (c: OfficeContext, face: Face) => Response | Promise<Response>

/** One address of the office, and the least role that it takes: what the door enforces. */
export type OfficeRoute = { method: 'get' | 'post'; path: string; needs: Role | 'nobody'; page: Page }

/** A page to read: for everyone who is signed in, unless said otherwise. */
export function get(route: Route, page: Page, needs: OfficeRoute['needs'] = 'viewer'): OfficeRoute {
  return { method: 'get', path: route.pattern, needs, page }
}

/** Something that changes: never for a viewer, unless it is their own. */
export function post(route: Route, page: Page, needs: OfficeRoute['needs'] = 'operator'): OfficeRoute {
  return { method: 'post', path: route.pattern, needs, page }
}

/** A part of the address. */
export function parameter(c: OfficeContext, name: string): string {
  const value = c.req.param(name)
  if (value === undefined) throw new HTTPException(404)
  return value
}

/** A part of the address that is one of our identifiers; 404 when it can't be one. */
export function idParameter(c: OfficeContext, name = 'id'): number {
  return readId(parameter(c, name)) ?? notFound()
}

/** An identifier from an address or a form; undefined when it is none. */
export function readId(text: string | undefined): number | undefined {
  return text !== undefined && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : undefined
}

/** What the query says under this name, if it says anything. */
export function asked(c: OfficeContext, name: string): string | undefined {
  return c.req.query(name)?.trim().slice(0, 200) || undefined
}

/** One of these words, if the query says one. */
export function askedOneOf<Word extends string>(
  c: OfficeContext,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const given = asked(c, name)
  return words.find((word) => word === given)
}

export function notFound(): never {
  throw new HTTPException(404)
}

/** Who does this, as the history shows it. */
export function whoOf(c: OfficeContext): string {
  return `operator:${c.var.operator.email}`
}
