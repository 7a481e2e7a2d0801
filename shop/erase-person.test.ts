import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { testShop, until } from '../test/shop.ts'
import { startBatch } from './batch.ts'
import { emptyCart, findCart, newUnit, openCart } from './cart.ts'
import { mailSignInLink, signIn } from './customer-session.ts'
import { erasePerson } from './erase-person.ts'
import { settleGiveBack } from './give-back.ts'
import { claimKey, keepAnswer } from './idempotency.ts'
import { validatePayment } from './payment.ts'
import { placeOrder } from './place-order.ts'
import { actOnProduct, findProduct, revokeUnit } from './product.ts'
import { findOrder } from './view-order.ts'

describe('erasing a person', async () => {
  const shop = await testShop()
  const { db } = shop
  const course = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 } })
  const learner = (email: string) => ({ email, firstname: 'Inès', lastname: 'Roy' })

  /** The tables, the queue's too, of which a row has one of these words, whatever its case. */
  async function whereNamed(...words: string[]): Promise<string[]> {
    const { rows: tables } = await sql<{ schema: string; name: string }>`
      select table_schema as schema, table_name as name from information_schema.tables
       where table_schema in ('public', 'pgboss') and table_type = 'BASE TABLE' order by 1, 2`.execute(db)
    const named = []
    for (const { schema, name } of tables) {
      const { rows } = await sql`
        select from ${sql.table(`${schema}.${name}`)} as t
         where to_jsonb(t)::text ilike any(${words.map((word) => `%${word}%`)}::text[]) limit 1`.execute(db)
      if (rows.length > 0) named.push(name)
    }
    return named
  }

  async function productsOf(number: string) {
    const products = (await findOrder(db, number))?.products ?? []
    assert.ok(products.length > 0)
    // Units are produced side by side: which product is there first tells nothing.
    return products.toSorted((a, b) => a.unitId - b.unitId)
  }

  it('leaves a learner named in no table, not even by what Moodle said of them', async () => {
    const email = 'erased@learners.example'
    const { number } = await shop.placed(course, [learner(email)])
    await shop.pay(number)
    await shop.takeOver()
    // What a failure to create the account leaves behind.
    await sql`
      insert into history (order_id, unit_id, who, event, why)
      select u.order_id, u.id, 'shop', 'unit', ${`Moodle refuses to create Inès Roy <${email}>`}
        from units u join orders o on o.id = u.order_id where o.number = ${number}`.execute(db)
    assert.equal(await shop.orderState(number), 'completed')
    await openCart(db, { ...emptyCart(), customer: learner(email) })
    // A list of learners is as it was pasted until it is ordered.
    const pasted = { ...newUnit(), external: { learners: `Inès;Roy;${email}\nAnn;Lee;ann@learners.example` } }
    await openCart(db, { lines: [{ code: 'PACK', units: [pasted] }] })
    const others = await openCart(db, { ...emptyCart(), customer: learner(`not${email}`) })
    assert.ok((await whereNamed(email)).includes('history'))
    const erased = await erasePerson(db, ` ${email.toUpperCase()} `)
    assert.deepEqual(erased.open, [])
    assert.ok(await findCart(db, others.token), 'the cart of somebody whose address only ends like theirs')
    await db.deleteFrom('carts').where('id', '=', others.id).execute()
    assert.deepEqual(await whereNamed(email), [])
  })

  it('leaves a buyer and learner named in no table after all that a shop does', async () => {
    const zoe = { email: 'zoe.quatremer@company.example', firstname: 'Zoé', lastname: 'Quatremer' }
    const olga = { who: 'operator:olga', audience: 'operator' } as const
    const named = ['zoe.quatremer', 'Quatremer']
    const { shop: house, engine } = shop

    // She buys for herself, pays by transfer, gets it, hands it over, and takes one back.
    const created = await shop.sell({ handler: 'std_createcourse', internal: { template: 15, category: 1 } })
    const unit = (external: Record<string, unknown>) => ({
      key: 'u',
      forMe: false,
      external,
      fields: { diet: 'none, says Zoé' },
    })
    const placed = await placeOrder(
      house,
      engine,
      {
        content: {
          customer: { ...zoe, company: 'Quatremer & Co', address: '1, rue Quatremer' },
          lines: [
            { code: course, units: [unit(zoe), unit({ ...zoe, email: zoe.email.toUpperCase() })] },
            {
              code: created,
              units: [unit({ ...zoe, fullname: 'Safety, by Quatremer', shortname: 'QUATREMER-1' })],
            },
          ],
        },
      },
      { customer: zoe, means: 'transfer', termsAccepted: true, locale: 'fr' },
    )
    assert.ok(placed.ok)
    const { number } = placed.order
    await shop.takeOver()
    const received = { means: 'transfer', currency: 'EUR', paidOn: '2026-01-02', note: 'from Mrs Quatremer' }
    await validatePayment(
      house,
      number,
      { ...received, reference: 'VIR QUATREMER 1', amountCents: 30_000 },
      'operator:olga',
    )
    await shop.takeOver(3)
    assert.equal(await shop.orderState(number), 'completed')
    const [first, second] = await productsOf(number)
    assert.ok(first && second)
    const other = learner('other@learners.example')
    assert.ok((await actOnProduct(house, engine, first.reference, 'handOver', other, olga)).ok)
    await revokeUnit(house, second.unitId, { ...olga, why: 'Mrs Quatremer called', giveBack: true })
    await shop.takeOver(3)
    const due = await db
      .selectFrom('give_backs')
      .select('id')
      .where('unit_id', '=', second.unitId)
      .executeTakeFirst()
    await settleGiveBack(house, due?.id ?? 0, { who: 'operator:olga', note: 'to Zoé Quatremer, FR76 1234' })

    // Others buy for her, pay by card, hand over to her and away from her, and are told of it.
    const { number: others } = await shop.placed(course, [zoe, learner('her.colleague@learners.example')])
    await shop.pay(others, { body: { payer: { name: 'Quatremer Zoé', email: zoe.email } } })
    await shop.takeOver(3)
    const [hers, colleagues] = await productsOf(others)
    assert.ok(hers && colleagues)
    assert.ok((await actOnProduct(house, engine, colleagues.reference, 'handOver', zoe, olga)).ok)
    assert.ok((await actOnProduct(house, engine, colleagues.reference, 'handOver', other, olga)).ok)
    await db
      .updateTable('mails')
      .set({ state: 'sent', subject: 'For Zoé Quatremer', body: `Access of ${zoe.email} is open.` })
      .where('order_id', '=', hers.orderId)
      .execute()

    // She is one of a session, and gets a seat of a pack with others.
    const session = await shop.sell({
      handler: 'std_setuponecoursesession',
      internal: { course: 4, seats: 3 },
    })
    const { number: sessions } = await shop.placed(session, [
      { session: 'Spring', participants: [other, zoe], supervisors: [learner('leader@learners.example')] },
    ])
    const pack = await shop.sell({ handler: 'std_generateseats', internal: { courses: ['SST-*'], seats: 2 } })
    const { number: packs } = await shop.placed(pack, [{}])
    for (const one of [sessions, packs]) {
      await shop.takeOver()
      await shop.pay(one)
      await shop.takeOver(3)
      assert.equal(await shop.orderState(one), 'completed')
    }
    const seats = await productsOf(packs)
    const rows = [zoe, other].map((values, i) => ({ reference: seats[i]?.reference ?? '', values }))
    const given = await startBatch(house, { action: 'give', by: olga, rows }, 'give them')
    assert.ok(given.ok)
    await shop.takeOver(3)
    assert.equal((await findProduct(db, seats[0]?.reference ?? ''))?.holder?.email, zoe.email)

    // She signs in.
    const link = await mailSignInLink(house, { email: zoe.email, locale: 'fr' })
    assert.ok(await signIn(db, link ?? ''))

    // Somebody else's payment is for her, says the bank.
    const { number: unrelated } = await shop.placed(course, [learner('unrelated@learners.example')])
    const note = `ordered by ${zoe.email}`
    await validatePayment(
      house,
      unrelated,
      { ...received, note, reference: 'VIR 2', amountCents: 10_000 },
      'operator:olga',
    )
    await shop.takeOver(3)

    // One is refused by Moodle, in words that name her.
    await shop.faults({ fault: 'down', function: 'core_user_create_users' })
    const stuck = { ...zoe, email: 'zoe.quatremer@else.example' }
    const { number: failing } = await shop.placed(course, [stuck])
    await shop.pay(failing)
    await shop.takeOver()
    await shop.faults()
    await sql`update enrolments set trouble = 'Zoé Quatremer is suspended there'
               where user_id in (select user_id from accounts where email = ${zoe.email})`.execute(db)

    // What she leaves behind without ordering.
    await openCart(db, { ...emptyCart(), customer: zoe })
    const request = { caller: 'api', key: 'once', hash: Buffer.from('hash') }
    await claimKey(db, request)
    await keepAnswer(db, request, { status: 201, headers: {}, body: JSON.stringify({ customer: zoe }) })

    for (const table of [
      'orders',
      'units',
      'productions',
      'steps',
      'products',
      'payments',
      'give_backs',
      'mails',
    ]) {
      assert.ok((await whereNamed(...named)).includes(table), `${table} named her`)
    }
    assert.deepEqual((await erasePerson(db, stuck.email)).open, [failing])
    await shop.site.probe()
    await shop.takeOver(3)
    assert.equal(await shop.orderState(failing), 'completed')
    assert.deepEqual((await erasePerson(db, stuck.email)).open, [])
    assert.deepEqual((await erasePerson(db, zoe.email)).open, [])
    assert.deepEqual(await whereNamed(...named), [])
    // Whom it does not concern stays.
    assert.equal((await findProduct(db, first.reference))?.holder?.email, other.email)
    assert.equal((await findProduct(db, hers.reference))?.holder, null)
    assert.deepEqual(
      (await productsOf(sessions)).map(({ holder }) => holder?.email),
      [other.email, undefined, 'leader@learners.example'],
    )
    assert.equal((await findProduct(db, seats[1]?.reference ?? ''))?.holder?.email, other.email)
    assert.equal((await claimKey(db, request)).state, 'answered')
  })

  it('names the open orders that still need a learner, and takes nothing from them', async () => {
    const email = 'still@learners.example'
    const { number } = await shop.placed(course, [learner(email)])
    assert.deepEqual((await erasePerson(db, email)).open, [number])
    await shop.pay(number)
    await shop.takeOver()
    assert.equal(await shop.orderState(number), 'completed')
  })

  it('waits for what is still to run of a closed order', async () => {
    const email = 'suspended@learners.example'
    const { number } = await shop.placed(course, [learner(email)])
    await shop.pay(number)
    await shop.takeOver()
    const [product] = await productsOf(number)
    await shop.faults({ fault: 'down' })
    const olga = { who: 'operator:olga', audience: 'operator' } as const
    await actOnProduct(shop.shop, shop.engine, product?.reference ?? '', 'suspend', {}, olga)
    assert.deepEqual((await erasePerson(db, email)).open, [number])
    await shop.faults()
    await shop.site.probe()
    await shop.takeOver()
    assert.deepEqual((await erasePerson(db, email)).open, [])
    assert.deepEqual(await whereNamed(email), [])
  })

  it('leaves what was theirs to be changed, and taken back', async () => {
    const email = 'taken-back@learners.example'
    const olga = { who: 'operator:olga', audience: 'operator' } as const
    const created = await shop.sell({ handler: 'std_createcourse', internal: { template: 15, category: 1 } })
    const longer = await shop.sell({ handler: 'std_prorogate', internal: { days: 30 } })
    const dated = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 3, durationDays: 90 } })
    const buy = async (code: string, external: Record<string, unknown>) => {
      const { number } = await shop.placed(code, [external])
      await shop.takeOver()
      await shop.pay(number)
      await shop.takeOver(3)
      assert.equal(await shop.orderState(number), 'completed')
      return number
    }
    const access = await buy(dated, learner(email))
    const [product] = await productsOf(access)
    assert.ok(product)
    const orders = [
      access,
      await buy(created, { ...learner(email), fullname: 'Safety', shortname: 'SAFETY-9' }),
      await buy(longer, { reference: product.reference }),
    ]
    await db.updateTable('orders').set({ customer_email: email }).where('number', 'in', orders).execute()
    assert.deepEqual((await erasePerson(db, email)).open, [])
    // What is left of an answer need not fit what the handler asks: a choice, a pattern.
    await sql`
      update units set external = external || '{"shortname": ""}'
       where order_id = (select id from orders where number = ${orders[1]})`.execute(db)
    const act = async (action: string, values: Record<string, unknown> = {}) => {
      const acted = await actOnProduct(shop.shop, shop.engine, product.reference, action, values, olga)
      assert.deepEqual(acted.ok && acted.state, 'done', action)
    }
    await act('suspend')
    await act('resume')
    await act('changeEnd', { endsOn: '2031-01-31' })
    for (const number of orders.reverse()) {
      const [unit] = (await findOrder(db, number))?.lines.flatMap(({ units }) => units) ?? []
      assert.ok((await revokeUnit(shop.shop, unit?.id ?? 0, { ...olga, giveBack: false })).ok)
      await shop.takeOver(3)
      assert.deepEqual(await shop.unitStates(number), ['revoked'])
    }
    const left = await findProduct(db, product.reference)
    assert.equal(left?.endsAt?.toISOString().slice(0, 10), '2031-01-01', 'the days are taken back')
    const [course] = [...shop.sandbox.site.state.courses.values()].filter(
      ({ fullname }) => fullname === 'Safety',
    )
    assert.equal(course?.visible, false, 'the course is hidden')
  })

  it('is named by nothing that is asked for while they are being erased', async () => {
    const email = 'meanwhile@learners.example'
    const olga = { who: 'operator:olga', audience: 'operator' } as const
    const { number } = await shop.placed(course, [learner(email), learner('stays@learners.example')])
    await shop.pay(number)
    await shop.takeOver()
    const [first, second] = await productsOf(number)
    assert.ok(first && second)
    const asking = db.transaction().execute(async (trx) => {
      // As `erasePerson` does.
      await sql`select from orders where number = ${number} for update`.execute(trx)
      const asked = [
        actOnProduct(shop.shop, shop.engine, first.reference, 'suspend', {}, olga),
        startBatch(
          shop.shop,
          { action: 'suspend', by: olga, rows: [{ reference: first.reference, values: {} }] },
          'meanwhile',
        ),
        actOnProduct(shop.shop, shop.engine, second.reference, 'suspend', {}, olga),
      ]
      await until('all wait for the order', async () => {
        const { rows } = await sql`
          select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`.execute(
          db,
        )
        return rows.length === asked.length
      })
      await sql`update products set holder = null where id = ${first.id}`.execute(trx)
      await sql`update units set external = '{}' where id = ${first.unitId}`.execute(trx)
      return { asked }
    })
    const [alone, batch, other] = await Promise.all((await asking).asked)
    assert.deepEqual(alone, { ok: false, reason: 'not_now' })
    assert.ok(batch?.ok && other?.ok)
    const { rows } = await sql`
      select from productions where script = 'action' and input::text ilike ${`%${email}%`}`.execute(db)
    assert.equal(rows.length, 0)
    await shop.takeOver()
  })

  it('lets nobody else change a history', async () => {
    await assert.rejects(sql`update history set why = null`.execute(db), /append-only/)
    await assert.rejects(
      db.transaction().execute(async (trx) => {
        await sql`select set_config('boutique.erasing', 'on', true)`.execute(trx)
        await sql`update history set who = 'nobody'`.execute(trx)
      }),
      /append-only/,
    )
  })
})
