import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { z } from 'zod'
import { retryProduction } from '../../production/operate.ts'
import { composeHands } from '../../shop/compose.ts'
import { keepHouse } from '../../shop/housekeeping.ts'
import { actOnProduct, findProduct, productHistory, revokeUnit } from '../../shop/product.ts'
import { testShop, until } from '../shop.ts'

const day = 86_400_000
const dayFrom = (days: number) => new Date(Date.now() + days * day).toISOString().slice(0, 10)

const siteState = z.object({
  courses: z.array(
    z.object({
      id: z.int(),
      groups: z.array(z.object({ id: z.int(), members: z.array(z.string()) })),
      enrolments: z.array(
        z.object({
          email: z.string(),
          open: z.boolean(),
          roles: z.array(z.string()),
          timeend: z.int(),
          removed: z.int(),
        }),
      ),
    }),
  ),
  cohorts: z.array(z.object({ id: z.int(), members: z.array(z.string()) })),
  roles: z.array(z.object({ context: z.string(), email: z.string(), roles: z.array(z.string()) })),
})
type SiteState = z.output<typeof siteState>

/** Whether the sandbox gives a person what the handler `ext_access` gives, by kind. */
const shown: Record<string, (state: SiteState, email: string) => boolean> = {
  enrolment: ({ courses }, email) =>
    courses.some(
      ({ id, enrolments }) => id === 2 && enrolments.some((one) => one.email === email && one.open),
    ),
  group: ({ courses }, email) =>
    courses.some(({ groups }) => groups.some(({ id, members }) => id === 2 && members.includes(email))),
  'course role': ({ courses }, email) =>
    courses.some(
      ({ id, enrolments }) =>
        id === 2 && enrolments.some((one) => one.email === email && one.roles.includes('referent')),
    ),
  cohort: ({ cohorts }, email) => cohorts.some(({ id, members }) => id === 2 && members.includes(email)),
  'category role': ({ roles }, email) =>
    roles.some(
      (one) => one.context === 'coursecat:1' && one.email === email && one.roles.includes('referent'),
    ),
  'system role': ({ roles }, email) =>
    roles.some((one) => one.context === 'system' && one.email === email && one.roles.includes('referent')),
}

