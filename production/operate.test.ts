import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { composeHands } from '../shop/compose.ts'
import { findOrder, orderHistory } from '../shop/view-order.ts'
import { testShop } from '../test/shop.ts'
import {
  countProductions,
  findJournal,
  listProductions,
  oldestWaiting,
  productionsOfOrder,
} from './journal.ts'
import { endProduction, retryProduction, retryStuck, retryWaiting } from './operate.ts'
import { claim, claimAtOnce } from './production.ts'
import { sweep } from './sweep.ts'

describe('an operator’s hand on a production', async () => {
  const shop = await testShop()
  const { db } = shop
  const hands = composeHands(shop.shop)
  const code = await shop.sell({ handler: 'ext_wild' })
  const skip = { state: 'skipped', who: 'operator:olga', why: 'done by hand' } as const

  async function postpay(way = 'well') {
    const { number } = await shop.placed(code, [{ postpay: way }])
    await shop.pay(number)
    const order = await findOrder(db, number)
    const found = (await productionsOfOrder(db, order?.id ?? 0)).find(({ script }) => script === 'postpay')
    assert.ok(found && order)
    return { number, orderId: order.id, id: found.id }
  }

  async function jobOf(production: number) {
    const { job_id } = await db
      .selectFrom('productions')
      .select('job_id')
      .where('id', '=', production)
      .executeTakeFirstOrThrow()
    const { rows } = await sql<{ state: string }>`
      select state from pgboss.job where id = ${job_id} and name = 'production'`.execute(db)
    return { id: job_id ?? '', state: rows[0]?.state }
  }

  it('tries again what waits or needs an operator, from the first failure on, and nothing else', async () => {
    const { id, number } = await postpay('throws')
    assert.deepEqual(await retryProduction(hands, id), { ok: false, reason: 'not_waiting' }, 'queued')
    await shop.takeOver(3)
    assert.equal((await findJournal(db, id))?.failures, 3)
    const old = await jobOf(id)
    assert.deepEqual(await retryProduction(hands, id), { ok: true })
    const journal = await findJournal(db, id)
    assert.equal(journal?.failures, 0)
    assert.ok(journal.dueAt.getTime() <= Date.now())
    const job = await jobOf(id)
    assert.notEqual(job.id, old.id)
    assert.equal(job.state, 'created')
    assert.deepEqual(
      await claim(db, 'stale', [{ id: old.id, production: id }]),
      [],
      'the old job takes nothing',
    )
    await shop.takeOver(6)
    assert.deepEqual(await shop.unitStates(number), ['needs_operator'])
    assert.deepEqual(await retryProduction(hands, id), { ok: true })
    await endProduction(hands, id, skip)
    assert.deepEqual(await retryProduction(hands, id), { ok: false, reason: 'not_waiting' }, 'ended')
    assert.deepEqual(await retryProduction(hands, 999_999), { ok: false, reason: 'not_waiting' })
  })

  it('ends nothing that runs or has ended', async () => {
    const { id } = await postpay()
    await claimAtOnce(db, 'busy', [id])
    assert.deepEqual(await endProduction(hands, id, skip), { ok: false, reason: 'not_waiting' }, 'running')
    await shop.takeOver()
    assert.deepEqual(await endProduction(hands, id, skip), { ok: false, reason: 'not_waiting' }, 'done')
    assert.deepEqual(await endProduction(hands, 999_999, skip), { ok: false, reason: 'not_waiting' })
  })

  it('keeps out a worker that takes up what an operator is ending', async () => {
    for (let n = 0; n < 5; n++) {
      const { id, number } = await postpay()
      const job = await jobOf(id)
      const [ended, claimed] = await Promise.all([
        endProduction(hands, id, skip),
        claim(db, 'worker', [{ id: job.id, production: id }]),
      ])
      assert.notEqual(ended.ok, claimed.length === 1, 'one of them has it')
      assert.deepEqual(await shop.unitStates(number), [ended.ok ? 'skipped' : 'producing'])
      await shop.takeOver()
    }
  })

  it('tells who ended it and why', async () => {
    const { id, orderId } = await postpay('refuses')
    await shop.takeOver()
    await endProduction(hands, id, skip)
    const line = (await orderHistory(db, orderId)).find(({ to }) => to === 'skipped')
    assert.deepEqual([line?.who, line?.why], ['operator:olga', 'done by hand'])
    assert.equal(await shop.orderState((await findJournal(db, id))?.orderNumber ?? ''), 'completed')
  })

  it('goes on with all that waited for the site, or with all that is stuck, and with nothing else', async () => {
    const waiting = await postpay()
    const failing = await postpay('throws')
    const stuck = await postpay('refuses')
    await shop.takeOver()
    await db
      .updateTable('productions')
      .set({
        state: 'retrying',
        cause: JSON.stringify({ kind: 'outage', message: 'away' }),
        due_at: new Date(Date.now() + 300_000),
      })
      .where('id', '=', waiting.id)
      .execute()
    const state = async ({ id }: { id: number }) => (await findJournal(db, id))?.state
    const both = await Promise.all([retryWaiting(hands), retryWaiting(hands)])
    assert.equal(both[0] + both[1] >= 1, true)
    assert.ok(((await findJournal(db, waiting.id))?.dueAt.getTime() ?? 0) <= Date.now())
    assert.ok(((await findJournal(db, failing.id))?.dueAt.getTime() ?? 0) > Date.now())
    assert.equal(await state(stuck), 'needs_operator')
    assert.ok((await retryStuck(hands)) >= 1)
    assert.equal(await state(stuck), 'retrying')
    assert.equal((await jobOf(stuck.id)).state, 'created')
  })

  it('lists the journal newest first, page by page, and counts what is alive', async () => {
    const all = await listProductions(db, { limit: 200 })
    const ids = all.productions.map(({ id }) => id)
    assert.deepEqual(
      ids,
      [...ids].sort((a, b) => b - a),
    )
    const pages: number[] = []
    for (let before: number | undefined, more = true; more; ) {
      const page = await listProductions(db, { before, limit: 3 })
      pages.push(...page.productions.map(({ id }) => id))
      before = page.next
      more = before !== undefined
    }
    assert.deepEqual(pages, ids)
    const stuck = await listProductions(db, { state: 'needs_operator', limit: 200 })
    const counts = await countProductions(db)
    assert.equal(counts.needs_operator, stuck.productions.length)
    await db
      .updateTable('productions')
      .set({ due_at: new Date(Date.now() - 90_000) })
      .where('state', '=', 'retrying')
      .execute()
    const oldest = await oldestWaiting(db)
    assert.ok(oldest >= 90 && oldest < 120, `${oldest} s`)
  })

  it('puts back what has no live job, once it is overdue, and leaves alone what has one, waits or has ended', async () => {
    const lost = await postpay()
    const failed = await postpay()
    const alive = await postpay()
    const early = await postpay()
    const done = await postpay()
    const put = await jobOf(done.id)
    await claim(db, 'worker', [{ id: put.id, production: done.id }])
    await shop.takeOver(0)
    await endOf(done.id)
    await sql`delete from pgboss.job where id = ${(await jobOf(lost.id)).id}`.execute(db)
    await sql`update pgboss.job set state = 'failed' where id = ${(await jobOf(failed.id)).id}`.execute(db)
    for (const { id } of [early, done])
      await sql`delete from pgboss.job where id = ${(await jobOf(id)).id}`.execute(db)
    await db
      .updateTable('productions')
      .set({ due_at: new Date(Date.now() - 60_000) })
      .where('id', 'in', [lost.id, failed.id, alive.id, done.id])
      .execute()
    const before = (await jobOf(alive.id)).id
    await sweep(db, shop.shop.queue, shop.site.site)
    assert.equal((await jobOf(lost.id)).state, 'created')
    assert.equal((await jobOf(failed.id)).state, 'created')
    assert.equal((await jobOf(alive.id)).id, before)
    assert.equal((await jobOf(early.id)).state, undefined)
    assert.equal((await jobOf(done.id)).state, undefined)
    assert.equal(await sweep(db, shop.shop.queue, shop.site.site), 0, 'once')
  })

  const endOf = async (id: number) =>
    await db
      .updateTable('productions')
      .set({ state: 'done', ended_at: new Date() })
      .where('id', '=', id)
      .execute()
})
