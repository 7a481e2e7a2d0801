import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { CartUnit } from '../db/schema.ts'
import { buyer, testShop } from '../test/shop.ts'
import { groupLines, soldLines } from './bundle.ts'
import { viewCart } from './cart.ts'
import type { EntryDraft } from './check-entry.ts'
import { type Entry, findEntry, listCatalog, mostUnits, whyUnavailable } from './entry.ts'
import { cartOf, placeOrder } from './place-order.ts'
import { revokeUnit } from './product.ts'
import { saveEntry } from './save-entry.ts'
import { findOrder, giveBacksOfOrder } from './view-order.ts'

const entry = (code: string, priceCents: number, more: Partial<Entry> = {}): Entry => ({
  id: 1,
  code,
  state: 'on_sale',
  title: { en: code, fr: code },
  summary: { en: '', fr: '' },
  description: { en: '', fr: '' },
  category: { en: '', fr: '' },
  priceCents,
  currency: 'EUR',
  vatBasisPoints: 2000,
  handler: null,
  internal: {},
  fields: [],
  parts: [],
  maxQuantity: null,
  position: 0,
  revision: 1,
  ...more,
})

describe('the lines that a bundle is sold as', () => {
  const sum = (numbers: number[]) => numbers.reduce((all, one) => all + one, 0)

  it('cost what the bundle costs, to the cent, whatever its parts and their quantities', () => {
    let seed = 4_711
    const upTo = (most: number) => {
      seed = (seed * 48_271) % 2_147_483_647
      return seed % (most + 1)
    }
    for (let round = 0; round < 2_000; round++) {
      const parts = Array.from({ length: 1 + upTo(7) }, (_, index) => {
        const part = entry(`P${index}`, upTo(round % 4 === 0 ? 1 : 99_999), { vatBasisPoints: upTo(3) * 550 })
        return { code: part.code, quantity: 1 + upTo(4), entry: part }
      })
      const quantity = 1 + upTo(9)
      const bundle = entry('LOT', upTo(300_000), { parts })
      const lines = soldLines(bundle, quantity)
      assert.equal(sum(lines.map((line) => line.totalCents)), bundle.priceCents * quantity)
      for (const line of lines) assert.equal(line.totalCents, line.unitCents * line.quantity)
      for (const { code, quantity: each } of parts) {
        const mine = lines.filter((line) => line.entry.code === code)
        assert.equal(sum(mine.map((line) => line.quantity)), each * quantity)
        const prices = mine.map((line) => line.unitCents)
        assert.ok(
          mine.length <= 2 && Math.max(...prices) - Math.min(...prices) <= 1,
          'a cent apart at the most',
        )
      }
    }
  })

  it('bear the VAT of their own rates', () => {
    const course = entry('COURSE', 30_000, { vatBasisPoints: 0 })
    const book = entry('BOOK', 10_000, { vatBasisPoints: 550 })
    const parts = [course, book].map((part) => ({ code: part.code, quantity: 1, entry: part }))
    const lines = soldLines(entry('LOT', 32_000, { parts }), 1)
    assert.deepEqual(
      lines.map((line) => [line.totalCents, line.vatCents]),
      [
        [24_000, 0],
        [8_000, 417],
      ],
    )
  })
})

