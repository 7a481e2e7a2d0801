import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { pino } from 'pino'
import type { Means } from '../payments/means.ts'
import { testFace } from '../test/face.ts'
import { testShop } from '../test/shop.ts'
import { createApp } from './app.ts'

const card: Means = {
  id: 'card',
  kind: 'immediate',
  title: { en: 'Card', fr: 'Carte' },
  summary: { en: 'A card.', fr: 'Une carte.' },
  origins: ['https://pay.example'],
  start: async () => ({ redirectTo: 'https://pay.example/session/1' }),
  readNotification: async () => ({ ok: false, status: 400, reason: 'none is sent' }),
}

describe('the web side as a whole', async () => {
  const face = testFace(await testShop({ handlers: [], means: [card] }))
  const app = createApp(face)

  it('lets forms lead to the pages of its means of payment, and nowhere else', async () => {
    const policy = (await app.request('/')).headers.get('content-security-policy') ?? ''
    assert.match(policy, /form-action 'self' https:\/\/pay\.example;/)
  })

  it('logs what broke a page once', async () => {
    const lines: { level: number; err?: { message: string } }[] = []
    const log = pino({}, { write: (line: string) => lines.push(JSON.parse(line)) })
    const db = new Proxy(face.shop.db, {
      get: () => () => {
        throw new Error('the drawer is stuck')
      },
    })
    const broken = createApp({ ...face, log, shop: { ...face.shop, db } })
    for (const path of ['/', '/office']) {
      lines.length = 0
      assert.equal((await broken.request(path, { headers: { cookie: 'session=abc' } })).status, 500, path)
      const errors = lines.filter(({ level }) => level >= 50)
      assert.equal(errors.length, 1, path)
      assert.match(errors[0]?.err?.message ?? '', /drawer/)
    }
  })

  it('says that a body is too large, to programs and to people', async () => {
    const sent = { method: 'POST', body: 'x'.repeat(1_100_000) }
    const length = { 'content-length': '1100000' }
    const program = await app.request('/api/v1/carts', {
      ...sent,
      headers: { ...length, 'content-type': 'application/json' },
    })
    assert.equal(program.status, 413)
    assert.equal(program.headers.get('content-type'), 'application/problem+json')
    const person = await app.request('/cart', {
      ...sent,
      headers: { ...length, 'content-type': 'application/x-www-form-urlencoded' },
    })
    assert.equal(person.status, 413)
    assert.match(person.headers.get('content-type') ?? '', /text\/html/)
  })

  it('says once that a proxy stands before the shop which the settings don’t know of', async () => {
    for (const [proxies, times] of [
      [0, 1],
      [1, 0],
    ] as const) {
      const lines: string[] = []
      const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) })
      const config = { ...face.config, TRUSTED_PROXIES: proxies }
      const behind = createApp({ ...face, log, config })
      for (let n = 0; n < 3; n++) {
        await behind.request('/healthz', { headers: { 'x-forwarded-for': '192.0.2.7' } })
      }
      assert.equal(lines.filter((line) => line.includes('TRUSTED_PROXIES')).length, times)
    }
  })

  it('answers below /api as the API does, and elsewhere with pages', async () => {
    for (const path of ['/api/nothing', '/api/v1/nothing', '/api/v1']) {
      const reply = await app.request(path, { method: 'POST' })
      assert.equal(reply.status, 404, path)
      assert.equal(reply.headers.get('content-type'), 'application/problem+json', path)
    }
    const page = await app.request('/apiary')
    assert.equal(page.status, 404)
    assert.match(page.headers.get('content-type') ?? '', /text\/html/)
  })

  it('gives every answer its security headers and an id', async () => {
    for (const path of [
      '/',
      '/api',
      '/api/v1/catalog',
      '/api/openapi.json',
      '/healthz',
      '/readyz',
      '/nothing',
    ]) {
      const reply = await app.request(path)
      assert.match(reply.headers.get('content-security-policy') ?? '', /default-src 'self'/, path)
      assert.equal(reply.headers.get('x-content-type-options'), 'nosniff', path)
      assert.match(reply.headers.get('x-request-id') ?? '', /^[0-9a-f-]{36}$/, path)
    }
  })
})
