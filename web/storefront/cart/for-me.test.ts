import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { Hono } from 'hono'
import { mailSignInLink, signIn } from '../../../shop/customer-session.ts'
import { cartOf, placeOrder } from '../../../shop/place-order.ts'
import { testFace } from '../../../test/face.ts'
import { buyer, testShop } from '../../../test/shop.ts'
import { visitor } from '../../../test/visitor.ts'
import { routes } from '../../routes.ts'
import { limitBody, security, type WebEnv } from '../../security.ts'
import { storefront } from '../storefront.tsx'

describe('a unit that is for the buyer', async () => {
  const test = await testShop()
  const { db, shop } = test
  const face = testFace(test)
  const app = new Hono<WebEnv>()
  app.use(security({ publicUrl: shop.settings.publicUrl, secret: face.secret }), limitBody)
  app.route('/', storefront(face))
  const code = await test.sell({ handler: null, priceCents: 10_000 })
  const course = await test.sell({ handler: 'std_enroloncourse', internal: { course: 2 } })

  async function cartFor(email: string | undefined) {
    const browser = visitor(app, { 'accept-language': 'en' })
    if (email) {
      const key = await mailSignInLink(shop, { email, locale: 'en' })
      browser.cookies.set('customer', (await signIn(db, key ?? '')) ?? '')
    }
    await browser.open(routes.entry(course))
    return await browser.send(routes.cart.add())
  }

  it('is for whoever is signed in, by the name of their last order', async () => {
    const email = `${randomUUID().slice(0, 8)}@buyers.example`
    const placed = await placeOrder(
      shop,
      test.engine,
      { content: cartOf([{ code, units: [{ external: {}, fields: {} }] }]) },
      { customer: { ...buyer, email }, means: 'transfer', termsAccepted: true, locale: 'en' },
    )
    assert.ok(placed.ok)
    const { html } = await cartFor(email)
    assert.ok(html.includes(`For ${buyer.firstname} ${buyer.lastname}, ${email}.`))
  })

  it('waits for the checkout to ask, of a stranger and of whom only the address is known', async () => {
    for (const email of [undefined, `${randomUUID().slice(0, 8)}@buyers.example`]) {
      const { html } = await cartFor(email)
      assert.match(html, /We will use your own details from the next page/)
    }
  })
})
