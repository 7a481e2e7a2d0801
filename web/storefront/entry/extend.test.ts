import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { mailSignInLink, signIn } from '../../../shop/customer-session.ts'
import { composeMail } from '../../../shop/send-mail.ts'
import { tellEndings } from '../../../shop/tell-endings.ts'
import { testFace } from '../../../test/face.ts'
import { buyer, testShop } from '../../../test/shop.ts'
import { visitor } from '../../../test/visitor.ts'
import { createApp } from '../../app.ts'

describe('extending a product of one’s own', async () => {
  const test = await testShop()
  const { db, shop } = test
  const app = createApp(testFace(test))
  const course = await test.sell({ handler: 'std_enroloncourse', internal: { course: 2, durationDays: 60 } })
  const endless = await test.sell({ handler: 'std_enroloncourse', internal: { course: 3 } })
  const longer = await test.sell({ handler: 'std_extendenrolperiod', internal: { days: 30 }, maxQuantity: 3 })
  const book = await test.sell({ handler: null })
  let people = 0

  async function bought(code: string) {
    const person = { email: `own.${++people}@learners.example`, firstname: 'Ada', lastname: `Own${people}` }
    const [product] = await test.bought(code, [person])
    assert.ok(product)
    return { ...product, person }
  }

  const newVisitor = () => visitor(app, { 'accept-language': 'en' })

  async function signedIn(email: string) {
    const someone = newVisitor()
    const key = await mailSignInLink(shop, { email, locale: 'en' })
    someone.cookies.set('customer', (await signIn(db, key ?? '')) ?? '')
    return someone
  }

  it('puts the product of the link into the cart’s form, once, each product in a unit of its own', async () => {
    const [first, second] = [await bought(course), await bought(course)]
    const someone = newVisitor()
    const add = async (reference: string) => {
      const page = await someone.open(`/entries/${longer}?reference=${reference}`)
      assert.match(
        page.html,
        new RegExp(`For your product</span><br/><span class="mono">${reference.toUpperCase()}`),
      )
      return await someone.send('/cart/add')
    }
    const page = await add(first.reference.toLowerCase())
    assert.match(page.html, new RegExp(`value="${first.reference}"`))
    await add(first.reference)
    const { html } = await add(second.reference)
    assert.match(html, new RegExp(`value="${second.reference}"`))
    assert.equal(html.match(/name="units"/g)?.length, 2)
  })

  it('takes no reference that is none, and none where nothing asks for one', async () => {
    const { reference } = await bought(course)
    const someone = newVisitor()
    assert.doesNotMatch((await someone.open(`/entries/${longer}?reference=<b>no`)).html, /For your product/)
    assert.doesNotMatch(
      (await someone.open(`/entries/${book}?reference=${reference}`)).html,
      /For your product/,
    )
    const page = await someone.send('/cart/add', { reference })
    assert.doesNotMatch(page.html, new RegExp(reference))
    assert.match(page.html, new RegExp(book))
  })

  it('offers a signed-in customer what they hold or have bought and this extends, and still takes what is typed', async () => {
    const [mine, noEnd] = [await bought(course), await bought(endless)]
    const other = await bought(course)
    const cartOf = async (someone: ReturnType<typeof visitor>) => {
      await someone.open(`/entries/${longer}`)
      return (await someone.send('/cart/add')).html
    }
    const offered = (html: string) => [...html.matchAll(/<option value="([^"]+)"/g)].map(([, value]) => value)
    assert.deepEqual(offered(await cartOf(await signedIn(mine.person.email))), [mine.reference])
    const ofBuyer = offered(await cartOf(await signedIn(buyer.email)))
    assert.ok(ofBuyer.includes(mine.reference) && ofBuyer.includes(other.reference))
    assert.ok(!ofBuyer.includes(noEnd.reference))
    const html = await cartOf(newVisitor())
    assert.deepEqual(offered(html), [])
    assert.match(html, /Reference of your access/)
  })

  it('is what the mail about its end leads to', async () => {
    const { orderId, reference, id } = await bought(course)
    await db
      .updateTable('products')
      .set({ ends_at: new Date(Date.now() + 20 * 86_400_000) })
      .where('id', '=', id)
      .execute()
    await sql`update products set created_at = created_at - interval '40 days', starts_at = starts_at - interval '40 days'
               where id = ${id}`.execute(db)
    await tellEndings(shop)
    const mails = await db
      .selectFrom('mails')
      .selectAll()
      .where('order_id', '=', orderId)
      .where('kind', '=', 'product_ending')
      .execute()
    assert.ok(mails.length > 0)
    for (const mail of mails) {
      const text = (await composeMail(shop, mail))?.text ?? ''
      assert.ok(text.includes(`/entries/${longer}?reference=${reference}`), text)
    }
  })
})

describe('an answer that is checked while it is typed', async () => {
  const test = await testShop()
  const app = createApp(testFace(test))
  const created = await test.sell({ handler: 'std_createcourse', internal: { template: 15, category: 1 } })
  const course = await test.sell({ handler: 'std_enroloncourse', internal: { course: 2 } })

  async function check(code: string, field: string, value: string) {
    const query = new URLSearchParams({ field, value })
    const answer = await app.request(`/entries/${code}/check?${query}`, {
      headers: { 'accept-language': 'en' },
    })
    return { status: answer.status, body: answer.status === 200 ? await answer.json() : undefined }
  }

  it('is told to be free, or taken in Moodle or by another order, and nothing else', async () => {
    assert.deepEqual(await check(created, 'shortname', 'FREE-1'), { status: 200, body: { ok: true } })
    const taken = await check(created, 'shortname', 'SST-2026')
    assert.deepEqual(taken.body, { ok: false, text: 'The short name “SST-2026” is taken: choose another.' })
    const owner = { email: 'ada@owners.example', firstname: 'Ada', lastname: 'Owner' }
    await test.placed(created, [{ ...owner, fullname: 'Mine', shortname: 'MINE-1' }])
    await test.takeOver()
    const reserved = await check(created, 'shortname', ' mine-1 ')
    assert.deepEqual(reserved.body, { ok: false, text: 'The short name “mine-1” is taken: choose another.' })
  })

  it('is not spoken of where nothing checks it, nor when it is no answer or Moodle is away', async () => {
    for (const [code, field, value] of [
      [created, 'fullname', 'Safety'],
      [created, '__proto__', 'x'],
      [created, 'shortname', ''],
      [course, 'email', 'ada@owners.example'],
    ] as const) {
      assert.equal((await check(code, field, value)).status, 204, field)
    }
    assert.equal((await check('NOTHING', 'shortname', 'x')).status, 404)
    assert.equal((await check(created, 'shortname', 'x'.repeat(301))).status, 404)
    await test.faults({ fault: 'down' })
    assert.equal((await check(created, 'shortname', 'FREE-2')).status, 204)
    await test.faults()
  })

  it('is not for those who try them all', async () => {
    let last = 200
    for (let i = 0; i < 70 && last !== 429; i++) last = (await check(created, 'shortname', '')).status
    assert.equal(last, 429)
  })

  it('is asked for by the field of the cart', async () => {
    const someone = visitor(app, { 'accept-language': 'en' })
    await someone.open(`/entries/${created}`)
    const { html } = await someone.send('/cart/add')
    assert.match(html, new RegExp(`data-check="/entries/${created}/check\\?field=shortname"`))
  })
})