describe('a bundle', async () => {
  const shop = await testShop()
  const { db } = shop
  const course = { handler: 'std_enroloncourse', internal: { course: 2 } }
  let first: string
  let second: string
  let wild: string
  let bundle: string
  let people = 0

  before(async () => {
    first = await shop.sell({ ...course, priceCents: 10_000, state: 'draft' })
    second = await shop.sell({
      handler: 'std_enroloncourse',
      internal: { course: 3 },
      priceCents: 5_000,
      vatBasisPoints: 0,
    })
    wild = await shop.sell({ handler: 'ext_wild', priceCents: 5_000 })
    bundle = await shop.sell({ handler: null, priceCents: 12_001, parts: parts(first, second, wild) })
  })

  const parts = (...codes: string[]) => codes.map((code) => ({ code, quantity: 1 }))
  const person = () => ({ email: `lot.${++people}@learners.example`, firstname: 'Lo', lastname: 'T' })
  const answer = (code: string, external: Record<string, unknown>) => ({
    code,
    forMe: false,
    external,
    fields: {},
  })
  const unit = (...answers: NonNullable<CartUnit['parts']>) => ({
    external: {},
    fields: {},
    parts: answers,
  })
  const place = (code: string, ...units: Omit<CartUnit, 'key' | 'forMe'>[]) =>
    placeOrder(
      shop.shop,
      shop.engine,
      { content: cartOf([{ code, units }]) },
      { customer: buyer, means: 'transfer', termsAccepted: true, locale: 'en' },
    )
  async function ordered(code: string, ...units: Omit<CartUnit, 'key' | 'forMe'>[]) {
    const placed = await place(code, ...units)
    assert.ok(placed.ok, JSON.stringify(placed))
    return placed.order.number
  }
  const seen = async (number: string) => (await findOrder(db, number)) ?? assert.fail('no such order')

  it('is ordered at its own price, each part a line of its own with its share and its VAT', async () => {
    const two = [1, 2].map(() =>
      unit(answer(first, person()), answer(second, person()), answer(wild, { postpay: 'well' })),
    )
    const order = await seen(await ordered(bundle, ...two))
    assert.equal(order.totalCents, 24_002)
    assert.deepEqual(
      order.lines.map((line) => [line.entry.code, line.quantity, line.unitCents, line.entry.unitCents]),
      [
        [first, 2, 6_001, 6_001],
        [second, 2, 3_000, 3_000],
        [wild, 2, 3_000, 3_000],
      ],
    )
    assert.equal(order.vatCents, 2_000 + 0 + 1_000)
    const title = { en: bundle, fr: bundle }
    const [group, ...others] = groupLines(order.lines)
    assert.deepEqual(group?.bundle, { code: bundle, title, cents: 12_001, quantity: 2 })
    assert.equal(group?.lines.length, 3)
    assert.deepEqual(others, [])
  })

  it('keeps what it was sold as, whatever becomes of it and its parts', async () => {
    const number = await ordered(
      bundle,
      unit(answer(first, person()), answer(second, person()), answer(wild, {})),
    )
    const before = await seen(number)
    const code = await shop.sell({ ...course, priceCents: 1 })
    const change = { price_cents: 77_700, parts: JSON.stringify(parts(first, code)) }
    await db.updateTable('entries').set(change).where('code', '=', bundle).execute()
    await db.updateTable('entries').set({ price_cents: 1 }).where('code', '=', first).execute()
    assert.deepEqual((await seen(number)).lines, before.lines)
    const back = { price_cents: 12_001, parts: JSON.stringify(parts(first, second, wild)) }
    await db.updateTable('entries').set(back).where('code', '=', bundle).execute()
    await db.updateTable('entries').set({ price_cents: 10_000 }).where('code', '=', first).execute()
  })

  it('produces every part that can be while another fails, and gives a part back by its share', async () => {
    const learner = person()
    const number = await ordered(
      bundle,
      unit(answer(first, learner), answer(second, learner), answer(wild, { postpay: 'throws' })),
    )
    await shop.pay(number)
    await shop.takeOver(8)
    assert.deepEqual(await shop.unitStates(number), ['produced', 'produced', 'needs_operator'])
    const order = await seen(number)
    assert.equal(order.state, 'paid')
    assert.equal(order.products.length, 2)

    const [, unlucky] = order.lines
    const taken = unlucky?.units[0]?.id ?? 0
    assert.ok(
      (await revokeUnit(shop.shop, taken, { who: 'operator:olga', why: 'withdrawn', giveBack: true })).ok,
    )
    await shop.takeOver(2)
    assert.deepEqual(await shop.unitStates(number), ['produced', 'revoked', 'needs_operator'])
    const due = await giveBacksOfOrder(db, order.id)
    assert.deepEqual(
      due.map((one) => one.amount_cents),
      [3_000],
    )
    const state = await shop.sandboxState(learner.email)
    const enrolments = state.courses.flatMap((one) => one.enrolments)
    assert.deepEqual(enrolments.map((one) => one.status).sort(), ['active', 'suspended'])
  })

  it('is refused as a whole when one part refuses before the payment', async () => {
    const number = await ordered(
      bundle,
      unit(answer(first, person()), answer(second, person()), answer(wild, { prepay: 'refuses' })),
    )
    assert.equal(await shop.orderState(number), 'refused')
  })

  it('has the parts of today’s catalog, whatever the cart says of them', async () => {
    const whole = [answer(first, person()), answer(second, person()), answer(wild, {})]
    const other = await shop.sell({ ...course, priceCents: 0 })
    const carts = [
      unit(...whole, answer(other, person()), answer(first, person())),
      unit(...whole.toReversed()),
      { ...unit(...whole), external: { course: 9 }, fields: { price: 1 } },
    ]
    for (const tampered of carts) {
      const order = await seen(await ordered(bundle, tampered))
      assert.equal(order.totalCents, 12_001)
      assert.deepEqual(
        order.lines.map((line) => [line.entry.code, line.units.length]),
        [
          [first, 1],
          [second, 1],
          [wild, 1],
        ],
      )
    }
    for (const missing of [{}, unit(), unit(answer(first, person())), unit(answer(other, person()))]) {
      const refused = await place(bundle, { external: {}, fields: {}, ...missing })
      assert.ok(!refused.ok && refused.errors.cart, 'nothing is ordered without what a part asks')
    }
  })

  it('asks each part’s own form, and says what is missing at its part', async () => {
    const content = cartOf([
      {
        code: bundle,
        units: [unit(answer(second, { ...person(), email: 'nobody' }), answer(first, person()))],
      },
    ])
    const viewed = await viewCart(shop.shop, content)
    assert.equal(viewed.units, 3)
    assert.equal(viewed.complete, false)
    const [one, two] = viewed.lines[0]?.units[0]?.parts ?? []
    assert.deepEqual(Object.keys(one?.errors.external ?? {}), [])
    assert.deepEqual(Object.keys(two?.errors.external ?? {}), ['email'])
  })

  it('takes one learner for all parts, as long as nobody says otherwise', async () => {
    const pair = await shop.sell({ handler: null, priceCents: 8_000, parts: parts(first, second) })
    const learner = person()
    const other = person()
    const view = async (unit: Omit<CartUnit, 'key' | 'forMe'>) =>
      (await viewCart(shop.shop, cartOf([{ code: pair, units: [unit] }]), buyer)).lines[0]?.units[0]?.parts
    const emails = async (unit: Omit<CartUnit, 'key' | 'forMe'>) =>
      (await view(unit))?.map((part) => part.external.email)
    const both = unit(answer(first, learner), answer(second, other))
    assert.deepEqual(await emails(both), [learner.email, other.email])
    assert.deepEqual(await emails({ ...both, sameLearner: true }), [learner.email, learner.email])
    const [, follower] = (await view({ external: {}, fields: {} })) ?? []
    assert.deepEqual([...(follower?.follows?.fields.keys() ?? [])], ['email', 'firstname', 'lastname'])
    assert.deepEqual(follower?.errors.external, {}, 'what is missing is said where the learner is named')
    const mine = { ...unit({ ...answer(first, {}), forMe: true }), sameLearner: true }
    const order = await seen(await ordered(pair, mine))
    assert.deepEqual(
      order.lines.map((line) => line.units[0]?.external.email),
      [buyer.email, buyer.email],
    )
  })

  it('has several units of one part, each with its own answers', async () => {
    const seats = await shop.sell({
      handler: null,
      priceCents: 10_000,
      parts: [
        { code: first, quantity: 3 },
        { code: second, quantity: 1 },
      ],
    })
    const three = [person(), person(), person()]
    const order = await seen(
      await ordered(seats, unit(...three.map((each) => answer(first, each)), answer(second, person()))),
    )
    assert.equal(order.totalCents, 10_000)
    assert.equal(
      order.lines.reduce((sum, line) => sum + line.totalCents, 0),
      10_000,
    )
    const mine = order.lines.filter((line) => line.entry.code === first)
    assert.deepEqual(
      mine.flatMap((line) => line.units.map((each) => each.external.email)),
      three.map(({ email }) => email),
    )
  })

  it('is sold as often as its parts allow', async () => {
    const scarce = await shop.sell({ ...course, maxQuantity: 7 })
    const code = await shop.sell({
      handler: null,
      parts: [
        { code: scarce, quantity: 2 },
        { code: second, quantity: 1 },
      ],
    })
    const found = (await findEntry(db, code)) ?? assert.fail()
    assert.equal(mostUnits(shop.shop, found), 3)
    const pair = { handler: null, parts: parts(first, second) }
    const twice = (await findEntry(db, await shop.sell(pair))) ?? assert.fail()
    assert.equal(mostUnits(shop.shop, twice), 250, 'an order has 500 units at the most')
    const few = (await findEntry(db, await shop.sell({ ...pair, maxQuantity: 2 }))) ?? assert.fail()
    assert.equal(mostUnits(shop.shop, few), 2)
  })

  it('counts with what is bought of its parts beside it', async () => {
    const scarce = await shop.sell({ ...course, maxQuantity: 2 })
    const code = await shop.sell({ handler: null, parts: parts(scarce, second) })
    const alone = (count: number) => ({
      code: scarce,
      units: Array.from({ length: count }, () => ({ external: person(), fields: {} })),
    })
    const lot = { code, units: [unit(answer(scarce, person()), answer(second, person()))] }
    const place = (count: number) =>
      placeOrder(
        shop.shop,
        shop.engine,
        { content: cartOf([lot, alone(count)]) },
        { customer: buyer, means: 'transfer', termsAccepted: true, locale: 'en' },
      )
    const refused = await place(2)
    assert.ok(!refused.ok && refused.errors.cart, 'three of what one order may have two of')
    const { lines } = await viewCart(shop.shop, cartOf([lot, alone(2)]))
    assert.deepEqual(
      lines.map(({ most }) => most),
      [0, 1],
    )
    assert.ok((await place(1)).ok)
  })

  it('is not for sale while a part is retired, gone, a bundle itself, or without its handler', async () => {
    const broken = await shop.sell({ handler: 'ext_nobody_has_it' })
    const retired = await shop.sell({ ...course, state: 'retired' })
    for (const part of [broken, retired, 'NOWHERE', bundle]) {
      const code = await shop.sell({ handler: null, parts: parts(first, part) })
      const found = (await findEntry(db, code)) ?? assert.fail()
      assert.ok(await whyUnavailable(shop.shop, found), part)
      assert.ok(!(await listCatalog(shop.shop, { limit: 100 })).entries.some((one) => one.code === code))
      const refused = await place(code, unit(answer(first, person())))
      assert.ok(!refused.ok && refused.errors.cart)
    }
    const sound = (await findEntry(db, bundle)) ?? assert.fail()
    assert.equal(await whyUnavailable(shop.shop, sound), undefined)
  })

  describe('when it is saved', () => {
    const text = { en: 'Both', fr: 'Les deux' }
    const draft = (code: string, more: Partial<EntryDraft>): EntryDraft => ({
      code,
      title: text,
      summary: text,
      description: text,
      category: text,
      priceCents: 12_000,
      vatBasisPoints: 2_000,
      handler: null,
      internal: {},
      fields: [],
      maxQuantity: null,
      position: 0,
      ...more,
    })
    const sell = (code: string, more: Partial<EntryDraft>) =>
      saveEntry(shop.shop, draft(code, more), { state: 'on_sale' })

    it('goes on sale with parts that are drafts, as long as they can be produced', async () => {
      const saved = await sell('LOT-1', { parts: parts(first, second) })
      assert.ok(saved.ok, JSON.stringify(saved))
      assert.deepEqual(
        saved.entry.parts.map((part) => [part.code, part.quantity, part.entry?.state]),
        [
          [first, 1, 'draft'],
          [second, 1, 'on_sale'],
        ],
      )
      assert.deepEqual(saved.findings, [])
    })

    it('can’t be saved with parts that make no list, or with a handler or fields of its own', async () => {
      const field = { name: 'size', type: 'text', label: { en: 'Size', fr: 'Taille' } }
      const wrong: Partial<EntryDraft>[] = [
        { parts: [{ code: first, quantity: 1 }] },
        { parts: [{ code: first, quantity: 0 }, ...parts(second)] },
        { parts: [{ code: first, quantity: 1.5 }, ...parts(second)] },
        { parts: [{ code: first, quantity: 51 }] },
        { parts: parts(first, first) },
        { parts: parts('LOT-2', first) },
        { parts: parts(...Array.from({ length: 21 }, (_, n) => `PART-${n}`)) },
        { parts: parts(first, second), ...course },
        { parts: parts(first, second), fields: [field] },
      ]
      for (const more of wrong) {
        for (const state of ['draft', 'on_sale'] as const) {
          const refused = await saveEntry(shop.shop, draft('LOT-2', more), { state })
          assert.ok(!refused.ok && refused.errors.entry.parts, JSON.stringify(more))
        }
      }
    })

    it('can’t be put on sale with a part that couldn’t be sold, and says which and why', async () => {
      const unset = await shop.sell({ handler: 'std_enroloncourse', internal: {}, state: 'draft' })
      const nowhere = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 99_999 } })
      for (const part of ['NOWHERE', bundle, unset, nowhere]) {
        const refused = await sell('LOT-3', { parts: parts(first, part) })
        assert.ok(!refused.ok, part)
        assert.deepEqual(refused.errors.entry, {})
        const [finding] = refused.findings
        assert.ok(finding?.field === 'parts' && finding.level === 'error')
        assert.match(finding.text.en, new RegExp(part))
      }
      const kept = await saveEntry(shop.shop, draft('LOT-3', { parts: parts(first, 'NOWHERE') }), {
        state: 'draft',
      })
      assert.ok(kept.ok, 'a draft may wait for its parts')
    })

    it('says that it is dearer than its parts, and sells it all the same', async () => {
      const saved = await sell('LOT-4', { parts: parts(first, second), priceCents: 15_001 })
      assert.ok(saved.ok)
      assert.deepEqual(
        saved.findings.map(({ field, level }) => [field, level]),
        [['parts', 'warning']],
      )
    })

    it('is no part of another bundle, even when it becomes one later', async () => {
      const part = await shop.sell({ ...course })
      assert.ok((await sell('LOT-5', { parts: parts(part, second) })).ok)
      const refused = await sell(part, { parts: parts(first, second) })
      assert.ok(!refused.ok)
      assert.match(refused.findings[0]?.text.en ?? '', /part of LOT-5/)
    })
  })
})
