import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Hono } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { readCookie, writeCookie } from './cookies.ts'
import {
  clientAddress,
  csrfToken,
  limitBody,
  protectForms,
  readBody,
  refuseNul,
  security,
  type WebEnv,
} from './security.ts'

function shop({ publicUrl = 'http://shop.test', secret = 'k'.repeat(32), proxies = 0 } = {}) {
  const app = new Hono<WebEnv>()
  app.use(security({ publicUrl, secret, proxies }), limitBody, refuseNul, protectForms)
  app.get('/', (c) => c.text(`${csrfToken(c)} ${csrfToken(c)}`))
  app.get('/plain', (c) => c.text('no form here'))
  app.post('/', async (c) => c.json(await readBody(c)))
  app.get('/address', (c) => c.text(clientAddress(c)))
  app.get('/session', (c) => {
    writeCookie(c, 'session', 'abc', 1)
    return c.text(readCookie(c, 'session') ?? 'none')
  })
  app.onError((error) =>
    error instanceof HTTPException ? error.getResponse() : new Response('', { status: 500 }),
  )
  return app
}

/** A page with a form, as a browser keeps it. */
async function openForm(app: Hono<WebEnv>, cookies = '') {
  const page = await app.request('/', { headers: { cookie: cookies } })
  const given = page.headers.get('set-cookie')?.split(';')[0]
  return {
    token: (await page.text()).split(' ')[0] ?? '',
    cookie: [cookies, given].filter(Boolean).join('; '),
  }
}

function post(app: Hono<WebEnv>, fields: Record<string, string>, headers: Record<string, string>) {
  return app.request('http://shop.test/', { method: 'POST', body: new URLSearchParams(fields), headers })
}

describe('a form', () => {
  it('is taken from a page of ours', async () => {
    const app = shop()
    const { token, cookie } = await openForm(app)
    const answer = await post(
      app,
      { csrf: token, a: '1' },
      { cookie, origin: 'http://shop.test', 'sec-fetch-site': 'same-origin' },
    )
    assert.deepEqual([answer.status, await answer.json()], [200, { csrf: token, a: '1' }])
  })

  it('is refused without its token, with another’s, or without the cookie', async () => {
    const app = shop()
    const mine = await openForm(app)
    const other = await openForm(app)
    assert.notEqual(mine.token, other.token)
    const cases: [Record<string, string>, Record<string, string>][] = [
      [{}, { cookie: mine.cookie }],
      [{ csrf: '' }, { cookie: mine.cookie }],
      [{ csrf: other.token }, { cookie: mine.cookie }],
      [{ csrf: `${mine.token}x` }, { cookie: mine.cookie }],
      [{ csrf: mine.token }, {}],
      [{ csrf: mine.token }, { cookie: 'visitor=' }],
    ]
    for (const [fields, headers] of cases) assert.equal((await post(app, fields, headers)).status, 403)
  })

  it('is refused from another site, even with the token', async () => {
    const app = shop()
    const { token, cookie } = await openForm(app)
    const strangers: Record<string, string>[] = [
      { origin: 'https://evil.test' },
      { origin: 'null' },
      { origin: 'http://shop.test.evil.test' },
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
    ]
    for (const headers of strangers) {
      assert.equal(
        (await post(app, { csrf: token }, { ...headers, cookie })).status,
        403,
        JSON.stringify(headers),
      )
    }
  })

  it('is taken at the address that the browser used, when it is not the public one', async () => {
    const app = shop({ publicUrl: 'https://shop.example' })
    const { token, cookie } = await openForm(app)
    const send = (headers: Record<string, string>) => post(app, { csrf: token }, { ...headers, cookie })
    assert.equal((await send({ origin: 'http://localhost:4870', host: 'localhost:4870' })).status, 200)
    assert.equal((await send({ origin: 'https://shop.example', host: 'internal:80' })).status, 200)
    assert.equal((await send({ origin: 'http://localhost:4870', host: 'internal:80' })).status, 403)
  })

  it('of before the sign-in is refused after it', async () => {
    const app = shop()
    const { token, cookie } = await openForm(app)
    assert.equal((await post(app, { csrf: token }, { cookie: `${cookie}; session=abc` })).status, 403)
    const after = await openForm(app, `${cookie}; session=abc`)
    assert.equal((await post(app, { csrf: after.token }, { cookie: after.cookie })).status, 200)
  })

  it('of a shop with another secret is refused', async () => {
    const { token, cookie } = await openForm(shop({ secret: 'o'.repeat(32) }))
    assert.equal((await post(shop(), { csrf: token }, { cookie })).status, 403)
  })

  it('has one token a page, and a page without a form gives no cookie', async () => {
    const app = shop()
    const [first, second] = (await (await app.request('/')).text()).split(' ')
    assert.equal(first, second)
    assert.equal((await app.request('/plain')).headers.get('set-cookie'), null)
  })

  it('keeps repeated fields, reads files that are text, and takes no more than a megabyte', async () => {
    const app = shop()
    const { token, cookie } = await openForm(app)
    const body = new FormData()
    body.append('csrf', token)
    body.append('a', '1')
    body.append('a', '2')
    body.append('file', new File(['x'], 'x.txt'))
    const answer = await app.request('/', { method: 'POST', body, headers: { cookie } })
    assert.deepEqual(await answer.json(), { csrf: token, a: ['1', '2'], file: 'x' })
    body.append('file', new File([new Uint8Array([0x50, 0x4b, 3, 4])], 'x.xlsx'))
    assert.equal((await app.request('/', { method: 'POST', body, headers: { cookie } })).status, 415)
    const huge = await post(app, { csrf: token, a: 'x'.repeat(1_000_001) }, { cookie })
    assert.equal(huge.status, 413)
  })
})

