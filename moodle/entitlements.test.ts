import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { Kysely, PostgresDialect, sql } from 'kysely'
import type { Database, Enrolment, ProductState } from '../db/schema.ts'
import { MoodleError } from '../sdk/index.ts'
import { testDatabase } from '../test/database.ts'
import { openAccess } from './access.ts'
import { createClient } from './client.ts'
import { openCourses } from './courses.ts'
import { touchEnrolments } from './entitlements.ts'
import { defaultEnd as end, type Given, giver, defaultStart as start } from './give-product.ts'
import { type ReceivedCall, refusal, startScripted } from './scripted-server.ts'

type Kept = { startsAt: number; endsAt: number; suspended: boolean; roles: Set<number>; groups: Set<number> }
const site = 'main'
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('enrolments', () => {
  let db: Kysely<Database>
  let give: (...given: Given[]) => Promise<number>
  let statements = 0
  let course = 1000
  /** What Moodle holds: by course and user. */
  const kept = new Map<string, Kept>()
  /** What a test puts before Moodle's own answer; it may hold a call before it takes effect. */
  let intercept: (call: ReceivedCall) => unknown
  let server: Awaited<ReturnType<typeof startScripted>>
  const clients: ReturnType<typeof createClient>[] = []

  before(async () => {
    const database = await testDatabase()
    db = new Kysely<Database>({
      dialect: new PostgresDialect({ pool: database.pool }),
      log: () => {
        statements++
      },
    })
    const giveOn = await giver(db)
    give = (...given) => giveOn(site, ...given)
    server = await startScripted(async (call) => (await intercept(call)) ?? answer(call))
  })
  after(async () => {
    for (const client of clients) client.close()
    await server.close()
  })
  beforeEach(() => {
    course++
    kept.clear()
    intercept = () => undefined
    server.received.length = 0
  })

  /** As a process of its own: nothing in memory is shared. */
  function open(database = db, { url = server.url, timeoutMs }: { url?: string; timeoutMs?: number } = {}) {
    const client = createClient({ url, token: 'a-token', timeoutMs })
    clients.push(client)
    return openAccess({ db: database, site, client, courses: openCourses(client) })
  }

  function answer(call: ReceivedCall): unknown {
    const elements = (list: string) =>
      call.elements(list).map((element) => (key: string) => Number(element[key] ?? 0))
    switch (call.wsfunction) {
      case 'enrol_manual_enrol_users': {
        const asked = elements('enrolments')
        if (asked.some((of) => of('userid') === 666)) return refusal('invaliduser', 'Invalid user')
        if (asked.some((of) => of('roleid') === 9)) return refusal('wsusercannotassign')
        if (asked.some((of) => of('courseid') === 7)) return refusal('wsnoinstance')
        if (asked.some((of) => of('courseid') === 99))
          return refusal('invalidparameter', 'Invalid parameter value detected')
        for (const of of asked) {
          const key = `${of('courseid')}:${of('userid')}`
          const before = kept.get(key)
          kept.set(key, {
            startsAt: of('timestart'),
            endsAt: of('timeend'),
            suspended: of('suspend') === 1,
            roles: new Set([...(before?.roles ?? []), of('roleid')]),
            groups: before?.groups ?? new Set(),
          })
        }
        return null
      }
      case 'core_group_add_group_members':
      case 'core_group_delete_group_members':
        if (elements('members').some((of) => of('groupid') === 404)) return refusal('invalidrecord')
        for (const of of elements('members')) {
          const [, enrolment] = [...kept].find(([key]) => key.endsWith(`:${of('userid')}`)) ?? []
          if (!enrolment) return refusal('invalidparameter', 'not enrolled')
          if (call.wsfunction === 'core_group_add_group_members') enrolment.groups.add(of('groupid'))
          else enrolment.groups.delete(of('groupid'))
        }
        return null
      case 'core_role_assign_roles':
        for (const element of call.elements('assignments'))
          kept.get(`${element.instanceid}:${element.userid}`)?.roles.add(Number(element.roleid))
        return null
      case 'core_role_unassign_roles':
        for (const element of call.elements('unassignments')) {
          assert.equal(element.contextlevel, 'course')
          kept.get(`${element.instanceid}:${element.userid}`)?.roles.delete(Number(element.roleid))
        }
        return null
      case 'core_course_get_courses_by_field': {
        const id = Number(call.form.get('value'))
        const course = { id, shortname: 'C', fullname: 'C', categoryid: 2, enrollmentmethods: ['manual'] }
        return { courses: id === 99 ? [] : [course], warnings: [] }
      }
      case 'core_user_get_users_by_field':
        return [{ id: Number(call.form.get('values[0]')) }]
      case 'core_group_get_course_groups':
        return [{ id: 3, name: 'G' }]
      default:
        return assert.fail(call.wsfunction)
    }
  }

  async function change(
    product: number,
    set: { state?: ProductState; ends_at?: Date | null },
  ): Promise<void> {
    await db.transaction().execute(async (trx) => {
      await trx.updateTable('products').set(set).where('id', '=', product).execute()
      const touched = await trx
        .selectFrom('entitlements')
        .select(['course_id as course', 'user_id as user'])
        .where('product_id', '=', product)
        .execute()
      await touchEnrolments(trx, site, touched)
    })
  }

  const rowOf = (course: number, user: number) =>
    db
      .selectFrom('enrolments')
      .select(['revision', 'applied_revision', 'applied'])
      .where('course_id', '=', course)
      .where('user_id', '=', user)
      .executeTakeFirstOrThrow()
  const inMoodle = (course: number, user: number): Enrolment | undefined => {
    const found = kept.get(`${course}:${user}`)
    return found && { ...found, roles: [...found.roles].sort(), groups: [...found.groups].sort() }
  }
  const calls = (wsfunction: string) => server.received.filter((call) => call.wsfunction === wsfunction)

  it('are told to Moodle once, and noted', async () => {
    await give({ course, user: 1, group: 3 })
    const { apply } = open()
    await apply([{ course, user: 1 }])
    const enrolment = { startsAt: start, endsAt: end, suspended: false, roles: [5], groups: [3] }
    assert.deepEqual(inMoodle(course, 1), enrolment)
    assert.deepEqual(await rowOf(course, 1), { revision: 1, applied_revision: 1, applied: enrolment })
    await apply([{ course, user: 1 }])
    await open().apply([{ course, user: 1 }])
    assert.deepEqual(
      server.received.map(({ wsfunction }) => wsfunction),
      ['enrol_manual_enrol_users', 'core_group_add_group_members'],
    )
  })

  it('are the union of the products: a refund of one leaves what the other gives', async () => {
    const { apply } = open()
    const first = await give({ course, user: 1, endsAt: start + 86_400 * 365 * 40, role: 4, group: 8 })
    const second = await give({ course, user: 1, endsAt: null })
    await apply([{ course, user: 1 }])
    assert.deepEqual(inMoodle(course, 1), {
      startsAt: start,
      endsAt: 0,
      suspended: false,
      roles: [4, 5],
      groups: [8],
    })
    await change(second, { state: 'revoked' })
    await apply([{ course, user: 1 }])
    assert.deepEqual(inMoodle(course, 1), {
      startsAt: start,
      endsAt: start + 86_400 * 365 * 40,
      suspended: false,
      roles: [4],
      groups: [8],
    })
    await change(first, { state: 'revoked' })
    await apply([{ course, user: 1 }])
    assert.equal(inMoodle(course, 1)?.suspended, true)
    assert.deepEqual(inMoodle(course, 1)?.roles, [4], 'suspended, and never unenrolled')
    await change(second, { state: 'active' })
    await apply([{ course, user: 1 }])
    assert.deepEqual(inMoodle(course, 1), {
      startsAt: start,
      endsAt: 0,
      suspended: false,
      roles: [5],
      groups: [],
    })
  })

  it('lose a role that a process gave and died before noting', async () => {
    const { apply } = open()
    await give({ course, user: 1 })
    const teaching = await give({ course, user: 1, role: 3 })
    await apply([{ course, user: 1 }])
    await sql`update enrolments set applied = null, applied_revision = 0 where course_id = ${course}`.execute(
      db,
    )
    await change(teaching, { state: 'revoked' })
    await apply([{ course, user: 1 }])
    assert.deepEqual(inMoodle(course, 1)?.roles, [5])
  })

  it('of many units that deliver at the same moment take few calls and few statements', async () => {
    const { apply } = open()
    const users = Array.from({ length: 400 }, (_, i) => i + 1)
    await give(...users.map((user) => ({ course, user, group: 3 })))
    statements = 0
    await Promise.all(users.map((user) => apply([{ course, user }])))
    assert.equal(kept.size, 400)
    assert.equal(calls('enrol_manual_enrol_users').length, 3)
    assert.ok(calls('core_group_add_group_members').length <= 3)
    assert.ok(statements <= 8, `${statements} statements for 400 units`)
    assert.ok(server.received.every(({ form }) => form.size < 1000))
  })

  it('that Moodle refuses harm no other of the same call, and say what is wrong', async () => {
    const { apply } = open()
    await db.insertInto('accounts').values({ site, email: 'gone@example.org', user_id: 666 }).execute()
    const targets: Given[] = [
      { course, user: 1 },
      { course, user: 666 },
      { course: 7, user: 2 },
      { course: 99, user: 3 },
      { course, user: 4, role: 9 },
      { course, user: 5, group: 404 },
      { course, user: 6 },
    ]
    for (const target of targets) await give(target)
    const outcomes = await Promise.allSettled(targets.map((target) => apply([target])))
    const said = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'done' : outcome.reason.message))
    const expected = [
      /^done$/,
      /user 666 can't be enrolled in course \d+: the site has no such user any more.+hand the product over/,
      /course 7: manual enrolment is missing or switched off there/,
      /course 99: the site has no such course/,
      /the shop may not assign role 9/,
      /the course has no group 404/,
      /^done$/,
    ]
    expected.forEach((pattern, i) => {
      assert.match(said[i] ?? '', pattern)
    })
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') {
        assert.ok(outcome.reason instanceof MoodleError && outcome.reason.kind === 'request')
      }
    }
    const forgotten = await db.selectFrom('accounts').select('email').where('user_id', '=', 666).execute()
    assert.deepEqual(forgotten, [])
    assert.equal((await rowOf(course, 666)).applied_revision, 0)
  })

  it('are all tried, and a failure that passes by itself is told before one that needs an operator', async () => {
    await give({ course, user: 666 }, { course, user: 2, group: 3 })
    intercept = (call) =>
      call.wsfunction === 'core_group_add_group_members' ? refusal('dbconnectionfailed') : undefined
    const failed = open().apply([
      { course, user: 666 },
      { course, user: 2 },
    ])
    await assert.rejects(failed, { kind: 'outage' })
    assert.ok(inMoodle(course, 2))
  })

  it('go with the group, though Moodle has deleted the one to leave', async () => {
    const { apply } = open()
    const product = await give({ course, user: 1, group: 3 })
    await give({ course, user: 1, role: 4 })
    await apply([{ course, user: 1 }])
    intercept = (call) =>
      call.wsfunction === 'core_group_delete_group_members' ? refusal('invalidrecord') : undefined
    await change(product, { state: 'revoked' })
    await apply([{ course, user: 1 }])
    assert.deepEqual(inMoodle(course, 1)?.roles, [4])
  })

  it('have come to their end where the course, the person or the group is gone: nothing is left to close', async () => {
    const { apply } = open()
    const [deleted, gone, group] = [
      { course: 99, user: 21 },
      { course, user: 666 },
      { course, user: 22 },
    ]
    const products = [await give(deleted), await give(gone), await give({ ...group, group: 404 })]
    for (const target of [deleted, gone, group]) {
      await assert.rejects(apply([target]), { kind: 'request' }, 'not while it is sold')
    }
    const ends = [
      { state: 'revoked' },
      { state: 'suspended' },
      { ends_at: new Date(Date.now() - 60_000) },
    ] as const
    for (const [i, product] of products.entries()) await change(product, ends[i] ?? {})
    await apply([deleted, gone, group])
    for (const { course, user } of [deleted, gone, group]) {
      const row = await rowOf(course, user)
      assert.equal(row.applied_revision, row.revision)
    }
  })

  it('are not applied unless they were touched: that is a fault of ours', async () => {
    await assert.rejects(open().apply([{ course, user: 1 }]), /never touched/)
  })

  /** Holds the first call of a function before it takes effect, until told; answers others as `other` says. */
  function holdFirst(
    wsfunction = 'enrol_manual_enrol_users',
    other: (call: ReceivedCall) => unknown = () => undefined,
  ) {
    const arrived = Promise.withResolvers<void>()
    const gate = Promise.withResolvers<void>()
    let first = true
    intercept = async (call) => {
      if (call.wsfunction !== wsfunction || !first) return other(call)
      first = false
      arrived.resolve()
      await gate.promise
    }
    return { arrived: arrived.promise, release: gate.resolve }
  }

  describe('told by a call that Moodle never answered', () => {
    /** Gives up a call that is held; a real process waits longer. */
    const impatient = () => open(db, { timeoutMs: 60 })
    const doubtOf = async () => {
      const { doubted_until, look_again_at } = await db
        .selectFrom('enrolments')
        .select(['doubted_until', 'look_again_at'])
        .where('course_id', '=', course)
        .executeTakeFirstOrThrow()
      return { until: doubted_until, dueAt: look_again_at }
    }
    const none = { until: null, dueAt: null }
    /** Lets time pass: what was to come is so much nearer. */
    const passMinutes = (minutes: number) =>
      sql`update enrolments set doubted_until = doubted_until - make_interval(mins => ${minutes}),
                                look_again_at = look_again_at - make_interval(mins => ${minutes})
             where course_id = ${course}`.execute(db)

    it('end as the rows say, though Moodle does it after the newer one', async () => {
      const product = await give({ course, user: 1 })
      const queued = holdFirst()
      await assert.rejects(impatient().apply([{ course, user: 1 }]), { code: 'timeout', unanswered: true })
      await change(product, { ends_at: null })
      await open().apply([{ course, user: 1 }])
      assert.equal(inMoodle(course, 1)?.endsAt, 0)
      queued.release()
      while (inMoodle(course, 1)?.endsAt !== end) await turn()

      assert.deepEqual(await open().applyDue(10), { told: 0, failed: 0 }, 'it may still come: not yet')
      await passMinutes(11)
      assert.deepEqual(await open().applyDue(10), { told: 1, failed: 0 })
      assert.equal(inMoodle(course, 1)?.endsAt, 0)
      assert.deepEqual(await doubtOf(), none)
      assert.deepEqual(await open().applyDue(10), { told: 0, failed: 0 }, 'once')
    })

    it('are in doubt until the last such call can come no more', async () => {
      const product = await give({ course, user: 1 })
      const first = holdFirst()
      await assert.rejects(impatient().apply([{ course, user: 1 }]))
      await passMinutes(9)
      const second = holdFirst()
      await assert.rejects(impatient().apply([{ course, user: 1 }]))
      await change(product, { ends_at: null })
      await open().apply([{ course, user: 1 }])
      await passMinutes(2)
      await open().applyDue(10)
      assert.ok((await doubtOf()).until, 'told when the first was over, and still doubted for the second')
      await passMinutes(9)
      first.release()
      second.release()
      while (inMoodle(course, 1)?.endsAt !== end) await turn()
      assert.deepEqual(await open().applyDue(10), { told: 1, failed: 0 })
      assert.equal(inMoodle(course, 1)?.endsAt, 0)
      assert.deepEqual(await doubtOf(), none)
    })

    it('are doubted too when another call of theirs failed meanwhile', async () => {
      await give({ course, user: 1, group: 3 }, { course, user: 1, role: 3, enrols: false })
      const queued = holdFirst('core_role_assign_roles', (call) =>
        call.wsfunction === 'core_group_add_group_members' ? refusal('dbconnectionfailed') : undefined,
      )
      await assert.rejects(impatient().apply([{ course, user: 1 }]), { code: 'timeout' })
      queued.release()
      assert.ok((await doubtOf()).until)
    })

    it('are told once more after a forerunner that died, be it that they were told since', async () => {
      const product = await give({ course, user: 1 })
      await open().apply([{ course, user: 1 }], { again: true, forerunnerDied: true })
      await change(product, { ends_at: null })
      await open().apply([{ course, user: 1 }])
      const found = kept.get(`${course}:1`)
      assert.ok(found)
      found.endsAt = end // what the dead one had under way
      await passMinutes(11)
      assert.deepEqual(await open().applyDue(10), { told: 1, failed: 0 })
      assert.equal(inMoodle(course, 1)?.endsAt, 0)
    })

    it('are told once more when what was due, and may be under way, is changed', async () => {
      const product = await give({ course, user: 1 })
      await db
        .transaction()
        .execute((trx) => touchEnrolments(trx, site, [{ course, user: 1 }], { due: true }))
      await change(product, { ends_at: null })
      await open().apply([{ course, user: 1 }])
      const { until, dueAt } = await doubtOf()
      assert.ok(until)
      assert.deepEqual(dueAt, until)
    })

    it('are due again after it, though they have a change of their own later', async () => {
      await give({ course, user: 1 }, { course, user: 1, group: 3, enrols: false })
      const queued = holdFirst()
      await assert.rejects(impatient().apply([{ course, user: 1 }]))
      queued.release()
      await open().apply([{ course, user: 1 }])
      assert.ok(Number((await doubtOf()).dueAt) < Date.now() + 11 * 60_000)
      await passMinutes(11)
      assert.deepEqual(await open().applyDue(10), { told: 1, failed: 0 })
      const { until, dueAt } = await doubtOf()
      assert.equal(until, null)
      assert.ok(Number(dueAt) > Date.now() + 86_400_000, 'at the end of the group')
    })
  })

  it('are not doubted when every call was answered, or never sent', async () => {
    await give({ course, user: 1 }, { course, user: 2, group: 404 })
    await open().apply([{ course, user: 1 }])
    await assert.rejects(open().apply([{ course, user: 2 }]), { kind: 'request' })
    for (const answered of [
      refusal('sitemaintenance'),
      refusal('dbconnectionfailed'),
      { status: 503, body: 'Site under maintenance', headers: { 'retry-after': '300' } },
      { status: 500, body: '' },
    ]) {
      intercept = () => answered
      const process = open()
      await assert.rejects(process.apply([{ course, user: 1 }], { again: true }), { unanswered: false })
      await assert.rejects(process.apply([{ course, user: 1 }], { again: true }), { unanswered: false })
    }
    const nobody = open(db, { url: 'http://127.0.0.1:1' })
    await assert.rejects(nobody.apply([{ course, user: 1 }], { again: true }), { unanswered: false })
    const doubted = await db
      .selectFrom('enrolments')
      .select('user_id')
      .where('course_id', '=', course)
      .where((eb) => eb.or([eb('doubted_until', 'is not', null), eb('look_again_at', 'is not', null)]))
      .execute()
    assert.deepEqual(doubted, [])
  })

  describe('raced by two workers', () => {
    it('end as the rows say when a frozen worker wakes up after its successor is done', async () => {
      const product = await give({ course, user: 1 })
      const frozen = holdFirst()
      const stale = open().apply([{ course, user: 1 }])
      await frozen.arrived
      await change(product, { ends_at: null })
      await open().apply([{ course, user: 1 }])
      assert.equal(inMoodle(course, 1)?.endsAt, 0)
      frozen.release()
      await stale
      assert.equal(inMoodle(course, 1)?.endsAt, 0, 'the stale call was not the last word')
      const row = await rowOf(course, 1)
      assert.deepEqual([row.revision, row.applied_revision, row.applied?.endsAt], [2, 2, 0])
    })

    it('end as the rows say when the rows change during the only call', async () => {
      const product = await give({ course, user: 1 })
      const frozen = holdFirst()
      const stale = open().apply([{ course, user: 1 }])
      await frozen.arrived
      await change(product, { state: 'suspended' })
      frozen.release()
      await stale
      assert.equal(inMoodle(course, 1)?.suspended, true)
      assert.equal((await rowOf(course, 1)).applied_revision, 2)
    })

    it('end as the rows say when the stale call lands after the newer one and before its note', async () => {
      const product = await give({ course, user: 1 })
      const first = holdFirst()
      const stale = open().apply([{ course, user: 1 }])
      await first.arrived
      await change(product, { ends_at: null })
      // The second worker's note must wait, so the row stays locked while the stale call lands.
      const noting = Promise.withResolvers<void>()
      const locked = Promise.withResolvers<void>()
      const lock = db.transaction().execute(async (trx) => {
        await trx.selectFrom('enrolments').selectAll().where('course_id', '=', course).forUpdate().execute()
        locked.resolve()
        await noting.promise
      })
      await locked.promise
      const newer = open().apply([{ course, user: 1 }])
      while (inMoodle(course, 1)?.endsAt !== 0) await turn()
      first.release()
      while (inMoodle(course, 1)?.endsAt !== end) await turn()
      noting.resolve()
      await Promise.all([lock, stale, newer])
      assert.equal(inMoodle(course, 1)?.endsAt, 0)
      assert.equal((await rowOf(course, 1)).applied_revision, 2)
    })

    it('end as the rows say when the newer one is noted after the stale one', async () => {
      const product = await give({ course, user: 1 })
      const first = holdFirst()
      // The stale worker hears of its note only when the newer worker has made its own.
      const newerIsDone = Promise.withResolvers<void>()
      let replies = 0
      const slow = db.withPlugin({
        transformQuery: ({ node }) => node,
        transformResult: async ({ result }) => {
          if (++replies === 2) await newerIsDone.promise
          return result
        },
      })
      const stale = open(slow).apply([{ course, user: 1 }])
      await first.arrived
      await change(product, { ends_at: null })
      const replying = Promise.withResolvers<void>()
      intercept = async (call) => {
        if (call.wsfunction !== 'enrol_manual_enrol_users') return
        const reply = answer(call)
        await replying.promise
        return reply ?? { status: 200, body: 'null' }
      }
      const newer = open().apply([{ course, user: 1 }])
      while (inMoodle(course, 1)?.endsAt !== 0) await turn()
      intercept = () => undefined
      first.release()
      while ((await rowOf(course, 1)).applied_revision !== 1) await turn()
      replying.resolve()
      await newer
      assert.equal(inMoodle(course, 1)?.endsAt, end, 'the stale call came last')
      newerIsDone.resolve()
      await stale
      assert.equal(inMoodle(course, 1)?.endsAt, 0)
    })

    it('are told again to a retry that can’t know what its dead forerunner still did', async () => {
      const product = await give({ course, user: 1 })
      const { apply } = open()
      await change(product, { ends_at: null })
      await apply([{ course, user: 1 }])
      const found = kept.get(`${course}:1`)
      assert.ok(found)
      found.endsAt = end // what a process told at its last moment
      await apply([{ course, user: 1 }])
      assert.equal(inMoodle(course, 1)?.endsAt, end)
      await apply([{ course, user: 1 }], { again: true })
      assert.equal(inMoodle(course, 1)?.endsAt, 0)
    })

    it('end as the rows say, however many workers and changes there are', async () => {
      const users = Array.from({ length: 12 }, (_, i) => i + 1)
      const given = await Promise.all(users.map((user) => give({ course, user })))
      intercept = async () => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 4))
      }
      const workers = Array.from({ length: 3 }, () => open())
      const works: Promise<void>[] = []
      for (let round = 1; round <= 12; round++) {
        for (const [i, user] of users.entries()) {
          const worker = workers[(round + user) % workers.length]
          const product = given[i] ?? 0
          const ends_at = new Date((end + round) * 1000)
          works.push(change(product, { ends_at }).then(() => worker?.apply([{ course, user }])))
        }
        await turn()
      }
      await Promise.all(works)
      for (const user of users) {
        const row = await rowOf(course, user)
        assert.equal(row.applied_revision, row.revision)
        const product = await db
          .selectFrom('products')
          .select('ends_at')
          .where('id', '=', given[user - 1] ?? 0)
          .executeTakeFirstOrThrow()
        assert.equal(inMoodle(course, user)?.endsAt, Number(product.ends_at) / 1000)
      }
    })
  })

  it('of one learner in one course are told once when two units deliver together', async () => {
    await Promise.all([give({ course, user: 1 }), give({ course, user: 1, endsAt: null })])
    const { apply } = open()
    await Promise.all([apply([{ course, user: 1 }]), apply([{ course, user: 1 }])])
    const told = calls('enrol_manual_enrol_users').flatMap((call) => call.elements('enrolments'))
    assert.deepEqual(
      told.map(({ userid }) => userid),
      ['1'],
    )
  })

  it('are touched and noted by many at once without a deadlock', async () => {
    const users = Array.from({ length: 150 }, (_, i) => i + 1)
    const shuffled = () =>
      users
        .filter(() => Math.random() < 0.8)
        .map((user) => ({ course, user }))
        .sort(() => Math.random() - 0.5)
    await give(...users.map((user) => ({ course, user })))
    const works = Array.from({ length: 24 }, async (_, i) => {
      if (i % 2 === 0) await open().apply(shuffled(), { again: true })
      else await db.transaction().execute((trx) => touchEnrolments(trx, site, shuffled()))
    })
    await Promise.all(works)
  })
})
