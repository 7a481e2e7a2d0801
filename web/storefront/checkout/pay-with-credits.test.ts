import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { Hono } from 'hono'
import { credits } from '../../../payments/credits.ts'
import { transfer } from '../../../payments/transfer.ts'
import { correctCredits, findCredits } from '../../../shop/credits.ts'
import { mailSignInLink, signIn } from '../../../shop/customer-session.ts'
import { cartOf, placeOrder } from '../../../shop/place-order.ts'
import { testFace } from '../../../test/face.ts'
import { buyer, testShop } from '../../../test/shop.ts'
import { visitor } from '../../../test/visitor.ts'
import { routes } from '../../routes.ts'
import { limitBody, security, type WebEnv } from '../../security.ts'
import { storefront } from '../storefront.tsx'

describe('paying with credits', async () => {
  const test = await testShop({
    means: [transfer({ holder: 'Atelier', iban: 'FR76', bic: 'AGRI' }), credits],
  })
  const { db, shop } = test
  const face = testFace(test)
  const app = new Hono<WebEnv>()
  app.use(security({ publicUrl: shop.settings.publicUrl, secret: face.secret }), limitBody)
  app.route('/', storefront(face))
  const code = await test.sell({ handler: null, priceCents: 10_000 })

  /** Somebody who has these credits, and a browser with something in its cart. `signedIn`: whether it is theirs. */
  async function shopper(cents: number, signedIn: boolean) {
    const email = `${randomUUID().slice(0, 8)}@buyers.example`
    const gift = { who: 'operator:olga', why: 'a gift', request: randomUUID() }
    await correctCredits(db, { email, currency: 'EUR', amountCents: cents }, gift)
    const browser = visitor(app, { 'accept-language': 'en' })
    if (signedIn) {
      const key = await mailSignInLink(shop, { email, locale: 'en' })
      browser.cookies.set('customer', (await signIn(db, key ?? '')) ?? '')
    }
    await browser.open(routes.entry(code))
    await browser.send(routes.cart.add())
    await browser.open(routes.checkout())
    return { email, browser }
  }

  const placeWith = (browser: ReturnType<typeof visitor>, email: string, means: string) =>
    browser.send(routes.checkout(), {
      'customer.firstname': 'Alice',
      'customer.lastname': 'Martin',
      'customer.email': email,
      means,
      terms: 'on',
    })

  const balance = async (email: string) => (await findCredits(db, email, 'EUR'))?.balanceCents

  it('takes one click more than ordering, for whoever is signed in', async () => {
    const { email, browser } = await shopper(15_000, true)
    assert.match(browser.page().html, /You have €150\.00 of credits; €50\.00 remain afterwards\./)
    const page = await placeWith(browser, email, 'credits')
    assert.match(page.html, /All set/)
    assert.equal(await balance(email), 5_000)
    const { html } = await browser.open(routes.account.credits())
    assert.match(html, /€50\.00/)
    assert.match(html, /Paid an order/)
    assert.doesNotMatch(html, /a gift/)
  })

  it('asks a stranger to sign in, whatever their form says', async () => {
    const { email, browser } = await shopper(15_000, false)
    assert.match(browser.page().html, /Sign in to pay with your credits/)
    const page = await placeWith(browser, email, 'credits')
    assert.equal(page.status, 422)
    assert.match(page.html, /sign in with the e-mail address that you order with/)
    assert.equal(await balance(email), 15_000)
  })

  it('says what is missing, and lets another means pay', async () => {
    const { email, browser } = await shopper(9_999, true)
    assert.match(browser.page().html, /You have €99\.99 of credits: too few for this order\./)
    assert.equal((await placeWith(browser, email, 'credits')).status, 422)
    const page = await placeWith(browser, email, 'transfer')
    assert.equal(page.status, 200)
    assert.match(page.url, /\/orders\//)
    assert.equal(await balance(email), 9_999)
  })

  it('waits on the page of the order for its customer, and for enough credits', async () => {
    const { email, browser } = await shopper(15_000, true)
    const content = cartOf([{ code, units: [{ external: {}, fields: {} }] }])
    const customer = { ...buyer, email }
    const orders = []
    for (const _ of [1, 2]) {
      const placed = await placeOrder(
        shop,
        test.engine,
        { content },
        { customer, means: 'credits', termsAccepted: true, locale: 'en', signedInAs: email },
      )
      assert.ok(placed.ok)
      orders.push(placed.order)
    }
    const [one, other] = orders.map(({ number, token }) => ({
      page: routes.order.show(number, token),
      pay: routes.order.pay(number, token),
    }))
    assert.ok(one && other)

    const stranger = visitor(app, { 'accept-language': 'en' })
    const seen = await stranger.open(one.page)
    assert.match(seen.html, new RegExp(`To pay with your credits, sign in as ${email}`))
    assert.doesNotMatch(seen.html, /150\.00/)
    const csrf = /name="csrf" value="([^"]+)"/.exec(seen.html)?.[1] ?? ''
    await app.request(one.pay, {
      method: 'POST',
      body: new URLSearchParams({ csrf }).toString(),
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        cookie: [...stranger.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      },
    })
    assert.equal(await balance(email), 15_000)

    await browser.open(one.page)
    assert.match((await browser.send(one.pay)).html, /All set/)
    assert.equal(await balance(email), 5_000)
    const left = await browser.open(other.page)
    assert.match(left.html, /You have €50\.00 of credits: too few for this order\. You can cancel/)
  })
})
