import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it, type TestContext } from 'node:test'
import { credits, creditsId } from '../../payments/credits.ts'
import { type BatchAsked, findBatch, startBatch, viewBatch } from '../../shop/batch.ts'
import { openCart } from '../../shop/cart.ts'
import { cancelOrder } from '../../shop/close-order.ts'
import { correctCredits, findCredits } from '../../shop/credits.ts'
import { type Checkout, cartOf, placeOrder } from '../../shop/place-order.ts'
import { actOnProduct, findProduct, productHistory, revokeUnit } from '../../shop/product.ts'
import { spendCredits } from '../../shop/spend-credits.ts'
import { findOrder, giveBacksOfOrder } from '../../shop/view-order.ts'
import { buyer, testShop } from '../shop.ts'
import type { Doomed } from './doomed-worker.ts'
import { ended, startProcess } from './start-process.ts'

/** Processes of a test that run at a time. */
const atATime = 3

describe('a process that is killed (invariant 2)', async () => {
  const shop = await testShop()
  const { db } = shop
  const course = 2
  const enrolment = await shop.sell({
    handler: 'std_enroloncourse',
    internal: { course, durationDays: 30 },
  })
  const place = await shop.sell({ handler: 'ext_steps', internal: { course } })
  const checkout: Checkout = { customer: buyer, means: 'transfer', termsAccepted: true, locale: 'en' }

  async function die(task: Doomed['task'], dieAt?: number) {
    const { printed, signal } = await ended(
      await startProcess('doomed-worker.ts', {
        url: shop.url,
        sandbox: { url: shop.sandbox.url, token: shop.sandbox.token },
        task,
        dieAt,
      } satisfies Doomed),
    )
    return { signal, boundaries: printed === '' ? [] : (JSON.parse(printed) as string[]) } // the child's own words
  }

  /**
   * Lets a child do its task on a subject of its own and live; then, for every boundary that it passed, another child
   * on another subject, which dies there. A successor then takes over what they left, and every subject must end alike.
   */
  async function killEverywhere<Subject>(
    t: TestContext,
    steps: {
      prepare: (n: number) => Promise<Subject>
      task: (subject: Subject) => Promise<Doomed['task']> | Doomed['task']
      /** What the person does who got no answer. */
      resume?: (subject: Subject) => Promise<void>
      check: (subject: Subject, where: string) => Promise<void>
    },
  ): Promise<string[]> {
    const living = await steps.prepare(0)
    const { boundaries } = await die(await steps.task(living))
    await steps.check(living, 'nowhere')

    const subjects: Subject[] = []
    for (const n of boundaries.keys()) subjects.push(await steps.prepare(n + 1))
    const tasks: Doomed['task'][] = []
    for (const subject of subjects) tasks.push(await steps.task(subject))
    const waiting = [...tasks.entries()]
    let killed = 0
    const worker = async () => {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [at, task] = next
        const { signal, boundaries: passed } = await die(task, at)
        if (signal === 'SIGKILL') killed++
        else assert.ok(passed.length <= at, `it lived on after ${passed[at]}`)
      }
    }
    await Promise.all(Array.from({ length: atATime }, worker))
    // One of them may have had a boundary less than the first.
    assert.ok(killed >= boundaries.length - 1, `${killed} of ${boundaries.length} were killed`)
    t.diagnostic(`died at each of ${killed} boundaries`)

    for (const subject of subjects) await steps.resume?.(subject)
    await shop.takeOver(3)
    for (const [n, subject] of subjects.entries()) await steps.check(subject, `${n}, ${boundaries[n]}`)
    return boundaries
  }

  async function paidOf(orderNumber: string): Promise<number> {
    return (await findOrder(db, orderNumber))?.paidCents ?? 0
  }

  async function productionOf(orderNumber: string, script: string): Promise<number> {
    const { id } = await db
      .selectFrom('productions')
      .innerJoin('orders', 'orders.id', 'productions.order_id')
      .select('productions.id')
      .where('orders.number', '=', orderNumber)
      .where('script', '=', script)
      .executeTakeFirstOrThrow()
    return id
  }

  it('leaves one account, one enrolment and one product, wherever it dies in the postpay', async (t) => {
    const boundaries = await killEverywhere(t, {
      prepare: async (n) => {
        const email = `killed-${n}@learners.example`
        const { number } = await shop.placed(enrolment, [{ email, firstname: 'Kim', lastname: `K${n}` }])
        await shop.pay(number)
        return { number, email, production: await productionOf(number, 'postpay') }
      },
      task: ({ production }) => ({ do: 'run', production }),
      check: async ({ number, email }, where) => {
        assert.deepEqual(await shop.unitStates(number), ['produced'], where)
        assert.equal(await shop.orderState(number), 'completed', where)
        const products = await db
          .selectFrom('products')
          .innerJoin('orders', 'orders.id', 'products.order_id')
          .select(['starts_at', 'ends_at', 'paid_at'])
          .where('orders.number', '=', number)
          .execute()
        assert.equal(products.length, 1, where)
        const { accounts, courses } = await shop.sandboxState(email)
        assert.equal(accounts.length, 1, where)
        const enrolments = courses.flatMap(({ id, enrolments }) => enrolments.map((one) => ({ ...one, id })))
        const [only] = enrolments
        assert.equal(enrolments.length, 1, where)
        assert.ok(only)
        const { id, roles, status, created, removed } = only
        assert.deepEqual(
          { id, roles, status, created, removed },
          { id: course, roles: ['student'], status: 'active', created: 1, removed: 0 },
          where,
        )
        const paidAt = products[0]?.paid_at?.getTime() ?? 0
        assert.equal(only.timestart, Math.floor(paidAt / 1000), where)
        assert.equal(only.timeend, Math.ceil((paidAt + 30 * 86_400_000) / 1000), where)
        // Told once; told again, with the same values, only where the death came before it was noted.
        assert.ok(only.set <= (where === 'nowhere' ? 1 : 2), `${where}: set ${only.set} times`)
      },
    })
    for (const call of ['core_user_get_users', 'core_user_create_users', 'enrol_manual_enrol_users']) {
      assert.ok(boundaries.includes(`before ${call}`) && boundaries.includes(`after ${call}`), call)
    }
  })

  it('leaves one order, prepared once, wherever it dies in placing it', async (t) => {
    const boundaries = await killEverywhere(t, {
      prepare: async (n) => {
        const name = `placed-${n}`
        const content = cartOf([{ code: place, units: [{ external: { place: name }, fields: {} }] }])
        const { id } = await openCart(db, content)
        return { name, cart: { id, content } }
      },
      task: ({ cart }) => ({ do: 'place', cart, checkout }),
      check: async ({ name, cart }, where) => {
        const [order, another] = await db
          .selectFrom('orders')
          .select(['id', 'number', 'state'])
          .where('cart_id', '=', cart.id)
          .execute()
        assert.equal(another, undefined, where)
        assert.equal(order?.state, 'awaiting_payment', where)
        assert.deepEqual(await shop.unitStates(order.number), ['prepared'], where)
        assert.deepEqual(await groupsFor(name), [`door-${name}`, `room-${name}`], where)
        assert.deepEqual(await reserved(order.id), [`ext_steps:${name}`], where)
      },
      // The customer, who saw no answer, presses the button again.
      resume: async ({ cart }) => {
        assert.equal((await placeOrder(shop.shop, shop.engine, cart, checkout)).ok, true)
      },
    })
    assert.equal(boundaries.filter((name) => name === 'before core_group_create_groups').length, 2)
    assert.equal(boundaries.filter((name) => name.startsWith('before commit')).length, 2)
  })

  it('takes the credits and pays the order together, or neither, wherever it dies in spending them', async (t) => {
    const price = 10_000
    const boundaries = await killEverywhere(t, {
      prepare: async (n) => {
        const email = `spender-${n}@buyers.example`
        const gift = { who: 'operator:olga', why: 'a gift', request: randomUUID() }
        await correctCredits(db, { email, currency: 'EUR', amountCents: 15_000 }, gift)
        const content = cartOf([
          {
            code: enrolment,
            units: [
              {
                external: { email: `spent-${n}@learners.example`, firstname: 'Kim', lastname: 'K' },
                fields: {},
              },
            ],
          },
        ])
        const placed = await placeOrder(
          { ...shop.shop, means: new Map([[creditsId, credits]]) },
          shop.engine,
          { content },
          { ...checkout, customer: { ...buyer, email }, means: creditsId, signedInAs: email },
        )
        if (!placed.ok) throw new Error(JSON.stringify(placed.errors))
        return { email, number: placed.order.number }
      },
      task: ({ number, email }) => ({ do: 'spend', number, signedIn: email }),
      // The customer, who saw no answer, presses the button again.
      resume: async ({ number, email }) => {
        assert.ok((await findCredits(db, email, 'EUR'))?.balanceCents === 15_000 - (await paidOf(number)))
        assert.equal((await spendCredits(shop.shop, number, email)).ok, true)
      },
      check: async ({ number, email }, where) => {
        assert.equal((await findCredits(db, email, 'EUR'))?.balanceCents, 15_000 - price, where)
        assert.equal(await paidOf(number), price, where)
        await shop.takeOver()
        assert.equal(await shop.orderState(number), 'completed', where)
      },
    })
    assert.equal(boundaries.filter((name) => name === 'before commit').length, 1)
  })

  it('leaves nothing reserved and nothing in Moodle, wherever it dies in the release', async (t) => {
    const boundaries = await killEverywhere(t, {
      prepare: async (n) => {
        const name = `released-${n}`
        const { number } = await shop.placed(place, [{ place: name }])
        assert.equal((await groupsFor(name)).length, 2)
        assert.deepEqual(await cancelOrder(shop.shop, number, { who: 'customer' }), { ok: true })
        return { number, name, production: await productionOf(number, 'release') }
      },
      task: ({ production }) => ({ do: 'run', production }),
      check: async ({ number, name, production }, where) => {
        assert.deepEqual(await shop.unitStates(number), ['released'], where)
        assert.equal(await stateOf(production), 'done', where)
        assert.deepEqual(await groupsFor(name), [], where)
        assert.equal(
          (
            await db
              .selectFrom('reservations')
              .select('name')
              .where('name', '=', `ext_steps:${name}`)
              .execute()
          ).length,
          0,
          where,
        )
      },
    })
    assert.equal(boundaries.filter((name) => name === 'after core_group_delete_groups').length, 2)
  })

  it('takes the product back once, wherever it dies in the revoke', async (t) => {
    const boundaries = await killEverywhere(t, {
      prepare: async (n) => {
        const name = `revoked-${n}`
        return { name, ...(await produced(place, { place: name })) }
      },
      task: async ({ number, product }) => {
        const asked = { who: 'operator:olga', why: 'a mistake', giveBack: true }
        assert.deepEqual(await revokeUnit(shop.shop, product.unitId, asked), { ok: true })
        return { do: 'run', production: await productionOf(number, 'revoke') }
      },
      check: async ({ number, name, product }, where) => {
        assert.deepEqual(await shop.unitStates(number), ['revoked'], where)
        assert.equal(await shop.orderState(number), 'refunded', where)
        assert.ok(!(await groupsFor(name)).includes(`seat-${name}`), where)
        assert.equal((await findProduct(db, product.reference))?.state, 'revoked', where)
        const told = (await productHistory(db, product.id)).map(({ event }) => event)
        assert.deepEqual(told, ['delivered', 'revoked'], where)
        assert.equal((await giveBacksOfOrder(db, product.orderId)).length, 1, where)
      },
    })
    assert.ok(boundaries.includes('after core_group_delete_groups'))
  })

  it('suspends the access once, wherever it dies in the after-sale action', async (t) => {
    const boundaries = await killEverywhere(t, {
      prepare: async (n) => {
        const email = `suspended-${n}@learners.example`
        const { product } = await produced(enrolment, { email, firstname: 'Sue', lastname: `S${n}` })
        return { email, product, asked: randomUUID() }
      },
      task: ({ product, asked }) => ({ do: 'act', reference: product.reference, action: 'suspend', asked }),
      check: async ({ email, product }, where) => {
        assert.equal((await findProduct(db, product.reference))?.state, 'suspended', where)
        const told = (await productHistory(db, product.id)).map(({ event, who }) => `${event} ${who}`)
        assert.deepEqual(told, ['delivered shop', 'suspend operator:olga'], where)
        const [only] = (await shop.sandboxState(email)).courses.flatMap(({ enrolments }) => enrolments)
        assert.equal(only?.status, 'suspended', where)
        assert.ok(only.set <= 3, `${where}: set ${only.set} times`)
      },
      // The operator, who saw no answer, presses the button again: it is the same request.
      resume: async ({ product, asked }) => {
        const by = { who: 'operator:olga', audience: 'operator' as const }
        await actOnProduct(shop.shop, shop.engine, product.reference, 'suspend', {}, by, asked)
      },
    })
    assert.ok(boundaries.includes('after enrol_manual_enrol_users'))
  })

  it('asks for an action on many products as a whole or not at all, wherever it dies', async (t) => {
    const pack = await shop.sell({
      handler: 'std_generateseats',
      internal: { courses: ['RGPD-01'], seats: 2 },
    })
    const boundaries = await killEverywhere(t, {
      prepare: async (n) => {
        const { number } = await shop.placed(pack, [{}])
        await shop.pay(number)
        await shop.takeOver()
        const seats = (await findOrder(db, number))?.products ?? []
        assert.equal(seats.length, 2)
        const rows = seats.map(({ reference }, i) => ({
          reference,
          values: { email: `seat-${n}-${i}@learners.example`, firstname: 'Lou', lastname: `L${n}` },
        }))
        const by = { who: 'customer', audience: 'customer' as const }
        return { seats, batch: { action: 'give', by, rows } satisfies BatchAsked, asked: randomUUID() }
      },
      task: ({ batch, asked }) => ({ do: 'batch', batch, asked }),
      // The buyer, who saw no answer, sends the list again: it is the same request.
      resume: async ({ batch, asked }) => {
        assert.ok((await startBatch(shop.shop, batch, asked)).ok)
      },
      check: async ({ seats, batch, asked }, where) => {
        // The first subject's child lived, and nobody has done its work yet.
        await shop.takeOver()
        const id = await findBatch(db, 'customer', asked)
        assert.deepEqual(
          (await viewBatch(db, id ?? 0))?.rows.map(({ state }) => state),
          ['done', 'done'],
          where,
        )
        for (const [i, { id, reference }] of seats.entries()) {
          assert.equal((await findProduct(db, reference))?.holder?.email, batch.rows[i]?.values.email, where)
          const told = (await productHistory(db, id)).map(({ event }) => event)
          assert.deepEqual(told, ['delivered', 'give'], where)
        }
      },
    })
    assert.ok(
      boundaries.some((name) => name.includes('insert into batch_rows') || name.includes('with asked as')),
    )
  })

  it('hands the access over once, wherever it dies: the one has it and the other no more', async (t) => {
    const successor = (n: number) => ({
      email: `successor-${n}@learners.example`,
      firstname: 'Nia',
      lastname: `N${n}`,
    })
    const by = { who: 'operator:olga', audience: 'operator' as const }
    const boundaries = await killEverywhere(t, {
      prepare: async (n) => {
        const email = `predecessor-${n}@learners.example`
        const { product } = await produced(enrolment, { email, firstname: 'Pol', lastname: `P${n}` })
        return { email, product, values: successor(n), asked: randomUUID() }
      },
      task: ({ product, values, asked }) => ({
        do: 'act',
        reference: product.reference,
        action: 'handOver',
        values,
        asked,
      }),
      check: async ({ email, product, values }, where) => {
        assert.equal((await findProduct(db, product.reference))?.holder?.email, values.email, where)
        const told = (await productHistory(db, product.id)).map(({ event }) => event)
        assert.deepEqual(told, ['delivered', 'handOver'], where)
        const enrolmentsOf = async (whose: string) =>
          (await shop.sandboxState(whose)).courses.flatMap(({ enrolments }) => enrolments)
        assert.deepEqual(
          (await enrolmentsOf(email)).map(({ status, removed }) => ({ status, removed })),
          [{ status: 'suspended', removed: 0 }],
          where,
        )
        const [theirs] = await enrolmentsOf(values.email)
        assert.deepEqual([theirs?.status, theirs?.created], ['active', 1], where)
        assert.equal((await shop.sandboxState(values.email)).accounts.length, 1, where)
      },
      resume: async ({ product, values, asked }) => {
        await actOnProduct(shop.shop, shop.engine, product.reference, 'handOver', values, by, asked)
      },
    })
    assert.ok(boundaries.includes('after core_user_create_users'))
  })

  async function produced(code: string, external: Record<string, unknown>) {
    const { number } = await shop.placed(code, [external])
    await shop.pay(number)
    await shop.takeOver()
    const [product] = (await findOrder(db, number))?.products ?? []
    assert.ok(product, `${number} was not produced`)
    return { number, product }
  }

  async function stateOf(production: number): Promise<string> {
    const { state } = await db
      .selectFrom('productions')
      .select('state')
      .where('id', '=', production)
      .executeTakeFirstOrThrow()
    return state
  }

  /** The groups that the test's handler has made for a place. */
  async function groupsFor(name: string): Promise<string[]> {
    const { courses } = await shop.sandboxState()
    const groups = courses.find(({ id }) => id === course)?.groups ?? []
    return groups
      .map((group) => group.name)
      .filter((group) => group.endsWith(`-${name}`))
      .sort()
  }

  async function reserved(orderId: number): Promise<string[]> {
    const rows = await db
      .selectFrom('reservations')
      .innerJoin('units', 'units.id', 'reservations.unit_id')
      .select('name')
      .where('units.order_id', '=', orderId)
      .execute()
    return rows.map(({ name }) => name)
  }
})
