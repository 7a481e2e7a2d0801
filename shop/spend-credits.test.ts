import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { credits } from '../payments/credits.ts'
import { transfer } from '../payments/transfer.ts'
import { buyer, testShop } from '../test/shop.ts'
import { correctCredits, creditsOfOrder, findCredits, listCreditMovements } from './credits.ts'
import { erasePerson } from './erase-person.ts'
import { settleGiveBack } from './give-back.ts'
import { validatePayment } from './payment.ts'
import { cartOf, placeOrder } from './place-order.ts'
import { productsOfOrder, revokeUnit } from './product.ts'
import { spendCredits } from './spend-credits.ts'
import { findOrder, giveBacksOfOrder, orderHistory, paymentsOfOrder } from './view-order.ts'

describe('credits', async () => {
  const shop = await testShop({
    means: [transfer({ holder: 'Atelier', iban: 'FR76', bic: 'AGRI' }), credits],
  })
  const { db } = shop
  const learner = { email: 'kim@learners.example', firstname: 'Kim', lastname: 'Petit' }
  const pack = await shop.sell({
    handler: 'std_addtrainingcredits',
    internal: { creditsCents: 50_000 },
    priceCents: 45_000,
  })
  const course = await shop.sell({
    handler: 'std_enroloncourse',
    internal: { course: 2, durationDays: 30 },
    priceCents: 30_000,
  })
  const operator = 'operator:olga@atelier.example'

  const newBuyer = () => ({ ...buyer, email: `Buyer-${randomUUID().slice(0, 8)}@Company.example` })
  type Buyer = typeof buyer

  async function place(who: Buyer, code: string, means: string, signedInAs?: string) {
    const external = code === pack ? {} : learner
    const content = cartOf([{ code, units: [{ external, fields: {} }] }])
    return await placeOrder(
      shop.shop,
      shop.engine,
      { content },
      { customer: who, means, termsAccepted: true, locale: 'en', signedInAs },
    )
  }

  async function placed(who: Buyer, code: string, means: string): Promise<string> {
    const result = await place(who, code, means, who.email)
    if (!result.ok) throw new Error(JSON.stringify(result.errors))
    return result.order.number
  }

  /** Buys a pack, and gets it delivered. */
  async function bought(who: Buyer): Promise<string> {
    const number = await placed(who, pack, 'transfer')
    await shop.pay(number)
    await shop.takeOver()
    return number
  }

  const balance = async ({ email }: Buyer) => (await findCredits(db, email, 'EUR'))?.balanceCents
  const orderOf = async (number: string) => {
    const order = await findOrder(db, number)
    if (!order) throw new Error(`no order ${number}`)
    return order
  }
  const unitOf = async (number: string) => (await orderOf(number)).lines[0]?.units[0]?.id ?? 0
  const movements = async ({ email }: Buyer) => {
    const account = await findCredits(db, email, 'EUR')
    const { movements } = await listCreditMovements(db, account?.id ?? 0)
    return movements.map(({ kind, amountCents }) => [kind, amountCents])
  }

  it('come onto the buyer’s account with the product, whatever was paid for them', async () => {
    const who = newBuyer()
    const number = await bought(who)
    assert.equal(await shop.orderState(number), 'completed')
    assert.equal(await balance(who), 50_000)
    const [product] = (await orderOf(number)).products
    assert.equal(product?.holder?.email, who.email)
  })

  it('pay an order at once, as money does', async () => {
    const who = newBuyer()
    await bought(who)
    const number = await placed(who, course, 'credits')
    const spent = await spendCredits(shop.shop, number, who.email.toUpperCase())
    assert.deepEqual(spent, { ok: true, applied: { outcome: 'paid', surplusCents: 0 } })
    await shop.takeOver()
    assert.equal(await shop.orderState(number), 'completed')
    assert.equal(await balance(who), 20_000)
    assert.deepEqual(await movements(who), [
      ['spent', -30_000],
      ['delivered', 50_000],
    ])
    const payments = await paymentsOfOrder(db, (await orderOf(number)).id)
    assert.deepEqual(
      payments.map(({ means, reference, amount_cents, state }) => [means, reference, amount_cents, state]),
      [['credits', number, 30_000, 'counted']],
    )
    assert.deepEqual(await spendCredits(shop.shop, number, who.email), {
      ok: true,
      applied: { outcome: 'repeated' },
    })
    assert.equal(await balance(who), 20_000)
  })

  it('are spent by nobody but who owns them', async () => {
    const who = newBuyer()
    await bought(who)
    for (const signedInAs of [undefined, 'mallory@elsewhere.example']) {
      const result = await place(who, course, 'credits', signedInAs)
      assert.match(result.ok ? '' : (result.errors.means?.en ?? ''), /sign in/)
    }
    const number = await placed(who, course, 'credits')
    for (const signedIn of [undefined, 'mallory@elsewhere.example']) {
      assert.deepEqual(await spendCredits(shop.shop, number, signedIn), { ok: false, reason: 'stranger' })
    }
    assert.equal(await balance(who), 50_000)
    assert.equal(await shop.orderState(number), 'awaiting_payment')
  })

  it('don’t pay what they don’t cover', async () => {
    const who = newBuyer()
    await correctCredits(
      db,
      { email: who.email, currency: 'EUR', amountCents: 29_999 },
      { who: operator, why: 'a gift', request: randomUUID() },
    )
    const result = await place(who, course, 'credits', who.email)
    assert.match(result.ok ? '' : (result.errors.means?.en ?? ''), /too few credits/)
  })

  it('are not sold for credits', async () => {
    const who = newBuyer()
    await bought(who)
    const result = await place(who, pack, 'credits', who.email)
    assert.match(result.ok ? '' : (result.errors.means?.en ?? ''), /can’t be bought with credits/)
  })

  it('are not sold for credits in a bundle either', async () => {
    const who = newBuyer()
    await bought(who)
    const book = await shop.sell({ handler: null, priceCents: 2_000 })
    const bundle = await shop.sell({
      handler: null,
      priceCents: 40_000,
      parts: [
        { code: book, quantity: 1 },
        { code: pack, quantity: 1 },
      ],
    })
    const result = await place(who, bundle, 'credits', who.email)
    assert.match(result.ok ? '' : (result.errors.means?.en ?? ''), /can’t be bought with credits/)
  })

  it('pay only one of two orders that they cover alone and not together', async () => {
    for (let round = 0; round < 5; round++) {
      const who = newBuyer()
      await bought(who)
      const numbers = [await placed(who, course, 'credits'), await placed(who, course, 'credits')]
      const spent = await Promise.all(
        numbers.flatMap((number) => [
          spendCredits(shop.shop, number, who.email),
          spendCredits(shop.shop, number, who.email),
        ]),
      )
      const told = spent.map((one) => (one.ok ? one.applied.outcome : one.reason)).sort()
      assert.deepEqual(told, ['balance', 'balance', 'paid', 'repeated'])
      assert.equal(await balance(who), 20_000)
      const states = await Promise.all(numbers.map((number) => shop.orderState(number)))
      assert.deepEqual(states.sort(), ['awaiting_payment', 'paid'])
    }
  })

  it('don’t pay an order that other money has paid in part', async () => {
    const who = newBuyer()
    await bought(who)
    const number = await placed(who, course, 'credits')
    const part = { means: 'transfer', reference: randomUUID(), amountCents: 100, currency: 'EUR' }
    await validatePayment(shop.shop, number, { ...part, paidOn: '2026-01-01' }, operator)
    assert.deepEqual(await spendCredits(shop.shop, number, who.email), { ok: false, reason: 'not_now' })
    assert.equal(await balance(who), 50_000)
  })

  it('come back by themselves when an operator says that the money has gone back', async () => {
    const who = newBuyer()
    await bought(who)
    const number = await placed(who, course, 'credits')
    await spendCredits(shop.shop, number, who.email)
    await shop.takeOver()
    await revokeUnit(shop.shop, await unitOf(number), { who: operator, why: 'ill', giveBack: true })
    await shop.takeOver()
    assert.equal(await balance(who), 20_000)
    const [due] = await giveBacksOfOrder(db, (await orderOf(number)).id)
    assert.ok(due)
    const settled = await Promise.all(
      ['a', 'b'].map((note) => settleGiveBack(shop.shop, due.id, { who: operator, note })),
    )
    assert.deepEqual(settled.sort(), [false, true])
    assert.equal(await balance(who), 50_000)
    assert.deepEqual((await movements(who))[0], ['given_back', 30_000])
  })

  it('leave money alone that came by another means', async () => {
    const who = newBuyer()
    const pays = await bought(who)
    const number = await placed(who, course, 'credits')
    await spendCredits(shop.shop, number, who.email)
    const second = { means: 'transfer', reference: randomUUID(), amountCents: 30_000, currency: 'EUR' }
    await validatePayment(shop.shop, number, { ...second, paidOn: '2026-01-01' }, operator)
    const [setAside] = await giveBacksOfOrder(db, (await orderOf(number)).id)
    assert.equal(await settleGiveBack(shop.shop, setAside?.id ?? 0, { who: operator, note: 'by bank' }), true)
    await revokeUnit(shop.shop, await unitOf(pays), { who: operator, why: 'ill', giveBack: true })
    await shop.takeOver()
    const [price] = await giveBacksOfOrder(db, (await orderOf(pays)).id)
    assert.equal(await settleGiveBack(shop.shop, price?.id ?? 0, { who: operator, note: 'by bank' }), true)
    assert.deepEqual(await movements(who), [
      ['taken_back', -20_000],
      ['spent', -30_000],
      ['delivered', 50_000],
    ])
  })

  it('are taken back with their product as far as they are there, and the order says what is missing', async () => {
    const who = newBuyer()
    const pays = await bought(who)
    const number = await placed(who, course, 'credits')
    await spendCredits(shop.shop, number, who.email)
    const { id, products } = await orderOf(pays)
    const atStake = await creditsOfOrder(db, id)
    assert.deepEqual(
      atStake.map(({ productId, broughtCents, balanceCents }) => [productId, broughtCents, balanceCents]),
      [[products[0]?.id, 50_000, 20_000]],
    )
    await revokeUnit(shop.shop, await unitOf(pays), { who: operator, why: 'ill', giveBack: false })
    await shop.takeOver()
    assert.equal(await shop.orderState(pays), 'refunded')
    assert.equal(await balance(who), 0)
    assert.deepEqual(await creditsOfOrder(db, id), [])
    const told = (await orderHistory(db, id)).filter(({ event }) => event === 'credits_missing')
    assert.deepEqual(
      told.map(({ why }) => why),
      ['200.00 EUR of credits taken back; 300.00 EUR had been spent and are missing'],
    )
    assert.equal((await productsOfOrder(db, id))[0]?.state, 'revoked')
  })

  it('are corrected with a reason, once for each request, and never below nothing', async () => {
    const { email } = newBuyer()
    const by = (amountCents: number, why = 'a gift', request: string = randomUUID()) =>
      correctCredits(db, { email, currency: 'EUR', amountCents }, { who: operator, why, request })
    assert.deepEqual(await by(-1), { ok: false, reason: 'balance' })
    assert.deepEqual(await by(100, ' '), { ok: false, reason: 'why' })
    assert.deepEqual(await by(0), { ok: false, reason: 'amount' })
    const request = randomUUID()
    const twice = await Promise.all([by(100, 'a gift', request), by(100, 'a gift', request)])
    assert.deepEqual(twice, [{ ok: true }, { ok: true }])
    assert.equal((await findCredits(db, email, 'EUR'))?.balanceCents, 100)
    assert.deepEqual(await by(-101), { ok: false, reason: 'balance' })
    const both = await Promise.all([by(-60), by(-60)])
    assert.equal(both.filter(({ ok }) => ok).length, 1)
    assert.equal((await findCredits(db, email, 'EUR'))?.balanceCents, 40)
  })

  it('stay with who is erased until they are forfeited on purpose', async () => {
    const who = newBuyer()
    const number = await bought(who)
    await correctCredits(
      db,
      { email: who.email, currency: 'EUR', amountCents: 100 },
      { who: operator, why: 'Alice Martin waited', request: randomUUID() },
    )
    const kept = await erasePerson(db, who.email)
    assert.deepEqual(kept.credits, [{ cents: 50_100, currency: 'EUR' }])
    assert.equal(await balance(who), 50_100)
    assert.deepEqual((await erasePerson(db, who.email, { forfeitCredits: true })).credits, [])
    assert.equal(await balance(who), undefined)
    const whys = await db
      .selectFrom('credit_movements')
      .select('why')
      .where('why', 'like', 'Alice%')
      .execute()
    assert.deepEqual(whys, [])
    // What they had brought can be taken back still, as far as it goes.
    await revokeUnit(shop.shop, await unitOf(number), { who: operator, why: 'late', giveBack: false })
    await shop.takeOver()
    assert.equal(await shop.orderState(number), 'refunded')
  })

  it('have movements that nobody changes, and a balance that is their sum', async () => {
    await assert.rejects(db.deleteFrom('credit_movements').execute(), /append-only/)
    const wrong = await db
      .selectFrom('credit_accounts as a')
      .select('a.id')
      .where((where) =>
        where(
          'a.balance_cents',
          '!=',
          where
            .selectFrom('credit_movements as m')
            .select((of) => of.fn.coalesce(of.fn.sum<number>('m.amount_cents'), of.lit(0)).as('sum'))
            .whereRef('m.account_id', '=', 'a.id'),
        ),
      )
      .execute()
    assert.deepEqual(wrong, [])
  })
})
