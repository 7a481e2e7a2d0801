import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { setImmediate as breathe } from 'node:timers/promises'
import type { Customer } from '../db/schema.ts'
import { credits } from '../payments/credits.ts'
import { signatureHeader, signTestCard, testCard } from '../payments/test-card.ts'
import { transfer } from '../payments/transfer.ts'
import { openCart } from '../shop/cart.ts'
import { mailSignInLink, signIn } from '../shop/customer-session.ts'
import { createApiToken, createOperator, openSession } from '../shop/operator.ts'
import { cartOf, placeOrder } from '../shop/place-order.ts'
import { openReconciliationQueue } from '../shop/reconcile.ts'
import { saveEntry } from '../shop/save-entry.ts'
import { findOrder } from '../shop/view-order.ts'
import { testFace } from '../test/face.ts'
import { testShop } from '../test/shop.ts'
import { createApp } from './app.ts'
import { assetUrl } from './ui/assets.ts'

/** It runs where a page writes it as it is, in a text or in an attribute. */
const script = `"'><img src=x onerror=alert(1)>`
const running = '<img src=x'

const texts = [
  script,
  'a\0b',
  'a\r\nSet-Cookie: evil=1',
  'x'.repeat(20_000),
  "'; drop table orders; --",
  '%_\\',
  '../../../../etc/passwd',
  '//evil.example',
  '__proto__',
  '-1',
  '2147483648',
  '9223372036854775808',
  '1e309',
  '0000-01-01',
  '+275760-09-13',
  '2026-02-30',
  '[[[[[[]]]]]]',
]
/** As the places look from which a list goes on. */
const cursors = ['999999999999999.999999999999999', '999999999999.999999~x', '-999999999.9~', '1~\0']
/** As they stand in an address. The last ones are no UTF-8, or no text. */
const inAddresses = [...texts.map(encodeURIComponent), '%', '%ff%fe', '%ed%a0%80', '%00', '..%2f..%5c']
/** The longest and the plainest left out. */
const inQueries = inAddresses.filter((text) => text.length < 100 && !/passwd|drop|%25_|%5b/i.test(text))
/** For each field by itself: the sweep would take minutes otherwise. */
const few = [script, 'a\0b', '9223372036854775808', '+275760-09-13']
/** What JSON can say besides. */
const inJson: unknown[] = [
  ...few,
  '\ud800',
  null,
  -1,
  Number.MAX_SAFE_INTEGER,
  2 ** 63,
  1e308,
  [],
  [null],
  {},
  { __proto__: null },
]

type Answer = { status: number; type: string; text: string; headers: Headers }
type Sent = { body?: string; type?: string; headers?: Record<string, string> }

/** A parameter that an operator typed and nobody is to read again. */
const hushed = 'hushed-hushed-hushed'

const form = 'application/x-www-form-urlencoded'

