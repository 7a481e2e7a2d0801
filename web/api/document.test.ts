import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { schemaIn, testApi } from '../../test/api.ts'
import { testShop } from '../../test/shop.ts'
import { operations } from './api.ts'
import { problems } from './problem.ts'

type Json = null | boolean | number | string | Json[] | { [member: string]: Json }
type Node = { [member: string]: Json }

const isNode = (json: Json | undefined): json is Node =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

/** Every object of a JSON value, with its path. */
function nodesOf(json: Json, path = ''): [string, Node][] {
  if (Array.isArray(json)) return json.flatMap((one, index) => nodesOf(one, `${path}/${index}`))
  if (!isNode(json)) return []
  return [[path, json], ...Object.entries(json).flatMap(([name, inner]) => nodesOf(inner, `${path}/${name}`))]
}

const types = ['string', 'number', 'integer', 'boolean', 'array', 'object', 'null']

/** What keeps a document from being OpenAPI 3.1: only what the standard asks, as far as we use it. */
function faultsOf(document: Node): string[] {
  const faults: string[] = []
  const expect = (sound: unknown, fault: string) => {
    if (!sound) faults.push(fault)
  }
  expect(/^3\.1\.\d+$/.test(String(document.openapi)), 'openapi: 3.1.x')
  expect(isNode(document.info) && document.info.title && document.info.version, 'info: title and version')
  const paths = isNode(document.paths) ? document.paths : {}
  const components = isNode(document.components) ? document.components : {}
  const schemes = isNode(components.securitySchemes) ? Object.keys(components.securitySchemes) : []
  const ids: Json[] = []
  for (const [path, item] of Object.entries(paths)) {
    expect(path.startsWith('/'), `${path}: begins with /`)
    for (const [method, operation] of Object.entries(isNode(item) ? item : {})) {
      const name = `${method} ${path}`
      if (!isNode(operation)) continue
      ids.push(operation.operationId ?? null)
      const parameters = (Array.isArray(operation.parameters) ? operation.parameters : []).filter(isNode)
      const inPath = parameters.filter((parameter) => parameter.in === 'path')
      const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
      expect(
        named.length === inPath.length &&
          inPath.every((parameter) => named.includes(String(parameter.name)) && parameter.required),
        `${name}: its path has ${named}, its parameters ${inPath.map((parameter) => parameter.name)}`,
      )
      for (const parameter of parameters) {
        expect(
          ['path', 'query', 'header', 'cookie'].includes(String(parameter.in)) && isNode(parameter.schema),
          `${name}: the parameter ${parameter.name}`,
        )
      }
      for (const security of Array.isArray(operation.security) ? operation.security : []) {
        const unknown = Object.keys(isNode(security) ? security : {}).filter(
          (scheme) => !schemes.includes(scheme),
        )
        expect(unknown.length === 0, `${name}: security ${unknown}`)
      }
      const responses = isNode(operation.responses) ? Object.entries(operation.responses) : []
      expect(responses.length > 0, `${name}: no responses`)
      for (const [status, response] of responses) {
        expect(/^[1-5]\d\d$/.test(status), `${name}: status ${status}`)
        expect(isNode(response) && response.description, `${name} ${status}: no description`)
      }
    }
  }
  expect(new Set(ids).size === ids.length && !ids.includes(null), 'operationId: there, and once each')
  for (const [path, node] of nodesOf(document)) {
    if (/\/(example|examples|default|enum)(\/|$)/.test(path)) continue
    if (typeof node.$ref === 'string') {
      const target = node.$ref
        .replace('#/', '')
        .split('/')
        .reduce<Json | undefined>((at, part) => (isNode(at) ? at[part] : undefined), document)
      expect(target !== undefined, `${path}: ${node.$ref} leads nowhere`)
    }
    const inSchema = /\/(schema|schemas\/\w+|items|properties\/\w+)$/.test(path)
    if (!inSchema || node.type === undefined || isNode(node.type)) continue
    expect(
      [node.type].flat().every((type) => types.includes(String(type))),
      `${path}: type ${node.type}`,
    )
    expect(node.type !== 'array' || isNode(node.items), `${path}: an array without items`)
    expect(node.nullable === undefined, `${path}: nullable is OpenAPI 3.0`)
    if (Array.isArray(node.required)) {
      const known = Object.keys(isNode(node.properties) ? node.properties : {})
      const unknown = node.required.filter((name) => !known.includes(String(name)))
      expect(unknown.length === 0, `${path}: required ${unknown} are no properties`)
    }
  }
  return faults
}