describe('what Moodle shows is the union of the products', async () => {
  const shop = await testShop()
  const { db } = shop
  const who = { who: 'operator:olga@atelier.example', audience: 'operator' as const }
  // Both are in the course already, by other means, and not in the group.
  const amine = { email: 'amine.benali@atelier.example', firstname: 'Amine', lastname: 'Benali' }
  const tom = { email: 'tom.baker@atelier.example', firstname: 'Tom', lastname: 'Baker' }
  const lea = { email: 'lea@learners.example', firstname: 'Léa', lastname: 'Petit' }
  const max = { email: 'max@learners.example', firstname: 'Max', lastname: 'Roy' }

  const state = async () => siteState.parse(await (await fetch(`${shop.sandbox.url}/sandbox/state`)).json())

  async function buy(code: string, person: typeof amine): Promise<{ reference: string; unitId: number }> {
    const { number } = await shop.placed(code, [person])
    await shop.pay(number)
    await shop.takeOver()
    const product = await db
      .selectFrom('products')
      .innerJoin('orders', 'orders.id', 'products.order_id')
      .select(['reference', 'unit_id as unitId'])
      .where('orders.number', '=', number)
      .executeTakeFirst()
    assert.ok(product, 'the unit was not produced')
    return product
  }

  async function act(reference: string, action: string, values: Record<string, unknown> = {}) {
    const acted = await actOnProduct(shop.shop, shop.engine, reference, action, values, who)
    assert.deepEqual(acted.ok && acted.state, 'done', JSON.stringify(acted))
  }

  const productState = async (reference: string) => (await findProduct(db, reference))?.state

  for (const [kind, isShown] of Object.entries(shown)) {
    // A group takes only who is enrolled; a role in a course is read off the enrolled.
    const [one, other] = kind === 'group' || kind === 'course role' ? [amine, tom] : [lea, max]
    const has = async (email: string) => isShown(await state(), email)

    it(`for ${kind}: bought twice, one refunded, suspended, moved, handed over, revoked`, async () => {
      const code = await shop.sell({ handler: 'ext_access', internal: { gives: kind } })
      assert.equal(await has(one.email), false)
      const first = await buy(code, one)
      const second = await buy(code, one)
      assert.equal(await has(one.email), true)

      assert.ok(
        (await revokeUnit(shop.shop, first.unitId, { who: who.who, why: 'refund', giveBack: false })).ok,
      )
      await shop.takeOver()
      assert.equal(await productState(first.reference), 'revoked')
      assert.equal(await has(one.email), true, 'the other product gives it still')

      const third = await buy(code, one)
      await act(second.reference, 'suspend')
      assert.equal(await has(one.email), true, 'another runs')
      await act(third.reference, 'suspend')
      assert.equal(await has(one.email), false)
      await act(second.reference, 'resume')
      assert.equal(await has(one.email), true)

      await act(second.reference, 'changeEnd', { endsOn: dayFrom(-1) })
      await keepHouse(shop.shop)
      assert.equal(await productState(second.reference), 'ended')
      assert.equal(await has(one.email), false)
      await act(second.reference, 'changeEnd', { endsOn: dayFrom(10) })
      assert.equal(await productState(second.reference), 'active')
      assert.equal(await has(one.email), true)

      await act(second.reference, 'handOver', other)
      assert.equal(await has(one.email), false)
      assert.equal(await has(other.email), true)
      assert.equal((await findProduct(db, second.reference))?.holder?.email, other.email)
      await act(third.reference, 'resume')
      assert.equal(await has(one.email), true, 'what another product of theirs gives stays theirs')
      await act(third.reference, 'handOver', other)
      await act(second.reference, 'handOver', one)
      assert.deepEqual([await has(one.email), await has(other.email)], [true, true])
      await act(second.reference, 'handOver', other)
      assert.equal(await has(one.email), false)

      await act(second.reference, 'revoke')
      assert.equal(await has(other.email), true)
      await act(third.reference, 'revoke')
      assert.equal(await has(other.email), false)
      const unenrolled = (await state()).courses.flatMap(({ enrolments }) => enrolments)
      assert.ok(
        unenrolled.every(({ removed }) => removed === 0),
        'nobody is ever unenrolled',
      )
    })

    it(`for ${kind}: bought again to extend, the days are added`, async () => {
      const code = await shop.sell({ handler: 'ext_access', internal: { gives: kind, extends: true } })
      const first = await findProduct(db, (await buy(code, one)).reference)
      const second = await findProduct(db, (await buy(code, one)).reference)
      assert.deepEqual(second?.startsAt, first?.endsAt)
      assert.equal(Number(second?.endsAt) - Number(second?.startsAt), 30 * day)
      await sql`update products set ends_at = now() - interval '1 minute', starts_at = starts_at - interval '40 days'
                 where id = ${first?.id}`.execute(db)
      await sql`update products set starts_at = now() - interval '1 minute' where id = ${second?.id}`.execute(
        db,
      )
      await keepHouse(shop.shop)
      assert.equal(await productState(first?.reference ?? ''), 'ended')
      assert.equal(await has(one.email), true)
      await act(second?.reference ?? '', 'revoke')
    })
  }

  it('a group is refused, in clear words, to who is not enrolled; once they are, it is given', async () => {
    const code = await shop.sell({ handler: 'ext_access', internal: { gives: 'group' } })
    const outsider = { email: 'out@learners.example', firstname: 'Ona', lastname: 'Out' }
    const { number } = await shop.placed(code, [outsider])
    await shop.pay(number)
    await shop.takeOver()
    assert.deepEqual(await shop.unitStates(number), ['needs_operator'])
    const { id, cause } = await db
      .selectFrom('productions')
      .innerJoin('orders', 'orders.id', 'productions.order_id')
      .select(['productions.id', 'cause'])
      .where('orders.number', '=', number)
      .executeTakeFirstOrThrow()
    assert.match(
      cause?.message ?? '',
      /can't be in group 2 of course 2: this person is not enrolled there.+Enrol them first/,
    )
    const account = await shop.site.ensureAccount(outsider)
    const enrolments = [{ roleid: 5, userid: account.id, courseid: 2 }]
    await shop.site.call('enrol_manual_enrol_users', { enrolments }, z.null())
    await retryProduction(composeHands(shop.shop), id)
    await shop.takeOver()
    assert.deepEqual(await shop.unitStates(number), ['produced'])
    assert.equal(shown.group?.(await state(), outsider.email), true)
  })

  it('a product that waits for its start gives nothing before, and then begins by itself', async () => {
    const code = await shop.sell({ handler: 'ext_access', internal: { gives: 'cohort' } })
    const kim = { email: 'kim@learners.example', firstname: 'Kim', lastname: 'K' }
    const { number } = await shop.placed(code, [kim])
    await sql`update orders set placed_at = now() + interval '2 days' where number = ${number}`.execute(db)
    await shop.pay(number)
    await sql`update productions set input = jsonb_set(input, '{unit,order,paidAt}', to_jsonb(now() + interval '2 days'))
               where order_id = (select id from orders where number = ${number})`.execute(db)
    await shop.takeOver()
    assert.deepEqual(await shop.unitStates(number), ['produced'])
    const inCohort = async () => shown.cohort?.(await state(), kim.email)
    assert.equal(await inCohort(), false)
    await keepHouse(shop.shop)
    assert.equal(await inCohort(), false)
    await sql`update products set starts_at = now() - interval '1 second'
               where order_id = (select id from orders where number = ${number})`.execute(db)
    await sql`update memberships set look_again_at = now() where look_again_at > now()`.execute(db)
    await keepHouse(shop.shop)
    assert.equal(await inCohort(), true)
  })

  it('what stays with the buyer is not handed over, and the history tells accounts, not names', async () => {
    const code = await shop.sell({
      handler: 'ext_access',
      internal: { gives: 'enrolment', support: true },
    })
    const sam = { email: 'sam@learners.example', firstname: 'Sam', lastname: 'S' }
    const zoe = { email: 'zoe@learners.example', firstname: 'Zoé', lastname: 'Z' }
    const { reference } = await buy(code, sam)
    await act(reference, 'handOver', zoe)
    const open = async (email: string) =>
      (await state()).courses
        .filter(({ enrolments }) => enrolments.some((one) => one.email === email && one.open))
        .map(({ id }) => id)
    assert.deepEqual(await open(sam.email), [3])
    assert.deepEqual(await open(zoe.email), [2])
    const product = await findProduct(db, reference)
    const history = await productHistory(db, product?.id ?? 0)
    assert.deepEqual(
      history.map(({ event }) => event),
      ['delivered', 'handOver'],
    )
    const told = JSON.stringify(history)
    assert.ok(!told.includes('zoe') && !told.includes('sam'), told)
  })

  it('a change that was asked for before the product was revoked comes too late', async () => {
    const code = await shop.sell({ handler: 'ext_access', internal: { gives: 'enrolment' } })
    const pia = { email: 'pia@learners.example', firstname: 'Pia', lastname: 'P' }
    const ida = { email: 'ida@learners.example', firstname: 'Ida', lastname: 'I' }
    const { reference, unitId } = await buy(code, pia)
    await act(reference, 'suspend')
    await shop.faults({ fault: 'down' })
    const late = await actOnProduct(shop.shop, shop.engine, reference, 'handOver', ida, who)
    assert.equal(late.ok && late.state, 'waiting')
    await shop.faults()
    await sql`update products set state = 'revoked' where unit_id = ${unitId}`.execute(db)
    // The site was down: it is asked again after a moment.
    await until('the action is over', async () => (await shop.takeOver()) === 0)
    const product = await findProduct(db, reference)
    assert.deepEqual([product?.state, product?.holder?.email], ['revoked', pia.email])
    // Whoever asked for it is told, in both languages.
    const { rows } = await sql<{ state: string; said: string }>`
      select state, feedback->'shown'->>'fr' as said from productions where unit_id = ${unitId} order by id desc limit 1`.execute(
      db,
    )
    assert.equal(rows[0]?.state, 'refused')
    assert.match(rows[0]?.said ?? '', /révoqué entre-temps/)
  })
})