describe('hostile input, at every address that the shop answers', async () => {
  const secret = 'x'.repeat(32)
  const means = [
    transfer({ holder: 'Atelier', iban: 'FR76', bic: 'AGRI' }),
    credits,
    testCard({ secrets: [secret] }),
  ]
  const test = await testShop({ means })
  const { db, shop } = test
  const app = createApp(testFace(test, { API_REQUESTS_PER_MINUTE: '1000000', TRUSTED_PROXIES: '1' }))
  const served = [
    ...new Map(
      app.routes
        .filter(({ method, path }) => method !== 'ALL' && !path.includes('*'))
        .map(({ method, path }) => [`${method} ${path}`, { method, path }]),
    ).values(),
  ]
  const pages = served.filter(({ method }) => method === 'GET')
  /** Values for the parts of addresses, of things that are there. */
  const values: Record<string, string> = { means: 'test_card', action: 'give', id: '1', picker: 'course' }
  const cookies = new Map<string, string>()
  let bearer = ''
  let sent = 0

  before(async () => {
    await openReconciliationQueue(shop.queue)
    const customer: Customer = {
      email: 'eve@buyers.example',
      firstname: script,
      lastname: script,
      company: `=1+1${script}`,
      address: `a\n${script}`,
    }
    const learner = { email: 'mallory@learners.example', firstname: script, lastname: script }
    const label = { en: script, fr: script }
    const remark = { name: 'remark', type: 'textarea', label, help: label, required: false }
    const answers = { external: learner, fields: { remark: script } }
    const course = await test.sell({
      handler: 'std_enroloncourse',
      internal: { course: 2, durationDays: 20 },
      fields: [remark],
    })
    const gone = await test.sell({ handler: 'std_enroloncourse', internal: { course: 999_999 } })
    const pack = await test.sell({
      handler: 'std_generateseats',
      internal: { courses: ['RGPD-01'], seats: 3 },
    })
    const hook = await saveEntry(
      shop,
      {
        code: 'HOOK-1',
        title: label,
        summary: label,
        description: label,
        category: label,
        priceCents: 1000,
        vatBasisPoints: 2000,
        handler: 'ext_webhook',
        internal: { url: 'https://127.0.0.1:9/', secret: hushed },
        fields: [],
        maxQuantity: null,
        position: 1,
      },
      { state: 'on_sale' },
    )
    assert.ok(hook.ok, JSON.stringify(hook))
    const bundle = await test.sell({ handler: null, parts: [{ code: course, quantity: 2 }] })
    await db
      .updateTable('entries')
      .set({ title: JSON.stringify(label), summary: JSON.stringify(label), category: JSON.stringify(label) })
      .execute()

    async function ordered(code: string, given: { external: object; fields: object }, payments = 2) {
      const content = cartOf([
        { code, units: [{ ...given, external: { ...given.external }, fields: { ...given.fields } }] },
      ])
      const checkout = { customer, means: 'test_card', termsAccepted: true, locale: 'en' } as const
      const placed = await placeOrder(shop, test.engine, { content }, checkout)
      assert.ok(placed.ok, JSON.stringify(placed))
      for (let n = 0; n < payments; n++) await test.pay(placed.order.number)
      await test.takeOver()
      const order = await findOrder(db, placed.order.number)
      assert.ok(order)
      return order
    }
    await ordered(gone, { external: learner, fields: {} })
    await ordered(course, answers)
    await ordered('HOOK-1', { external: {}, fields: {} })
    const [seat] = (await ordered(pack, { external: {}, fields: {} })).products
    const unpaid = await ordered(course, answers, 0)
    const key = await mailSignInLink(shop, { email: customer.email, locale: 'en' })
    const link = await mailSignInLink(shop, { email: customer.email, locale: 'en' })
    Object.assign(values, {
      code: course,
      number: unpaid.number,
      token: unpaid.token,
      unit: String(seat?.unitId),
      reference: seat?.reference,
      file: assetUrl('boutique.css').split('/').at(-1),
      key: link,
    })
    cookies.set('customer', (await signIn(db, key ?? '')) ?? '')
    // The first may be changed and disabled, and their token revoked; the second does it.
    for (const email of ['victim@staff.example', 'admin@staff.example']) {
      const made = await createOperator(db, { email, name: script, password: 'correct horse', role: 'admin' })
      assert.ok(made.ok)
      cookies.set('session', await openSession(db, made.operator.id))
      const program = { operatorId: made.operator.id, name: script, role: 'admin' } as const
      bearer = `Bearer ${(await createApiToken(db, program)).token}`
    }
    const cart = await openCart(db, {
      ...cartOf([
        { code: course, units: [answers] },
        { code: bundle, units: [{ external: {}, fields: {} }] },
      ]),
      customer,
    })
    cookies.set('cart', cart.token)
    values.cart = cart.id
  })

  async function send(method: string, path: string, { body, type, headers }: Sent = {}): Promise<Answer> {
    sent++
    const jar = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await app.request(path, {
      method,
      body,
      headers: {
        // somebody else each time, for the limits
        'x-forwarded-for': `10.${(sent >> 16) & 255}.${(sent >> 8) & 255}.${sent & 255}`,
        ...(path.startsWith('/api') ? { authorization: bearer } : { cookie: jar }),
        ...(type && { 'content-type': type }),
        ...headers,
      },
    })
    const kind = answer.headers.get('content-type') ?? ''
    if (kind.startsWith('text/event-stream')) await answer.body?.cancel()
    const text = answer.bodyUsed ? '' : await answer.text()
    await breathe()
    return { status: answer.status, type: kind, text, headers: answer.headers }
  }

  const pathOf = (pattern: string, but: Record<string, string> = {}) =>
    pattern.replace(/:([a-z]+)/g, (_, name: string) => {
      if (but[name] !== undefined) return but[name]
      if (name === 'id' && pattern.includes('/carts/')) return values.cart ?? ''
      if (name === 'id' && pattern.includes('/handlers/')) return 'std_enroloncourse'
      return encodeURIComponent(values[name] ?? '')
    })

  /** What is wrong with an answer, whatever was asked. */
  function faultsOf({ status, type, text, headers }: Answer): string[] {
    const leads = headers.get('location')
    return [
      // the readiness of this shop, which is not whole, is no matter here
      ...(status >= 500 && !text.includes('not_ready') ? [`answers ${status}`] : []),
      ...(type.startsWith('text/html') && text.includes(running) ? ['writes a script into its page'] : []),
      ...(text.includes(hushed) ? ['tells a secret'] : []),
      ...(headers.getSetCookie().some((cookie) => /evil/.test(cookie)) ? ['sets a cookie'] : []),
      ...(leads && new URL(leads, 'http://shop.test').origin !== 'http://shop.test'
        ? [`leads to ${leads}`]
        : []),
      ...(headers.get('x-content-type-options') === 'nosniff' ? [] : ['lets browsers guess its type']),
      ...(headers.has('content-security-policy') ? [] : ['has no policy']),
      ...(headers.has('cache-control') ? [] : ['may be kept by anybody']),
    ]
  }

  /** Collects what is wrong, so that a failure shows all of it. */
  function judging() {
    const wrong = new Set<string>()
    const judge = (what: string, answer: Answer) => {
      for (const fault of faultsOf(answer)) wrong.add(`${what.slice(0, 150)} ${fault}`)
      return answer
    }
    return { judge, done: () => assert.deepEqual([...wrong], []) }
  }

  it('shows what is stored as text, and nothing else', async () => {
    const { judge, done } = judging()
    let shown = 0
    const hooks = [
      '/office/entries/HOOK-1',
      '/api/v1/entries/HOOK-1',
      '/office/productions/4',
      '/api/v1/productions/4',
    ]
    for (const path of [...pages.map(({ path }) => pathOf(path)), ...hooks]) {
      const { text } = judge(path, await send('GET', path))
      if (text.includes('&lt;img src=x')) shown++
    }
    assert.ok(shown > 20, `only ${shown} pages show any of it`)
    assert.ok(pages.length > 80)
    done()
  })

  it('shows a viewer nothing by which they could act as a customer', async () => {
    const made = await createOperator(db, {
      email: 'viewer@staff.example',
      name: 'Vera',
      password: 'correct horse',
      role: 'viewer',
    })
    assert.ok(made.ok)
    const program = { operatorId: made.operator.id, name: 'reports', role: 'viewer' } as const
    const { token } = await createApiToken(db, program)
    const admin = { session: cookies.get('session') ?? '', bearer }
    cookies.set('session', await openSession(db, made.operator.id))
    bearer = `Bearer ${token}`
    assert.deepEqual(await tellingPages(), [])
    cookies.set('session', admin.session)
    bearer = admin.bearer
    assert.ok((await tellingPages()).length > 2, 'whoever may act for them sees it')
  })

  /** What of the office and the API tells the token of an order, or the key of a link to sign in. */
  async function tellingPages(): Promise<string[]> {
    const orders = await db.selectFrom('orders').select('token').execute()
    const keys = [...orders.map(({ token }) => token), values.key ?? '']
    const ids = [1, 2, 3, 4, 5, 6].flatMap((id) => [
      `/office/productions/${id}`,
      `/office/mails/${id}`,
      `/api/v1/productions/${id}`,
    ])
    const telling: string[] = []
    for (const page of [...pages.map(({ path }) => pathOf(path)), ...ids]) {
      if (!/^\/(office|api)/.test(page)) continue
      const { text } = await send('GET', page)
      if (keys.some((key) => text.includes(key))) telling.push(page)
    }
    return telling
  }

  it('takes no form of another site’s', async () => {
    // a provider signs what it sends; the stand-in's page is another company's
    const open = ['/payments/:means/notifications', '/test-card/:number/:token']
    for (const { method, path } of served) {
      if (method !== 'POST' || path.startsWith('/api') || open.includes(path)) continue
      const answer = await send('POST', pathOf(path), { body: 'csrf=x', type: form })
      assert.equal(answer.status, 403, path)
    }
  })

  it('leads out of the shop from no address', async () => {
    for (const path of ['//evil.example', '//evil.example/x?next=//evil.example', '/%5cevil.example']) {
      const { text } = await send('GET', `http://shop.test${path}`)
      assert.doesNotMatch(text, /(?:href|action)="(?:[/\\]{2}|https?:\/\/evil)/, path)
    }
  })

  it('does no harm in a part of an address', async () => {
    const { judge, done } = judging()
    for (const { method, path } of served) {
      for (const [, name = ''] of path.matchAll(/:([a-z]+)/g)) {
        for (const text of inAddresses) {
          judge(`${method} ${path} with ${name}=${text}`, await send(method, pathOf(path, { [name]: text })))
        }
      }
    }
    done()
  })

  it('does no harm in a query', async () => {
    const { judge, done } = judging()
    const document = JSON.parse((await send('GET', '/api/openapi.json')).text)
    for (const { path } of pages) {
      const found = path.startsWith('/api')
        ? (document.paths[path.replaceAll(/:(\w+)/g, '{$1}')]?.get?.parameters ?? [])
            .filter((one: { in: string }) => one.in === 'query')
            .map((one: { name: string }) => one.name)
        : namesIn((await send('GET', pathOf(path))).text)
      const names = new Set<string>([...found, 'next', 'before', 'after', 'product', 'search', 'most'])
      for (const text of inQueries) {
        const query = [...names].map((name) => `${encodeURIComponent(name)}=${text}`).join('&')
        judge(`GET ${path} with all=${text}`, await send('GET', `${pathOf(path)}?${query}`))
      }
      for (const name of names) {
        const alone = ['after', 'before'].includes(name) ? [...few, ...cursors] : few.slice(-2)
        for (const text of alone.map(encodeURIComponent)) {
          judge(`GET ${path} with ${name}=${text}`, await send('GET', `${pathOf(path)}?${name}=${text}`))
        }
      }
    }
    done()
  })

  it('does no harm in a cookie', async () => {
    const { judge, done } = judging()
    const kept = new Map(cookies)
    for (const { path } of pages.filter(({ path }) => !path.startsWith('/api'))) {
      for (const name of ['visitor', 'cart', 'customer', 'session', 'lang']) {
        for (const text of ['%00', '%ff', encodeURIComponent(script), 'x'.repeat(4000)]) {
          cookies.set(name, text)
          judge(`GET ${path} with the cookie ${name}=${text}`, await send('GET', pathOf(path)))
        }
        cookies.set(name, kept.get(name) ?? '')
      }
    }
    done()
  })

  it('does no harm in JSON', async () => {
    const { judge, done } = judging()
    const document = JSON.parse((await send('GET', '/api/openapi.json')).text)
    const operations = served.filter(({ method, path }) => method !== 'GET' && path.startsWith('/api'))
    assert.ok(operations.length > 25)
    for (const { method, path } of operations) {
      const described = document.paths[path.replaceAll(/:(\w+)/g, '{$1}')][method.toLowerCase()]
      const example = described.requestBody?.content['application/json'].example
      for (const body of [example, ...inJson, ...variations(example)]) {
        const text = JSON.stringify(body)
        const headers = { 'idempotency-key': `hostile-${sent}` }
        const answer = await send(method, pathOf(path), { body: text, type: 'application/json', headers })
        judge(`${method} ${path} of ${text}`, answer)
      }
    }
    done()
  })

  it('does no harm in a form', async () => {
    const { judge, done } = judging()
    const posts = served
      .filter(({ method, path }) => method === 'POST' && !path.startsWith('/api'))
      .map(({ path }) => path)
      // signing out comes last
      .sort((one, other) => Number(one.includes('sign-')) - Number(other.includes('sign-')))
    const { forms, tokens } = await formsOfPages(posts)
    assert.ok(forms.size > 25, `only ${forms.size} forms were found`)
    const everything = Object.assign({}, ...[...forms.values()].map(({ fields }) => fields))
    for (const path of posts) {
      const found = forms.get(path)
      const fields: Record<string, string> = found?.fields ?? everything
      const names = Object.keys(fields)
      const all = (text: string) => Object.fromEntries(names.map((name) => [name, text]))
      const bodies = [
        ...(path.includes('/sign-in') ? few : texts).map(all),
        ...(found ? names.flatMap((name) => few.map((text) => ({ ...fields, [name]: text }))) : []),
        Object.fromEntries(
          names.flatMap((name) => [`${name}[]`, `${name}.x`, `__proto__.${name}`].map((one) => [one, '1'])),
        ),
      ]
      for (const body of bodies) {
        const csrf = tokens.get(path.startsWith('/office') ? 'office' : 'shop') ?? ''
        const text = new URLSearchParams({ ...body, csrf }).toString()
        const answer = await send('POST', found?.at ?? pathOf(path), { body: text, type: form })
        judge(`POST ${path} of ${JSON.stringify(body)}`, answer)
        // else this sweeps nothing but the check of the token
        assert.notEqual(answer.status, 403, path)
      }
    }
    for (const { path } of pages) judge(`then GET ${path}`, await send('GET', pathOf(path)))
    done()
  })

  it('does no harm in a notification', async () => {
    const { judge, done } = judging()
    const sound = {
      id: 'evt_1',
      type: 'payment.succeeded',
      created: 1_700_000_000,
      data: { order: values.number, payment: 'pay_1', amountCents: 100, currency: 'EUR' },
    }
    for (const notification of variations(sound)) {
      const body = JSON.stringify(notification)
      const headers = { [signatureHeader]: signTestCard(body, secret) }
      const path = '/payments/test_card/notifications'
      judge(
        `a notification of ${body}`,
        await send('POST', path, { body, headers, type: 'application/json' }),
      )
    }
    done()
  })

  /** The forms of all pages by the route that they lead to, with all that they hold; and the tokens of both faces. */
  async function formsOfPages(posts: string[]) {
    const forms = new Map<string, { at: string; fields: Record<string, string> }>()
    const tokens = new Map<string, string>()
    const more = [
      `/office/products/batches/new?product=${values.reference}&action=give`,
      '/office/payments/credits?email=eve@buyers.example',
      ...[1, 2, 3, 4].map((id) => `/office/productions/${id}`),
    ]
    for (const page of [...pages.map(({ path }) => pathOf(path)), ...more]) {
      if (page.startsWith('/api')) continue
      const { text, headers } = await send('GET', page)
      for (const cookie of headers.getSetCookie()) {
        const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
        if (name === 'visitor') cookies.set(name, value)
      }
      for (const [, tag = '', inside = ''] of text.matchAll(/<form\b([^>]*)>(.*?)<\/form>/gs)) {
        const { csrf, ...fields } = fieldsIn(inside)
        if (csrf) tokens.set(page.startsWith('/office') ? 'office' : 'shop', csrf)
        const actions = [tag, inside].flatMap((part) => [...part.matchAll(/\b(?:form)?action="([^"?]*)/g)])
        for (const [, at = ''] of actions) {
          const route = posts.find((path) => new RegExp(`^${path.replaceAll(/:[a-z]+/g, '[^/]+')}$`).test(at))
          if (route) forms.set(route, { at, fields: { ...forms.get(route)?.fields, ...fields } })
        }
      }
    }
    return { forms, tokens }
  }
})