describe('the OpenAPI document', async () => {
  const shop = await testShop({ handlers: [] })
  const { app, document, call } = await testApi(shop)
  const described = Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      name: `${method} ${path}`,
      path,
      method,
      operation,
    })),
  )
  let plain: Node
  before(async () => {
    plain = JSON.parse(await (await app.request('/api/openapi.json')).text())
  })

  it('is sound OpenAPI 3.1', () => {
    assert.deepEqual(faultsOf(plain), [])
  })

  it('would not pass this check with a fault in it', () => {
    const broken = structuredClone(plain)
    broken.openapi = '3.0.0'
    const operation = nodesOf(broken).find(([path]) => path.endsWith('/api/v1/orders/{number}/get'))?.[1]
    assert.ok(operation)
    operation.responses = {}
    operation.parameters = []
    operation.operationId = 'listOrders'
    operation.security = [{ password: [] }]
    assert.deepEqual(faultsOf(broken), [
      'openapi: 3.1.x',
      'get /api/v1/orders/{number}: its path has number, its parameters ',
      'get /api/v1/orders/{number}: security password',
      'get /api/v1/orders/{number}: no responses',
      'operationId: there, and once each',
    ])
  })

  it('describes every operation that is served, and no other', () => {
    assert.deepEqual(
      described.map(({ name }) => name).sort(),
      operations.map(({ method, path }) => `${method} ${path}`).sort(),
    )
  })

  it('gives every operation a summary, a known tag, an answer with an example, and its problems', () => {
    const tags = document.tags?.map(({ name }) => name) ?? []
    for (const { name, operation } of described) {
      assert.ok(operation.summary?.length > 5, `${name}: summary`)
      assert.ok(
        operation.tags?.length === 1 && tags.includes(operation.tags[0]),
        `${name}: tags ${operation.tags}`,
      )
      const statuses = Object.keys(operation.responses)
      const [success = ''] = statuses.filter((status) => status.startsWith('2'))
      assert.ok(
        operation.responses[success].content['application/json'].example !== undefined,
        `${name}: example`,
      )
      for (const status of ['429', '500']) assert.ok(statuses.includes(status), `${name}: ${status}`)
      for (const status of statuses.filter((one) => one !== success)) {
        assert.ok(
          operation.responses[status].content['application/problem+json'].example,
          `${name} ${status}`,
        )
      }
      const body = operation.requestBody?.content['application/json']
      if (body) assert.ok(body.example !== undefined, `${name}: the example of its body`)
    }
  })

  it('gives examples that fit their schemas', () => {
    for (const { name, operation } of described) {
      const contents = [
        operation.requestBody?.content,
        ...Object.values<{ content?: object }>(operation.responses).map((one) => one.content),
      ]
      for (const content of contents.filter((one) => one !== undefined)) {
        for (const { schema, example } of Object.values<{ schema: object; example: unknown }>(content)) {
          const read = schemaIn(document, schema).safeParse(example)
          assert.ok(read.success, `${name}: ${read.error?.message}`)
        }
      }
    }
  })

  it('can be read as a page without a script of its own, where each link within leads somewhere', async () => {
    const page = await call('GET', '/api')
    assert.equal(page.status, 200)
    assert.match(page.headers.get('content-type') ?? '', /text\/html/)
    assert.match(page.headers.get('content-security-policy') ?? '', /default-src 'self'/)
    assert.doesNotMatch(page.headers.get('content-security-policy') ?? '', /unsafe/)
    assert.doesNotMatch(page.text, /<script(?![^>]* src=)|<style|\sstyle=|\son\w+=/)
    const ids = new Set([...page.text.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id))
    const links = [...page.text.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id)
    assert.deepEqual(
      links.filter((id) => !ids.has(id)),
      [],
    )
    for (const { operation } of described) assert.ok(ids.has(operation.operationId), operation.operationId)
    for (const code of Object.keys(problems)) assert.ok(ids.has(`problem-${code}`), code)
  })
})
