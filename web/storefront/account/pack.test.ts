import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { Hono } from 'hono'
import { sql } from 'kysely'
import { mailSignInLink, signIn } from '../../../shop/customer-session.ts'
import { findPack } from '../../../shop/pack.ts'
import { findOrder } from '../../../shop/view-order.ts'
import { testFace } from '../../../test/face.ts'
import { testShop } from '../../../test/shop.ts'
import { visitor } from '../../../test/visitor.ts'
import { routes } from '../../routes.ts'
import { limitBody, security, type WebEnv } from '../../security.ts'
import { storefront } from '../storefront.tsx'

describe('the page of a pack', async () => {
  const test = await testShop()
  const { db, shop } = test
  const face = testFace(test)
  const app = new Hono<WebEnv>()
  app.use(security({ publicUrl: shop.settings.publicUrl, secret: face.secret, proxies: 0 }), limitBody)
  app.route('/', storefront(face))
  const code = await test.sell({
    handler: 'std_generateseats',
    internal: { courses: ['RGPD-01'], seats: 3 },
  })

  async function signedIn(email: string) {
    const someone = visitor(app, { 'accept-language': 'en' })
    const key = await mailSignInLink(shop, { email, locale: 'en' })
    someone.cookies.set('customer', (await signIn(db, key ?? '')) ?? '')
    return someone
  }

  /** A pack of three seats, and its buyer, who is signed in. */
  async function bought(email: string) {
    const { number } = await test.placed(code, [{}])
    await db.updateTable('orders').set({ customer_email: email }).where('number', '=', number).execute()
    await test.pay(number)
    await test.takeOver()
    const [seat] = (await findOrder(db, number))?.products ?? []
    const unit = seat?.unitId ?? 0
    return { unit, seat: seat?.reference ?? '', someone: await signedIn(email) }
  }

  const given = async (unit: number) => (await findPack(shop, unit))?.held
  const three = (domain: string) => [1, 2, 3].map((n) => `Ann;N${n};a${n}@${domain}`)

  it('is nobody’s but the buyer’s, as is what they give out', async () => {
    const { unit, someone } = await bought('one@buyers.example')
    const list = routes.account.giveSeats(unit)
    await someone.open(routes.account.pack(unit))
    await someone.send(list, { learners: three('one.example').join('\n') })
    const started = await someone.send(list, { step: 'give' })
    assert.match(started.url, /\/account\/batches\/\d+$/)
    const { someone: other, unit: own } = await bought('two@buyers.example')
    for (const path of [routes.account.pack(unit), started.url]) {
      assert.equal((await other.open(path)).status, 404)
    }
    // A form of one's own page, sent to somebody else's pack.
    await other.open(routes.account.pack(own))
    const learner = { 'learner.email': 'x@two.example', 'learner.firstname': 'X', 'learner.lastname': 'Y' }
    for (const [to, fields] of [
      [routes.account.giveSeat(unit), learner],
      [list, { learners: three('two.example').join('\n'), step: 'give' }],
    ] as const) {
      await other.open(routes.account.pack(own))
      const form = to === list ? routes.account.giveSeats(own) : routes.account.giveSeat(own)
      assert.equal((await other.send(form, fields, to)).status, 404)
    }
    await test.takeOver()
    assert.equal(await given(unit), 3)
    // Whoever is not signed in is sent to do so.
    const stranger = await visitor(app).open(routes.account.pack(unit))
    assert.match(stranger.url, /sign-in/)
  })

  it('tells what is wrong at its row, keeps the list, and gives nothing out before it is confirmed', async () => {
    const { unit, someone } = await bought('three@buyers.example')
    const list = routes.account.giveSeats(unit)
    const send = async (text: string, fields = {}) => {
      await someone.open(routes.account.pack(unit))
      return await someone.send(list, { learners: text, ...fields })
    }
    const [first = '', second = '', third = ''] = three('three.example')
    const wrong = await send([first, 'Ann;N2;nobody', first].join('\n'))
    assert.equal(wrong.status, 422)
    assert.match(wrong.html, /line 2/)
    assert.match(wrong.html, /Ann;N2;nobody/)
    const long = await send([first, second, third, 'Ann;N4;a4@three.example'].join('\n'), { step: 'give' })
    assert.equal(long.status, 422)
    assert.match(long.html, /4 people, and 3 seats are free: take 1 of them out/)
    assert.equal((await send('')).status, 422)
    const right = await send([first, second].join('\n'))
    assert.equal(right.status, 200)
    assert.match(right.html, /Give out 2 seats\?/)
    const back = await someone.send(list, { step: 'change' })
    assert.equal(back.status, 200)
    assert.match(back.html, /a2@three\.example/)
    await test.takeOver()
    assert.equal(await given(unit), 0)
  })

  it('gives one seat at once, and tells what is wrong with one learner', async () => {
    const { unit, seat, someone } = await bought('four@buyers.example')
    const give = routes.account.giveSeat(unit)
    const learner = { 'learner.firstname': 'Bea', 'learner.lastname': 'B' }
    await someone.open(routes.account.pack(unit))
    const wrong = await someone.send(give, { ...learner, 'learner.email': 'bea@' })
    assert.equal(wrong.status, 422)
    assert.match(wrong.html, /value="Bea"/)
    const done = await someone.send(give, { ...learner, 'learner.email': 'bea@four.example' })
    assert.match(done.html, /The seat is given out\./)
    assert.equal(await given(unit), 1)
    const again = await someone.send(give, { ...learner, 'learner.email': 'BEA@four.example' })
    assert.equal(again.status, 422)
    assert.match(again.html, /has a seat in this pack already/)
    // The seat's own page leads back to its pack.
    assert.match(
      (await someone.open(routes.account.product(seat))).html,
      new RegExp(routes.account.pack(unit)),
    )
  })

  it('takes no name of a request but one that its own page has made up', async () => {
    const { unit, someone } = await bought('five@buyers.example')
    await someone.open(routes.account.pack(unit))
    const learner = (n: number) => ({
      'learner.email': `s${n}@five.example`,
      'learner.firstname': 'S',
      'learner.lastname': 'T',
    })
    const give = routes.account.giveSeat(unit)
    assert.equal((await someone.send(give, { ...learner(1), once: 'x'.repeat(100_000) })).status, 200)
    const last = await db
      .selectFrom('batches')
      .select(({ fn }) => fn.max('id').as('id'))
      .executeTakeFirst()
    // What the next batch calls its first row: it would meet a production of that name.
    const once = `batch:${Number(last?.id ?? 0) + 1}:1`
    assert.equal((await someone.send(give, { ...learner(2), once })).status, 200)
    const list = routes.account.giveSeats(unit)
    await someone.send(list, { learners: 'Ann;N3;a3@five.example' })
    assert.match((await someone.send(list, { step: 'give' })).url, /\/account\/batches\/\d+$/)
  })

  it('says when to go on, and keeps what was typed, once very much was asked within a day', async () => {
    const { unit, seat, someone } = await bought('six@buyers.example')
    await someone.open(routes.account.pack(unit))
    const learner = { 'learner.firstname': 'Bea', 'learner.lastname': 'B' }
    const give = routes.account.giveSeat(unit)
    await someone.send(give, { ...learner, 'learner.email': 'b1@six.example' })
    await sql`
      insert into productions (order_id, unit_id, script, occasion, handler, input, state)
      select order_id, unit_id, script, gen_random_uuid()::text, handler, input, state
        from productions, generate_series(1, 39) where unit_id = ${unit} and script = 'action'`.execute(db)
    const refused = await someone.send(give, { ...learner, 'learner.email': 'b2@six.example' })
    assert.equal(refused.status, 429)
    assert.ok(Number(refused.headers.get('retry-after')) > 80_000)
    assert.match(refused.html, /You can go on in 24 hours/)
    assert.match(refused.html, /value="b2@six\.example"/)
    const list = routes.account.giveSeats(unit)
    await someone.send(list, { learners: 'Ann;N3;a3@six.example' })
    const listed = await someone.send(list, { step: 'give' })
    assert.equal(listed.status, 429)
    assert.match(listed.html, /a3@six\.example/)
    await someone.open(routes.account.product(seat))
    const taken = await someone.send(routes.account.act(seat, 'takeBack'), {})
    assert.equal(taken.status, 429)
    assert.match(taken.html, /You can go on in 24 hours/)
    assert.equal(await given(unit), 1)
  })

  it('says of a free seat how many days were bought for it', async () => {
    const { seat, someone } = await bought('eight@buyers.example')
    assert.doesNotMatch((await someone.open(routes.account.product(seat))).html, /bought for it/)
    await db.updateTable('products').set({ added_days: 30 }).where('reference', '=', seat).execute()
    const { html } = await someone.open(routes.account.product(seat))
    assert.match(html, /This seat is free\..* 30 days that were bought for it come on top\./)
  })

  it('tells whoever clicks twice what became of the first click', async () => {
    const { seat, someone } = await bought('seven@buyers.example')
    const give = routes.account.act(seat, 'give')
    const once = randomUUID()
    const learner = { 'give.email': 'c1@seven.example', 'give.firstname': 'Cy', 'give.lastname': 'C', once }
    await someone.open(routes.account.product(seat))
    const first = await someone.send(give, learner)
    assert.match(first.html, /Done\./)
    await someone.open(routes.account.product(seat))
    const second = await someone.send(routes.account.act(seat, 'takeBack'), learner, give)
    assert.equal(second.url, first.url)
    // Another request comes too late.
    await someone.open(routes.account.product(seat))
    const late = await someone.send(
      routes.account.act(seat, 'takeBack'),
      { ...learner, once: randomUUID() },
      give,
    )
    assert.match(late.url, /late/)
  })
})