describe('a form that is none', () => {
  it('is refused as damaged', async () => {
    const app = shop()
    const { cookie } = await openForm(app)
    for (const type of ['multipart/form-data', 'multipart/form-data; boundary=b']) {
      const headers = { cookie, 'content-type': type }
      assert.equal((await app.request('/', { method: 'POST', body: '--b\r\nx', headers })).status, 400, type)
    }
  })

  it('is refused when it breaks off, whether it said its length or not', async () => {
    const app = shop()
    const { token, cookie } = await openForm(app)
    for (const length of [undefined, '500000']) {
      const body = new ReadableStream({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(`csrf=${token}&a=`))
          controller.error(new Error('aborted'))
        },
      })
      const headers = {
        cookie,
        'content-type': 'application/x-www-form-urlencoded',
        ...(length && { 'content-length': length }),
      }
      const answer = await app.request('/', { method: 'POST', body, headers, duplex: 'half' } as RequestInit)
      assert.equal(answer.status, 400)
    }
  })

  it('is refused when it has more fields than any form, before they are read', async () => {
    const app = shop()
    const { token, cookie } = await openForm(app)
    const send = (fields: number) =>
      app.request('/', {
        method: 'POST',
        body: `csrf=${token}${'&a'.repeat(fields)}`,
        headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
      })
    assert.equal((await send(15_000)).status, 200)
    assert.equal((await send(400_000)).status, 413)
  })
})

describe('a NUL, which no text of the database can hold', () => {
  it('is taken out of what a form sends, names included', async () => {
    const app = shop()
    const { token, cookie } = await openForm(app)
    const answer = await post(app, { csrf: token, 'a\0': 'b\0c' }, { cookie })
    assert.deepEqual(await answer.json(), { csrf: token, a: 'bc' })
  })

  it('leads nowhere in an address', async () => {
    const app = shop()
    assert.equal((await app.request('/plain?search=a%00')).status, 404)
    assert.equal((await app.request('/plain?search=%2500')).status, 200)
  })
})

describe('every answer', () => {
  it('forbids inline scripts, frames and guessing', async () => {
    const { headers } = await shop().request('/plain')
    const policy = headers.get('content-security-policy') ?? ''
    assert.match(policy, /default-src 'self'/)
    assert.match(policy, /frame-ancestors 'none'/)
    assert.doesNotMatch(policy, /unsafe/)
    assert.equal(headers.get('x-content-type-options'), 'nosniff')
    assert.equal(headers.get('referrer-policy'), 'same-origin')
    assert.equal(headers.get('cache-control'), 'private, no-cache')
  })

  it('is bound to https only where the shop is', async () => {
    const plain = await shop().request('/session')
    assert.equal(plain.headers.get('strict-transport-security'), null)
    assert.equal(
      plain.headers.get('set-cookie'),
      'session=abc; Max-Age=86400; Path=/office; HttpOnly; SameSite=Lax',
    )
    const secure = await shop({ publicUrl: 'https://shop.test' }).request('/session')
    assert.match(secure.headers.get('strict-transport-security') ?? '', /max-age/)
    assert.match(secure.headers.get('set-cookie') ?? '', /^__Secure-session=.*; Secure/)
  })
})

describe('a cookie that a site beside the shop plants', () => {
  it('is none of the shop’s over https', async () => {
    const app = shop({ publicUrl: 'https://shop.test' })
    const { token, cookie } = await openForm(app)
    assert.match(cookie, /^__Host-visitor=/)
    assert.equal((await post(app, { csrf: token }, { cookie })).status, 200)
    assert.equal((await post(app, { csrf: token }, { cookie: cookie.replace('__Host-', '') })).status, 403)
  })
})

describe('the address of who asks', () => {
  const ask = async (proxies: number, forwarded: string) =>
    await (await shop({ proxies }).request('/address', { headers: { 'x-forwarded-for': forwarded } })).text()

  it('is not what they say themselves', async () => {
    assert.equal(await ask(0, '6.6.6.6'), 'unknown')
    assert.equal(await ask(1, '6.6.6.6, 192.0.2.7'), '192.0.2.7')
    assert.equal(await ask(2, '6.6.6.6, 192.0.2.7, 10.0.0.1'), '192.0.2.7')
  })

  it('is the network of an IPv6 address, since one person has a whole one', async () => {
    assert.equal(await ask(1, '2001:db8:1:2:3:4:5:6'), '2001:db8:1:2')
    for (const one of ['2001:db8::a:b:c:d', '2001:DB8::1', '2001:db8:0:0:9:9:9:9', '[2001:db8::7]:41000']) {
      assert.equal(await ask(1, one), '2001:db8:0:0', one)
    }
    assert.equal(await ask(1, '::1'), '0:0:0:0')
    assert.equal(await ask(1, '::ffff:192.0.2.7'), '192.0.2.7')
  })

  it('is the same whatever port a proxy adds', async () => {
    assert.equal(await ask(1, '192.0.2.7:41000'), '192.0.2.7')
  })
})
