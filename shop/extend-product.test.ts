import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { elementsOf, validate } from '../sdk/form.ts'
import { productReference, z } from '../sdk/index.ts'
import { testShop } from '../test/shop.ts'
import { findAnyProduct, revokeUnit } from './product.ts'

const day = 86_400_000
const learner = (name: string) => ({ email: `${name}@learners.example`, firstname: name, lastname: 'Petit' })

describe('days that are sold', async () => {
  const shop = await testShop()

  before(async () => {
    await shop.sell({
      code: 'COURSE',
      handler: 'std_enroloncourse',
      internal: { course: 2, durationDays: 30 },
    })
    await shop.sell({ code: 'ENDLESS', handler: 'std_enroloncourse', internal: { course: 3 } })
    await shop.sell({ code: 'LICENCE', handler: 'std_registeredproduct', internal: { durationDays: 30 } })
    await shop.sell({ code: 'MORE', handler: 'std_extendenrolperiod', internal: { days: 10 } })
    const handlers = ['std_registeredproduct']
    await shop.sell({ code: 'LICENCES', handler: 'std_extendenrolperiod', internal: { days: 10, handlers } })
    await shop.sell({ code: 'ANY', handler: 'std_prorogate', internal: { days: 5 } })
  })

  /** Sells one unit, delivered; the reference of its product. */
  async function own(code: string, external: Record<string, unknown> = {}): Promise<string> {
    const { number } = await shop.placed(code, [external])
    await shop.pay(number)
    await shop.takeOver(2)
    const row = await shop.db
      .selectFrom('products')
      .innerJoin('orders', 'orders.id', 'products.order_id')
      .select('reference')
      .where('orders.number', '=', number)
      .executeTakeFirstOrThrow()
    return row.reference
  }

  async function endOf(reference: string): Promise<number> {
    const product = await findAnyProduct(shop.db, reference)
    return product?.endsAt?.getTime() ?? 0
  }

  async function unitOf(number: string) {
    return await shop.db
      .selectFrom('units')
      .innerJoin('orders', 'orders.id', 'units.order_id')
      .select(['units.id', 'units.state', 'units.feedback', 'units.external', 'orders.state as order'])
      .where('orders.number', '=', number)
      .executeTakeFirstOrThrow()
  }

  /** Orders and pays one unit for this reference; its number. */
  async function extend(code: string, reference: string): Promise<string> {
    const { number } = await shop.placed(code, [{ reference }])
    await shop.pay(number)
    await shop.takeOver(2)
    return number
  }

  it('are added to the access, also where another product was bought to follow the one that is extended', async () => {
    const person = learner('follower')
    const first = await own('COURSE', person)
    const second = await own('COURSE', person)
    const [firstEnd, secondEnd] = [await endOf(first), await endOf(second)]
    assert.equal(Math.round((secondEnd - firstEnd) / day), 30)
    await extend('MORE', first)
    assert.equal(await endOf(first), firstEnd + 10 * day)
    assert.equal(await endOf(second), secondEnd + 10 * day)
    const enrolments = (await shop.sandboxState(person.email)).courses.flatMap((course) => course.enrolments)
    assert.equal(enrolments[0]?.timeend, Math.ceil((secondEnd + 10 * day) / 1000))
  })

  it('are added to access whose reference is typed anyhow, and the new end is told', async () => {
    const reference = await own('COURSE', learner('leo'))
    const end = await endOf(reference)
    const number = await extend('MORE', ` ${reference.replaceAll('-', '').toLowerCase()} `)
    assert.equal(await endOf(reference), end + 10 * day)
    const unit = await unitOf(number)
    assert.equal(unit.state, 'produced')
    const said = new Intl.DateTimeFormat('fr-FR', { dateStyle: 'long', timeZone: 'UTC' }).format(
      end + 10 * day,
    )
    assert.ok(unit.feedback?.fr.includes(said), unit.feedback?.fr)
    assert.deepEqual(unit.external, { reference })
  })

  it('are taken back with their unit, and no others', async () => {
    const reference = await own('COURSE', learner('zoe'))
    const end = await endOf(reference)
    const [first] = [await extend('MORE', reference), await extend('ANY', reference)]
    assert.equal(await endOf(reference), end + 15 * day)
    const { id } = await unitOf(first)
    assert.deepEqual(await revokeUnit(shop.shop, id, { who: 'operator:test', giveBack: false }), { ok: true })
    await shop.takeOver(2)
    assert.equal((await unitOf(first)).state, 'revoked')
    assert.equal(await endOf(reference), end + 5 * day)
  })

  it('are sold for the products that the entry is for: all access, those of some handlers, or any', async () => {
    const [access, licence] = [await own('COURSE', learner('eva')), await own('LICENCE')]
    for (const [code, reference, ends] of [
      ['MORE', licence, 'refused'],
      ['LICENCES', access, 'refused'],
      ['LICENCES', licence, 'completed'],
      ['ANY', licence, 'completed'],
    ] as const) {
      const { number } = await shop.placed(code, [{ reference }])
      await shop.takeOver()
      await shop.pay(number)
      await shop.takeOver(2)
      assert.equal((await unitOf(number)).order, ends, `${code}`)
    }
  })

  it('are refused before payment for what can’t have them', async () => {
    const gone = await own('COURSE', learner('max'))
    await shop.db.updateTable('products').set({ state: 'revoked' }).where('reference', '=', gone).execute()
    const endless = await own('ENDLESS', learner('lou'))
    for (const reference of [gone, endless, '0000-0000-0000-0000']) {
      for (const code of ['MORE', 'ANY']) {
        const { number } = await shop.placed(code, [{ reference }])
        await shop.takeOver()
        assert.equal((await unitOf(number)).order, 'refused', reference)
      }
    }
  })

  it('are not ordered at all for a reference that is mistyped', async () => {
    const placed = await shop.order('MORE', [{ reference: 'ABCD-1234' }])
    assert.equal(placed.ok, false)
    const schema = z.object({ reference: productReference({ en: 'Reference', fr: 'Référence' }) })
    const read = validate(schema, elementsOf(schema), { reference: 'ABCD-1234' })
    assert.ok(!read.ok)
    assert.match(read.errors.reference?.en ?? '', /^This is no product’s reference/)
  })

  it('wait for an operator when the product was withdrawn after it was checked', async () => {
    const reference = await own('COURSE', learner('ida'))
    const { number } = await shop.placed('MORE', [{ reference }])
    await shop.takeOver()
    await shop.db
      .updateTable('products')
      .set({ state: 'revoked' })
      .where('reference', '=', reference)
      .execute()
    await shop.pay(number)
    await shop.takeOver(2)
    assert.equal((await unitOf(number)).state, 'needs_operator')
  })
})
