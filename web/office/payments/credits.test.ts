import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { credits } from '../../../payments/credits.ts'
import { correctCredits, findCredits } from '../../../shop/credits.ts'
import { cartOf, placeOrder } from '../../../shop/place-order.ts'
import { spendCredits } from '../../../shop/spend-credits.ts'
import { findOrder } from '../../../shop/view-order.ts'
import { testApi } from '../../../test/api.ts'
import { testOffice } from '../../../test/office.ts'
import { buyer, testShop } from '../../../test/shop.ts'
import { routes } from '../../routes.ts'
import { creditsOf } from './credits.tsx'

const paths = routes.office.payments

describe('what an operator does with credits', async () => {
  const test = await testShop({ means: [credits] })
  const { db, shop } = test
  const house = testOffice(test)
  const api = await testApi(test)
  let marie: Awaited<ReturnType<typeof house.as>>
  const plain = await test.sell({ handler: null, priceCents: 10_000 })

  before(async () => {
    marie = await house.as('operator')
  })

  const newEmail = () => `${randomUUID().slice(0, 8)}@buyers.example`
  const balance = async (email: string) => (await findCredits(db, email, 'EUR'))?.balanceCents

  async function given(cents: number): Promise<string> {
    const email = newEmail()
    const gift = { who: 'operator:olga', why: 'a gift', request: randomUUID() }
    await correctCredits(db, { email, currency: 'EUR', amountCents: cents }, gift)
    return email
  }

  it('finds a customer, and corrects what they have with a reason', async () => {
    const email = await given(10_000)
    await marie.open(`${paths.credits()}?search=${email.slice(0, 6)}`)
    assert.match(marie.page().html, new RegExp(`${email}[^]*€100\\.00`))
    await marie.open(creditsOf(email))
    const page = await marie.send(paths.correctCredits(), {
      'correct.amountCents': '-20,50',
      'correct.why': 'given twice',
    })
    assert.match(page.html, /The credits are corrected/)
    assert.match(page.html, /given twice/)
    assert.match(page.html, /€79\.50/)
    assert.equal(await balance(email), 7_950)
  })

  it('asks for the reason, and takes no more than there is', async () => {
    const email = await given(1_000)
    await marie.open(creditsOf(email))
    const unexplained = await marie.send(paths.correctCredits(), { 'correct.amountCents': '5' })
    assert.equal(unexplained.status, 422)
    const more = { 'correct.amountCents': '-10.01', 'correct.why': 'by mistake' }
    const page = await marie.send(paths.correctCredits(), more)
    assert.equal(page.status, 422)
    assert.match(page.html, /There are €10\.00 to take away, and no more/)
    assert.match(page.html, /value="-10\.01"/)
    assert.equal(await balance(email), 1_000)
  })

  it('is not for a viewer', async () => {
    const email = await given(1_000)
    const viewer = await house.as('viewer')
    const { html } = await viewer.open(creditsOf(email))
    assert.match(html, /€10\.00/)
    assert.doesNotMatch(html, /Correct the balance/)
  })

  it('reads before taking a unit back what will be missing of its credits', async () => {
    const pack = await test.sell({
      handler: 'std_addtrainingcredits',
      internal: { creditsCents: 50_000 },
      priceCents: 0,
    })
    const number = (await test.placed(pack, [{}])).number
    await test.takeOver()
    const order = await findOrder(db, number)
    const email = order?.customer.email ?? ''
    await correctCredits(
      db,
      { email, currency: 'EUR', amountCents: -30_000 },
      { who: 'operator:olga', why: 'by hand', request: randomUUID() },
    )
    const told = /It brought €500\.00 of credits: €200\.00 can still be taken back, €300\.00 are spent/
    assert.match((await marie.open(routes.office.orders.show(number))).html, told)
    const [product] = order?.products ?? []
    assert.match((await marie.open(routes.office.products.show(product?.reference ?? ''))).html, told)
    const unit = order?.lines[0]?.units[0]?.id ?? 0
    await marie.open(routes.office.orders.show(number))
    await marie.send(routes.office.orders.revoke(number, unit), { [`revoke${unit}.why`]: 'left the company' })
    await test.takeOver()
    const { html } = await marie.open(routes.office.orders.show(number))
    assert.match(html, /200\.00 EUR of credits taken back; 300\.00 EUR had been spent and are missing/)
    const french = await house.as('viewer', 'fr')
    const said = await french.open(routes.office.orders.show(number))
    assert.match(said.html, /200,00\s€ de crédits repris\s; 300,00\s€ avaient été dépensés et manquent/)
  })

  it('puts credits back with one click, without a transfer', async () => {
    const email = await given(10_000)
    const placed = await placeOrder(
      shop,
      test.engine,
      { content: cartOf([{ code: plain, units: [{ external: {}, fields: {} }] }]) },
      {
        customer: { ...buyer, email },
        means: 'credits',
        termsAccepted: true,
        locale: 'en',
        signedInAs: email,
      },
    )
    assert.ok(placed.ok)
    const { number } = placed.order
    await spendCredits(shop, number, email)
    const unit = (await findOrder(db, number))?.lines[0]?.units[0]?.id ?? 0
    await marie.open(routes.office.orders.show(number))
    await marie.send(routes.office.orders.revoke(number, unit), { [`revoke${unit}.why`]: 'left the company' })
    assert.equal(await balance(email), 0)
    const due = await db
      .selectFrom('give_backs')
      .select('id')
      .where('unit_id', '=', unit)
      .executeTakeFirstOrThrow()
    await marie.open(paths.giveBacks())
    assert.match(marie.page().html, /no transfer is needed/)
    assert.match((await marie.send(paths.giveBack(due.id))).html, /given back/i)
    assert.equal(await balance(email), 10_000)
  })

  it('is open to programs', async () => {
    const as = await api.program('operator')
    const email = newEmail()
    const correction = { email, amountCents: 2_500, why: 'a gift' }
    const key = randomUUID()
    const made = await api.post('/credit-corrections', correction, { as, key })
    assert.deepEqual([made.status, made.body], [201, { email, currency: 'EUR', balanceCents: 2_500 }])
    await api.post('/credit-corrections', correction, { as, key })
    const less = { ...correction, amountCents: -2_501 }
    assert.equal((await api.post('/credit-corrections', less, { as, key: randomUUID() })).status, 409)
    const listed = await api.get(`/credits?search=${email}`, { as })
    assert.deepEqual(listed.body.items, [{ email, currency: 'EUR', balanceCents: 2_500 }])
    const moved = await api.get(`/credit-movements?email=${email}`, { as })
    assert.deepEqual(
      moved.body.items.map(({ kind, amountCents, why }: Record<string, unknown>) => [kind, amountCents, why]),
      [['corrected', 2_500, 'a gift']],
    )
  })
})
