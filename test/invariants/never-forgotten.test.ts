import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { failuresBeforeOperator } from '../../production/cause.ts'
import { findJournal, type JournalRow, productionsOfOrder } from '../../production/journal.ts'
import { retryProduction, retryWaiting } from '../../production/operate.ts'
import { claim } from '../../production/production.ts'
import { run } from '../../production/run.ts'
import { sweep } from '../../production/sweep.ts'
import { stuckUnits } from '../../shop/attention.ts'
import { composeHands } from '../../shop/compose.ts'
import { findOrder } from '../../shop/view-order.ts'
import { testShop, until } from '../shop.ts'

describe('nothing that is paid is forgotten (invariant 3)', async () => {
  const shop = await testShop()
  const { db } = shop
  const hands = composeHands(shop.shop)
  const enrolment = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 } })
  const wild = await shop.sell({ handler: 'ext_wild' })
  let learners = 0

  const learner = () => ({
    email: `kept-${++learners}@learners.example`,
    firstname: 'Ken',
    lastname: `K${learners}`,
  })

  async function paid(code: string, units: Record<string, unknown>[]): Promise<string> {
    const { number } = await shop.placed(code, units)
    await shop.pay(number)
    return number
  }

  async function only(number: string): Promise<JournalRow> {
    const order = await findOrder(db, number)
    const rows = (await productionsOfOrder(db, order?.id ?? 0)).filter(({ script }) => script === 'postpay')
    assert.equal(rows.length, 1)
    assert.ok(rows[0])
    return rows[0]
  }

  it('produces everything by itself once Moodle is back, which was down from before the payment', async () => {
    await shop.faults({ fault: 'down' })
    await shop.work()
    const numbers: string[] = []
    for (let n = 0; n < 5; n++) numbers.push(await paid(enrolment, [learner(), learner()]))
    for (const number of numbers) {
      await until(`${number} waits`, async () => {
        const states = await shop.unitStates(number)
        return states.every((state) => state === 'retrying')
      })
      assert.equal(await shop.orderState(number), 'paid', 'paid is not produced')
    }
    assert.equal((await shop.site.health()).state, 'down')
    const [order] = await Promise.all(numbers.map((number) => findOrder(db, number)))
    const [waiting] = await productionsOfOrder(db, order?.id ?? 0)
    assert.equal(waiting?.cause?.kind, 'outage')

    await shop.faults()
    for (const number of numbers) {
      await until(`${number} is produced`, async () => (await shop.orderState(number)) === 'completed')
    }
    assert.equal((await shop.site.health()).state, 'up')
    await shop.rest()
  })

  for (const [fault, kind] of [
    ['maintenance', 'maintenance'],
    ['cliMaintenance', 'maintenance'],
    ['database', 'outage'],
    ['badGateway', 'outage'],
  ] as const) {
    it(`waits for as long as it takes while Moodle answers with ${fault}, and calls no operator`, async () => {
      await shop.faults({ fault })
      const number = await paid(enrolment, [learner()])
      await shop.takeOver(3 * failuresBeforeOperator)
      const production = await only(number)
      assert.equal(production.state, 'retrying')
      assert.equal(production.cause?.kind, kind)
      assert.ok(production.dueAt.getTime() <= Date.now() + 301_000, 'it looks again within five minutes')
      await shop.faults()
      await shop.site.probe()
      await shop.takeOver()
      assert.deepEqual(await shop.unitStates(number), ['produced'])
    })
  }

  it('repeats a call whose answer was lost, to the same effect', async () => {
    for (const name of ['core_user_create_users', 'enrol_manual_enrol_users']) {
      await shop.faults({ fault: 'lostReply', function: name, times: 1 })
      const person = learner()
      const number = await paid(enrolment, [person])
      await shop.takeOver()
      await shop.site.probe()
      await shop.takeOver()
      assert.deepEqual(await shop.unitStates(number), ['produced'], name)
      const { accounts, courses } = await shop.sandboxState(person.email)
      assert.equal(accounts.length, 1, name)
      const enrolments = courses.flatMap((course) => course.enrolments)
      assert.equal(enrolments.length, 1, name)
      assert.equal(enrolments[0]?.created, 1, name)
    }
    await shop.faults()
  })

  it('pauses the site while Moodle refuses the token, and goes on with everything once it is good again', async () => {
    await shop.faults({ fault: 'token' })
    const numbers = [await paid(enrolment, [learner()]), await paid(enrolment, [learner()])]
    await shop.takeOver(3)
    const health = await shop.site.health()
    assert.equal(health.state, 'paused')
    assert.match(health.cause ?? '', /token/)
    for (const number of numbers) {
      const production = await only(number)
      assert.equal(production.state, 'retrying', 'it is nobody’s failure')
      assert.equal(production.cause?.kind, 'token')
    }
    await shop.faults()
    assert.equal((await shop.site.probe()).state, 'up')
    await shop.work()
    assert.ok((await retryWaiting(hands)) >= 2)
    for (const number of numbers) {
      await until(`${number} is produced`, async () => (await shop.orderState(number)) === 'completed')
    }
    await shop.rest()
  })

  it('puts back a production whose job has vanished from the queue', async () => {
    const number = await paid(enrolment, [learner()])
    const { id } = await only(number)
    assert.equal(await sweep(db, shop.shop.queue, shop.site.site, 0), 0, 'a live job is left alone')
    await sql`delete from pgboss.job where data->>'production' = ${String(id)}`.execute(db)
    await db
      .updateTable('productions')
      .set({ due_at: new Date(Date.now() - 60_000) })
      .where('id', '=', id)
      .execute()
    await shop.work()
    const counts = await Promise.all([
      sweep(db, shop.shop.queue, shop.site.site),
      sweep(db, shop.shop.queue, shop.site.site),
    ])
    assert.equal(counts[0] + counts[1], 1, 'two sweeps at once put it back once')
    await until('it is produced', async () => (await shop.orderState(number)) === 'completed')
    await shop.rest()
  })

  it('runs a production again whose process died, and hands it to an operator if they all die', async () => {
    const number = await paid(enrolment, [learner()])
    const { id } = await only(number)
    for (let death = 0; death <= failuresBeforeOperator; death++) {
      // What a worker does before the script kills it.
      const { job_id } = await db
        .selectFrom('productions')
        .select('job_id')
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      const [claimed] = await claim(db, `dying-${death}`, [{ id: job_id ?? '', production: id }])
      assert.equal(claimed?.attempt, death + 1)
      assert.equal(claimed.interruptions, death)
    }
    await shop.takeOver()
    const production = await only(number)
    assert.equal(production.state, 'needs_operator')
    assert.equal(production.cause?.kind, 'interrupted')
    assert.deepEqual(await retryProduction(hands, id), { ok: true })
    await shop.takeOver()
    assert.deepEqual(await shop.unitStates(number), ['produced'])
  })

  it('goes on when the connections to the database break in the middle of a run', async () => {
    await shop.faults({ fault: 'slow', function: 'enrol_manual_enrol_users', milliseconds: 400, times: 1 })
    await shop.work()
    const number = await paid(enrolment, [learner()])
    await until('the call is under way', async () => (await shop.faultsLeft()) === 0)
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`.execute(db)
    await until('it is produced', async () => (await shop.orderState(number)) === 'completed')
    await shop.rest()
  })

  it('hands an error that nobody knows to the operator, after six failures, with its cause', async () => {
    const number = await paid(wild, [{ postpay: 'throws' }])
    const delays: number[] = []
    for (let failure = 1; failure < failuresBeforeOperator; failure++) {
      await shop.takeOver()
      const production = await only(number)
      assert.equal(production.state, 'retrying')
      assert.equal(production.failures, failure)
      delays.push(Math.round((production.dueAt.getTime() - Date.now()) / 1000))
      assert.deepEqual(await shop.unitStates(number), ['retrying'])
    }
    assert.deepEqual(delays, [2, 6, 18, 54, 162])
    await shop.takeOver()
    const production = await only(number)
    assert.equal(production.state, 'needs_operator')
    assert.deepEqual(production.cause, { kind: 'handler', message: 'the machine broke' })
    assert.deepEqual(await shop.unitStates(number), ['needs_operator'])
    const journal = await findJournal(db, production.id)
    assert.equal(journal?.failed.length, failuresBeforeOperator)
    assert.ok(journal.failed.every(({ step }) => step === 'work'))
    assert.ok((await stuckUnits(db, 100)).some((stuck) => stuck.production === production.id && stuck.paid))
    const mails = await db.selectFrom('mails').select('kind').where('kind', '=', 'unit_delayed').execute()
    assert.ok(mails.length > 0, 'the buyer is told')
  })

  it('hands a unit whose handler is gone to the operator, and produces it once the handler is back', async () => {
    const number = await paid(wild, [{}])
    const registry = shop.shop.registry
    const without = () => ({ handlers: new Map(), faults: [] })
    const { id } = await only(number)
    const { job_id } = await db
      .selectFrom('productions')
      .select('job_id')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    const claimed = await claim(db, 'without', [{ id: job_id ?? '', production: id }])
    for (const production of claimed) {
      await run({ ...shop.engine, registry: without }, production, new AbortController().signal)
    }
    const production = await only(number)
    assert.equal(production.state, 'needs_operator')
    assert.equal(production.cause?.code, 'nohandler')
    assert.match(production.cause.message, /ext_wild/)
    assert.equal(registry().handlers.has('ext_wild'), true)
    assert.deepEqual(await retryProduction(hands, id), { ok: true })
    await shop.takeOver()
    assert.deepEqual(await shop.unitStates(number), ['produced'])
  })

  it('waits for as long as a script asks, and calls nobody', async () => {
    const number = await paid(wild, [{ postpay: 'waits' }])
    await shop.takeOver(failuresBeforeOperator + 2)
    const production = await only(number)
    assert.equal(production.state, 'retrying')
    assert.equal(production.cause?.kind, 'wait')
    assert.equal(production.failures, 0)
    const seconds = Math.round((production.dueAt.getTime() - Date.now()) / 1000)
    assert.equal(seconds, 60)
  })
})
