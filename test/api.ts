import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { Hono } from 'hono'
import { z } from 'zod'
import type { Role } from '../db/schema.ts'
import { createApiToken, createOperator } from '../shop/operator.ts'
import { api } from '../web/api/api.ts'
import type { Document } from '../web/api/document.ts'
import { answerError } from '../web/api/problem.ts'
import type { Face } from '../web/face.ts'
import { requestLog } from '../web/request-log.ts'
import { limitBody, security, type WebEnv } from '../web/security.ts'
import { testFace } from './face.ts'
import type { TestShop } from './shop.ts'

// biome-ignore lint/suspicious/noExplicitAny: the answers of an API, which its tests look into as they are
export type Answer = { status: number; headers: Headers; body: any; text: string }

type Sent = {
  body?: unknown
  /** The body as it is, instead of `body`. */
  raw?: string
  headers?: Record<string, string>
  /** The whole Authorization header. */
  as?: string
  key?: string
}

/**
 * The API around a shop for tests, behind what stands before every page. Every answer is held against the OpenAPI
 * document: its status must be described, its body fit the schema.
 */
export async function testApi(
  shop: TestShop,
  options: { face?: Partial<Face>; env?: Record<string, string> } = {},
) {
  const face: Face = { ...testFace(shop, options.env), ...options.face }
  const app = new Hono<WebEnv>()
  app.use(requestLog(face.log))
  app.use(security({ publicUrl: face.config.PUBLIC_URL, secret: face.secret }), limitBody)
  app.route('/', api(face))
  app.onError(answerError)
  const document: Document = JSON.parse(await (await app.request('/api/openapi.json')).text())
  const addresses = Object.keys(document.paths ?? {}).map((path) => ({
    path,
    pattern: new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }))

  async function call(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    const body = sent.raw ?? (sent.body === undefined ? undefined : JSON.stringify(sent.body))
    const answer = await app.request(path, {
      method,
      body,
      headers: {
        ...(body !== undefined && {
          'content-type': 'application/json',
          'content-length': String(Buffer.byteLength(body)),
        }),
        ...(sent.as && { authorization: sent.as }),
        ...(sent.key && { 'idempotency-key': sent.key }),
        ...sent.headers,
      },
    })
    const text = await answer.text()
    const json = answer.headers.get('content-type')?.includes('json') === true
    const read: Answer = {
      status: answer.status,
      headers: answer.headers,
      body: json ? JSON.parse(text) : undefined,
      text,
    }
    fitsDocument(method, path, read)
    return read
  }

  function fitsDocument(method: string, path: string, { status, headers, body }: Answer): void {
    const [plain = ''] = path.split('?')
    // Of two addresses that match, the one without a parameter there is meant.
    const found = addresses
      .filter(({ pattern }) => pattern.test(plain))
      .sort((one, other) => one.path.split('{').length - other.path.split('{').length)[0]
    const item = found && document.paths?.[found.path]
    const operation = Object.entries(item ?? {}).find(([name]) => name === method.toLowerCase())?.[1]
    if (!operation) return
    const described = operation.responses?.[status]
    assert.ok(described, `${method} ${found?.path} answers ${status}, which the document does not describe`)
    const [type = '', { schema }] = Object.entries<{ schema?: object }>(described.content ?? {})[0] ?? [
      '',
      {},
    ]
    assert.equal(headers.get('content-type'), type, `${method} ${found?.path}: the type of the answer`)
    const read = schemaIn(document, schema ?? {}).safeParse(body)
    assert.ok(
      read.success,
      `${method} ${found?.path} ${status}: ${read.error && z.prettifyError(read.error)}`,
    )
  }

  return {
    app,
    face,
    document,
    call,
    get: (path: string, sent?: Sent) => call('GET', `/api/v1${path}`, sent),
    post: (path: string, body?: unknown, sent?: Sent) => call('POST', `/api/v1${path}`, { body, ...sent }),
    put: (path: string, body?: unknown, sent?: Sent) => call('PUT', `/api/v1${path}`, { body, ...sent }),
    delete: (path: string, sent?: Sent) => call('DELETE', `/api/v1${path}`, sent),
    /** The Authorization header of a program of this role. */
    async program(role: Role): Promise<string> {
      const email = `${randomUUID()}@staff.example`
      const made = await createOperator(shop.db, { email, name: role, password: randomUUID(), role: 'admin' })
      if (!made.ok) throw new Error(made.fault)
      const { token } = await createApiToken(shop.db, { operatorId: made.operator.id, name: 'test', role })
      return `Bearer ${token}`
    },
  }
}

/** A schema of the document, with the components that it refers to. */
export function schemaIn(document: Document, schema: object): z.ZodType {
  const whole = { ...schema, $defs: document.components?.schemas }
  const pointed = JSON.stringify(whole).replaceAll('#/components/schemas/', '#/$defs/')
  return z.fromJSONSchema(JSON.parse(pointed))
}
