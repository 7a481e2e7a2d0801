import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Hono } from 'hono'
import { pino } from 'pino'
import { type RequestEnv, requestLog } from './request-log.ts'

function logged(level = 'info') {
  const lines: Record<string, unknown>[] = []
  const log = pino({ level }, { write: (line: string) => lines.push(JSON.parse(line)) })
  const orders = new Hono()
  orders.get('/orders/:number/:token', (c) => c.text('here'))
  orders.get('/broken', () => {
    throw new Error('the drawer is stuck')
  })
  orders.onError((_error, c) => c.text('sorry', 500))
  const app = new Hono<RequestEnv>()
  app.use(requestLog(log))
  app.get('/healthz', (c) => c.text('ok'))
  app.route('/', orders)
  return { app, lines }
}

describe('request log', () => {
  it('names the route, and neither the token in the address nor the query', async () => {
    const { app, lines } = logged()
    await app.request('/orders/2026-000001/s3cr3t-token?email=alice@buyers.example')
    assert.equal(lines.length, 1)
    assert.equal(lines[0]?.route, '/orders/:number/:token')
    assert.equal(lines[0]?.method, 'GET')
    assert.equal(lines[0]?.status, 200)
    assert.equal(typeof lines[0]?.ms, 'number')
    assert.doesNotMatch(JSON.stringify(lines), /s3cr3t|alice/)
  })

  it('says of an address that nobody serves that it is unknown', async () => {
    const { app, lines } = logged()
    await app.request('/orders/2026-000001/s3cr3t-token/nonsense')
    assert.equal(lines[0]?.route, 'unknown')
    assert.equal(lines[0]?.status, 404)
    assert.doesNotMatch(JSON.stringify(lines), /s3cr3t/)
  })

  it('keeps the id of the proxy before us, and makes its own of one that could forge log lines', async () => {
    const { app, lines } = logged()
    const kept = await app.request('/orders/1/2', { headers: { 'x-request-id': 'proxy-000001' } })
    assert.equal(kept.headers.get('x-request-id'), 'proxy-000001')
    assert.equal(lines[0]?.request, 'proxy-000001')
    const made = await app.request('/orders/1/2', { headers: { 'x-request-id': 'a {"level":50} b' } })
    assert.match(made.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/)
  })

  it('tells an unexpected error with its cause, at level error', async () => {
    const { app, lines } = logged()
    await app.request('/broken')
    assert.equal(lines[0]?.level, 50)
    assert.match(JSON.stringify(lines[0]?.err), /the drawer is stuck/)
  })

  it('is quiet about the checks that come every second', async () => {
    const { app, lines } = logged()
    await app.request('/healthz')
    assert.equal(lines.length, 0)
  })
})
