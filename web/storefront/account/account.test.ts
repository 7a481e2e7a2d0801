import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Hono } from 'hono'
import { mailSignInLink, signIn } from '../../../shop/customer-session.ts'
import { openSecrets } from '../../../shop/seal.ts'
import { findOrder } from '../../../shop/view-order.ts'
import { testFace } from '../../../test/face.ts'
import { testShop } from '../../../test/shop.ts'
import { visitor } from '../../../test/visitor.ts'
import { routes } from '../../routes.ts'
import { limitBody, security, type WebEnv } from '../../security.ts'
import { storefront } from '../storefront.tsx'
import { customerPath } from './sign-in.tsx'

const english = { 'accept-language': 'en' }

describe('the account of a customer', async () => {
  const test = await testShop()
  const { db, shop } = test
  const face = testFace(test)
  const app = new Hono<WebEnv>()
  // each visitor has an address of their own, behind a proxy of ours
  app.use(security({ publicUrl: shop.settings.publicUrl, secret: face.secret, proxies: 1 }), limitBody)
  app.route('/', storefront(face))
  const course = await test.sell({ handler: 'std_enroloncourse', internal: { course: 2, durationDays: 20 } })
  let people = 0
  let addresses = 0
  const newVisitor = (address = `10.0.0.${++addresses}`) =>
    visitor(app, { ...english, 'x-forwarded-for': address })

  /** Somebody who has bought a product for each of these people, and it is there. */
  async function buyerFor(holders: { email: string; firstname: string; lastname: string }[]) {
    const email = `buyer-${++people}@buyers.example`
    const { number } = await test.placed(course, holders)
    await db.updateTable('orders').set({ customer_email: email }).where('number', '=', number).execute()
    await test.pay(number)
    await test.takeOver()
    const order = await findOrder(db, number)
    assert.ok(order)
    assert.equal(order.products.length, holders.length)
    return { email, order, references: order.products.map(({ reference }) => reference) }
  }

  const learner = () => ({
    email: `Learner-${++people}@learners.example`,
    firstname: 'Bob',
    lastname: `Durand${people}`,
  })

  const mailsTo = (email: string) =>
    db
      .selectFrom('mails')
      .selectAll()
      .where('kind', '=', 'sign_in')
      .where('recipient', '=', email)
      .orderBy('id')
      .execute()

  /** The way of the last link that was mailed to somebody. */
  async function lastLink(email: string): Promise<string> {
    const data = (await mailsTo(email)).at(-1)?.data
    assert.ok(data)
    const { key, next } = openSecrets(shop.seal, data)
    return `${routes.account.link(String(key))}${next ? `?${new URLSearchParams({ next: String(next) })}` : ''}`
  }

  async function askFor(someone: ReturnType<typeof visitor>, email: string, next = '') {
    await someone.open(`${routes.account.signIn()}${next && `?${new URLSearchParams({ next })}`}`)
    return await someone.send(routes.account.signIn(), { email })
  }

  async function signedIn(email: string) {
    const someone = newVisitor()
    const key = await mailSignInLink(shop, { email, locale: 'en' })
    someone.cookies.set('customer', (await signIn(db, key ?? '')) ?? '')
    return someone
  }

  describe('signing in', () => {
    it('answers the same whether an address is known or not, in the same time', async () => {
      const { email } = await buyerFor([learner()])
      const pages = []
      for (const typed of [email, 'nobody@buyers.example']) {
        const started = performance.now()
        const page = await askFor(newVisitor(), typed)
        pages.push({
          status: page.status,
          url: page.url,
          html: page.html.replaceAll(/name="csrf" value="[^"]+"/g, ''),
        })
        assert.ok(performance.now() - started >= 240)
      }
      assert.deepEqual(pages[0], pages[1])
      assert.match(pages[0]?.html ?? '', /If this address has bought or holds something here/)
      assert.equal((await mailsTo(email)).length, 1)
      assert.equal((await mailsTo('nobody@buyers.example')).length, 0)
    })

    it('asks again for what is no address, and keeps what was typed', async () => {
      const page = await askFor(newVisitor(), '<ada@buyers')
      assert.equal(page.status, 422)
      assert.match(page.html, /value="&lt;ada@buyers"/)
      assert.match(page.html, /aria-invalid="true"/)
    })

    it('is not done by opening the link, as mail scanners do, but by its button, once', async () => {
      const { email } = await buyerFor([learner()])
      const someone = newVisitor()
      await askFor(someone, email, routes.account.orders())
      const link = await lastLink(email)
      for (let scan = 0; scan < 3; scan++) {
        const scanner = newVisitor()
        assert.equal((await scanner.open(link)).status, 200)
        assert.equal(scanner.cookies.has('customer'), false)
      }
      assert.equal((await app.request(link, { method: 'HEAD' })).status, 200)
      const opened = await someone.open(link)
      assert.equal(opened.headers.get('cache-control'), 'no-store')
      const action = link.split('?')[0] ?? ''
      const page = await someone.send(action)
      assert.equal(page.url, routes.account.orders())
      assert.match(page.html, new RegExp(email))

      const late = newVisitor()
      const stale = await late.open(link)
      assert.equal(stale.status, 404)
      assert.match(stale.html, /This link no longer works/)
    })

    it('needs a form of ours: a link is not used up by another site’s', async () => {
      const { email } = await buyerFor([learner()])
      await askFor(newVisitor(), email)
      const link = await lastLink(email)
      const forms = { 'content-type': 'application/x-www-form-urlencoded' }
      for (const [path, headers] of [
        [link, forms],
        [link, { ...forms, 'sec-fetch-site': 'cross-site' }],
        [routes.account.signIn(), forms],
        [routes.account.signOut(), forms],
      ] as const) {
        const answer = await app.request(path, { method: 'POST', headers, body: `email=${email}&csrf=x` })
        assert.equal(answer.status, 403, path)
      }
      assert.equal((await newVisitor().open(link)).status, 200)
    })

    it('keeps the session out of reach of scripts and other sites', async () => {
      const { email } = await buyerFor([learner()])
      const someone = newVisitor()
      await askFor(someone, email)
      const link = await lastLink(email)
      const { html } = await someone.open(link)
      const csrf = /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? ''
      const answer = await app.request(link, {
        method: 'POST',
        body: new URLSearchParams({ csrf }).toString(),
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          cookie: [...someone.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        },
      })
      const cookie = answer.headers.getSetCookie().find((one) => one.startsWith('customer='))
      assert.match(cookie ?? '', /HttpOnly/)
      assert.match(cookie ?? '', /SameSite=Lax/)
      assert.match(cookie ?? '', /Max-Age=2592000/)
    })

    it('lets strangers ask for somebody’s links without shutting them out', async () => {
      const { email } = await buyerFor([learner()])
      const answers = []
      for (let asked = 0; asked < 6; asked++) answers.push((await askFor(newVisitor(), email)).status)
      assert.deepEqual(answers, [200, 200, 200, 200, 200, 200])
      assert.equal((await mailsTo(email)).length, 4)
      const someone = newVisitor()
      const link = await lastLink(email)
      await someone.open(link)
      assert.equal((await someone.send(link)).url, routes.account.show())
    })

    it('has one address wait that asks for everybody', async () => {
      const address = '10.9.9.9'
      const statuses = await Promise.all(
        Array.from({ length: 22 }, (_, n) => askFor(newVisitor(address), `guess${n}@buyers.example`)),
      )
      assert.equal(statuses.filter(({ status }) => status === 429).length, 2)
      assert.equal((await askFor(newVisitor(), 'guess@buyers.example')).status, 200)
    })

    it('leads nowhere else than to the shop’s own pages', () => {
      assert.equal(customerPath('/account/orders?before=3'), '/account/orders?before=3')
      assert.equal(customerPath('/checkout'), '/checkout')
      for (const evil of [
        undefined,
        '',
        'https://evil.example/account',
        '//evil.example/account',
        '/.//evil.example',
        '/\\evil.example',
        'javascript:alert(1)',
        '/office',
        '/accounts',
        '/account/sign-in/xyz',
      ]) {
        assert.equal(customerPath(evil), '/account', String(evil))
      }
    })

    it('ends when the customer signs out, on the server as well', async () => {
      const { email } = await buyerFor([learner()])
      const someone = await signedIn(email)
      const session = someone.cookies.get('customer') ?? ''
      await someone.open(routes.account.show())
      await someone.send(routes.account.signOut())
      assert.equal(someone.cookies.has('customer'), false)
      someone.cookies.set('customer', session)
      assert.match((await someone.open(routes.account.show())).url, /^\/account\/sign-in/)
    })
  })

  describe('products', () => {
    it('are what one holds, what one bought for others, and what has ended', async () => {
      const [alice, bob, eve] = [learner(), learner(), learner()]
      const { email, order } = await buyerFor([alice, bob, eve])
      const [own = '', given = '', over = ''] = [alice, bob, eve].map(
        (one) => order.products.find(({ holder }) => holder?.email === one.email)?.reference,
      )
      await db
        .updateTable('products')
        .set({ holder: JSON.stringify({ ...alice, email: email.toUpperCase() }) })
        .where('reference', '=', own)
        .execute()
      await db
        .updateTable('products')
        .set({ ends_at: new Date(Date.now() - 1000) })
        .where('reference', '=', over)
        .execute()
      const { html } = await (await signedIn(email)).open(routes.account.show())
      const [, mine = '', others = '', ended = ''] = html.split(/<h2>/)
      assert.ok(mine.startsWith('Yours to use') && mine.includes(own))
      assert.match(mine, /Ends in (19|20) days/)
      assert.ok(others.startsWith('Bought for others') && others.includes(given))
      assert.match(others, new RegExp(`For Bob ${bob.lastname}`))
      assert.ok(ended.startsWith('Ended') && ended.includes(over))

      const holder = await (await signedIn(bob.email)).open(routes.account.show())
      assert.ok(holder.html.includes(given))
      for (const other of [own, over]) assert.ok(!holder.html.includes(other))
      assert.doesNotMatch(holder.html, /Bought for others/)
    })

    it('lead to the course once Moodle knows of them, and not while their delivery waits', async () => {
      const { email, order, references } = await buyerFor([learner()])
      const someone = await signedIn(email)
      const pages = [
        routes.order.show(order.number, order.token),
        routes.account.product(references[0] ?? ''),
      ]
      const ways = async () => {
        const read: string[] = []
        for (const page of pages) read.push((await someone.open(page)).html)
        return read.map((html) => html.includes('Go to the course'))
      }
      assert.deepEqual(await ways(), [true, true])
      await db
        .updateTable('units')
        .set({ state: 'needs_operator' })
        .where('order_id', '=', order.id)
        .execute()
      assert.deepEqual(await ways(), [false, false])
      assert.match(someone.page().html, /We are still preparing it/)
    })

    it('are shown to their buyer and their holder, and are not there for anybody else', async () => {
      const bob = learner()
      const { email, references } = await buyerFor([bob])
      const stranger = await buyerFor([learner()])
      const path = routes.account.product(references[0] ?? '')
      assert.match((await newVisitor().open(path)).url, /^\/account\/sign-in\?next=/)

      const buyer = await (await signedIn(email)).open(path)
      assert.equal(buyer.status, 200)
      assert.match(buyer.html, /Hand over to another learner/)
      assert.match(buyer.html, /\/orders\//)

      const holder = await signedIn(bob.email)
      const seen = await holder.open(path)
      assert.equal(seen.status, 200)
      assert.doesNotMatch(seen.html, /Hand over to another learner|\/orders\//)

      const other = await signedIn(stranger.email)
      assert.equal((await other.open(path)).status, 404)
      assert.equal((await other.open(routes.account.product('0000-0000-0000-0000'))).status, 404)
    })

    it('are handed over by their buyer alone, whatever is sent', async () => {
      const bob = learner()
      const { email, references } = await buyerFor([bob])
      const reference = references[0] ?? ''
      const act = routes.account.act(reference, 'handOver')
      const eve = { email: `eve-${people}@learners.example`, firstname: 'Eve', lastname: 'Petit' }
      const values = {
        'handOver.email': eve.email,
        'handOver.firstname': eve.firstname,
        'handOver.lastname': eve.lastname,
      }
      const holderOf = async () =>
        (
          await db
            .selectFrom('products')
            .select('holder')
            .where('reference', '=', reference)
            .executeTakeFirstOrThrow()
        ).holder?.email

      const buyer = await signedIn(email)
      /** Sends the buyer's form as somebody else, with a token of their own. */
      const sendAs = async (someone: ReturnType<typeof visitor>) => {
        const { html } = await someone.open(routes.account.show())
        const csrf = /name="csrf" value="([^"]+)"/.exec(html)?.[1] ?? ''
        return await app.request(act, {
          method: 'POST',
          body: new URLSearchParams({ csrf, ...values }).toString(),
          headers: {
            'content-type': 'application/x-www-form-urlencoded',
            cookie: [...someone.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
          },
        })
      }
      const stranger = await signedIn((await buyerFor([learner()])).email)
      assert.equal((await sendAs(stranger)).status, 404)
      assert.match((await sendAs(await signedIn(bob.email))).headers.get('location') ?? '', /\?late$/)
      assert.equal(await holderOf(), bob.email)

      await buyer.open(routes.account.product(reference))
      const wrong = await buyer.send(act, { ...values, 'handOver.email': 'eve@' })
      assert.equal(wrong.status, 422)
      assert.match(wrong.html, /value="eve@"/)
      assert.equal(await holderOf(), bob.email)

      const done = await buyer.send(act, values)
      assert.match(done.html, /Done\./)
      assert.match(done.html, /Access of Eve Petit/)
      assert.match(done.html, /by the buyer/)
      assert.equal(await holderOf(), eve.email)
      const state = await test.sandboxState(eve.email)
      assert.equal(state.courses.flatMap(({ enrolments }) => enrolments).filter(({ open }) => open).length, 1)
    })

    it('offers no action that is the operators’', async () => {
      const { email, references } = await buyerFor([learner()])
      const buyer = await signedIn(email)
      const page = await buyer.open(routes.account.product(references[0] ?? ''))
      assert.doesNotMatch(page.html, /Revoke|Suspend|Change the end date/)
      const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] ?? ''
      const answer = await app.request(routes.account.act(references[0] ?? '', 'revoke'), {
        method: 'POST',
        body: new URLSearchParams({ csrf }).toString(),
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          cookie: [...buyer.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        },
      })
      assert.match(answer.headers.get('location') ?? '', /\?late$/)
      const { state } = await db
        .selectFrom('products')
        .select('state')
        .where('reference', '=', references[0] ?? '')
        .executeTakeFirstOrThrow()
      assert.equal(state, 'active')
    })
  })

  it('lists the orders of the customer alone, each with its page', async () => {
    const one = await buyerFor([learner()])
    const other = await buyerFor([learner()])
    const { html } = await (await signedIn(one.email)).open(routes.account.orders())
    assert.ok(html.includes(routes.order.show(one.order.number, one.order.token)))
    assert.ok(!html.includes(other.order.number))
  })

  it('is known at the checkout: what was typed for the last order is there again', async () => {
    const { email } = await buyerFor([learner()])
    const book = await test.sell({ handler: null })
    const someone = await signedIn(email)
    await someone.open(routes.entry(book))
    await someone.send(routes.cart.add(), { quantity: '1' })
    await someone.send(routes.cart.show(), { intent: 'checkout' })
    const page = await someone.open(routes.checkout())
    assert.match(
      page.html,
      /name="customer.firstname"[^>]*value="Alice"|value="Alice"[^>]*name="customer.firstname"/,
    )
  })
})
