import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Hono } from 'hono'
import { RawNode, ValueNode } from 'kysely'
import { signatureHeader, signTestCard, testCard } from '../../payments/test-card.ts'
import { transfer } from '../../payments/transfer.ts'
import { orderUrl } from '../../shop/order-url.ts'
import { validatePayment } from '../../shop/payment.ts'
import { testFace } from '../../test/face.ts'
import { testShop, until } from '../../test/shop.ts'
import { visitor } from '../../test/visitor.ts'
import { routes } from '../routes.ts'
import { limitBody, security, type WebEnv } from '../security.ts'
import { storefront } from './storefront.tsx'

const secret = 'x'.repeat(32)

describe('the storefront', async () => {
  const means = [
    transfer({ holder: 'Atelier', iban: 'FR76 1234', bic: 'AGRI' }),
    testCard({ secrets: [secret] }),
  ]
  const test = await testShop({ means })
  const { db, shop } = test
  await test.work()
  const face = testFace(test)
  const app = new Hono<WebEnv>()
  app.use(security({ publicUrl: shop.settings.publicUrl, secret }), limitBody)
  app.route('/', storefront(face))
  const english = { 'accept-language': 'en' }

  const course = (await shop.site.course('DATA-101'))?.id
  const hidden = (await shop.site.course('SPEAK-01'))?.id
  const fields = [
    {
      name: 'company',
      type: 'text',
      label: { en: 'Employer', fr: 'Employeur' },
      required: true,
      sameForAll: true,
    },
  ]
  await test.sell({
    code: 'COURSE',
    handler: 'std_enroloncourse',
    internal: { course },
    fields,
    maxQuantity: 5,
  })
  await test.sell({ code: 'OTHER', handler: 'std_enroloncourse', internal: { course: hidden } })
  await test.sell({ code: 'BOOK', handler: null, priceCents: 1_900 })
  await test.sell({ code: 'FREE', handler: null, priceCents: 0 })
  await test.sell({ code: 'BROKEN', handler: 'ext_not_there' })

  /** The name of an input of the n-th unit of the page. */
  const unitKeys = (html: string) =>
    [...html.matchAll(/name="units" value="([^"]+)"/g)].map(([, key]) => String(key))

  async function withCourse(quantity = '1') {
    const someone = visitor(app, english)
    await someone.open('/entries/COURSE')
    const cart = await someone.send('/cart/add', { quantity })
    return { someone, keys: unitKeys(cart.html) }
  }

  const learner = (key: string | undefined, email: string, company = 'Rhône') => ({
    [`unit.${key}.external.email`]: email,
    [`unit.${key}.external.firstname`]: 'Luc',
    [`unit.${key}.external.lastname`]: 'Roy',
    [`unit.${key}.fields.company`]: company,
  })

  const details = {
    'customer.firstname': 'Ada',
    'customer.lastname': 'Martin',
    'customer.email': 'ada@buyers.example',
    means: 'transfer',
    terms: 'on',
  }

  async function ordered(chosen: Record<string, string> = {}) {
    const { someone, keys } = await withCourse()
    const email = `${crypto.randomUUID()}@learners.example`
    await someone.send('/cart', { intent: 'checkout', ...learner(keys[0], email) })
    const page = await someone.send('/checkout', { ...details, ...chosen })
    const [, , number = '', token = ''] = page.url.split('?')[0]?.split('/') ?? []
    return { someone, page, number, token, email }
  }

  const notify = (event: Record<string, unknown>, signedWith = secret) => {
    const body = JSON.stringify(event)
    return app.request('/payments/test_card/notifications', {
      method: 'POST',
      body,
      headers: { [signatureHeader]: signTestCard(body, signedWith) },
    })
  }
  const payment = (order: string, amountCents = 10_000, type = 'payment.succeeded') => ({
    id: `evt_${crypto.randomUUID()}`,
    type,
    created: Math.floor(Date.now() / 1000),
    data: { order, payment: `pay_${crypto.randomUUID()}`, amountCents, currency: 'EUR' },
  })

  describe('catalog', () => {
    it('shows what is on sale, all of it or one category, and not what no handler can produce', async () => {
      const someone = visitor(app, english)
      const all = await someone.open('/')
      assert.match(all.html, /\/entries\/COURSE/)
      assert.doesNotMatch(all.html, /BROKEN/)
      const one = await someone.open('/?category=BOOK')
      assert.match(one.html, /\/entries\/BOOK/)
      assert.doesNotMatch(one.html, /\/entries\/COURSE/)
    })

    it('speaks the language of the browser, or the one that was chosen', async () => {
      assert.match((await visitor(app, { 'accept-language': 'fr-FR' }).open('/')).html, /Former une personne/)
      const someone = visitor(app, { 'accept-language': 'fr-FR' })
      await someone.open('/?lang=en')
      assert.match((await someone.open('/cart')).html, /Your cart is empty/)
    })

    it('draws a cover for what is on sale only', async () => {
      const cover = await app.request('/covers/COURSE')
      assert.equal(cover.headers.get('content-type'), 'image/svg+xml')
      assert.equal((await app.request('/covers/NOTHING')).status, 404)
    })

    it('answers in its own style for what is not there', async () => {
      for (const path of ['/entries/NOTHING', '/nowhere', '/orders/1/2']) {
        const page = await visitor(app, english).open(path)
        assert.equal(page.status, 404, path)
        assert.match(page.html, /This page is not here/, path)
      }
    })
  })

  describe('cart', () => {
    it('asks each unit its own form, and takes no more units than the entry allows', async () => {
      const { someone, keys } = await withCourse('12')
      assert.equal(keys.length, 5)
      assert.match(someone.page().html, /5 units of this at the most/)
      for (const key of keys)
        assert.match(someone.page().html, new RegExp(`name="unit\\.${key}\\.fields\\.company"`))
    })

    it('says what is missing at its unit and field, and keeps what is right', async () => {
      const { someone, keys } = await withCourse('2')
      const page = await someone.send('/cart', {
        intent: 'checkout',
        ...learner(keys[0], 'luc@learners.example'),
        ...learner(keys[1], 'zoe at learners'),
      })
      assert.equal(page.status, 422)
      assert.match(page.html, new RegExp(`<a href="#field-unit-${keys[1]}-external-email">COURSE, unit 2`))
      assert.doesNotMatch(page.html, new RegExp(`href="#field-unit-${keys[0]}`))
      assert.match(page.html, /value="zoe at learners"/)
      assert.match(page.html, /value="luc@learners\.example"/)
    })

    it('keeps what was typed when a unit is added, removed, or the browser comes back', async () => {
      const { someone, keys } = await withCourse()
      await someone.send('/cart', { intent: 'add:COURSE', ...learner(keys[0], 'luc@learners.example') })
      const added = unitKeys(someone.page().html)
      assert.equal(added.length, 2)
      await someone.send('/cart', { intent: `remove:${added[1]}` })
      const later = await someone.open('/cart')
      assert.equal(unitKeys(later.html).length, 1)
      assert.match(later.html, /value="luc@learners\.example"/)
      const cookie = (
        await app.request('/cart', { headers: { cookie: `cart=${someone.cookies.get('cart')}` } })
      ).headers
        .getSetCookie()
        .find((one) => one.startsWith('cart='))
      assert.match(cookie ?? '', /Max-Age=5184000.*HttpOnly/)
    })

    it('keeps drafts without checking them', async () => {
      const { someone, keys } = await withCourse()
      const { html } = someone.page()
      const csrf = /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? ''
      const body = new URLSearchParams({
        csrf,
        units: String(keys[0]),
        [`unit.${keys[0]}.fields.company`]: 'Half a na',
      })
      const cookie = [...someone.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const answer = await app.request('/cart/draft', { method: 'POST', body, headers: { cookie } })
      assert.equal(answer.status, 204)
      assert.match((await someone.open('/cart')).html, /value="Half a na"/)
    })

    it('loses nothing between two tabs', async () => {
      const { someone, keys } = await withCourse()
      const first = someone.page().html
      await someone.open('/entries/BOOK')
      await someone.send('/cart/add')
      // the first tab still shows a cart without the book
      const csrf = /name="csrf" value="([^"]+)"/.exec(first)?.[1] ?? ''
      const cookie = [...someone.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const body = new URLSearchParams({
        csrf,
        intent: 'save',
        units: String(keys[0]),
        'quantity.COURSE': '1',
        'was.COURSE': '1',
        ...learner(keys[0], 'luc@learners.example'),
      })
      await app.request('/cart', { method: 'POST', body, headers: { cookie } })
      const { html } = await someone.open('/cart')
      assert.match(html, /value="luc@learners\.example"/)
      assert.match(html, /id="line-BOOK"/)
    })

    it('says when something in it is no longer for sale', async () => {
      await test.sell({ code: 'SHORT-LIVED', handler: null })
      const someone = visitor(app, english)
      await someone.open('/entries/SHORT-LIVED')
      await someone.send('/cart/add')
      await db.updateTable('entries').set({ state: 'retired' }).where('code', '=', 'SHORT-LIVED').execute()
      assert.match((await someone.open('/cart')).html, /no longer for sale/)
      await someone.send('/cart', { intent: 'drop:SHORT-LIVED' })
      assert.match(someone.page().html, /Your cart is empty/)
    })

    it('takes no form that is not its own', async () => {
      const { someone } = await withCourse()
      const page = await someone.send('/cart', { intent: 'drop:COURSE', csrf: 'guessed' })
      assert.equal(page.status, 403)
      assert.match(page.html, /open for too long/)
      assert.match((await someone.open('/cart')).html, /id="line-COURSE"/)
    })
  })

  describe('checkout', () => {
    it('sends back to the cart whoever has not finished there', async () => {
      const { someone } = await withCourse()
      const page = await someone.open('/checkout')
      assert.equal(page.url, '/cart?check')
      assert.match(page.html, /need your attention/)
    })

    it('says what is missing, and keeps the rest for the next visit', async () => {
      const { someone, keys } = await withCourse()
      await someone.send('/cart', { intent: 'checkout', ...learner(keys[0], 'luc@learners.example') })
      const page = await someone.send('/checkout', {
        'customer.firstname': 'Ada',
        'customer.email': 'ada@',
        means: 'cash',
      })
      assert.equal(page.status, 422)
      assert.match(page.html, /href="#field-customer-lastname"/)
      assert.match(page.html, /href="#means"/)
      assert.match(page.html, /href="#terms"/)
      assert.match((await someone.open('/checkout')).html, /value="Ada"/)
    })

    it('gives the buyer’s own details to the units that are for them', async () => {
      const { someone, keys } = await withCourse()
      await someone.send('/cart', {
        intent: 'checkout',
        [`forme.${keys[0]}`]: 'on',
        [`unit.${keys[0]}.fields.company`]: 'Rhône',
      })
      const page = await someone.send('/checkout', { ...details, 'customer.email': 'me@buyers.example' })
      const number = String(page.url.split('/')[2])
      const unit = await db
        .selectFrom('units')
        .innerJoin('orders', 'orders.id', 'units.order_id')
        .select('external')
        .where('number', '=', number)
        .executeTakeFirstOrThrow()
      assert.deepEqual(unit.external, { email: 'me@buyers.example', firstname: 'Ada', lastname: 'Martin' })
    })

    it('shows a price that changed before it takes the order', async () => {
      await test.sell({ code: 'DEARER', handler: null, priceCents: 1_000 })
      const someone = visitor(app, english)
      await someone.open('/entries/DEARER')
      await someone.send('/cart/add')
      await someone.send('/cart', { intent: 'checkout' })
      await db.updateTable('entries').set({ price_cents: 1_500 }).where('code', '=', 'DEARER').execute()
      const page = await someone.send('/checkout', details)
      assert.equal(page.status, 422)
      assert.match(page.html, /A price has changed/)
      assert.match(page.html, /Order and pay €15\.00/)
      assert.match((await someone.send('/checkout', details)).html, /€15\.00/)
    })

    it('shows the order, not an empty cart, to whoever clicked twice', async () => {
      const { someone, keys } = await withCourse()
      await someone.send('/cart', { intent: 'checkout', ...learner(keys[0], 'twice@learners.example') })
      const { html } = someone.page()
      const form = new URLSearchParams({
        ...details,
        csrf: /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? '',
        cart: /name="cart" value="([^"]+)"/.exec(html)?.[1] ?? '',
      }).toString()
      const cookie = [...someone.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
      const send = () =>
        app.request('/checkout', {
          method: 'POST',
          body: form,
          headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
        })
      const answers = [...(await Promise.all([send(), send()])), await send()]
      const places = new Set(answers.map((answer) => answer.headers.get('location')))
      assert.equal(places.size, 1)
      assert.match([...places][0] ?? '', /^\/orders\//)
    })

    it('asks no payment for what is free', async () => {
      const someone = visitor(app, english)
      await someone.open('/entries/FREE')
      await someone.send('/cart/add')
      await someone.send('/cart', { intent: 'checkout' })
      assert.doesNotMatch(someone.page().html, /name="means"/)
      const page = await someone.send('/checkout', details)
      assert.match(page.html, /All set/)
    })
  })

  describe('the page of an order', () => {
    it('is at the address that mails give', async () => {
      const order = { number: '2611-AAAA-BBBB', token: 'abc' }
      const path = new URL(orderUrl(shop.settings, order)).pathname
      assert.equal(path, routes.order.show(order.number, order.token))
    })

    it('is open to its token only, kept by nobody, and indexed nowhere', async () => {
      const { page, number, token } = await ordered()
      assert.equal(page.status, 200)
      assert.equal(page.headers.get('cache-control'), 'no-store')
      assert.equal(page.headers.get('x-robots-tag'), 'noindex')
      assert.equal(page.headers.get('referrer-policy'), 'same-origin')
      const stranger = visitor(app, english)
      for (const wrong of [`${token.slice(0, -1)}_`, 'x', token.toUpperCase()]) {
        assert.equal((await stranger.open(routes.order.show(number, wrong))).status, 404)
        assert.equal((await app.request(routes.order.events(number, wrong))).status, 404)
      }
    })

    it('tells how to pay by transfer, and what is missing after a part', async () => {
      const { someone, page, number } = await ordered()
      assert.match(page.html, /FR76 1234/)
      assert.match(page.html, /RF\d\d/)
      const part = {
        means: 'transfer',
        reference: `T-${number}`,
        amountCents: 4_000,
        currency: 'EUR',
        paidOn: '2026-11-20',
      }
      await validatePayment(shop, number, part, 'operator:test')
      const { html } = await someone.open(page.url)
      assert.match(html, /A part of the payment is missing/)
      assert.match(html, /received €40\.00; €60\.00 is still missing/)
    })

    it('cancels what is not paid, after it asked', async () => {
      const { someone, number, token } = await ordered()
      const page = await someone.send(routes.order.cancel(number, token))
      assert.match(page.html, /This order is cancelled/)
      assert.equal(await test.orderState(number), 'cancelled')
      assert.doesNotMatch(page.html, /FR76/)
    })

    it('validates nothing when the payer comes back', async () => {
      const { someone, page, number, token } = await ordered({ means: 'test_card' })
      assert.match(page.url, /^\/test-card\//)
      const back = await someone.open(`${routes.order.show(number, token)}?returned=0`)
      assert.match(back.html, /Waiting for the confirmation/)
      assert.equal(await test.orderState(number), 'awaiting_payment')
    })

    it('tells that a payment was declined, and lets the payer try again', async () => {
      const { someone, number, token } = await ordered({ means: 'test_card' })
      await notify(payment(number, 10_000, 'payment.failed'))
      const back = await someone.open(`${routes.order.show(number, token)}?returned=0`)
      assert.match(back.html, /The payment was declined/)
      const again = await someone.send(routes.order.pay(number, token))
      assert.match(again.url, /^\/test-card\//)
      assert.match(again.html, /\?returned=1/)
    })

    it('follows each unit live until all is there', async () => {
      const { number, token, email } = await ordered({ means: 'test_card' })
      const answer = await app.request(`${routes.order.events(number, token)}?returned=0`, {
        headers: english,
      })
      assert.match(answer.headers.get('content-type') ?? '', /text\/event-stream/)
      await notify(payment(number))
      // the stream ends by itself once there is nothing more to tell
      const events = await answer.text()
      assert.match(events, /event: fragment\nid: \d+|id: \d+/)
      assert.match(events, /All set/)
      assert.match(events, new RegExp(`id="unit-\\d+"[^\\n]*${email}[^\\n]*Ready`))
      assert.match(events, /event: end/)
    })

    it('asks nothing more of the database once the browser is gone', async () => {
      const [gone, open] = [await ordered(), await ordered()]
      let followed: unknown[] = []
      const noted = db.withPlugin({
        transformQuery: ({ node }) => {
          const parameters = RawNode.is(node) ? node.parameters : []
          const orders = parameters
            .flatMap((one) => (ValueNode.is(one) ? [one.value] : []))
            .find(Array.isArray)
          if (orders) followed = orders
          return node
        },
        transformResult: async ({ result }) => result,
      })
      const watched = new Hono<WebEnv>()
      watched.use(security({ publicUrl: shop.settings.publicUrl, secret }))
      watched.route('/', storefront({ ...face, shop: { ...shop, db: noted } }))
      const follow = async ({ number, token }: { number: string; token: string }) => {
        const reader = (await watched.request(routes.order.events(number, token))).body?.getReader()
        await reader?.read()
        return reader
      }
      const readers = [await follow(gone), await follow(open)]
      await until('both are followed', async () => followed.length === 2)
      await readers[0]?.cancel()
      await until('one is followed', async () => followed.length === 1, 5)
      await readers[1]?.cancel()
    })

    it('shows products and the way in once they are there', async () => {
      const { someone, number, token, email } = await ordered({ means: 'test_card' })
      await notify(payment(number))
      await until('the order', async () => (await test.orderState(number)) === 'completed')
      const { html } = await someone.open(routes.order.show(number, token))
      assert.match(html, new RegExp(email))
      assert.match(html, /course\/view\.php\?id=/)
      assert.match(html, /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/)
      assert.doesNotMatch(html, /data-live/)
    })
  })

  describe('notifications', () => {
    it('are taken once, however often they come', async () => {
      const { number } = await ordered({ means: 'test_card' })
      const event = payment(number)
      const answers = await Promise.all(Array.from({ length: 20 }, () => notify(event)))
      assert.ok(answers.every((answer) => answer.status === 200))
      const outcomes = await Promise.all(
        answers.map(async (answer) => JSON.parse(await answer.text()).outcome),
      )
      assert.deepEqual(outcomes.sort(), ['paid', ...Array(19).fill('repeated')].sort())
    })

    it('are refused, with the reason, when they are not signed or not understood', async () => {
      const { number } = await ordered({ means: 'test_card' })
      const forged = await notify(payment(number), 'a guess')
      assert.equal(forged.status, 401)
      assert.equal(forged.headers.get('content-type'), 'application/problem+json')
      assert.equal((await notify({ hello: 'there' })).status, 400)
      assert.equal(await test.orderState(number), 'awaiting_payment')
    })

    it('are thanked for, stored and told about when they name no order of ours', async () => {
      const event = payment('2611-NOBODY')
      const answer = await notify(event)
      assert.equal(answer.status, 200)
      assert.deepEqual(await answer.json(), { outcome: 'unknown_order' })
      const stored = await db
        .selectFrom('notifications')
        .select('outcome')
        .where('event_id', '=', event.id)
        .execute()
      assert.deepEqual(stored, [{ outcome: 'unknown_order' }])
    })

    it('come to a means that notifies, in a size that one would send', async () => {
      const send = (path: string, body = '{}') => app.request(path, { method: 'POST', body })
      assert.equal((await send('/payments/transfer/notifications')).status, 404)
      assert.equal((await send('/payments/cash/notifications')).status, 404)
      assert.equal((await send('/payments/test_card/notifications', 'x'.repeat(70_000))).status, 413)
    })

    it('produce nothing when the amount is not the one that is due', async () => {
      const { someone, number, token } = await ordered({ means: 'test_card' })
      assert.deepEqual(await (await notify(payment(number, 9_900))).json(), { outcome: 'part_paid' })
      assert.equal(await test.orderState(number), 'awaiting_payment')
      assert.match((await someone.open(routes.order.show(number, token))).html, /€1\.00 is still missing/)
    })
  })

  it('has no test card outside test mode', async () => {
    const plain = {
      ...face,
      shop: { ...shop, means: new Map([...shop.means].filter(([id]) => id !== 'test_card')) },
    }
    const real = new Hono<WebEnv>()
    real.use(security({ publicUrl: shop.settings.publicUrl, secret }))
    real.route('/', storefront(plain))
    assert.equal((await real.request('/test-card/a/b')).status, 404)
    assert.equal((await real.request('/payments/test_card/notifications', { method: 'POST' })).status, 404)
  })
})
