import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'node:test'
import type { Moodle } from 'boutique/sdk'
import type { z } from 'zod'
import { startBatch } from '../../shop/batch.ts'
import { checkInternal } from '../../shop/check-entry.ts'
import { actionsFor, actOnProduct, findProduct, type OwnedProduct, revokeUnit } from '../../shop/product.ts'
import { findOrder } from '../../shop/view-order.ts'
import { testShop } from '../../test/shop.ts'
import { hasEntered } from './has-entered.ts'

const olga = { who: 'operator:olga', audience: 'operator' } as const
const buyer = { who: 'customer', audience: 'customer' } as const
const day = 86_400_000

describe('a pack of seats', async () => {
  const shop = await testShop()
  const { db } = shop
  const internal = { courses: ['RGPD-*', 'SQL-201'], seats: 3, durationDays: 10, lockOnceEntered: true }
  const rgpd = (await shop.site.course('RGPD-01'))?.id ?? 0
  let code = ''
  let people = 0

  before(async () => {
    code = await shop.sell({ handler: 'std_generateseats', internal })
  })

  const learner = () => ({
    email: `Seat.${++people}@Learners.example`,
    firstname: 'Se',
    lastname: `At ${people}`,
  })

  async function seatsOf(pack = code): Promise<OwnedProduct[]> {
    const { number } = await shop.placed(pack, [{}])
    await shop.pay(number)
    await shop.takeOver()
    return (await findOrder(db, number))?.products ?? []
  }

  const act = (
    { reference }: OwnedProduct,
    action: string,
    values: Record<string, unknown> = {},
    by: Parameters<typeof actOnProduct>[5] = buyer,
  ) => actOnProduct(shop.shop, shop.engine, reference, action, values, by)

  async function now({ reference }: OwnedProduct): Promise<OwnedProduct> {
    const found = await findProduct(db, reference)
    assert.ok(found)
    return found
  }

  /** What a learner has on the site: the courses, and whether each lets them in. */
  async function access(email: string): Promise<string> {
    const { courses } = await shop.sandboxState(email.toLowerCase())
    return courses
      .flatMap(({ shortname, enrolments }) =>
        enrolments.map(({ open }) => `${shortname} ${open ? 'open' : 'shut'}`),
      )
      .join(', ')
  }

  it('is bought without learners, and gives nobody anything yet', async () => {
    const seats = await seatsOf()
    assert.deepEqual(
      seats.map(({ key, holder, endsAt, state }) => [key, holder, endsAt, state]),
      ['seat-001', 'seat-002', 'seat-003'].map((key) => [key, null, null, 'active']),
    )
    const offered = seats[0] ? actionsFor(shop.shop, seats[0], 'customer').map(([name]) => name) : []
    assert.deepEqual(offered, ['give'])
  })

  it('opens the courses that fit on the day a seat is given out, for the days of a seat', async () => {
    const [seat] = await seatsOf()
    assert.ok(seat)
    const person = learner()
    const given = await act(seat, 'give', person)
    assert.deepEqual(given.ok && given.state, 'done')
    assert.equal(await access(person.email), 'RGPD-01 open, SQL-201 open')
    const { startsAt, endsAt, holder } = await now(seat)
    assert.equal(holder?.email, person.email)
    assert.ok(Math.abs(startsAt.getTime() - Date.now()) < 60_000)
    assert.equal((endsAt?.getTime() ?? 0) - startsAt.getTime(), 10 * day)
  })

  it('ends with its pack, whatever days a seat would have had', async () => {
    const endsOn = new Date(Date.now() + 5 * day).toISOString().slice(0, 10)
    const [seat] = await seatsOf(
      await shop.sell({ handler: 'std_generateseats', internal: { ...internal, endsOn } }),
    )
    assert.ok(seat)
    await act(seat, 'give', learner())
    assert.equal((await now(seat)).endsAt?.toISOString(), `${endsOn}T23:59:59.000Z`)
    await act(seat, 'takeBack')
    assert.equal((await now(seat)).endsAt?.toISOString(), `${endsOn}T23:59:59.000Z`)
    await db
      .updateTable('products')
      .set({ ends_at: new Date(Date.now() - 1000) })
      .where('id', '=', seat.id)
      .execute()
    assert.deepEqual(await act(seat, 'give', learner()), { ok: false, reason: 'not_now' })
  })

  it('takes a seat back without a grade being lost, and gives it whole to somebody else', async () => {
    const [seat] = await seatsOf()
    assert.ok(seat)
    const [first, second] = [learner(), learner()]
    await act(seat, 'give', first)
    await db
      .updateTable('products')
      .set({ starts_at: new Date(Date.now() - 5 * day), ends_at: new Date(Date.now() + 5 * day) })
      .where('id', '=', seat.id)
      .execute()
    const taken = await act(seat, 'takeBack')
    assert.ok(taken.ok)
    assert.equal(await access(first.email), 'RGPD-01 shut, SQL-201 shut', 'suspended, still enrolled')
    const free = await now(seat)
    assert.deepEqual([free.holder, free.endsAt, free.state], [null, null, 'active'])
    await act(seat, 'give', second)
    assert.equal(await access(second.email), 'RGPD-01 open, SQL-201 open')
    assert.equal(await access(first.email), 'RGPD-01 shut, SQL-201 shut')
    const { startsAt, endsAt } = await now(seat)
    assert.equal((endsAt?.getTime() ?? 0) - startsAt.getTime(), 10 * day)
  })

  /** Buys days for a seat; the unit that added them. */
  async function extended({ reference }: OwnedProduct, days: number): Promise<number> {
    const more = await shop.sell({ handler: 'std_prorogate', internal: { days } })
    const { number } = await shop.placed(more, [{ reference }])
    await shop.pay(number)
    await shop.takeOver(2)
    assert.deepEqual(await shop.unitStates(number), ['produced'])
    const order = db.selectFrom('orders').select('id').where('number', '=', number)
    const { id } = await db
      .selectFrom('units')
      .select('id')
      .where('order_id', '=', order)
      .executeTakeFirstOrThrow()
    return id
  }

  async function refunded(unit: number): Promise<void> {
    assert.ok((await revokeUnit(shop.shop, unit, { who: 'operator:olga', giveBack: true })).ok)
    await shop.takeOver()
  }

  const daysOf = ({ startsAt, endsAt }: OwnedProduct) => ((endsAt?.getTime() ?? 0) - startsAt.getTime()) / day

  it('keeps the days that were bought for it, whoever holds it, until they are refunded', async () => {
    const [seat] = await seatsOf()
    assert.ok(seat)
    await act(seat, 'give', learner())
    const [thirty, five] = [await extended(seat, 30), await extended(seat, 5)]
    assert.equal(daysOf(await now(seat)), 45)
    await act(seat, 'takeBack')
    assert.equal((await now(seat)).endsAt, null)
    await act(seat, 'give', learner())
    assert.equal(daysOf(await now(seat)), 45, 'the next learner gets them too')
    await refunded(five)
    assert.equal(daysOf(await now(seat)), 40, 'the days of the refund are off, and no others')
    await act(seat, 'takeBack')
    await refunded(thirty)
    assert.equal((await now(seat)).endsAt, null, 'a free seat without an end')
    await act(seat, 'give', learner())
    assert.equal(daysOf(await now(seat)), 10)
  })

  it('keeps days that are paid for when nobody holds it any more', async () => {
    const [seat] = await seatsOf()
    assert.ok(seat)
    await act(seat, 'give', learner())
    const more = await shop.sell({ handler: 'std_prorogate', internal: { days: 30 } })
    const { number } = await shop.placed(more, [{ reference: seat.reference }])
    await act(seat, 'takeBack')
    await shop.pay(number)
    await shop.takeOver(2)
    assert.deepEqual(await shop.unitStates(number), ['produced'])
    const [unit] = await db
      .selectFrom('units')
      .select('feedback')
      .where('feedback', 'is not', null)
      .orderBy('id', 'desc')
      .execute()
    assert.match(unit?.feedback?.en ?? '', /has 30 more days for whoever gets it next/)
    await act(seat, 'give', learner())
    assert.equal(daysOf(await now(seat)), 40)
  })

  it('outlasts its pack by the days that were bought for it', async () => {
    const end = (days: number) => {
      const on = new Date(Date.now() + days * day).toISOString().slice(0, 10)
      return `${on}T23:59:59.000Z`
    }
    const endsOn = end(5).slice(0, 10)
    const pack = await shop.sell({ handler: 'std_generateseats', internal: { ...internal, endsOn } })
    const [seat, other] = await seatsOf(pack)
    assert.ok(seat && other)
    const ends = async () => (await now(seat)).endsAt?.toISOString()
    const bought = await extended(seat, 3)
    assert.equal(await ends(), end(8), 'a free seat can be given out for longer')
    await act(seat, 'give', learner())
    assert.equal(await ends(), end(8))
    await act(seat, 'takeBack')
    assert.equal(await ends(), end(8))
    await refunded(bought)
    assert.equal(await ends(), end(5))
    assert.equal((await now(other)).endsAt?.toISOString(), end(5))
  })

  it('loses no days that are bought while it changes hands', async () => {
    const endsOn = new Date(Date.now() + 400 * day).toISOString().slice(0, 10)
    const pack = await shop.sell({ handler: 'std_generateseats', internal: { ...internal, endsOn } })
    const [seat] = await seatsOf(pack)
    assert.ok(seat)
    await act(seat, 'give', learner())
    await extended(seat, 30)
    const { reference } = seat
    for (const [action, values] of [
      ['takeBack', {}],
      ['give', learner()],
    ] as const) {
      const rows = [{ reference, values }]
      assert.ok((await startBatch(shop.shop, { action, by: olga, rows }, randomUUID())).ok)
      // It was asked for, and is still to be done when more is bought.
      const waiting = db.updateTable('productions').where('script', '=', 'action')
      await waiting.set({ state: 'needs_operator' }).where('state', '=', 'queued').execute()
      await extended(seat, 5)
      await waiting.set({ state: 'queued' }).where('state', '=', 'needs_operator').execute()
      await shop.takeOver()
    }
    assert.equal(daysOf(await now(seat)), 50)
  })

  it('hands a seat over with the days that it has left', async () => {
    const [seat] = await seatsOf()
    assert.ok(seat)
    const [first, second] = [learner(), learner()]
    await act(seat, 'give', first)
    const { endsAt } = await now(seat)
    const replaced = await act(seat, 'handOver', second)
    assert.ok(replaced.ok)
    assert.deepEqual((await now(seat)).endsAt, endsAt)
    assert.equal(await access(first.email), 'RGPD-01 shut, SQL-201 shut')
    assert.equal(await access(second.email), 'RGPD-01 open, SQL-201 open')
  })

  it('leaves a seat to the learner who has entered a course, unless an operator decides', async () => {
    const [seat] = await seatsOf()
    assert.ok(seat)
    const person = learner()
    await act(seat, 'give', person)
    await shop.enter(rgpd, person.email)
    for (const [action, values] of [
      ['takeBack', {}],
      ['handOver', learner()],
    ] as const) {
      const refused = await act(seat, action, values)
      assert.ok(!refused.ok && refused.reason === 'refused')
      assert.match(refused.why.fr, /est déjà entré·e dans un cours/)
    }
    assert.equal((await now(seat)).holder?.email, person.email)
    assert.equal(await access(person.email), 'RGPD-01 open, SQL-201 open')
    assert.ok((await act(seat, 'takeBack', {}, olga)).ok)
    assert.equal(await access(person.email), 'RGPD-01 shut, SQL-201 shut')
  })

  it('takes a used seat back where it is sold without that lock', async () => {
    const open = await shop.sell({
      handler: 'std_generateseats',
      internal: { ...internal, lockOnceEntered: false },
    })
    const [seat] = await seatsOf(open)
    assert.ok(seat)
    const person = learner()
    await act(seat, 'give', person)
    await shop.enter(rgpd, person.email)
    assert.ok((await act(seat, 'takeBack')).ok)
  })

  it('gives a seat once when two give it out at the same moment, and tells the other', async () => {
    const [seat] = await seatsOf()
    assert.ok(seat)
    const both = [learner(), learner()]
    const acted = await Promise.all(both.map((person) => act(seat, 'give', person)))
    const lost = acted.findIndex((one) => !one.ok)
    assert.equal(acted.filter((one) => one.ok).length, 1)
    const told = acted[lost]
    assert.ok(told && !told.ok && (told.reason === 'refused' || told.reason === 'not_now'))
    assert.equal((await now(seat)).holder?.email, both[1 - lost]?.email)
    assert.equal(await access(both[lost]?.email ?? ''), '')
  })

  it('takes all of its seats back with the unit', async () => {
    const [seat, other] = await seatsOf()
    assert.ok(seat && other)
    const person = learner()
    await act(seat, 'give', person)
    assert.ok((await revokeUnit(shop.shop, seat.unitId, { who: 'operator:olga', giveBack: true })).ok)
    await shop.takeOver()
    assert.equal(await access(person.email), 'RGPD-01 shut, SQL-201 shut')
    assert.deepEqual([(await now(seat)).state, (await now(other)).state], ['revoked', 'revoked'])
    assert.deepEqual(await act(other, 'give', learner()), { ok: false, reason: 'not_now' })
  })

  it('tells the operator which courses a seat opens today, and what keeps it from being sold', async () => {
    const check = (given: Record<string, unknown>) =>
      checkInternal(shop.shop, {
        code: 'PACK',
        handler: 'std_generateseats',
        internal: { ...internal, ...given },
      })
    const good = await check({})
    assert.match(good.findings.map(({ text }) => text.en).join(), /opens: RGPD-01, SQL-201\./)
    assert.ok(good.findings.every(({ level }) => level === 'warning'))
    const none = await check({ courses: ['NOTHING-*'] })
    assert.deepEqual(
      none.findings.filter(({ level }) => level === 'error').map(({ field }) => field),
      ['courses'],
    )
    const past = await check({ endsOn: '2020-01-01' })
    assert.deepEqual(
      past.findings.filter(({ level }) => level === 'error').map(({ field }) => field),
      ['endsOn'],
    )
  })

  it('knows that Moodle may not tell who has entered', async () => {
    const moodleOf = (answer: unknown[]): Moodle => ({
      ...shop.site,
      call: async <T>(_name: string, _params: Record<string, unknown>, reply: z.ZodType<T>) =>
        reply.parse(answer),
    })
    assert.equal(await hasEntered(moodleOf([{ id: 7 }]), [2], [7]), 'unknown')
    assert.equal(await hasEntered(moodleOf([{ id: 7, lastcourseaccess: 0 }, { id: 8 }]), [2], [7]), false)
    assert.equal(await hasEntered(moodleOf([{ id: 7, lastcourseaccess: 1 }]), [2], [7]), true)
    assert.equal(await hasEntered(moodleOf([]), [2], [7]), false)
  })
})
