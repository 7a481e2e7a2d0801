import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Kysely } from 'kysely'
import { pino } from 'pino'
import { z } from 'zod'
import type { Database } from '../db/schema.ts'
import { MoodleError } from '../sdk/index.ts'
import { testDatabase } from '../test/database.ts'
import { type Give, giver } from './give-product.ts'
import { type Sandbox, startSandbox } from './sandbox/sandbox.ts'
import { connectSite } from './site.ts'

const log = pino({ level: 'silent' })

describe('a site', () => {
  let db: Kysely<Database>
  let give: Give
  let sandbox: Sandbox
  let sites = 0
  const opened: { close(): Promise<void> }[] = []

  before(async () => {
    ;({ db } = await testDatabase())
    give = await giver(db)
    sandbox = await startSandbox()
  })
  after(async () => {
    for (const site of opened) await site.close()
    await sandbox.close()
  })

  /** As a process of its own; `id` makes it the same site. */
  function connect({ id = `site${++sites}`, token = sandbox.token, url = sandbox.url } = {}) {
    const site = connectSite({ id, url, token, db, log })
    opened.push(site)
    return site
  }
  const fault = (rule: object) => control('POST', rule)
  const lift = () => control('DELETE')
  async function control(method: string, rule?: object) {
    const headers = { authorization: `Bearer ${sandbox.token}`, 'content-type': 'application/json' }
    const reply = await fetch(`${sandbox.url}/sandbox/faults`, {
      method,
      headers,
      body: rule && JSON.stringify(rule),
    })
    assert.ok(reply.ok)
  }
  async function calls(): Promise<Record<string, { calls: number }>> {
    const reply = await fetch(`${sandbox.url}/sandbox/calls`)
    return z
      .object({ functions: z.record(z.string(), z.object({ calls: z.int() })) })
      .parse(await reply.json()).functions
  }
  const row = (id: string) => db.selectFrom('sites').selectAll().where('id', '=', id).executeTakeFirst()
  const caught = async (promise: Promise<unknown>): Promise<MoodleError> => {
    const error = await promise.catch((reason: unknown) => reason)
    assert.ok(error instanceof MoodleError, String(error))
    return error
  }

  it('says what it is and what our token may call', async () => {
    const site = connect({ url: `${sandbox.url}/` })
    assert.equal(site.url, sandbox.url)
    const info = await site.siteInfo()
    assert.equal(info.name, 'Atelier Formation')
    assert.ok(info.functions.has('enrol_manual_enrol_users'))
  })

  it('offers what an operator picks from', async () => {
    const site = connect()
    const courses = await site.courses()
    assert.ok(
      courses.every(({ id }) => id !== 1),
      'the front page is no course to sell',
    )
    const named = (shortname: string) => courses.find((course) => course.shortname === shortname)
    assert.deepEqual(named('SST-2026')?.enrolmentMethods, ['manual'])
    assert.deepEqual(named('NOMAN')?.enrolmentMethods, [])
    assert.equal(named('BROUILLON-01')?.visible, false)
    const course = await site.course('SST-2026')
    assert.ok(course)
    assert.deepEqual(course, named('SST-2026'))
    assert.deepEqual(await site.course(course.id), course)
    assert.equal(await site.course('NOPE'), undefined)
    assert.equal(await site.course(999_999), undefined)
    assert.deepEqual(
      (await site.groups(course.id)).map(({ name, courseId }) => [name, courseId]),
      [
        ['Session de janvier', course.id],
        ['Session de mars', course.id],
      ],
    )
    const categories = await site.categories()
    assert.equal(categories.find(({ id }) => id === course.categoryId)?.name, 'Santé et sécurité au travail')
    assert.ok((await site.cohorts()).some(({ idnumber }) => idnumber === 'PARTENAIRES'))
  })

  it('asks for a course once in a while, and at once again after a failure', async () => {
    const site = connect()
    const before = (await calls()).core_course_get_courses_by_field?.calls ?? 0
    await Promise.all(Array.from({ length: 20 }, () => site.course('SQL-201')))
    assert.equal((await calls()).core_course_get_courses_by_field?.calls, before + 1)
    await fault({ fault: 'access', times: 2 })
    await caught(connect().courses())
    await lift()
    assert.ok((await connect().courses()).length > 5)
  })

  it('knows the standard roles by name, any by its id, and says what to do about others', async () => {
    const site = connect()
    assert.equal(await site.roleId('student'), 5)
    assert.equal(await site.roleId('9'), 9)
    const error = await caught(site.roleId('referent'))
    assert.deepEqual([error.kind, error.code], ['request', 'unknownrole'])
    assert.match(error.message, /referent.+give its id/)
  })

  it('learns other roles from the people who have them', async () => {
    const site = connect()
    const course = await site.course('RGPD-01')
    assert.ok(course)
    const [account] = await site.findAccounts('Sofia.Rossi@atelier.example')
    assert.ok(account)
    const referent = { roleid: 9, userid: account.id, contextlevel: 'course', instanceid: course.id }
    await site.call('core_role_assign_roles', { assignments: [referent] }, z.null())
    assert.equal(await site.roleId('referent', course.id), 9)
    assert.deepEqual(
      (await site.roles(course.id)).map(({ shortname }) => shortname),
      ['manager', 'coursecreator', 'editingteacher', 'teacher', 'student', 'referent'],
    )
  })

  it('finds who is there and makes who is not', async () => {
    const site = connect()
    const [tom] = await site.findAccounts('TOM.BAKER@atelier.example')
    assert.equal(tom?.username, 'tom.baker')
    const found = await site.ensureAccount({
      email: 'Tom.Baker@Atelier.example',
      firstname: 'T',
      lastname: 'B',
    })
    assert.deepEqual(found, { id: tom?.id, created: false })
    const person = {
      email: 'new+one@example.org',
      firstname: 'Nina',
      lastname: 'Ødegård',
      locale: 'fr' as const,
    }
    const made = await site.ensureAccount(person)
    assert.equal(made.created, true)
    const [account] = await site.findAccounts('New+One@example.org')
    assert.deepEqual([account?.id, account?.fullname], [made.id, 'Nina Ødegård'])
  })

  it('goes down with an outage and up with the first answer, for every process', async () => {
    const one = connect({ id: 'shared' })
    const other = connect({ id: 'shared' })
    await one.siteInfo()
    assert.equal((await one.health()).state, 'up')
    await fault({ fault: 'badGateway' })
    await caught(one.siteInfo())
    await caught(other.siteInfo())
    const down = await other.health()
    assert.equal(down.state, 'down')
    assert.match(down.cause ?? '', /HTTP 502/)
    await lift()
    // The breaker of this one is open; a probe doesn't ask it.
    assert.equal((await one.probe()).state, 'up')
    assert.equal((await row('shared'))?.state, 'up')
    // The other hears of it at its next call, with its own breaker open for a while yet.
    const until = Date.now() + 5_000
    while ((await other.siteInfo().catch(() => undefined)) === undefined) assert.ok(Date.now() < until)
  })

  it('is paused by a bad token, and stays so until it is accepted', async () => {
    const site = connect({ id: 'paused' })
    await fault({ fault: 'token' })
    const error = await caught(site.course('SST-2026'))
    assert.deepEqual([error.kind, error.code], ['token', 'invalidtoken'])
    assert.equal((await site.health()).state, 'paused')
    const { since } = await site.health()
    const before = (await calls()).core_course_get_courses_by_field?.calls
    assert.equal((await caught(site.courses())).kind, 'token')
    assert.equal((await calls()).core_course_get_courses_by_field?.calls, before, 'no call was made')
    assert.equal((await site.probe()).state, 'paused')
    assert.deepEqual((await site.health()).since, since)
    await lift()
    assert.equal((await site.probe()).state, 'up')
    assert.ok((await site.courses()).length > 0)
    assert.equal(JSON.stringify(await row('paused')).includes(sandbox.token), false)
  })

  it('left down by a process that died is up again with the first answer', async () => {
    await db.insertInto('sites').values({ id: 'left', state: 'down', cause: 'the site is down' }).execute()
    const site = connect({ id: 'left' })
    await site.siteInfo()
    assert.deepEqual([(await site.health()).state, (await row('left'))?.cause], ['up', null])
  })

  it('writes its state only when it changes', async () => {
    const site = connect({ id: 'quiet' })
    await site.siteInfo()
    await site.health()
    const first = await row('quiet')
    for (let i = 0; i < 3; i++) await site.siteInfo()
    const other = connect({ id: 'quiet' })
    await other.siteInfo()
    await other.health()
    assert.deepEqual(await row('quiet'), first)
  })

  it('enrols whom the rows entitle, and tells an operator about whom Moodle refuses', async () => {
    const site = connect()
    const [course, closed] = await Promise.all([site.course('SQL-201'), site.course('MANOFF')])
    assert.ok(course && closed)
    const { id: user } = await site.ensureAccount({ email: 'l@example.org', firstname: 'L', lastname: 'E' })
    const targets = [
      { course: course.id, user },
      { course: closed.id, user },
    ]
    await give(site.site, ...targets)
    const error = await caught(site.applyAccess(targets))
    assert.deepEqual([error.kind, error.code], ['request', 'wsnoinstance'])
    assert.match(error.message, /manual enrolment is missing or switched off/)
    const enrolled = await site.call(
      'core_enrol_get_enrolled_users',
      { courseid: course.id, options: [{ name: 'onlyactive', value: true }] },
      z.array(z.object({ id: z.int() })),
    )
    assert.ok(enrolled.some(({ id }) => id === user))
  })

  for (const release of ['4.1', '4.5'] as const) {
    it(`forgets an account that Moodle ${release} has deleted, and says so`, async () => {
      const old = await startSandbox({ release, tokens: { administrator: 'admin' } })
      try {
        const site = connect({ url: old.url, token: old.token })
        const course = await site.course('SQL-201')
        const person = { email: 'gone@example.org', firstname: 'G', lastname: 'O' }
        const { id: user } = await site.ensureAccount(person)
        const administrator = connect({ url: old.url, token: 'administrator' })
        await administrator.call('core_user_delete_users', { userids: [user] }, z.null())
        const targets = [{ course: course?.id ?? 0, user }]
        await give(site.site, ...targets)
        const error = await caught(site.applyAccess(targets))
        assert.equal(error.kind, 'request')
        assert.match(error.message, /no such user any more.+hand the product over/)
        assert.notEqual((await site.ensureAccount(person)).id, user)
      } finally {
        await old.close()
      }
    })
  }

  it('tells nothing of what was touched without any product', async () => {
    const site = connect()
    const target = { course: 3, user: 4 }
    await db.transaction().execute((trx) => site.touchAccess(trx, [target]))
    const before = await calls()
    await site.applyAccess([target])
    assert.deepEqual(await calls(), before)
  })
})
