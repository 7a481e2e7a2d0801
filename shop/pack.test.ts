import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { testShop } from '../test/shop.ts'
import { startBatch, viewBatch } from './batch.ts'
import { listCustomerProducts } from './customer-product.ts'
import { findPack, giveSeat, giveSeats, hasSeat, listPacks, listSeats, type Pack, roomIn } from './pack.ts'
import { actOnProduct, ownedProducts } from './product.ts'
import { findOrder } from './view-order.ts'

const by = { who: 'customer', audience: 'customer' } as const

describe('a pack', async () => {
  const test = await testShop()
  const { db, shop, engine } = test
  let code = ''
  let people = 0

  before(async () => {
    code = await test.sell({ handler: 'std_generateseats', internal: { courses: ['RGPD-01'], seats: 4 } })
  })

  const learner = () => ({
    email: `Pack.${++people}@Learners.example`,
    firstname: 'Pa',
    lastname: `Ck ${people}`,
  })

  /** A pack of four seats of a buyer of its own. */
  async function bought(): Promise<Pack> {
    const { number } = await test.placed(code, [{}])
    const email = `buyer-${++people}@buyers.example`
    await db.updateTable('orders').set({ customer_email: email }).where('number', '=', number).execute()
    await test.pay(number)
    await test.takeOver()
    const [seat] = (await findOrder(db, number))?.products ?? []
    const pack = seat && (await findPack(shop, seat.unitId))
    assert.ok(pack)
    return pack
  }

  const counts = async ({ unitId }: Pack) => {
    const { total, held, free, over } = (await findPack(shop, unitId)) ?? {}
    return { total, held, free, over }
  }

  it('is its buyer’s, counted, and not among the products that they use', async () => {
    const pack = await bought()
    assert.deepEqual(await counts(pack), { total: 4, held: 0, free: 4, over: 0 })
    assert.deepEqual((await listPacks(shop, pack.buyer)).packs, [pack])
    assert.equal((await findPack(shop, pack.unitId, pack.buyer))?.unitId, pack.unitId)
    assert.equal(await findPack(shop, pack.unitId, 'somebody@else.example'), undefined)
    for (const list of ['mine', 'others', 'ended'] as const) {
      assert.deepEqual((await listCustomerProducts(shop, pack.buyer, { list })).products, [])
    }
  })

  it('gives its first free seat to somebody who has none', async () => {
    const pack = await bought()
    const person = learner()
    assert.ok((await giveSeat(shop, engine, pack, person, by)).ok)
    const [first] = (await listSeats(db, pack.unitId)).seats
    assert.equal(first?.holder?.email, person.email)
    // A holder finds the seat among their own products, whoever bought it.
    const theirs = await listCustomerProducts(shop, person.email.toLowerCase(), { list: 'mine' })
    assert.deepEqual(
      theirs.products.map(({ reference }) => reference),
      [first?.reference],
    )
    const again = await giveSeat(shop, engine, pack, { ...person, email: person.email.toUpperCase() }, by)
    assert.ok(!again.ok && again.reason === 'invalid' && again.errors.email)
    const nobody = await giveSeat(shop, engine, pack, { ...person, email: 'nobody' }, by)
    assert.ok(!nobody.ok && nobody.reason === 'invalid' && nobody.errors.email)
    assert.deepEqual(await counts(pack), { total: 4, held: 1, free: 3, over: 0 })
  })

  it('gives different seats to people who are given one at the same moment', async () => {
    const pack = await bought()
    const all = await Promise.all(
      [learner(), learner(), learner()].map((person) =>
        giveSeat(shop, engine, pack, person, by, randomUUID()),
      ),
    )
    assert.ok(all.every((one) => one.ok))
    assert.equal((await counts(pack)).held, 3)
  })

  it('gives one seat to a learner who is given several at the same moment, however it is asked for', async () => {
    for (const [action, held] of [
      ['give', 0],
      ['handOver', 3],
    ] as const) {
      const pack = await bought()
      const { free } = await roomIn(db, pack.unitId)
      for (const reference of free.slice(0, held)) {
        assert.ok((await actOnProduct(shop, engine, reference, 'give', learner(), by)).ok)
      }
      const person = learner()
      const address = person.email.toUpperCase()
      const acted = await Promise.all([
        ...free
          .slice(0, 3)
          .map((reference) => actOnProduct(shop, engine, reference, action, person, by, randomUUID())),
        giveSeat(shop, engine, pack, { ...person, email: address }, by, randomUUID()),
      ])
      // Whoever lost may be told at once, or that it goes on: its account is being made by another.
      await test.takeOver(3)
      assert.ok(acted.some(({ ok }) => ok))
      const theirs = await ownedProducts(db, person.email)
      assert.equal(theirs.length, 1, action)
    }
  })

  it('gives a learner another seat once theirs is over or taken back', async () => {
    const pack = await bought()
    const person = learner()
    const [first, second, third] = (await roomIn(db, pack.unitId)).free
    assert.ok(first && second && third)
    const act = (reference: string, action: string, values = {}) =>
      actOnProduct(shop, engine, reference, action, values, by)
    assert.ok((await act(first, 'give', person)).ok)
    const other = await act(second, 'give', person)
    assert.ok(!other.ok && other.reason === 'refused')
    assert.deepEqual(other.why, hasSeat)
    assert.ok((await act(first, 'takeBack')).ok)
    assert.ok((await act(second, 'give', person)).ok)
    await db.updateTable('products').set({ state: 'ended' }).where('reference', '=', second).execute()
    assert.ok((await act(third, 'give', person)).ok)
  })

  it('gives one seat for a request that is sent twice, and says so to both', async () => {
    const pack = await bought()
    const [person, asked] = [learner(), randomUUID()]
    const both = await Promise.all(
      [person, person].map((same) => giveSeat(shop, engine, pack, same, by, asked)),
    )
    assert.ok(both.every((one) => one.ok))
    assert.ok((await giveSeat(shop, engine, pack, person, by, asked)).ok)
    assert.equal((await counts(pack)).held, 1)
  })

  it('gives seats to a list once, however often it is sent, and to no list that is too long', async () => {
    const pack = await bought()
    const learners = [learner(), learner(), learner()]
    const asked = randomUUID()
    const given = await giveSeats(shop, pack, learners, by, asked)
    assert.ok(given.ok)
    // Under way, they are neither free nor given yet; and nobody of them gets another one.
    assert.equal((await roomIn(db, pack.unitId)).free.length, 1)
    const twice = await giveSeats(shop, pack, learners.slice(0, 1), by, randomUUID())
    assert.deepEqual(twice, { ok: false, reason: 'have_seats', positions: [0] })
    const long = await giveSeats(shop, pack, [learner(), learner()], by, randomUUID())
    assert.deepEqual(long, { ok: false, reason: 'too_few', free: 1 })
    assert.deepEqual(await giveSeats(shop, pack, learners, by, asked), given)
    const underway = (await listSeats(db, pack.unitId)).seats.map((seat) => seat.underway)
    assert.deepEqual(underway[0], {
      action: 'give',
      email: learners[0]?.email.toLowerCase(),
      state: 'waiting',
    })
    await test.takeOver()
    assert.deepEqual(await counts(pack), { total: 4, held: 3, free: 1, over: 0 })
    assert.equal((await viewBatch(db, given.batch))?.counts.done, 3)
  })

  it('gives no seat to two lists that come at the same moment: one is told to look again', async () => {
    const pack = await bought()
    const lists = [1, 2, 3].map(() => [learner(), learner()])
    const given = await Promise.all(
      lists.map((learners) => giveSeats(shop, pack, learners, by, randomUUID())),
    )
    const late = given.flatMap((one) => (one.ok ? [] : [one.reason]))
    assert.ok(
      late.every((reason) => reason === 'moved' || reason === 'too_few'),
      late.join(),
    )
    await test.takeOver()
    const held = 2 * (lists.length - late.length)
    assert.ok(held > 0)
    assert.deepEqual(await counts(pack), { total: 4, held, free: 4 - held, over: 0 })
  })

  it('lets its buyer follow a batch of theirs, and nobody else', async () => {
    const pack = await bought()
    const given = await giveSeats(shop, pack, [learner()], by, randomUUID())
    assert.ok(given.ok)
    assert.equal((await viewBatch(db, given.batch, { ownedBy: pack.buyer }))?.total, 1)
    assert.equal(await viewBatch(db, given.batch, { ownedBy: 'somebody@else.example' }), undefined)
    const [seat] = (await listSeats(db, pack.unitId)).seats
    const office = await startBatch(
      shop,
      {
        action: 'suspend',
        by: { who: 'operator:olga', audience: 'operator' },
        rows: [{ reference: seat?.reference ?? '', values: {} }],
      },
      randomUUID(),
    )
    assert.ok(office.ok)
    assert.equal(await viewBatch(db, office.batch, { ownedBy: pack.buyer }), undefined)
    await test.takeOver()
  })

  it('shows its seats page by page, those of one kind, and those of somebody', async () => {
    const pack = await bought()
    const [one, other] = [learner(), { ...learner(), lastname: '100 %_x' }]
    await giveSeat(shop, engine, pack, one, by)
    await giveSeat(shop, engine, pack, other, by)
    const keys = async (options: Parameters<typeof listSeats>[2]) =>
      (await listSeats(db, pack.unitId, options)).seats.map(({ key }) => key)
    const page = await listSeats(db, pack.unitId, { limit: 3 })
    assert.equal(page.seats.length, 3)
    assert.deepEqual(await keys({ limit: 3, after: page.next }), ['seat-004'])
    assert.deepEqual(await keys({ only: 'held' }), ['seat-001', 'seat-002'])
    assert.deepEqual(await keys({ only: 'free' }), ['seat-003', 'seat-004'])
    assert.deepEqual(await keys({ search: one.email.toUpperCase() }), ['seat-001'])
    assert.deepEqual(await keys({ search: '0 %_' }), ['seat-002'])
    await db.updateTable('products').set({ state: 'revoked' }).where('unit_id', '=', pack.unitId).execute()
    assert.equal((await keys({ only: 'over' })).length, 4)
  })
})
