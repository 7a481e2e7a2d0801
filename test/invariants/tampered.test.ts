import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { CartContent } from '../../db/schema.ts'
import { emptyCart, findCart, openCart, setQuantity, viewCart } from '../../shop/cart.ts'
import { mostUnitsOfAnOrder } from '../../shop/entry.ts'
import { type Checkout, cartOf, placeOrder } from '../../shop/place-order.ts'
import { findOrder } from '../../shop/view-order.ts'
import { buyer, testShop } from '../shop.ts'

describe('a tampered form changes nothing (invariant 6)', async () => {
  const shop = await testShop()
  const { db } = shop
  const code = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 }, priceCents: 10_000 })
  const dear = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 3 }, priceCents: 90_000 })
  const few = await shop.sell({ handler: null, priceCents: 1_000, maxQuantity: 2 })
  const checkout: Checkout = { customer: buyer, means: 'transfer', termsAccepted: true, locale: 'en' }
  const learner = { email: 'tamper@learners.example', firstname: 'Tam', lastname: 'Per' }
  const cart = (of: string, units: Record<string, unknown>[] = [learner]): CartContent =>
    cartOf([{ code: of, units: units.map((external) => ({ external, fields: {} })) }])

  const countOrders = async () =>
    (
      await db
        .selectFrom('orders')
        .select((select) => select.fn.countAll<number>().as('n'))
        .executeTakeFirstOrThrow()
    ).n

  /** Tries to place, and makes sure that nothing was placed and nothing of the cart is lost. */
  async function refused(content: CartContent, change: Partial<Checkout> = {}) {
    const before = await countOrders()
    const { token, id } = await openCart(db, content)
    const result = await placeOrder(shop.shop, shop.engine, { id, content }, { ...checkout, ...change })
    assert.ok(!result.ok, 'it was placed')
    assert.equal(await countOrders(), before)
    assert.deepEqual((await findCart(db, token))?.content, content)
    return result.errors
  }

  for (const quantity of [-1, -1e9, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    it(`keeps a line as it is when its quantity is to be ${quantity}`, () => {
      const content = cart(code, [learner, { ...learner, email: 'two@learners.example' }])
      assert.deepEqual(setQuantity(content, code, quantity, 500), content)
      assert.deepEqual(setQuantity(emptyCart(), code, quantity, 500), emptyCart())
    })
  }

  it('gives a line no more units than an order may have, however many are asked for', () => {
    for (const quantity of [501, 1e9, Number.MAX_SAFE_INTEGER]) {
      const [line] = setQuantity(cart(code), code, quantity, mostUnitsOfAnOrder).lines
      assert.equal(line?.units.length, 500)
      assert.deepEqual(line.units[0]?.external, learner, 'what was typed stays')
    }
  })

  it('asks today’s price of the catalog, whatever price the form brings', async () => {
    const content = cart(dear)
    const prices = { priceCents: 1, unitCents: 1, totalCents: 1, currency: 'XXX', vatBasisPoints: 0 }
    const forged = {
      ...content,
      ...prices,
      lines: content.lines.map((line) => ({ ...line, ...prices, entry: prices })),
    }
    const result = await placeOrder(shop.shop, shop.engine, { content: forged }, { ...checkout, ...prices })
    assert.ok(result.ok)
    const order = await findOrder(db, result.order.number)
    assert.equal(order?.totalCents, 90_000)
    assert.equal(order.vatCents, 15_000)
    assert.equal(order.currency, 'EUR')
    assert.equal(order.lines[0]?.unitCents, 90_000)
  })

  it('keeps nothing that is no field of the form', async () => {
    const extra = { role: 'manager', course: 99, userid: 1, internal: { role: 'manager' }, state: 'produced' }
    const external = { ...learner, ...extra, ...JSON.parse('{"__proto__":{"role":"manager"}}') }
    const content = cartOf([{ code, units: [{ external, fields: { vip: true } }] }])
    const result = await placeOrder(
      shop.shop,
      shop.engine,
      { content },
      { ...checkout, customer: { ...buyer, admin: true } },
    )
    assert.ok(result.ok)
    const order = await findOrder(db, result.order.number)
    const unit = order?.lines[0]?.units[0]
    assert.deepEqual(unit?.external, learner)
    assert.deepEqual(unit.fields, {})
    assert.equal(unit.state, 'prepared')
    assert.deepEqual(order?.customer, buyer)
  })

  it('sells no entry that is unknown, a draft, retired, or without its handler', async () => {
    const draft = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 } })
    const retired = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 } })
    const orphan = await shop.sell({ handler: 'ext_gone' })
    const specific = await shop.sell({ handler: 'specific' })
    await db.updateTable('entries').set({ state: 'draft' }).where('code', '=', draft).execute()
    await db.updateTable('entries').set({ state: 'retired' }).where('code', '=', retired).execute()
    for (const gone of ['NO-SUCH', draft, retired, orphan, specific, `${code}' or '1'='1`]) {
      const { cart: why } = await refused(cart(gone))
      assert.match(why?.en ?? '', /no longer for sale/, gone)
    }
    const mixed = { lines: [...cart(code).lines, ...cart(draft).lines] }
    await refused(mixed)
  })

  it('sells nothing whose price is in another currency than the shop’s', async () => {
    const yen = await shop.sell({ handler: null, priceCents: 100 })
    await db.updateTable('entries').set({ currency: 'JPY' }).where('code', '=', yen).execute()
    await refused(cart(yen, [{}]))
  })

  it('takes no means of payment that is off', async () => {
    for (const means of ['test_card', 'free', 'cheque', '', '__proto__', 'constructor']) {
      const errors = await refused(cart(code), { means })
      assert.ok(errors.means, means)
    }
  })

  it('takes “free” only for what costs nothing', async () => {
    const free = await shop.sell({ handler: null, priceCents: 0 })
    const result = await placeOrder(
      shop.shop,
      shop.engine,
      { content: cart(free, [{}]) },
      { ...checkout, means: 'x' },
    )
    assert.ok(result.ok)
    assert.equal((await findOrder(db, result.order.number))?.means, 'free')
  })

  it('asks for every answer of every unit, and says which is missing or wrong', async () => {
    const missing = [
      {},
      { email: learner.email },
      { ...learner, email: 'no-address' },
      { ...learner, firstname: '  ' },
    ]
    for (const external of missing) {
      const content = cart(code, [learner, external])
      await refused(content)
      const [line] = (await viewCart(shop.shop, content, buyer)).lines
      assert.deepEqual(line?.units[0]?.errors.external, {})
      assert.ok(Object.keys(line?.units[1]?.errors.external ?? {}).length > 0)
    }
    for (const wrong of [
      { email: ['a@b.example'] },
      { email: { $ne: '' } },
      { firstname: 5 },
      { lastname: null },
    ]) {
      await refused(cart(code, [{ ...learner, ...wrong }]))
    }
    await refused({ lines: [{ code, units: [] }] })
    await refused(emptyCart())
  })

  it('asks who buys, and for consent', async () => {
    assert.ok((await refused(cart(code), { customer: {} })).customer.email)
    assert.ok((await refused(cart(code), { customer: { ...buyer, email: 'x' } })).customer.email)
    assert.ok((await refused(cart(code), { termsAccepted: false })).terms)
  })

  it('shows a price that has changed before it places anything', async () => {
    assert.match(
      (await refused(cart(code), { expectedTotalCents: 9_999 })).cart?.en ?? '',
      /price has changed/,
    )
    const result = await placeOrder(
      shop.shop,
      shop.engine,
      { content: cart(code) },
      { ...checkout, expectedTotalCents: 10_000 },
    )
    assert.ok(result.ok)
  })

  it('places nothing rather than less than was asked for: 501 units, or one more than an entry allows', async () => {
    const plain = await shop.sell({ handler: null, priceCents: 1 })
    const another = await shop.sell({ handler: null, priceCents: 1 })
    const units = (n: number) => Array.from({ length: n }, () => ({}))
    assert.match((await refused(cart(plain, units(501)))).cart?.en ?? '', /500/)
    const lines = [...cart(plain, units(300)).lines, ...cart(another, units(201)).lines]
    assert.match((await refused({ lines })).cart?.en ?? '', /500/)
    assert.match((await refused(cart(few, units(3)))).cart?.en ?? '', /2/)
    const split = [...cart(few, units(2)).lines, ...cart(few, units(1)).lines]
    await refused({ lines: split })
    const most = await placeOrder(shop.shop, shop.engine, { content: cart(plain, units(500)) }, checkout)
    assert.ok(most.ok)
    assert.equal((await shop.unitStates(most.order.number)).length, 500)
  })

  it('names the buyer for a unit “for me”, whatever else the form brings for it', async () => {
    const content = cartOf([
      { code, units: [{ forMe: true, external: { email: 'other@x.example' }, fields: {} }] },
    ])
    const result = await placeOrder(shop.shop, shop.engine, { content }, checkout)
    assert.ok(result.ok)
    const { email, firstname, lastname } = buyer
    assert.deepEqual((await findOrder(db, result.order.number))?.lines[0]?.units[0]?.external, {
      email,
      firstname,
      lastname,
    })
  })
})
