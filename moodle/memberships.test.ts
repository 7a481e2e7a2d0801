import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { type Kysely, sql } from 'kysely'
import { readMembership, writeMembership } from '../db/membership-target.ts'
import type { Database, ProductState } from '../db/schema.ts'
import { MoodleError } from '../sdk/index.ts'
import { testDatabase } from '../test/database.ts'
import { openAccess } from './access.ts'
import { createClient } from './client.ts'
import { openCourses } from './courses.ts'
import { type Given, giver } from './give-product.ts'
import { impliedMembership, type MembershipRow, touchMemberships } from './memberships.ts'
import { type ReceivedCall, refusal, startScripted } from './scripted-server.ts'

const site = 'main'
const turn = () => new Promise((resolve) => setImmediate(resolve))

describe('the text of a membership', () => {
  for (const membership of [
    { cohort: 3 },
    { role: 9, context: { level: 'system', instance: 0 } },
    { role: 1, context: { level: 'coursecat', instance: 12 } },
  ] as const) {
    it(`${writeMembership(membership)} is read as it was written`, () => {
      assert.deepEqual(readMembership(writeMembership(membership)), membership)
    })
  }

  it('of another kind is refused', () => {
    for (const text of ['cohort:', 'role:9@course:3', 'role:9', 'cohort:3 ']) {
      assert.throws(() => readMembership(text), /names no membership/)
    }
  })
})

describe('whether a person is a member', () => {
  const now = 1_000
  const row = (more: Partial<MembershipRow> = {}): MembershipRow => ({
    startsAt: 500,
    endsAt: 2_000,
    state: 'active',
    ...more,
  })

  it('is yes while any product runs, and no when none does', () => {
    assert.equal(impliedMembership([row()], null, now), true)
    assert.equal(impliedMembership([row({ endsAt: now }), row({ endsAt: 0 })], false, now), true)
    for (const state of ['suspended', 'ended', 'revoked'] as const) {
      assert.equal(impliedMembership([row({ state })], true, now), false)
    }
    assert.equal(impliedMembership([row({ endsAt: now })], true, now), false)
    assert.equal(impliedMembership([], true, now), false)
  })

  it('is nothing to tell before any product begins', () => {
    assert.equal(impliedMembership([row({ startsAt: now + 1 })], null, now), undefined)
    assert.equal(impliedMembership([row({ startsAt: now + 1 })], true, now), false)
  })
})

