import { createHash } from 'node:crypto'
import { type OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi'
import type { Context } from 'hono'
import type { Face } from '../face.ts'
import type { Locale } from '../ui/locale.ts'
import { type Access, type ApiEnv, type Caller, whyNotAllowed } from './caller.ts'
import { callerName, keyHeader, once } from './idempotency.ts'
import { issueText } from './issue-text.ts'
import {
  type Fault,
  localeOf,
  type Problem,
  type ProblemCode,
  pointerTo,
  problemSchema,
  problemSent,
  problems,
  refuse,
  type Sent,
  send,
  sendProblem,
} from './problem.ts'
import { whyNotStorable } from './storable.ts'

export type Tag =
  | 'Catalog'
  | 'Carts'
  | 'Orders'
  | 'Payments'
  | 'Productions'
  | 'Products'
  | 'Entries'
  | 'Handlers'
  | 'Site'
  | 'Mails'
  | 'Access'

type Definition<
  Params extends z.ZodObject,
  Query extends z.ZodObject,
  Body extends z.ZodType,
  Answer extends z.ZodType,
> = {
  id: string
  method: 'get' | 'post' | 'put' | 'delete'
  /** Below /api/v1, with {parameters}. */
  path: string
  tag: Tag
  summary: string
  description?: string
  access: Access
  params?: Params
  query?: Query
  body?: { schema: Body; example: z.input<Body> }
  answer: { status?: 200 | 201; description: string; schema: Answer; example: z.input<Answer> }
  /** What may go wrong beyond what every such operation answers. */
  problems?: ProblemCode[]
  /** Writes take an Idempotency-Key when they get one, unless it is required, or there is nothing to repeat. */
  key?: 'required' | 'none'
}

type Asked<Params, Query, Body> = {
  face: Face
  caller: Caller
  /** The address asked for, without its query. */
  path: string
  params: Params
  query: Query
  body: Body
  /** The language that the request asks for. */
  locale: Locale
  /** The request's own, whoever repeats it: unique to its caller and Idempotency-Key. */
  once?: string
}

export type Answered<T> = { answer: T; headers?: Record<string, string> }

/** An operation of the API: how it is documented, and how it is put into the application. */
export type Operation = {
  id: string
  path: string
  method: string
  access: Access
  mount: (app: OpenAPIHono<ApiEnv>, face: Face) => void
}

/** The root of all operations' addresses. */
export const root = '/api/v1'

/**
 * Describes one operation and what it does. Its access is checked, its request read, its key claimed and its answer
 * filtered through `answer.schema` (what the schema doesn't name never leaves) for all of them alike.
 */
export function operation<
  Answer extends z.ZodType,
  Params extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodUndefined,
>(
  definition: Definition<Params, Query, Body, Answer>,
  run: (
    asked: Asked<z.output<Params>, z.output<Query>, z.output<Body>>,
  ) => Promise<Answered<z.output<Answer>> | Problem>,
): Operation {
  const { id, method, access, params, query, body, answer } = definition
  const path = `${root}${definition.path}`
  const writes = method !== 'get' && definition.key !== 'none'
  const route: RouteConfig = {
    operationId: id,
    method,
    path,
    tags: [definition.tag],
    summary: definition.summary,
    ...(definition.description && { description: definition.description }),
    security: securityOf(access),
    'x-access': access,
    middleware: (c: Context<ApiEnv>, next: () => Promise<void>) => {
      const problem = whyNotAllowed(c.var.caller, access)
      return problem ? sendProblem(c, problem) : next()
    },
    request: {
      params,
      query,
      headers: writes ? z.object({ 'Idempotency-Key': keyHeader(definition.key === 'required') }) : undefined,
      body: body && {
        required: true,
        content: { 'application/json': { schema: body.schema, example: body.example } },
      },
    },
    responses: {
      [answer.status ?? 200]: {
        description: answer.description,
        content: { 'application/json': { schema: answer.schema, example: answer.example } },
      },
      ...problemResponses(definition, writes),
    },
  }

  const handle = async (c: Context<ApiEnv>, face: Face): Promise<Response> => {
    const asked = {
      // the route has validated all three with these very schemas
      params: (params ? c.req.valid('param' as never) : {}) as z.output<Params>,
      query: (query ? c.req.valid('query' as never) : {}) as z.output<Query>,
      body: (body ? c.req.valid('json' as never) : undefined) as z.output<Body>,
    }
    if (whyNotStorable(asked.params, 'params').length > 0) return sendProblem(c, refuse('not_found'))
    const unstorable = [...whyNotStorable(asked.query, 'query'), ...whyNotStorable(asked.body, 'body')]
    if (unstorable.length > 0) return sendProblem(c, refuse('invalid', { errors: unstorable }))

    const { caller } = c.var
    const answerOnce = async (name?: string): Promise<Sent> => {
      const done = await run({ ...asked, face, caller, path: c.req.path, locale: localeOf(c), once: name })
      if ('problem' in done) return problemSent(c, done)
      return {
        status: answer.status ?? 200,
        headers: done.headers ?? {},
        body: JSON.stringify(z.encode(answer.schema, done.answer)),
      }
    }
    const key = writes ? c.req.header('idempotency-key') : undefined
    if (key === undefined) return send(await answerOnce())
    const hash = createHash('sha256')
      .update(JSON.stringify([method, path, asked]))
      .digest()
    const request = { caller: callerName(caller), key, hash }
    return send(await once(face.shop.db, c, request, answerOnce))
  }

  return {
    id,
    path,
    method,
    access,
    mount: (app, face) => {
      app.openapi(
        route,
        (c) => handle(c, face),
        (result, c) => {
          if (result.success) return undefined
          return sendProblem(c, whyInvalid(result.target, result.error))
        },
      )
    },
  }
}

function whyInvalid(target: string, { issues }: z.ZodError): Problem {
  switch (target) {
    case 'param':
      // What can't be the name of anything names nothing.
      return refuse('not_found')
    case 'header':
      return refuse('key_missing')
    default: {
      // One word for each place: the first is the plainest.
      const places = Map.groupBy(issues, ({ path }) => pointerTo(...path))
      const errors = [...places].flatMap(([pointer, [issue]]): Fault[] => {
        if (!issue) return []
        const where = target === 'query' ? { parameter: String(issue.path[0] ?? '') } : { pointer }
        return [{ ...where, text: issueText(issue) }]
      })
      return refuse('invalid', { errors })
    }
  }
}

function securityOf({ anyone, cart, order, role }: Access): Record<string, string[]>[] {
  return [
    ...(anyone ? [{}] : []),
    ...(cart ? [{ cart: [] }] : []),
    ...(order ? [{ order: [] }] : []),
    ...(role ? [{ program: [] }] : []),
  ]
}

function problemResponses(
  definition: Pick<
    Definition<z.ZodObject, z.ZodObject, z.ZodType, z.ZodType>,
    'access' | 'params' | 'query' | 'body' | 'key' | 'problems'
  >,
  writes: boolean,
): RouteConfig['responses'] {
  const { access, params, query, body, key, problems: more = [] } = definition
  const codes: ProblemCode[] = [
    ...(body ? (['malformed', 'too_large', 'unsupported_media_type'] as const) : []),
    ...(body || query ? (['invalid'] as const) : []),
    ...(key === 'required' ? (['key_missing'] as const) : []),
    ...(writes ? (['in_progress', 'key_reused'] as const) : []),
    'unauthenticated', // wrong credentials are refused even where none are needed
    ...(access.role && access.role !== 'viewer' ? (['forbidden'] as const) : []),
    ...(params ? (['not_found'] as const) : []),
    ...more,
    'too_many_requests',
    'internal',
  ]
  const statuses = [...new Set(codes.map((code) => problems[code].status))].sort()
  return Object.fromEntries(
    statuses.map((status) => {
      const here = [...new Set(codes)].filter((code) => problems[code].status === status)
      const [first] = here
      if (!first) throw new Error(`no problem has the status ${status}`)
      return [
        status,
        {
          description: here.map((code) => `\`${code}\`: ${problems[code].title.en}.`).join(' '),
          content: {
            'application/problem+json': {
              schema: problemSchema,
              example: {
                type: `https://shop.example/api#problem-${first}`,
                title: problems[first].title.en,
                status,
                code: first,
              },
            },
          },
        },
      ]
    }),
  )
}
