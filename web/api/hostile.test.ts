import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { type Answer, testApi } from '../../test/api.ts'
import { buyer, testShop } from '../../test/shop.ts'

describe('what the API does with hostile input', async () => {
  const shop = await testShop()
  const api = await testApi(shop)
  let as = ''
  let dear = ''
  let cheap = ''
  before(async () => {
    as = await api.program('operator')
    dear = await shop.sell({ handler: null, priceCents: 90_000, maxQuantity: 3 })
    cheap = await shop.sell({ handler: null, priceCents: 100 })
  })
  const countOrders = async () => (await shop.db.selectFrom('orders').select('id').execute()).length
  const order = (lines: unknown, more: object = {}) =>
    api.post(
      '/orders',
      { lines, customer: buyer, means: 'transfer', termsAccepted: true, ...more },
      { key: randomUUID() },
    )
  const pointers = (answer: Answer): string[] =>
    answer.body.errors.map((one: { pointer?: string; parameter?: string }) => one.pointer ?? one.parameter)

  function isProblem(answer: Answer, status: number, code: string): void {
    assert.equal(answer.status, status, answer.text)
    assert.equal(answer.headers.get('content-type'), 'application/problem+json')
    assert.equal(answer.headers.get('cache-control'), 'no-store')
    const { type, title, request, ...rest } = answer.body
    assert.equal(type, `http://127.0.0.1/api#problem-${code}`)
    assert.ok(title.length > 5)
    assert.match(request, /^[0-9a-f-]{36}$/)
    assert.equal(rest.status, status)
    assert.equal(rest.code, code)
  }

  it('answers every refusal as a problem, in the language of the request', async () => {
    isProblem(await api.get('/nothing'), 404, 'not_found')
    isProblem(await api.call('GET', '/api/v2/orders'), 404, 'not_found')
    isProblem(await api.get('/orders/2611-0000-0000', { as }), 404, 'not_found')
    isProblem(await api.get('/productions/not-a-number', { as }), 404, 'not_found')
    const patched = await api.call('PATCH', '/api/v1/orders')
    isProblem(patched, 405, 'method_not_allowed')
    assert.deepEqual(patched.headers.get('allow')?.split(', ').sort(), ['GET', 'HEAD', 'POST'])
    isProblem(await api.post('/carts', undefined, { raw: '{"lines": [' }), 400, 'malformed')
    isProblem(await api.post('/carts', undefined, { raw: '\u0000' }), 400, 'malformed')
    const xml = { raw: '<cart/>', headers: { 'content-type': 'application/xml' } }
    isProblem(await api.post('/carts', undefined, xml), 415, 'unsupported_media_type')
    const form = { raw: 'lines=', headers: { 'content-type': 'application/x-www-form-urlencoded' } }
    isProblem(await api.post('/carts', undefined, form), 415, 'unsupported_media_type')
    const french = await api.get('/nothing', { headers: { 'accept-language': 'fr-CA, en;q=0.5' } })
    isProblem(french, 404, 'not_found')
    assert.equal(french.body.title, 'Cela n’existe pas')
    assert.equal(french.headers.get('content-language'), 'fr')
  })

  it('takes no huge body, announced or not', async () => {
    const huge = JSON.stringify({ lines: [], padding: 'x'.repeat(1_100_000) })
    isProblem(await api.post('/carts', undefined, { raw: huge }), 413, 'too_large')
    const stream = new Blob([huge]).stream()
    const answer = await api.app.request('/api/v1/carts', {
      method: 'POST',
      body: stream,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    } as RequestInit)
    assert.equal(answer.status, 413)
    assert.equal(answer.headers.get('content-type'), 'application/problem+json')
    // Its rest is never read: a client that took the connection for its next request would lose that.
    assert.equal(answer.headers.get('connection'), 'close')
  })

  it('takes no nesting without end', async () => {
    const depth = 100_000
    const raw = `{"lines":[{"code":"${cheap}","units":[{"external":{"a":${'['.repeat(depth)}${']'.repeat(depth)}}}]}]}`
    isProblem(await api.post('/carts', undefined, { raw }), 422, 'invalid')
  })

  it('says of wrong types where they are', async () => {
    const answers = [
      [await api.post('/carts', []), ['']],
      [await api.post('/carts', 'lines'), ['']],
      [await api.post('/carts', { lines: 'all' }), ['/lines']],
      [await api.post('/carts', { lines: [{ code: cheap, units: -3 }] }), ['/lines/0/units']],
      [await api.post('/carts', { lines: [{ code: cheap, units: 1e308 }] }), ['/lines/0/units']],
      [
        await api.post('/carts', { lines: [{ code: 7, units: [null] }] }),
        ['/lines/0/code', '/lines/0/units/0'],
      ],
      [
        await api.post('/carts', { lines: [{ code: cheap, units: [{ external: [] }] }] }),
        ['/lines/0/units/0/external'],
      ],
      [
        await api.post('/carts', { lines: [{ code: cheap, units: [{ forMe: 'yes' }] }] }),
        ['/lines/0/units/0/forMe'],
      ],
      [await order([{ code: cheap, units: [{}] }], { termsAccepted: 'true' }), ['/termsAccepted']],
      [await order([{ code: cheap, units: [{}] }], { means: { toString: 'transfer' } }), ['/means']],
      [await api.get('/orders?limit=-1', { as }), ['limit']],
      [await api.get('/orders?limit=1&limit=2', { as }), ['limit']],
      [await api.get('/orders?after=99999999999999999999', { as }), ['after']],
      [await api.get('/catalog?after=1;drop', {}), ['after']],
    ] as const
    for (const [answer, expected] of answers) {
      isProblem(answer, 422, 'invalid')
      assert.deepEqual(pointers(answer), expected)
      for (const { detail } of answer.body.errors) assert.ok(detail.length > 5)
    }
  })

  it('places nothing without units, with too many of them, or with one entry in two lines', async () => {
    const before = await countOrders()
    const units = (count: number) => Array.from({ length: count }, () => ({}))
    assert.deepEqual(pointers(await order([])), ['/lines'])
    assert.deepEqual(pointers(await order([{ code: cheap, units: [] }])), ['/lines'])
    assert.deepEqual(pointers(await order([{ code: dear, units: units(4) }])), ['/lines/0/units'])
    assert.deepEqual(pointers(await order([{ code: cheap, units: units(501) }])), ['/lines/0/units'])
    assert.deepEqual(pointers(await order([{ code: cheap, units: units(100_000) }])), ['/lines/0/units'])
    const twice = [dear, dear].map((code) => ({ code, units: units(2) }))
    assert.deepEqual(pointers(await order(twice)), ['/lines'])
    assert.deepEqual(pointers(await order([{ code: 'NONE-1', units: units(1) }])), ['/lines/0/code'])
    const other = await shop.sell({ handler: null })
    const lines = [
      { code: cheap, units: units(400) },
      { code: other, units: units(400) },
    ]
    assert.deepEqual(pointers(await order(lines)), ['/lines'])
    assert.deepEqual(pointers(await order([{ code: cheap, units: [{}] }], { means: 'test-card' })), [
      '/means',
    ])
    assert.deepEqual(pointers(await order([{ code: cheap, units: [{}] }], { termsAccepted: false })), [
      '/termsAccepted',
    ])
    const seen = { expectedTotalCents: 1 }
    assert.deepEqual(pointers(await order([{ code: cheap, units: [{}] }], seen)), ['/lines'])
    assert.equal(await countOrders(), before)
  })

  it('decides prices, totals, states and handlers itself, whatever is sent along', async () => {
    const claims = {
      priceCents: 100,
      unitCents: 1,
      totalCents: 1,
      vatCents: 0,
      entry: { code: cheap, unitCents: 1 },
      entry_id: 1,
      quantity: -5,
      handler: 'ext_wild',
      internal: { course: 1 },
      state: 'paid',
    }
    const placed = await order([{ code: dear, units: [{ ...claims }], ...claims }], {
      ...claims,
      paidCents: 90_000,
      paidAt: '2026-01-01',
      trust: { by: 'me' },
      currency: 'XTS',
    })
    assert.equal(placed.status, 201, placed.text)
    assert.equal(placed.body.totalCents, 90_000)
    assert.equal(placed.body.vatCents, 15_000)
    assert.equal(placed.body.currency, 'EUR')
    assert.equal(placed.body.state, 'awaiting_payment')
    assert.equal(placed.body.paidCents, 0)
    assert.equal(placed.body.lines[0].quantity, 1)
    const row = await shop.db
      .selectFrom('order_lines')
      .innerJoin('orders', 'orders.id', 'order_lines.order_id')
      .select('entry')
      .where('number', '=', placed.body.number)
      .executeTakeFirstOrThrow()
    assert.equal(row.entry.code, dear)
    assert.equal(row.entry.handler, null)
  })

  it('keeps SQL a text like any other', async () => {
    const evil = "'; drop table orders; --"
    for (const path of [
      `/orders?search=${encodeURIComponent(evil)}`,
      `/orders?search=${encodeURIComponent('%_\\')}`,
      `/products?search=${encodeURIComponent(evil)}`,
      `/entries?search=${encodeURIComponent(evil)}`,
      `/mails?search=${encodeURIComponent(evil)}`,
      `/payments/awaited?search=${encodeURIComponent(evil)}`,
      `/catalog?category=${encodeURIComponent(evil)}`,
    ]) {
      const answer = await api.get(path, { as })
      assert.equal(answer.status, 200, path)
      assert.deepEqual(answer.body.items, [], path)
    }
    for (const path of [
      `/orders/${encodeURIComponent(evil)}`,
      `/entries/${encodeURIComponent(evil)}`,
      `/products/${encodeURIComponent(evil)}`,
    ]) {
      isProblem(await api.get(path, { as }), 404, 'not_found')
    }
    const opened = await api.post('/carts', {
      lines: [{ code: cheap, units: [{ external: { name: evil } }] }],
    })
    assert.equal(opened.body.lines[0].units[0].external.name, evil)
    assert.ok((await countOrders()) > 0)
  })

  it('refuses what the database could not keep, instead of breaking on it', async () => {
    const nul = await api.post('/carts', {
      lines: [{ code: cheap, units: [{ external: { name: 'a\u0000b' } }] }],
    })
    isProblem(nul, 422, 'invalid')
    assert.deepEqual(pointers(nul), ['/lines/0/units/0/external/name'])
    const half = { raw: `{"lines":[{"code":"${cheap}","units":[{"fields":{"\\ud800":1}}]}]}` }
    isProblem(await api.post('/carts', undefined, half), 422, 'invalid')
    const search = await api.get('/orders?search=%00', { as })
    isProblem(search, 422, 'invalid')
    assert.deepEqual(pointers(search), ['search'])
    for (const path of ['/orders?search=%ff%fe', '/orders?search=%', '/orders/%E0%A4%A', '/products/%00']) {
      assert.ok([200, 404, 422].includes((await api.get(path, { as })).status), path)
    }
    const huge = await api.get('/productions/9007199254740991', { as })
    isProblem(huge, 404, 'not_found')
    isProblem(await api.get('/productions/9007199254740993', { as }), 404, 'not_found')
  })

  it('pollutes no prototype', async () => {
    const raw = JSON.stringify({ lines: [{ code: cheap, units: [{ external: {}, fields: {} }] }] })
      .replace(
        '"external":{}',
        '"external":{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
      )
      .replace('{"lines"', '{"__proto__":{"polluted":1,"termsAccepted":true},"lines"')
    const opened = await api.post('/carts', undefined, { raw })
    assert.equal(opened.status, 201, opened.text)
    assert.equal(({} as { polluted?: number }).polluted, undefined)
    assert.equal(Object.hasOwn(opened.body.lines[0].units[0].external, '__proto__'), false)
    const proto = `{"__proto__":{"why":"because"}}`
    const { number } = (await order([{ code: cheap, units: [{}] }])).body
    isProblem(await api.post(`/orders/${number}/trust`, undefined, { raw: proto, as }), 422, 'invalid')
    isProblem(await api.get('/handlers/__proto__', { as }), 404, 'not_found')
    isProblem(await api.get('/handlers/constructor', { as }), 404, 'not_found')
  })

  it('tells nothing of its inside when it breaks', async () => {
    const db = Object.create(shop.shop.db, {
      selectFrom: {
        value: () => {
          throw new Error('password authentication failed for user "boutique" at 10.0.0.7')
        },
      },
    })
    const broken = await testApi(shop, { face: { shop: { ...shop.shop, db } } })
    const answer = await broken.get('/catalog')
    isProblem(answer, 500, 'internal')
    assert.doesNotMatch(answer.text, /password|10\.0\.0\.7|Error|at /)
    assert.deepEqual(Object.keys(answer.body).sort(), ['code', 'request', 'status', 'title', 'type'])
  })

  it('never shows one customer the order, the cart or the product of another', async () => {
    const mine = (await order([{ code: cheap, units: [{}] }])).body
    const theirs = (await order([{ code: cheap, units: [{}] }])).body
    for (const token of [
      theirs.token,
      mine.token.slice(0, -1),
      `${mine.token}x`,
      mine.token.toLowerCase(),
      mine.number.padEnd(22, 'x'),
    ]) {
      isProblem(await api.get(`/orders/${mine.number}`, { as: `Order ${token}` }), 404, 'not_found')
      isProblem(
        await api.post(`/orders/${mine.number}/cancel`, {}, { as: `Order ${token}` }),
        404,
        'not_found',
      )
      isProblem(
        await api.post(`/orders/${mine.number}/payment`, undefined, { as: `Order ${token}` }),
        404,
        'not_found',
      )
    }
    const read = await api.get(`/orders/${mine.number}`, { as: `Order ${mine.token}` })
    assert.equal(read.status, 200)
    assert.doesNotMatch(read.text, new RegExp(mine.token))
    isProblem(
      await api.post(`/orders/${mine.number}/payment`, undefined, { as: `Order ${mine.token}` }),
      409,
      'conflict',
    )
  })
})
