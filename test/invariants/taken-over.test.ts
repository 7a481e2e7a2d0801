import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { findJournal } from '../../production/journal.ts'
import { testShop, until } from '../shop.ts'
import type { Second } from './second-process.ts'
import { startProcess } from './start-process.ts'

describe('a worker that is lost (invariant 2)', async () => {
  const shop = await testShop()
  const { db } = shop
  const code = await shop.sell({
    handler: 'std_enroloncourse',
    internal: { course: 2, durationDays: 30 },
  })

  /** An order that is paid, while the enrolment of its learner is going to take Moodle `milliseconds`, once. */
  async function pay(name: string, slow: { function: string; milliseconds: number }) {
    const email = `${name}@learners.example`
    const { number } = await shop.placed(code, [{ email, firstname: 'Flo', lastname: name }])
    await shop.faults({ fault: 'slow', times: 1, ...slow })
    await shop.pay(number)
    const { id } = await db
      .selectFrom('productions')
      .innerJoin('orders', 'orders.id', 'productions.order_id')
      .select('productions.id')
      .where('orders.number', '=', number)
      .executeTakeFirstOrThrow()
    return { number, email, production: id }
  }

  async function startWorker() {
    const sandbox = { url: shop.sandbox.url, token: shop.sandbox.token }
    const child = await startProcess('second-process.ts', {
      url: shop.url,
      sandbox,
      task: { do: 'work' },
    } satisfies Second)
    return { child, name: `second:${child.pid}` }
  }

  /** Until the slow call has reached Moodle: its fault, meant for one call, is used up. */
  const inTheCall = () => until('the slow call is under way', async () => (await shop.faultsLeft()) === 0)

  async function producedOnce({ number, email, production }: Awaited<ReturnType<typeof pay>>) {
    assert.deepEqual(await shop.unitStates(number), ['produced'])
    const journal = await findJournal(db, production)
    assert.equal(journal?.attempt, 2)
    assert.equal(journal.worker, 'test')
    const { accounts, courses } = await shop.sandboxState(email)
    assert.equal(accounts.length, 1)
    const [only, another] = courses.flatMap((course) => course.enrolments)
    assert.equal(another, undefined)
    assert.equal(only?.created, 1)
    assert.equal(only.status, 'active')
    // Cut to whole seconds, the start downwards and the end upwards.
    assert.ok([0, 1].includes(only.timeend - only.timestart - 30 * 86_400))
    return only
  }

  it('is replaced within seconds by another, dead in the middle of a call or frozen and woken too late', async () => {
    const dying = await startWorker()
    const killed = await pay('killed', { function: 'enrol_manual_enrol_users', milliseconds: 3_000 })
    await inTheCall()
    dying.child.kill('SIGKILL')

    const freezing = await startWorker()
    const frozen = await pay('frozen', { function: 'core_user_create_users', milliseconds: 3_000 })
    await inTheCall()
    freezing.child.kill('SIGSTOP')

    await shop.work()
    for (const { number } of [killed, frozen]) {
      await until(`${number} is taken over`, async () => (await shop.orderState(number)) === 'completed', 45)
    }
    assert.ok((await producedOnce(killed)).set <= 2)
    assert.equal((await producedOnce(frozen)).set, 1)

    // Woken, it goes on where it was and must find that the production is another's. It is well, and takes the next.
    await shop.rest()
    freezing.child.kill('SIGCONT')
    const next = await pay('next', { function: 'core_user_get_users', milliseconds: 0 })
    await until('the next is produced', async () => (await shop.orderState(next.number)) === 'completed')
    assert.equal((await findJournal(db, next.production))?.worker, freezing.name)
    assert.equal((await producedOnce(frozen)).set, 1)
    const steps = await db
      .selectFrom('steps')
      .select(['name', 'attempt'])
      .where('production_id', '=', frozen.production)
      .orderBy('name')
      .execute()
    assert.deepEqual(
      steps.map(({ name, attempt }) => `${name} ${attempt}`),
      ['account 2'],
      'what the frozen one still wrote is kept out',
    )
  })
})
