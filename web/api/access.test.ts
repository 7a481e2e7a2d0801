import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'node:test'
import type { Role } from '../../db/schema.ts'
import { createApiToken, createOperator, revokeApiToken, roleAllows } from '../../shop/operator.ts'
import { openReconciliationQueue } from '../../shop/reconcile.ts'
import { type Answer, testApi } from '../../test/api.ts'
import { testShop } from '../../test/shop.ts'

const roles: Role[] = ['viewer', 'operator', 'admin']

describe('access to the API', async () => {
  const shop = await testShop()
  const api = await testApi(shop)
  const described = Object.entries(api.document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      name: `${method} ${path}`,
      path,
      method,
      operation,
    })),
  )
  const programs: Partial<Record<Role, string>> = {}
  before(async () => {
    await openReconciliationQueue(shop.shop.queue)
    for (const role of roles) programs[role] = await api.program(role)
  })

  /** Calls an operation with the document's own examples. */
  async function tryIt(one: (typeof described)[number], as: string | undefined): Promise<Answer> {
    const { parameters = [], requestBody } = one.operation
    const path = parameters
      .filter((parameter: { in: string }) => parameter.in === 'path')
      .reduce(
        (address: string, parameter: { name: string; schema: { example?: unknown } }) =>
          address.replace(`{${parameter.name}}`, String(parameter.schema.example ?? randomUUID())),
        one.path,
      )
    const body = requestBody?.content['application/json'].example
    return await api.call(one.method.toUpperCase(), path, { as, body, key: randomUUID() })
  }

  const refused = ({ status }: Answer) => status === 401 || status === 403

  it('opens to all only what the storefront shows to all, and what a token of one’s own opens', () => {
    const open = described.filter(({ operation }) => operation['x-access'].anyone).map(({ name }) => name)
    assert.deepEqual(open.sort(), [
      'get /api/v1/catalog',
      'get /api/v1/catalog/{code}',
      'get /api/v1/categories',
      'get /api/v1/means',
      'get /api/v1/products/{reference}/validity',
      'post /api/v1/carts',
      'post /api/v1/orders',
    ])
  })

  it('lets a viewer’s role change nothing, and only an administrator look after access', () => {
    for (const { name, method, operation } of described) {
      const { role, anyone } = operation['x-access']
      if (method !== 'get' && !anyone) assert.notEqual(role, 'viewer', name)
    }
    const admin = described
      .filter(({ operation }) => operation['x-access'].role === 'admin')
      .map(({ name }) => name)
    assert.deepEqual(admin.sort(), [
      'get /api/v1/operators',
      'get /api/v1/tokens',
      'post /api/v1/tokens/{id}/revoke',
    ])
  })

  for (const one of described) {
    const access: { anyone?: true; cart?: true; order?: true; role?: Role } = one.operation['x-access']

    it(`${one.name}: nobody, each role and each customer’s token get what is described`, async () => {
      const stranger = await tryIt(one, undefined)
      assert.equal(stranger.status === 401, !access.anyone, `a stranger got ${stranger.status}`)
      if (stranger.status === 401) {
        assert.equal(stranger.body.code, 'unauthenticated')
        assert.match(stranger.headers.get('www-authenticate') ?? '', /realm="boutique"/)
      }
      for (const role of roles) {
        const answer = await tryIt(one, programs[role])
        const may = access.role ? roleAllows(role, access.role) : access.anyone === true
        assert.equal(refused(answer), !may, `${role} got ${answer.status}`)
        if (access.role && !may) assert.equal(answer.status, 403)
        assert.ok(answer.status < 500, `${role} got ${answer.status}`)
      }
      for (const kind of ['cart', 'order'] as const) {
        const answer = await tryIt(one, `${kind} ${'x'.repeat(22)}`)
        const may = access.anyone === true || access[kind] === true
        assert.equal(refused(answer), !may, `the token of a ${kind} got ${answer.status}`)
        // a token that opens nothing shows nothing
        if (access[kind] && !access.anyone) assert.equal(answer.status, 404)
      }
    })
  }

  it('takes no token that is revoked, unknown or malformed, even where none is needed', async () => {
    const made = await createOperator(shop.db, {
      email: 'gone@staff.example',
      name: 'Gone',
      password: randomUUID(),
      role: 'admin',
    })
    assert.ok(made.ok)
    const token = await createApiToken(shop.db, { operatorId: made.operator.id, name: 'old', role: 'admin' })
    assert.equal((await api.get('/me', { as: `Bearer ${token.token}` })).status, 200)
    await revokeApiToken(shop.db, token.id)
    const wrong = [
      `Bearer ${token.token}`,
      `Bearer boutique_${'x'.repeat(43)}`,
      'Bearer',
      'Basic YWRtaW46YWRtaW4=',
      `Bearer ${'x'.repeat(5000)}`,
      "Bearer ' or 1=1 --",
    ]
    for (const as of wrong) {
      assert.equal((await api.get('/me', { as })).status, 401, as)
      const open = await api.get('/catalog', { as })
      assert.equal(open.status, 401, as)
      assert.match(open.headers.get('www-authenticate') ?? '', /error="invalid_token"/)
    }
  })

  it('gives a program the lesser of its own role and its operator’s', async () => {
    const made = await createOperator(shop.db, {
      email: 'low@staff.example',
      name: 'Low',
      password: randomUUID(),
      role: 'viewer',
    })
    assert.ok(made.ok)
    const { token } = await createApiToken(shop.db, {
      operatorId: made.operator.id,
      name: 'high',
      role: 'admin',
    })
    const me = await api.get('/me', { as: `Bearer ${token}` })
    assert.deepEqual(me.body, { program: 'high', operator: 'low@staff.example', role: 'viewer' })
    assert.equal((await api.get('/tokens', { as: `Bearer ${token}` })).status, 403)
  })

  it('sends no CORS header, and answers a preflight as any address that lacks the method', async () => {
    const origin = { origin: 'https://elsewhere.example', 'access-control-request-method': 'POST' }
    const preflight = await api.call('OPTIONS', '/api/v1/orders', { headers: origin })
    assert.equal(preflight.status, 405)
    const read = await api.get('/catalog', { headers: origin })
    for (const answer of [preflight, read]) {
      for (const [name] of answer.headers) assert.doesNotMatch(name, /^access-control/)
    }
  })

  it('does not know the office’s cookie', async () => {
    const answer = await api.get('/orders', { headers: { cookie: 'session=anything' } })
    assert.equal(answer.status, 401)
    assert.equal(answer.headers.get('set-cookie'), null)
  })

  it('limits how often one token and one address may call', async () => {
    const limited = await testApi(shop, { env: { API_REQUESTS_PER_MINUTE: '3' } })
    const as = await limited.program('viewer')
    for (let i = 0; i < 3; i++) assert.equal((await limited.get('/me', { as })).status, 200)
    const answer = await limited.get('/me', { as })
    assert.equal(answer.status, 429)
    assert.equal(answer.body.code, 'too_many_requests')
    const wait = Number(answer.headers.get('retry-after'))
    assert.ok(wait > 0 && wait <= 60, String(wait))
    // guesses count for the address that they come from
    for (let i = 0; i < 3; i++) await limited.get('/me', { as: `Bearer boutique_${i}` })
    assert.equal((await limited.get('/catalog')).status, 429)
    // another token has calls of its own
    assert.equal((await limited.get('/me', { as: await limited.program('viewer') })).status, 200)
  })
})
