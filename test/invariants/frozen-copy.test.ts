import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findOrder } from '../../shop/view-order.ts'
import { testShop } from '../shop.ts'

describe('an order keeps a copy of what was sold (invariant 9)', async () => {
  const shop = await testShop()
  const { db } = shop

  it('charges and delivers what was sold, whatever becomes of the entry meanwhile', async () => {
    const code = await shop.sell({
      handler: 'std_enroloncourse',
      internal: { course: 2, role: 'student', durationDays: 30 },
      priceCents: 10_000,
      fields: [{ name: 'size', type: 'text', label: { en: 'Size', fr: 'Taille' }, required: false }],
    })
    const email = 'frozen@learners.example'
    const { number } = await shop.placed(code, [{ email, firstname: 'Fro', lastname: 'Zen' }])
    const title = JSON.stringify({ en: 'Another thing', fr: 'Autre chose' })
    await db
      .updateTable('entries')
      .set({
        title,
        price_cents: 99_900,
        vat_basis_points: 0,
        handler: 'ext_wild',
        internal: JSON.stringify({ course: 3, role: 'manager', durationDays: 1 }),
        fields: '[]',
        max_quantity: 1,
        state: 'retired',
      })
      .where('code', '=', code)
      .execute()

    const order = await findOrder(db, number)
    assert.equal(order?.totalCents, 10_000)
    assert.equal(order.vatCents, 1_667)
    assert.equal((await shop.pay(number, { amountCents: 10_000 })).outcome, 'paid')
    // Changed again while the delivery waits.
    await db.updateTable('entries').set({ internal: '{}', handler: null }).where('code', '=', code).execute()
    await shop.takeOver()

    assert.equal(await shop.orderState(number), 'completed')
    const after = await findOrder(db, number)
    assert.equal(after?.lines[0]?.unitCents, 10_000)
    assert.equal(after.lines[0].entry.title.en, code)
    assert.equal(after.products[0]?.handler, 'std_enroloncourse')
    assert.equal(after.products[0].title.en, code)
    const { courses } = await shop.sandboxState(email)
    const enrolled = courses.flatMap(({ id, enrolments }) => enrolments.map((one) => ({ ...one, id })))
    assert.deepEqual(
      enrolled.map(({ id, roles }) => ({ id, roles })),
      [{ id: 2, roles: ['student'] }],
    )
    const [only] = enrolled
    assert.equal(Math.round(((only?.timeend ?? 0) - (only?.timestart ?? 0)) / 86_400), 30)
  })

  it('gives a new order what the entry is now', async () => {
    const code = await shop.sell({
      handler: 'std_enroloncourse',
      internal: { course: 2 },
      priceCents: 10_000,
    })
    const learner = (name: string) => [{ email: `${name}@learners.example`, firstname: 'Ne', lastname: 'W' }]
    const first = await shop.placed(code, learner('before'))
    await db.updateTable('entries').set({ price_cents: 12_000 }).where('code', '=', code).execute()
    const second = await shop.placed(code, learner('after'))
    assert.equal((await findOrder(db, first.number))?.totalCents, 10_000)
    assert.equal((await findOrder(db, second.number))?.totalCents, 12_000)
  })

  it('keeps the entry of a sale: it can’t be deleted', async () => {
    const code = await shop.sell({ handler: null })
    await shop.placed(code, [{}])
    await assert.rejects(db.deleteFrom('entries').where('code', '=', code).execute(), /foreign key/)
  })
})
