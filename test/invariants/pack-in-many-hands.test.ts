import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { findPack, giveSeat, giveSeats, type Pack, roomIn } from '../../shop/pack.ts'
import { actOnProduct, revokeUnit } from '../../shop/product.ts'
import { refundProduct } from '../../shop/refund-product.ts'
import { findOrder } from '../../shop/view-order.ts'
import { testShop } from '../shop.ts'

const buyer = { who: 'customer', audience: 'customer' } as const
const olga = { who: 'operator:olga', audience: 'operator' } as const
const reason = { who: 'operator:olga', why: 'asked for' }

/** The same numbers at each run: what they meet at once still differs. */
function numbersFrom(seed: number): (below: number) => number {
  let last = seed
  return (below) => {
    last = (last * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor(last / 65_536) % below
  }
}

describe('a pack in many hands at the same moment', async () => {
  const test = await testShop()
  const { db, shop, engine } = test
  const internal = { courses: ['RGPD-01', 'SQL-201'], seats: 8, durationDays: 20 }
  const code = await test.sell({ handler: 'std_generateseats', internal })
  const longer = await test.sell({ handler: 'std_prorogate', internal: { days: 7 } })

  async function bought(): Promise<{ pack: Pack; seats: { id: number; reference: string }[] }> {
    const { number } = await test.placed(code, [{}])
    await test.pay(number)
    await test.takeOver()
    const seats = (await findOrder(db, number))?.products ?? []
    const pack = await findPack(shop, seats[0]?.unitId ?? 0)
    assert.ok(pack)
    return { pack, seats }
  }

  /** What the buyer, operators and workers may do, each at any moment. */
  function deeds(
    { pack, seats }: Awaited<ReturnType<typeof bought>>,
    person: (n: number) => Person,
    seed: number,
  ) {
    const number = numbersFrom(seed)
    const act = (reference: string, action: string, values: object, by: typeof buyer | typeof olga) =>
      actOnProduct(shop, engine, reference, action, { ...values }, by)
    return Array.from({ length: 20 }, () => {
      const [seat, learner, other] = [
        seats[number(seats.length)],
        person(2 + number(2)),
        person(4 + number(2)),
      ]
      assert.ok(seat)
      const { id, reference } = seat
      const each = [
        () => act(reference, 'give', learner, buyer),
        () => act(reference, 'takeBack', {}, buyer),
        () => act(reference, 'handOver', learner, buyer),
        () => act(reference, 'suspend', {}, olga),
        () => act(reference, 'resume', {}, olga),
        () => giveSeats(shop, pack, [learner, other], buyer, randomUUID()),
        () => giveSeat(shop, engine, pack, learner, buyer, randomUUID()),
        () => refundProduct(shop, id, { ...reason, amountCents: 100 }),
        () =>
          number(3) === 0 ? revokeUnit(shop, pack.unitId, { ...reason, giveBack: true }) : test.takeOver(),
      ]
      return each[number(each.length)]
    })
  }

  type Person = { email: string; firstname: string; lastname: string }

  for (const seed of [1, 23, 123, 4567]) {
    it(`gives each learner one seat at the most, and Moodle shows just that (${seed})`, async () => {
      const own = await bought()
      const domain = `hands-${seed}.example`
      const person = (n: number) => ({ email: `l${n}@${domain}`, firstname: 'Ma', lastname: `Ny ${n}` })
      const { free } = await roomIn(db, own.pack.unitId)
      for (const [n, reference] of free.slice(0, 2).entries()) {
        await actOnProduct(shop, engine, reference, 'give', person(n), buyer)
      }
      const extension = await test.placed(longer, [{ reference: free[0] }])
      await Promise.all([...deeds(own, person, seed).map((deed) => deed?.()), test.pay(extension.number)])
      await test.takeOver(6)

      const { rows: live } = await sql<{ script: string; cause: unknown }>`
        select script, cause from productions
         where unit_id = ${own.pack.unitId} and state in ('queued', 'running', 'retrying', 'needs_operator')`.execute(
        db,
      )
      assert.deepEqual(live, [])
      const { rows: deadlocks } = await sql`
        select from failures where cause->>'message' ilike '%deadlock%'`.execute(db)
      assert.equal(deadlocks.length, 0)
      const { rows: held } = await sql<{ email: string; active: boolean }>`
        select lower(holder->>'email') as email, state = 'active' as active from products
         where unit_id = ${own.pack.unitId} and holder is not null and state in ('active', 'suspended')
         order by 1`.execute(db)
      assert.equal(new Set(held.map(({ email }) => email)).size, held.length, JSON.stringify(held))
      const active = held.filter((one) => one.active).map(({ email }) => email)
      const { courses } = await test.sandboxState(domain)
      for (const name of internal.courses) {
        const enrolments = courses.find(({ shortname }) => shortname === name)?.enrolments ?? []
        const open = enrolments.filter((one) => one.open && one.email.endsWith(domain))
        assert.deepEqual(open.map(({ email }) => email).sort(), active, name)
      }
    })
  }
})