describe('memberships', () => {
  let db: Kysely<Database>
  let give: (...given: Given[]) => Promise<number>
  /** Who is in which cohort and has which role, as Moodle holds it: `cohort:3 7`. */
  const held = new Set<string>()
  let intercept: (call: ReceivedCall) => unknown
  let server: Awaited<ReturnType<typeof startScripted>>
  const clients: ReturnType<typeof createClient>[] = []
  let cohort = 100
  let membership = ''

  before(async () => {
    ;({ db } = await testDatabase())
    const giveOn = await giver(db)
    give = (...given) => giveOn(site, ...given)
    server = await startScripted(async (call) => (await intercept(call)) ?? answer(call))
  })
  after(async () => {
    for (const client of clients) client.close()
    await server.close()
  })
  beforeEach(() => {
    cohort++
    membership = `cohort:${cohort}`
    held.clear()
    intercept = () => undefined
    server.received.length = 0
  })

  /** As a process of its own: nothing in memory is shared. */
  function open({ timeoutMs }: { timeoutMs?: number } = {}) {
    const client = createClient({ url: server.url, token: 'a-token', timeoutMs })
    clients.push(client)
    return openAccess({ db, site, client, courses: openCourses(client) })
  }

  const nobody = 666

  function answer(call: ReceivedCall): unknown {
    const numbers = (list: string) => call.elements(list)
    switch (call.wsfunction) {
      case 'core_cohort_add_cohort_members':
        return { warnings: joiningOf(call).flatMap(join) }
      case 'core_cohort_delete_cohort_members':
        for (const { cohortid, userid } of numbers('members')) {
          if (Number(cohortid) === 404) return refusal('invalidrecord')
          held.delete(`cohort:${cohortid} ${userid}`)
        }
        return null
      case 'core_role_assign_roles':
      case 'core_role_unassign_roles': {
        const assigns = call.wsfunction === 'core_role_assign_roles'
        const asked = numbers(assigns ? 'assignments' : 'unassignments')
        if (asked.some(({ roleid, instanceid }) => roleid === '99' || instanceid === '404'))
          return refusal('invalidparameter')
        for (const { roleid, userid, contextlevel, instanceid } of asked) {
          const key = `role:${roleid}@${contextlevel}:${instanceid} ${userid}`
          if (assigns) held.add(key)
          else held.delete(key)
        }
        return null
      }
      case 'core_user_get_users_by_field': {
        const id = Number(call.form.get('values[0]'))
        return id === nobody ? [] : [{ id }]
      }
      case 'core_cohort_get_cohorts': {
        const id = Number(call.form.get('cohortids[0]'))
        return id === 404 ? refusal('invalidrecord') : [{ id, name: 'C' }]
      }
      case 'core_course_get_categories':
        return call.form.get('criteria[0][value]') === '404' ? [] : [{ id: 2 }]
      default:
        return assert.fail(call.wsfunction)
    }
  }

  function joiningOf({ form }: ReceivedCall): { cohort: number; user: number }[] {
    const joining: { cohort: number; user: number }[] = []
    for (let i = 0; form.has(`members[${i}][cohorttype][value]`); i++) {
      assert.equal(form.get(`members[${i}][cohorttype][type]`), 'id')
      assert.equal(form.get(`members[${i}][usertype][type]`), 'id')
      const value = (of: string) => Number(form.get(`members[${i}][${of}][value]`))
      joining.push({ cohort: value('cohorttype'), user: value('usertype') })
    }
    return joining
  }

  function join({ cohort, user }: { cohort: number; user: number }) {
    if (user === nobody) return [{ warningcode: '2', message: `user id=${user} not exists` }]
    if (cohort === 404) return [{ warningcode: '2', message: 'cohort id=404 not exists' }]
    const key = `cohort:${cohort} ${user}`
    if (held.has(key)) return [{ warningcode: '3', message: 'record already exists' }]
    held.add(key)
    return []
  }

  async function change(product: number, set: { state?: ProductState; ends_at?: Date | null }) {
    await db.transaction().execute(async (trx) => {
      await trx.updateTable('products').set(set).where('id', '=', product).execute()
      const touched = await trx
        .selectFrom('membership_entitlements')
        .select(['target as membership', 'user_id as user'])
        .where('product_id', '=', product)
        .execute()
      await touchMemberships(trx, site, touched)
    })
  }

  const rowOf = (target: string, user: number) =>
    db
      .selectFrom('memberships')
      .select(['revision', 'applied_revision', 'applied', 'look_again_at', 'trouble'])
      .where('target', '=', target)
      .where('user_id', '=', user)
      .executeTakeFirstOrThrow()
  const calls = (wsfunction: string) => server.received.filter((call) => call.wsfunction === wsfunction)

  it('are told to Moodle once, and noted with the moment to look again', async () => {
    await give({ membership, user: 1, endsAt: 4_000_000_000 })
    const { apply } = open()
    await apply([{ membership, user: 1 }])
    assert.ok(held.has(`${membership} 1`))
    assert.deepEqual(await rowOf(membership, 1), {
      revision: 1,
      applied_revision: 1,
      applied: true,
      look_again_at: new Date(4_000_000_000_000),
      trouble: null,
    })
    await apply([{ membership, user: 1 }])
    assert.equal(server.received.length, 1)
    await apply([{ membership, user: 1 }], { again: true })
    assert.equal(server.received.length, 2, 'one who is there already is no fault')
  })

  for (const role of ['role:9@system', 'role:1@coursecat:2'] as const) {
    it(`give ${role} while a product runs, and take it when none does`, async () => {
      const { apply } = open()
      const user = ++cohort
      const key = `${role === 'role:9@system' ? `${role}:0` : role} ${user}`
      const first = await give({ membership: role, user })
      const second = await give({ membership: role, user, endsAt: null })
      await apply([{ membership: role, user }])
      assert.ok(held.has(key))
      await change(first, { state: 'revoked' })
      await apply([{ membership: role, user }])
      assert.ok(held.has(key), 'the other product gives it still')
      await change(second, { state: 'suspended' })
      await apply([{ membership: role, user }])
      assert.ok(!held.has(key))
      await change(second, { state: 'active' })
      await apply([{ membership: role, user }])
      assert.ok(held.has(key))
    })
  }

  it('of many units that deliver at the same moment take few calls', async () => {
    const { apply } = open()
    const users = Array.from({ length: 400 }, (_, i) => i + 1)
    await give(...users.map((user) => ({ membership, user })))
    await Promise.all(users.map((user) => apply([{ membership, user }])))
    assert.equal(held.size, 400)
    assert.ok(calls('core_cohort_add_cohort_members').length <= 3)
    assert.ok(server.received.every(({ form }) => form.size < 1000))
  })

  it('that Moodle refuses harm no other of the same call, and say what is wrong', async () => {
    const { apply } = open()
    await db.insertInto('accounts').values({ site, email: 'gone@example.org', user_id: nobody }).execute()
    const targets = [
      { membership, user: 1 },
      { membership, user: nobody },
      { membership: 'cohort:404', user: 2 },
      { membership: 'role:99@system', user: 3 },
      { membership: 'role:1@coursecat:404', user: 4 },
      { membership, user: 5 },
    ]
    for (const target of targets) await give(target)
    const outcomes = await Promise.allSettled(targets.map((target) => apply([target])))
    const said = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'done' : outcome.reason.message))
    const expected = [
      /^done$/,
      /user 666 can't be put in cohort \d+: the site has no such user any more.+hand the product over/,
      /user 2 can't be put in cohort 404: the site has no such cohort/,
      /role 99 can't be given to user 3 in the system: the shop may not assign role 99 there/,
      /role 1 can't be given to user 4 in category 404: the site has no such category/,
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
    assert.deepEqual(
      await db.selectFrom('accounts').select('email').where('user_id', '=', nobody).execute(),
      [],
    )
  })

  it('end well where the cohort, the category or the person is gone', async () => {
    const { apply } = open()
    const targets = [
      { membership: 'cohort:404', user: 7 },
      { membership: 'role:1@coursecat:404', user: 7 },
      { membership: 'role:99@system', user: nobody },
    ]
    for (const target of targets) await change(await give(target), { state: 'revoked' })
    await apply(targets)
    for (const { membership, user } of targets) {
      const { applied, applied_revision, revision } = await rowOf(membership, user)
      assert.deepEqual([applied, applied_revision], [false, revision])
    }
  })

  it('end as the rows say, though Moodle takes somebody out after they were put in again', async () => {
    const product = await give({ membership, user: 1 })
    const patient = open()
    await patient.apply([{ membership, user: 1 }])
    const gate = Promise.withResolvers<void>()
    intercept = async ({ wsfunction }) => {
      if (wsfunction === 'core_cohort_delete_cohort_members') await gate.promise
    }
    await change(product, { state: 'suspended' })
    await assert.rejects(open({ timeoutMs: 60 }).apply([{ membership, user: 1 }]), { code: 'timeout' })
    await change(product, { state: 'active' })
    await patient.apply([{ membership, user: 1 }])
    assert.ok(held.has(`${membership} 1`))
    gate.resolve()
    while (held.has(`${membership} 1`)) await turn()

    assert.deepEqual(await patient.applyDue(10), { told: 0, failed: 0 }, 'it may still come: not yet')
    await sql`
      update memberships set doubted_until = doubted_until - interval '11 minutes',
                             look_again_at = look_again_at - interval '11 minutes'
       where target = ${membership}`.execute(db)
    assert.deepEqual(await patient.applyDue(10), { told: 1, failed: 0 })
    assert.ok(held.has(`${membership} 1`))
    const { doubted_until } = await db
      .selectFrom('memberships')
      .select('doubted_until')
      .where('target', '=', membership)
      .executeTakeFirstOrThrow()
    assert.equal(doubted_until, null)
  })

  describe('raced by two workers', () => {
    /** Holds the first call that joins a cohort until told. */
    function holdFirst() {
      const arrived = Promise.withResolvers<void>()
      const gate = Promise.withResolvers<void>()
      let first = true
      intercept = async (call) => {
        if (call.wsfunction !== 'core_cohort_add_cohort_members' || !first) return
        first = false
        arrived.resolve()
        await gate.promise
      }
      return { arrived: arrived.promise, release: gate.resolve }
    }

    it('end as the rows say when a frozen worker wakes up after its successor is done', async () => {
      const product = await give({ membership, user: 1 })
      const frozen = holdFirst()
      const stale = open().apply([{ membership, user: 1 }])
      await frozen.arrived
      await change(product, { state: 'revoked' })
      await open().apply([{ membership, user: 1 }])
      frozen.release()
      await stale
      assert.ok(!held.has(`${membership} 1`), 'the stale call was not the last word')
      const { applied, applied_revision } = await rowOf(membership, 1)
      assert.deepEqual([applied, applied_revision], [false, 2])
    })

    it('end as the rows say, however many workers and changes there are', async () => {
      const users = Array.from({ length: 10 }, (_, i) => i + 1)
      const given = await Promise.all(users.map((user) => give({ membership, user })))
      intercept = async () => {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 4))
      }
      const workers = Array.from({ length: 3 }, () => open())
      const works: Promise<void>[] = []
      for (let round = 1; round <= 9; round++) {
        for (const [i, user] of users.entries()) {
          const worker = workers[(round + user) % workers.length]
          const state = (round + user) % 2 === 0 ? 'active' : 'suspended'
          works.push(change(given[i] ?? 0, { state }).then(() => worker?.apply([{ membership, user }])))
        }
        await turn()
      }
      await Promise.all(works)
      for (const [i, user] of users.entries()) {
        const row = await rowOf(membership, user)
        assert.equal(row.applied_revision, row.revision)
        const { state } = await db
          .selectFrom('products')
          .select('state')
          .where('id', '=', given[i] ?? 0)
          .executeTakeFirstOrThrow()
        assert.equal(held.has(`${membership} ${user}`), state === 'active')
      }
    })
  })

  describe('that are due', () => {
    const due = async (target: string, user: number) => {
      await sql`update memberships set look_again_at = now() where target = ${target} and user_id = ${user}`.execute(
        db,
      )
    }
    beforeEach(async () => {
      await sql`update memberships set look_again_at = null`.execute(db)
    })

    it('begin and end with the product', async () => {
      const later = Math.floor(Date.now() / 1000) + 3600
      const product = await give({ membership, user: 1, startsAt: later, endsAt: later + 60 })
      const { apply, applyDue } = open()
      await apply([{ membership, user: 1 }])
      assert.equal(server.received.length, 0, 'who may have been there before is left alone')
      assert.deepEqual((await rowOf(membership, 1)).look_again_at, new Date(later * 1000))
      await sql`update products set starts_at = now(), ends_at = now() + interval '1 hour' where id = ${product}`.execute(
        db,
      )
      await due(membership, 1)
      assert.deepEqual(await applyDue(10), { told: 1, failed: 0 })
      assert.ok(held.has(`${membership} 1`))
      await sql`update products set ends_at = now() - interval '1 second' where id = ${product}`.execute(db)
      await due(membership, 1)
      await applyDue(10)
      assert.ok(!held.has(`${membership} 1`))
      assert.equal((await rowOf(membership, 1)).look_again_at, null)
      assert.deepEqual(await applyDue(10), { told: 0, failed: 0 })
    })

    it('stay due while Moodle is away', async () => {
      await give({ membership, user: 1 })
      await due(membership, 1)
      intercept = () => refusal('dbconnectionfailed')
      await assert.rejects(open().applyDue(10), { kind: 'outage' })
      assert.ok((await rowOf(membership, 1)).look_again_at)
      intercept = () => undefined
      assert.deepEqual(await open().applyDue(10), { told: 1, failed: 0 })
      assert.ok(held.has(`${membership} 1`))
    })

    it('are tried again in an hour when Moodle refuses them, and say why', async () => {
      await give({ membership, user: nobody })
      await give({ membership, user: 2 })
      await due(membership, nobody)
      await due(membership, 2)
      assert.deepEqual(await open().applyDue(10), { told: 1, failed: 1 })
      const row = await rowOf(membership, nobody)
      assert.match(row.trouble ?? '', /no such user/)
      const minutes = (Number(row.look_again_at) - Date.now()) / 60_000
      assert.ok(minutes > 58 && minutes < 61)
      assert.deepEqual(await open().applyDue(10), { told: 0, failed: 0 })
    })

    it('are told a few at a time', async () => {
      for (const user of [1, 2, 3]) {
        await give({ membership, user })
        await due(membership, user)
      }
      const { applyDue } = open()
      assert.deepEqual(await applyDue(2), { told: 2, failed: 0 })
      assert.deepEqual(await applyDue(2), { told: 1, failed: 0 })
    })

    it('keep their turn when a stale note comes after they became due', async () => {
      const product = await give({ membership, user: 1 })
      const arrived = Promise.withResolvers<void>()
      const gate = Promise.withResolvers<void>()
      intercept = async () => {
        arrived.resolve()
        await gate.promise
      }
      const stale = open().apply([{ membership, user: 1 }])
      await arrived.promise
      await db.transaction().execute(async (trx) => {
        await trx.updateTable('products').set({ state: 'ended' }).where('id', '=', product).execute()
        await touchMemberships(trx, site, [{ membership, user: 1 }], { due: true })
      })
      // As if the worker died once it had noted what it told.
      let noted = false
      intercept = async () => {
        noted = (await rowOf(membership, 1)).applied_revision === 1
        return noted ? refusal('dbconnectionfailed') : undefined
      }
      gate.resolve()
      await assert.rejects(stale, { kind: 'outage' })
      assert.ok(noted)
      assert.ok((await rowOf(membership, 1)).look_again_at)
      intercept = () => undefined
      await open().applyDue(10)
      assert.ok(!held.has(`${membership} 1`))
    })
  })
})
