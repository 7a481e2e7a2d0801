import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { z } from 'zod'
import { lastReconciliation } from '../../shop/list-differences.ts'
import { productsOfOrder } from '../../shop/product.ts'
import { accessOf } from '../../shop/product-access.ts'
import { openReconciliationQueue, startReconciler } from '../../shop/reconcile.ts'
import { findOrder } from '../../shop/view-order.ts'
import { testOffice } from '../../test/office.ts'
import { testShop, until } from '../../test/shop.ts'
import { routes } from '../routes.ts'

const paths = routes.office.reconciliations

describe('the office’s page of reconciliations', async () => {
  const t = await testShop()
  const { db, site } = t
  const house = testOffice(t)
  let marie: Awaited<ReturnType<typeof house.as>>
  const course = await t.sell({ handler: 'std_enroloncourse', internal: { course: 2, durationDays: 60 } })
  const cohort = await t.sell({ handler: 'std_joincohort', internal: { cohort: 2 } })

  before(async () => {
    await openReconciliationQueue(t.shop.queue)
    marie = await house.as('operator')
    for (const [code, name] of [
      [course, 'ada'],
      [course, 'bob'],
      [cohort, 'cid'],
    ] as const) {
      const { number } = await t.placed(code, [
        { email: `${name}@rec.example`, firstname: name, lastname: 'R' },
      ])
      await t.pay(number)
      await t.takeOver()
      const made = await productsOfOrder(db, (await findOrder(db, number))?.id ?? 0)
      const ids = made.map(({ id }) => id)
      // Since yesterday: at the moment of its start, Moodle and we may rightly differ.
      await sql`update products set starts_at = starts_at - interval '1 day' where id = any(${ids})`.execute(
        db,
      )
      const access = await accessOf(db, ids)
      await db.transaction().execute((trx) => site.touchAccess(trx, access))
      await site.applyAccess(access)
    }
  })

  const state = async () => (await lastReconciliation(db, site.site))?.state

  it('says that nothing was compared yet, and starts a comparison that a worker makes', async () => {
    const empty = await marie.open(paths.show())
    assert.match(empty.html, /Nothing was compared yet/)
    assert.match((await marie.open(routes.office.site())).html, new RegExp(`href="${paths.show()}"`))
    await marie.open(paths.show())
    const started = await marie.send(paths.show())
    assert.match(started.html, /Under way/)
    assert.match(started.html, /<noscript><meta http-equiv="refresh"/)
    assert.doesNotMatch(started.html, /Compare now|Compare again/)
    assert.equal(await state(), 'running')
    await startReconciler(t.shop)
    await until('it is compared', async () => (await state()) === 'done')
    const done = await marie.open(paths.show())
    assert.match(done.html, /3 of 3 enrolments and memberships compared/)
    assert.match(done.html, /No difference/)
    assert.match(done.html, /Moodle shows what your products give/)
    assert.doesNotMatch(done.html, /http-equiv="refresh"/)
    assert.doesNotMatch((await marie.open(routes.office.home())).html, /Differences with Moodle/)
  })

  it('lists the differences by kind with their cause, and repairs what is asked for', async () => {
    // Somebody changes things in Moodle behind the shop's back.
    const { rows } = await sql<{ name: string; user: number }>`
      select split_part(holder->>'email', '@', 1) as name, holder_user as "user" from products`.execute(db)
    const users = Object.fromEntries(rows.map(({ name, user }) => [name, user]))
    const student = 5
    const suspended = [users.ada, users.bob].map((user) => {
      return { roleid: student, userid: user, courseid: 2, suspend: 1 }
    })
    await site.call('enrol_manual_enrol_users', { enrolments: suspended }, z.unknown())
    const members = [{ cohortid: 2, userid: users.cid }]
    await site.call('core_cohort_delete_cohort_members', { members }, z.unknown())
    await marie.open(paths.show())
    await marie.send(paths.show())
    await until('it is compared', async () => (await state()) === 'done')

    assert.match((await marie.open(routes.office.home())).html, /Differences with Moodle/)
    const page = await marie.open(paths.show())
    assert.match(page.html, /ada@rec\.example/)
    assert.match(page.html, /somebody suspended the enrolment there/)
    assert.match(page.html, /Repair all 3/)
    const closed = await marie.open(`${paths.show()}?kind=suspended_there`)
    assert.doesNotMatch(closed.html, /cid@rec\.example/)
    const [first] = /name="difference" value="(\d+)"/.exec(closed.html)?.slice(1) ?? []
    assert.ok(first)

    const none = await marie.send(paths.repair())
    assert.match(none.html, /There was nothing to repair/)
    await marie.open(paths.show())
    await marie.send(paths.repair(), { difference: first })
    await until('it is repaired', async () => {
      return (await lastReconciliation(db, site.site))?.repairs.repaired === 1
    })
    const repaired = await marie.open(`${paths.show()}?repaired=yes`)
    assert.match(repaired.html, /Moodle was told again what the products give/)
    assert.match(repaired.html, new RegExp(marie.operator.email))

    // All of one kind, and nothing else.
    await marie.open(`${paths.show()}?kind=suspended_there`)
    await marie.send(paths.repair(), { all: 'yes' })
    await until('they are repaired', async () => {
      return (await lastReconciliation(db, site.site))?.repairs.repaired === 2
    })
    assert.match((await marie.open(paths.show())).html, /Not in the cohort/)
    await marie.send(paths.repair(), { all: 'yes' })
    await until('all is repaired', async () => {
      return (await lastReconciliation(db, site.site))?.repairs.repaired === 3
    })
    assert.doesNotMatch((await marie.open(routes.office.home())).html, /Differences with Moodle/)
  })

  it('shows a viewer the differences and nothing to change', async () => {
    const viewer = await house.as('viewer', 'fr')
    const page = await viewer.open(paths.show())
    assert.match(page.html, /Rapprochement/)
    assert.doesNotMatch(page.html, /Comparer à nouveau|Réparer/)
  })
})
