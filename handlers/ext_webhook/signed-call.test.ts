import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { Refused, RetryLater } from 'boutique/sdk'
import handler from './handler.ts'
import { signedCall } from './signed-call.ts'

const secret = 'a secret of sixteen or more'

describe('the webhook’s call', () => {
  type Seen = { method?: string; headers: IncomingMessage['headers']; body: string; path?: string }
  let answer: (response: ServerResponse) => void
  let seen: Seen[] = []
  let url: string
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString('utf8')
    seen.push({ method: request.method, headers: request.headers, body, path: request.url })
    answer(response)
  })

  before(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo // it listens on a port
    url = `http://127.0.0.1:${port}/hook`
  })
  after(async () => {
    server.closeAllConnections()
    await new Promise((done) => server.close(done))
  })

  const call = (respond: typeof answer, timeoutSeconds = 5, signal = new AbortController().signal) => {
    answer = respond
    seen = []
    return signedCall({
      url,
      secret,
      timeoutSeconds,
      idempotencyKey: '2611-AAAA-BBBB-1-postpay',
      payload: { event: 'postpay', who: 'Léo' },
      signal,
    })
  }
  const status =
    (code: number, headers: Record<string, string> = {}, body = '') =>
    (response: ServerResponse) =>
      void response.writeHead(code, headers).end(body)

  it('is signed JSON that names its repetition', async () => {
    assert.equal(await call(status(200, {}, '{}')), '{}')
    const [one] = seen
    assert.ok(one)
    assert.equal(one.method, 'POST')
    assert.equal(one.headers['content-type'], 'application/json')
    assert.equal(one.headers['idempotency-key'], '2611-AAAA-BBBB-1-postpay')
    const [, t, v1] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(one.headers['boutique-signature'])) ?? []
    assert.equal(v1, createHmac('sha256', secret).update(`${t}.${one.body}`).digest('hex'))
    assert.ok(Math.abs(Date.now() / 1000 - Number(t)) < 60)
    assert.deepEqual(JSON.parse(one.body), { event: 'postpay', who: 'Léo' })
  })

  it('comes again when the service says so', async () => {
    for (const code of [429, 503]) {
      const waits = (error: unknown) => error instanceof RetryLater && error.after === 90
      await assert.rejects(call(status(code, { 'retry-after': '90' })), waits)
    }
    const date = new Date(Date.now() + 60_000).toUTCString()
    await assert.rejects(
      call(status(503, { 'retry-after': date })),
      (error: unknown) => error instanceof RetryLater && error.after > 50 && error.after <= 61,
    )
  })

  it('fails, to be tried again, when the service does', async () => {
    for (const code of [500, 502, 503, 408, 429]) {
      await assert.rejects(
        call(status(code, {}, 'oh')),
        (error: unknown) =>
          error instanceof Error &&
          !(error instanceof Refused || error instanceof RetryLater) &&
          error.message === `the service answered ${code}: oh`,
      )
    }
  })

  it('asks an operator at once, with the service’s words, when it is refused', async () => {
    await assert.rejects(call(status(422, {}, 'no such plan')), (error: unknown) => {
      return error instanceof Refused && /422: no such plan/.test(error.text.en) && /422/.test(error.text.fr)
    })
  })

  it('follows no redirection', async () => {
    await assert.rejects(
      call(status(307, { location: '/elsewhere' })),
      (error: unknown) => error instanceof Refused && /elsewhere/.test(error.text.fr),
    )
    assert.deepEqual(
      seen.map(({ path }) => path),
      ['/hook'],
    )
  })

  it('waits no longer than it may, for the answer and for its end', async () => {
    await assert.rejects(
      call(() => {}, 0.05),
      /did not answer within 0.05 s/,
    )
    const half = (response: ServerResponse) => void response.writeHead(200).write('{')
    await assert.rejects(call(half, 0.05), /did not answer within 0.05 s/)
  })

  it('stops when the shop stops', async () => {
    const stop = new AbortController()
    await assert.rejects(
      call(() => stop.abort(), 5, stop.signal),
      { name: 'AbortError' },
    )
  })

  it('reads no more than 64 KB', async () => {
    await assert.rejects(call(status(200, {}, 'x'.repeat(70_000))), /more than 65536 bytes/)
  })

  it('says what keeps the service from being reached', async () => {
    const unreachable = signedCall({
      url: 'http://127.0.0.1:1/',
      secret,
      timeoutSeconds: 5,
      idempotencyKey: 'k',
      payload: {},
      signal: new AbortController().signal,
    })
    await assert.rejects(unreachable, /the service can't be reached: /)
  })
})

describe('the webhook’s parameters', () => {
  const accepts = (url: string) => handler.internal.safeParse({ url, secret }).success

  it('take https, and http on this machine alone', () => {
    for (const url of ['https://x.example/h', 'http://localhost:8/h', 'http://127.0.0.1/h', 'http://[::1]/h'])
      assert.ok(accepts(url), url)
    for (const url of ['http://x.example/h', 'http://127.0.0.1.x.example/', 'ftp://x.example/', 'x'])
      assert.ok(!accepts(url), url)
  })

  it('keep the secret as one', () => {
    assert.equal(handler.internal.shape.secret.meta()?.type, 'secret')
  })
})