/** The names that a page's links and its forms that only ask have in their queries. */
function namesIn(html: string): string[] {
  const links = [...html.matchAll(/href="[^"?]*\?([^"#]*)/g)].flatMap(([, query = '']) => [
    ...new URLSearchParams(query.replaceAll('&amp;', '&')).keys(),
  ])
  const asking = [...html.matchAll(/<form\b(?![^>]*method="post")[^>]*>(.*?)<\/form>/gs)]
  // the sweep reads English
  return [...links, ...asking.flatMap(([, inside = '']) => Object.keys(fieldsIn(inside)))].filter(
    (name) => name !== 'lang',
  )
}

function fieldsIn(html: string): Record<string, string> {
  const plain = (text = '') =>
    text
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&')
  const attribute = (tag: string, name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(tag)?.[1]
  const inputs = [...html.matchAll(/<(?:input|button)\b([^>]*)>/g)].map(([, tag = '']) => [
    attribute(tag, 'name'),
    plain(attribute(tag, 'value')),
  ])
  const areas = [...html.matchAll(/<textarea\b([^>]*)>(.*?)<\/textarea>/gs)].map(([, tag = '', text]) => [
    attribute(tag, 'name'),
    plain(text),
  ])
  const selects = [...html.matchAll(/<select\b([^>]*)>(.*?)<\/select>/gs)].map(
    ([, tag = '', options = '']) => [
      attribute(tag, 'name'),
      plain(attribute(/<option\b([^>]*\bselected\b[^>]*)>/.exec(options)?.[1] ?? '', 'value')),
    ],
  )
  return Object.fromEntries([...inputs, ...areas, ...selects].filter(([name]) => name !== undefined))
}

/** The value with each of its parts, one at a time, replaced by each hostile one. */
function variations(value: unknown): unknown[] {
  if (Array.isArray(value)) {
    return value.flatMap((inner, index) => [
      ...inJson.map((hostile) => value.with(index, hostile)),
      ...variations(inner).map((varied) => value.with(index, varied)),
    ])
  }
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    [...inJson, ...variations(inner)].map((varied) => ({ ...value, [name]: varied })),
  )
}
