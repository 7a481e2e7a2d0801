import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { z } from 'zod'
import { testShop, until } from '../test/shop.ts'
import { type ListedDifference, lastReconciliation, listDifferences } from './list-differences.ts'
import { actOnProduct, revokeUnit } from './product.ts'
import { accessOf } from './product-access.ts'
import {
  beginReconciliation,
  noteFailure,
  openReconciliationQueue,
  reconcile,
  repairAsked,
  repairDifferences,
  startReconciler,
  startReconciliation,
} from './reconcile.ts'
import { sayDifference, sayPlace } from './say-difference.ts'
import type { Shop } from './shop.ts'

describe('a reconciliation', async () => {
  const shop = await testShop()
  const { db, site } = shop
  const who = 'operator:olga@atelier.example'
  const anything = z.unknown()
  const student = 5
  const teacher = 4

  const person = (name: string) => ({ email: `${name}@learners.example`, firstname: name, lastname: 'R' })
  const codes = new Map<string, string>()

  async function codeOf(handler: string, internal: Record<string, unknown>): Promise<string> {
    const key = handler + JSON.stringify(internal)
    const code = codes.get(key) ?? (await shop.sell({ handler, internal }))
    codes.set(key, code)
    return code
  }

  async function buy(name: string, handler: string, internal: Record<string, unknown>) {
    const { number } = await shop.placed(await codeOf(handler, internal), [person(name)])
    await shop.pay(number)
    await shop.takeOver()
    const product = await db
      .selectFrom('products')
      .innerJoin('orders', 'orders.id', 'products.order_id')
      .select(['products.id', 'reference', 'unit_id as unitId', 'holder_user as user'])
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    // Since yesterday: at the moment of its start, Moodle and we may rightly differ.
    await sql`update products set starts_at = starts_at - interval '1 day' where id = ${product.id}`.execute(
      db,
    )
    const access = await accessOf(db, [product.id])
    await db.transaction().execute((trx) => site.touchAccess(trx, access))
    await site.applyAccess(access)
    return product
  }
  const enrol = (name: string, more: Record<string, unknown> = {}) =>
    buy(name, 'std_enroloncourse', { course: 2, again: 'allow', durationDays: 90, ...more })
  const give = (name: string, gives: string) => buy(name, 'ext_access', { gives })
  const act = async (reference: string, action: string) =>
    await actOnProduct(shop.shop, shop.engine, reference, action, {}, { who, audience: 'operator' })

  /** What somebody does in Moodle behind the shop's back. */
  const tamper = {
    enrol: (user: number | null, suspend: 0 | 1) =>
      site.call(
        'enrol_manual_enrol_users',
        { enrolments: [{ roleid: student, userid: user, courseid: 2, suspend }] },
        anything,
      ),
    unenrol: (user: number | null) =>
      site.call('enrol_manual_unenrol_users', { enrolments: [{ userid: user, courseid: 2 }] }, anything),
    role: (verb: 'assign' | 'unassign', user: number | null, roleid: number) =>
      site.call(
        `core_role_${verb}_roles`,
        { [`${verb}ments`]: [{ roleid, userid: user, contextlevel: 'course', instanceid: 2 }] },
        anything,
      ),
    group: (verb: 'add' | 'delete', user: number | null) =>
      site.call(`core_group_${verb}_group_members`, { members: [{ groupid: 1, userid: user }] }, anything),
    leaveCohort: (user: number | null) =>
      site.call('core_cohort_delete_cohort_members', { members: [{ cohortid: 2, userid: user }] }, anything),
    joinCohort: (user: number | null) => {
      const member = { cohorttype: { type: 'id', value: 2 }, usertype: { type: 'id', value: user } }
      return site.call('core_cohort_add_cohort_members', { members: [member] }, anything)
    },
  }

  async function asAdmin(wsfunction: string, fields: Record<string, string>): Promise<void> {
    shop.sandbox.site.tokens.set('admin', 'admin')
    const body = new URLSearchParams({ wstoken: 'admin', wsfunction, moodlewsrestformat: 'json', ...fields })
    const reply = await fetch(`${shop.sandbox.url}/webservice/rest/server.php`, { method: 'POST', body })
    assert.equal(await reply.text(), 'null')
  }

  /** Compares, and returns what it found: by the first name of the person, or the course. */
  async function compare(): Promise<Map<string, ListedDifference>> {
    const { id, fresh } = await db.transaction().execute((trx) => beginReconciliation(trx, site.site, who))
    assert.ok(fresh)
    await reconcile({ db, site }, id)
    const { differences } = await listDifferences(db, site.site)
    return new Map(
      differences.map((one) => [
        one.user === null ? sayPlace(one).en : (one.products[0]?.holder?.firstname ?? `user ${one.user}`),
        one,
      ]),
    )
  }
  const kinds = (found: Map<string, ListedDifference>) =>
    Object.fromEntries(
      [...found].map(([name, { faults }]) => [name, faults.map(({ kind }) => kind).join(' ')]),
    )

  before(async () => {
    await openReconciliationQueue(shop.shop.queue)
    await startReconciler(shop.shop)
    await enrol('well')
    await give('wellInCohort', 'cohort')
  })

  it('finds nothing where all is as it should be, whoever else is in the course', async () => {
    assert.equal((await compare()).size, 0)
    const last = await lastReconciliation(db, site.site)
    assert.deepEqual(
      [last?.state, last?.checked, last?.total, last?.differences, last?.askedBy],
      ['done', 2, 2, 0, who],
    )
  })

  it('finds each kind of difference, says it in words, changes nothing, and repairs what is asked for', async () => {
    const missing = await enrol('missing')
    const suspended = await enrol('suspendedThere')
    const opened = await enrol('activeThere')
    const roleless = await enrol('roleMissing')
    const twice = await enrol('roleLeft')
    const teaching = await enrol('roleLeft', { role: 'teacher' })
    const grouped = await enrol('groupMissing', { group: 1 })
    const ungrouped = await enrol('groupLeft')
    const left = await enrol('groupLeft', { group: 1 })
    const behind = await enrol('behind')
    const dated = await enrol('toldOtherwise')
    const gone = await enrol('accountGone')
    await enrol('courseGone', { course: 4 })
    await enrol('courseGoneToo', { course: 4 })
    const out = await give('notMember', 'cohort')
    const back = await give('memberThere', 'cohort')
    const role = await give('categoryRole', 'category role')

    await act(opened.reference, 'suspend')
    await act(back.reference, 'suspend')
    for (const { unitId } of [teaching, left]) {
      assert.ok((await revokeUnit(shop.shop, unitId, { who, why: 'refund', giveBack: false })).ok)
    }
    await shop.takeOver()
    assert.deepEqual(kinds(await compare()), {})

    await tamper.unenrol(missing.user)
    await tamper.enrol(suspended.user, 1)
    await tamper.enrol(opened.user, 0)
    await tamper.role('unassign', roleless.user, student)
    await tamper.role('assign', twice.user, teacher)
    await tamper.group('delete', grouped.user)
    await tamper.group('add', ungrouped.user)
    await tamper.leaveCohort(out.user)
    await tamper.joinCohort(back.user)
    await asAdmin('core_user_delete_users', { 'userids[0]': String(gone.user) })
    await site.call('core_course_delete_courses', { courseids: [4] }, anything)
    await sql`update enrolments set applied = jsonb_set(applied, '{endsAt}', '1') where user_id = ${dated.user}`.execute(
      db,
    )
    await sql`update memberships set applied = false where user_id = ${role.user}`.execute(db)
    await db.transaction().execute((trx) => site.touchAccess(trx, [{ course: 2, user: behind.user ?? 0 }]))

    await fetch(`${shop.sandbox.url}/sandbox/calls`, { method: 'DELETE' })
    const before = await shop.sandboxState()
    const found = await compare()
    assert.deepEqual(kinds(found), {
      missing: 'missing',
      suspendedThere: 'suspended_there',
      activeThere: 'active_there',
      roleMissing: 'role_missing',
      roleLeft: 'role_left',
      groupMissing: 'group_missing',
      groupLeft: 'group_left',
      behind: 'behind',
      toldOtherwise: 'told_otherwise',
      accountGone: 'account_gone',
      'course 4': 'unreadable',
      notMember: 'not_member',
      memberThere: 'member_there',
      categoryRole: 'told_otherwise',
    })
    assert.deepEqual(
      found.get('course 4')?.faults.map((fault) => 'people' in fault && fault.people),
      [2],
    )
    assert.deepEqual(found.get('roleLeft')?.faults, [{ kind: 'role_left', ids: [teacher] }])
    assert.deepEqual(await shop.sandboxState(), before, 'it only looks')
    const calls = z
      .object({ functions: z.record(z.string(), z.unknown()) })
      .parse(await (await fetch(`${shop.sandbox.url}/sandbox/calls`)).json())
    for (const name of Object.keys(calls.functions)) assert.match(name, /_get_/)
    for (const difference of found.values()) {
      for (const { en, fr } of sayDifference(difference)) {
        assert.match(en, /^[A-Z].+\.$/)
        assert.match(fr, /^[A-Z].+\.$/)
      }
    }

    // One, asked for by its id.
    const one = found.get('missing')
    assert.ok(one)
    assert.equal(await repairDifferences(shop.shop, [one.id], { who }), 1)
    assert.equal(await repairDifferences(shop.shop, [one.id], { who }), 0, 'asked once')
    await until('the repair', async () => (await lastReconciliation(db, site.site))?.repairs.repaired === 1)
    const again = await compare()
    assert.ok(!again.has('missing'))
    assert.equal(again.size, found.size - 1)

    // And all the others.
    assert.equal(await repairDifferences(shop.shop, 'all', { who }), again.size - 1)
    const last = await until('all repairs', async () => {
      const run = await lastReconciliation(db, site.site)
      return run?.repairs.asked === 0 && run
    })
    assert.deepEqual(last.repairs, { asked: 0, repaired: again.size - 2, refused: 1 })
    const { differences } = await listDifferences(db, site.site, { repaired: false })
    const refused = differences.find(({ repair }) => repair === 'refused')
    assert.match(refused?.trouble ?? '', /no such user any more.+hand the product over/)
    assert.deepEqual(kinds(await compare()), { accountGone: 'account_gone', 'course 4': 'unreadable' })
    const { courses } = await shop.sandboxState('learners.example')
    const enrolments = courses.find(({ id }) => id === 2)?.enrolments ?? []
    const stateOf = (name: string) => enrolments.find(({ email }) => email === person(name).email)
    assert.deepEqual(stateOf('roleLeft')?.roles, ['student'])
    assert.equal(stateOf('activeThere')?.open, false)
    assert.equal(stateOf('suspendedThere')?.open, true)
    assert.equal(stateOf('groupMissing')?.groups.length, 1)
    assert.equal(stateOf('groupLeft')?.groups.length, 0)
  })

  it('lists what it found a page at a time', async () => {
    await compare()
    const first = await listDifferences(db, site.site, { limit: 1 })
    assert.equal(first.differences.length, 1)
    const second = await listDifferences(db, site.site, { limit: 1, after: first.next })
    assert.equal(second.differences.length, 1)
    assert.equal(second.next, undefined)
    assert.notEqual(second.differences[0]?.id, first.differences[0]?.id)
  })

  it('goes on where it was broken off, and finds all of it once', async () => {
    const before = kinds(await compare())
    const { id } = await db.transaction().execute((trx) => beginReconciliation(trx, site.site, who))
    let parts = 0
    const breaking: Shop['site'] = {
      ...site,
      async *compareAccess(after) {
        for await (const part of site.compareAccess(after)) {
          if (++parts === 3) throw new Error('the process died')
          yield part
        }
      },
    }
    await assert.rejects(reconcile({ db, site: breaking }, id), /died/)
    const begun = await lastReconciliation(db, site.site)
    assert.equal(begun?.state, 'running')
    assert.ok((begun?.checked ?? 0) > 0)
    await reconcile({ db, site }, id)
    const last = await lastReconciliation(db, site.site)
    assert.deepEqual([last?.state, last?.checked], ['done', last?.total])
    const { differences } = await listDifferences(db, site.site)
    assert.equal(differences.length, Object.keys(before).length)
  })

  it('waits in a worker while Moodle is down, and ends when it is up', async () => {
    await shop.faults({ fault: 'down' })
    const { id, fresh } = await startReconciliation(shop.shop, { who })
    assert.ok(fresh)
    assert.deepEqual(await startReconciliation(shop.shop, { who }), { id, fresh: false })
    await until('it says what it waits for', async () => (await lastReconciliation(db, site.site))?.cause)
    assert.equal((await lastReconciliation(db, site.site))?.state, 'running')
    await shop.faults()
    await sql`update pgboss.job set start_after = now() where name = 'reconciliation' and state = 'retry'`.execute(
      db,
    )
    await until('it is done', async () => {
      await sql`update pgboss.job set start_after = now() where name = 'reconciliation' and state = 'retry'`.execute(
        db,
      )
      return (await lastReconciliation(db, site.site))?.state === 'done'
    })
    assert.equal((await lastReconciliation(db, site.site))?.cause, null)
  })

  it('says which functions the token lacks', async () => {
    const { id } = await db.transaction().execute((trx) => beginReconciliation(trx, site.site, who))
    const poor: Shop['site'] = {
      ...site,
      siteInfo: async () => ({
        ...(await site.siteInfo()),
        functions: new Set(['core_enrol_get_enrolled_users']),
      }),
    }
    await reconcile({ db, site: poor }, id)
    const last = await lastReconciliation(db, site.site)
    assert.equal(last?.state, 'failed')
    assert.match(last?.cause ?? '', /lacks core_user_get_users_by_field, core_group_get_group_members/)
  })

  it('that nobody goes on with makes room for another, and only the last few are kept', async () => {
    const dead = await db.transaction().execute((trx) => beginReconciliation(trx, site.site, who))
    await sql`update reconciliations set seen_at = now() - interval '11 minutes' where id = ${dead.id}`.execute(
      db,
    )
    const next = await db.transaction().execute((trx) => beginReconciliation(trx, site.site, who))
    assert.ok(next.fresh && next.id !== dead.id)
    await reconcile({ db, site }, dead.id)
    await noteFailure(db, next.id, new Error('enough'), true)
    const rows = await db.selectFrom('reconciliations').select(['id', 'state']).orderBy('id').execute()
    assert.ok(rows.length <= 6)
    assert.equal(rows.find(({ id }) => id === dead.id)?.state, 'failed')
  })

  it('leaves what it was to repair when Moodle is down', async () => {
    const found = await compare()
    const id = found.get('accountGone')?.id ?? 0
    await shop.faults({ fault: 'down' })
    await sql`update differences set repair = 'asked' where id = ${id}`.execute(db)
    const { id: run } = (await lastReconciliation(db, site.site)) ?? { id: 0 }
    await assert.rejects(repairAsked({ db, site }, run), { name: 'MoodleError' })
    assert.equal((await lastReconciliation(db, site.site))?.repairs.asked, 1)
    await shop.faults()
  })
})
