import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { countProducts } from '../../../shop/list-products.ts'
import { findProduct, type OwnedProduct } from '../../../shop/product.ts'
import { giveBacksOfOrder } from '../../../shop/view-order.ts'
import { testOffice } from '../../../test/office.ts'
import { testShop, until } from '../../../test/shop.ts'
import { routes } from '../../routes.ts'

const paths = routes.office

describe('many products in the office', async () => {
  const t = await testShop()
  const { db } = t
  const house = testOffice(t)
  let marie: Awaited<ReturnType<typeof house.as>>
  const course = await t.sell({
    code: 'COURSE',
    handler: 'std_enroloncourse',
    internal: { course: 2, durationDays: 20 },
  })
  const courses = await t.sell({
    code: 'COURSES',
    handler: 'std_enroloncourses',
    internal: { courses: [3, 4], durationDays: 300 },
    priceCents: 9000,
  })
  const bare = await t.sell({ code: 'LICENCE', handler: 'std_registeredproduct', internal: {} })

  before(async () => {
    marie = await house.as('operator')
  })

  const bought = (code: string, people: string[], firstname = 'Max') =>
    t.bought(
      code,
      people.map((name) => ({ email: `${name}@many.example`, firstname, lastname: 'M' })),
    )

  const choice = (products: OwnedProduct[]) =>
    `${paths.batches.new()}?${products.map(({ reference }) => `product=${reference}`).join('&')}`
  const state = async ({ reference }: OwnedProduct) => (await findProduct(db, reference))?.state

  it('are narrowed by entry, handler and end, and keep that in every link', async () => {
    const [soon] = await bought(course, ['ann'])
    const [later] = await bought(courses, ['bea'])
    assert.ok(soon && later)
    const day = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)
    for (const query of [
      'entry=course',
      'handler=std_enroloncourse',
      `from=${day(0)}&to=${day(30)}`,
      `state=active&to=${day(20)}`,
    ]) {
      const { html } = await marie.open(`${paths.products.index()}?${query}`)
      assert.match(html, new RegExp(soon.reference), query)
      assert.doesNotMatch(html, new RegExp(later.reference), query)
    }
    const { html } = await marie.open(`${paths.products.index()}?entry=course&from=${day(0)}`)
    assert.match(html, new RegExp(`state=active&amp;entry=COURSE&amp;from=${day(0)}`))
    const unreadable = await marie.open(`${paths.products.index()}?from=2026-99-99&state=odd&after=x`)
    assert.equal(unreadable.status, 200)
  })

  it('come as a file for a spreadsheet, without formulas', async () => {
    const [product] = await bought(course, ['cmd'], '=1+1')
    assert.ok(product)
    const answer = await house.app.request(`${paths.products.csv()}?entry=COURSE`, {
      headers: { cookie: [...marie.cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
    })
    assert.match(answer.headers.get('content-type') ?? '', /^text\/csv/)
    const text = await answer.text()
    const line = text.split('\r\n').find((one) => one.startsWith(product.reference))
    assert.match(line ?? '', /,'=1\+1,M,cmd@many\.example,/)
    assert.equal(text.trim().split('\r\n').length, 1 + (await countProducts(db, { entry: 'COURSE' }, 1000)))
  })

  it('offer the actions that they have in common', async () => {
    const mixed = [...(await bought(course, ['cid'])), ...(await bought(bare, ['dan']))]
    const { html } = await marie.open(choice(mixed))
    assert.match(html, /2 products/)
    assert.match(html, /name="action" value="suspend"/)
    assert.doesNotMatch(html, /name="action" value="handOver"/)
    assert.match((await marie.open(paths.batches.new())).html, /No product was ticked/)
  })

  it('are acted on together, each with its result', async () => {
    const products = await bought(course, ['eve', 'fay', 'gus'])
    const [first, ...others] = products
    assert.ok(first)
    await marie.open(choice(products))
    const page = await marie.send(paths.batches.start(), {
      action: 'suspend',
      products: products.map(({ reference }) => reference).join(' '),
    })
    assert.match(page.html, /Suspend: 3 products/)
    assert.match(page.html, /0 of 3 are through/)
    assert.match(page.html, /<noscript><meta http-equiv="refresh"/)
    await t.takeOver()
    const over = await marie.open(page.url)
    assert.match(over.html, /It is over/)
    assert.doesNotMatch(over.html, /http-equiv="refresh"/)
    for (const { reference } of products) assert.match(over.html, new RegExp(reference))
    assert.deepEqual(await Promise.all([first, ...others].map(state)), [
      'suspended',
      'suspended',
      'suspended',
    ])
    // What makes no sense for some leaves them out, and says so.
    const [active] = await bought(course, ['hal'])
    assert.ok(active)
    const choose = await marie.open(choice([first, active]))
    assert.match(choose.html, /value="suspend".*?Do it for 1 product\b/s)
    assert.match(choose.html, /value="resume".*?Do it for 1 product\b/s)
    assert.match(choose.html, /that one is left out/)
  })

  it('are acted on once, though the form is sent twice', async () => {
    const products = await bought(course, ['ian', 'jim'])
    await marie.open(choice(products))
    const form = {
      action: 'suspend',
      once: '0b8f6f0e-6a3c-4f0e-9f86-0d8b0a7f6a11',
      products: products.map(({ reference }) => reference).join(' '),
    }
    const first = await marie.send(paths.batches.start(), form)
    await marie.open(choice(products))
    const second = await marie.send(paths.batches.start(), form)
    assert.equal(first.url, second.url)
    // Now that it is done, the action makes no sense for them any more.
    await t.takeOver()
    await marie.open(choice(products))
    const late = await marie.send(paths.batches.start(), form)
    assert.equal(late.url, first.url)
  })

  it('are shown again, without those that have moved on since the form was drawn', async () => {
    const products = await bought(course, ['ike', 'joy', 'kay'])
    await marie.open(choice(products))
    const [gone] = products
    await db
      .updateTable('products')
      .set({ state: 'revoked' })
      .where('id', '=', gone?.id ?? 0)
      .execute()
    const page = await marie.send(paths.batches.start(), {
      action: 'changeEnd',
      'changeEnd.endsOn': '2031-05-31',
      products: products.map(({ reference }) => reference).join(' '),
    })
    assert.equal(page.status, 422)
    assert.match(page.html, /Nothing was done: things have moved on meanwhile/)
    assert.match(page.html, /Do it for 2 products/)
    assert.match(page.html, /value="2031-05-31"/, 'what was typed is kept')
    assert.match(page.html, /that one is left out/)
  })

  it('say what is wrong with the answers, and start nothing', async () => {
    const products = await bought(course, ['kim', 'lea'])
    await marie.open(choice(products))
    const page = await marie.send(paths.batches.start(), {
      action: 'changeEnd',
      'changeEnd.endsOn': 'soon',
      products: products.map(({ reference }) => reference).join(' '),
    })
    assert.equal(page.status, 422)
    assert.match(page.html, /id="field-changeEnd-endsOn-error"/)
    assert.match(page.html, /value="soon"/)
    assert.match(page.html, /Do it for 2 products/)
  })

  it('are all chosen at once, as far as the list is narrowed', async () => {
    await bought(courses, ['mia', 'ned'])
    const count = await countProducts(db, { entry: 'COURSES' }, 1000)
    const list = await marie.open(`${paths.products.index()}?entry=COURSES`)
    assert.match(list.html, new RegExp(`Act on all ${count} that match`))
    const page = await marie.open(`${paths.batches.new()}?entry=COURSES&all=yes`)
    assert.match(page.html, new RegExp(`${count} products`))
  })

  it('are refunded one by one, with the share of each proposed', async () => {
    const [first, second] = await bought(courses, ['oda'])
    assert.ok(first && second)
    const page = await marie.open(paths.products.show(first.reference))
    assert.match(page.html, /€90\.00 of the unit’s price is left/)
    assert.match(page.html, /value="45\.00"[^>]*name="refund\.amount"/)
    const wrong = await marie.send(paths.products.refund(first.reference), {
      'refund.amount': '90.01',
      'refund.why': 'too much',
    })
    assert.equal(wrong.status, 422)
    assert.match(wrong.html, /An amount from 0 to €90\.00/)
    assert.equal(await state(first), 'active')
    const done = await marie.send(paths.products.refund(first.reference), {
      'refund.amount': '40',
      'refund.why': 'the course is called off',
    })
    assert.match(done.html, /The product is taken back/)
    assert.deepEqual([await state(first), await state(second)], ['revoked', 'active'])
    const order = await marie.open(paths.orders.show(first.orderNumber))
    assert.match(order.html, /Also give back €50\.00/)
    assert.deepEqual(
      (await giveBacksOfOrder(db, first.orderId)).map((one) => [one.product_id, one.amount_cents]),
      [[first.id, 4000]],
    )
  })

  it('say that Moodle is yet to be told while their unit is not produced', async () => {
    await t.faults({ fault: 'down', function: 'enrol_manual_enrol_users' })
    const [product] = await bought(course, ['pam'])
    await t.faults()
    assert.ok(product)
    const page = await marie.open(paths.products.show(product.reference))
    assert.match(page.html, /Its unit is not produced yet/)
    assert.match(page.html, /Not delivered yet/)
    assert.doesNotMatch(page.html, /name="refund\.amount"/)
    const list = await marie.open(`${paths.products.index()}?search=${product.reference}`)
    assert.match(list.html, /Not delivered yet/)
    await until('it is delivered', async () => {
      await t.site.probe()
      await t.takeOver()
      return (await findProduct(db, product.reference))?.unitState === 'produced'
    })
    assert.doesNotMatch((await marie.open(paths.products.show(product.reference))).html, /Not delivered yet/)
  })
})
