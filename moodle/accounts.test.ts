import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import type { Kysely } from 'kysely'
import type { Database } from '../db/schema.ts'
import { MoodleError, RetryLater } from '../sdk/index.ts'
import { testDatabase } from '../test/database.ts'
import { type Accounts, forgetAccount, openAccounts } from './accounts.ts'
import { createClient } from './client.ts'
import { usernameOf } from './new-user.ts'
import { type ReceivedCall, refusal, startScripted } from './scripted-server.ts'

type Stored = {
  id: number
  username: string
  email?: string
  fullname: string
  suspended: boolean
  lang?: string
}

const person = (email: string) => ({ email, firstname: 'Élodie', lastname: "D'Été" })
const caught = async (promise: Promise<unknown>): Promise<MoodleError> => {
  const error = await promise.then(
    () => assert.fail('it went well'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof MoodleError, String(error))
  return error
}

describe('an account', () => {
  let db: Kysely<Database>
  let site = 0
  let users: Stored[] = []
  let languages: string[] = []
  /** What a test puts before Moodle's own answer. */
  let intercept: (call: ReceivedCall) => unknown
  let server: Awaited<ReturnType<typeof startScripted>>
  const clients: ReturnType<typeof createClient>[] = []

  before(async () => {
    ;({ db } = await testDatabase())
    server = await startScripted(async (call) => (await intercept(call)) ?? answer(call))
  })
  after(async () => {
    for (const client of clients) client.close()
    await server.close()
  })
  beforeEach(() => {
    site++
    users = []
    languages = ['en', 'fr']
    intercept = () => undefined
    server.received.length = 0
  })

  /** As a process of its own: nothing in memory is shared. */
  function open(): Accounts {
    const client = createClient({ url: server.url, token: 'a-token' })
    clients.push(client)
    return openAccounts({ db, site: `site${site}`, client })
  }

  function answer(call: ReceivedCall): unknown {
    if (call.wsfunction === 'core_user_get_users') {
      const [{ key, value = '' } = {}] = call.elements('criteria')
      if (key === 'id') return { users: users.filter(({ id }) => id === Number(value)), warnings: [] }
      assert.equal(key, 'email')
      const pattern = new RegExp(`^${value.replaceAll(/[.+]/g, '\\$&').replaceAll('_', '.')}$`, 'i')
      return { users: users.filter(({ email }) => pattern.test(email ?? '')), warnings: [] }
    }
    if (call.wsfunction === 'core_user_get_users_by_field') {
      assert.equal(call.form.get('field'), 'username')
      return users.filter(({ username }) => username === call.form.get('values[0]'))
    }
    assert.equal(call.wsfunction, 'core_user_create_users')
    const asked = call.elements('users')
    const refused = asked.some(
      ({ username, email = '', lang = 'en' }) =>
        users.some(
          (user) => user.username === username || user.email?.toLowerCase() === email.toLowerCase(),
        ) ||
        !languages.includes(lang) ||
        email.endsWith('@refused.example'),
    )
    if (refused) return refusal('invalidparameter', 'Invalid parameter value detected')
    return asked.map(({ username = '', email, firstname, lastname, lang }) => {
      const user = {
        id: 100 + users.length,
        username,
        email,
        fullname: `${firstname} ${lastname}`,
        suspended: false,
        lang,
      }
      users.push(user)
      return { id: user.id, username }
    })
  }

  const add = (email: string, more: Partial<Stored> = {}) => {
    const user = {
      id: 100 + users.length,
      username: `u${users.length}`,
      email,
      fullname: 'X',
      suspended: false,
      ...more,
    }
    users.push(user)
    return user.id
  }
  const calls = (wsfunction: string) => server.received.filter((call) => call.wsfunction === wsfunction)
  const lease = () => db.selectFrom('accounts').selectAll().where('site', '=', `site${site}`).execute()

  it('is the one that has the address, whatever its case', async () => {
    const id = add('Elodie.Dete@Example.ORG')
    assert.deepEqual(await open().ensure(person(' elodie.DETE@example.org ')), { id, created: false })
    assert.equal(calls('core_user_create_users').length, 0)
  })

  it('is not that of someone whose address only looks alike', async () => {
    add('johnXdoe@example.org')
    const id = add('john_doe@example.org')
    assert.equal((await open().ensure(person('john_doe@example.org'))).id, id)
  })

  it('is remembered by every process, and asked of Moodle whether it is still theirs', async () => {
    const id = add('a@example.org')
    const first = open()
    await first.ensure(person('a@example.org'))
    await first.ensure(person('A@example.org'))
    add('a@example.org')
    assert.deepEqual(await open().ensure(person('a@example.org')), { id, created: false })
    assert.equal(server.received.length, 3)
  })

  describe('that is remembered', () => {
    const email = 'a@example.org'
    async function remembered() {
      const id = add(email)
      await open().ensure(person(email))
      const user = users.find((one) => one.id === id)
      assert.ok(user)
      return user
    }
    const ensured = async () => (await open().ensure(person(email))).id

    it('is not used once it is suspended', async () => {
      const user = await remembered()
      user.suspended = true
      assert.equal((await caught(ensured())).code, 'usersuspended')
      user.email = 'merged@example.org'
      assert.equal((await caught(ensured())).code, 'usersuspended')
    })

    it('gives way to the one that it was merged with, or that was given its address', async () => {
      const user = await remembered()
      user.email = 'merged@example.org'
      const other = add(email)
      assert.equal(await ensured(), other)
      users = users.filter((one) => one !== user)
      assert.equal(await ensured(), other)
    })

    it('is still theirs when they have another address in Moodle', async () => {
      const user = await remembered()
      user.email = 'married@example.org'
      assert.equal(await ensured(), user.id)
    })

    it('is made anew when it was deleted', async () => {
      const { id } = await remembered()
      users = [
        { ...users[0], id: 7, username: 'other', email: 'b@example.org', fullname: 'X', suspended: false },
      ]
      const made = await open().ensure(person(email))
      assert.equal(made.created, true)
      assert.notEqual(made.id, id)
    })
  })

  it('is made when there is none, and Moodle makes and mails the password', async () => {
    const { id, created } = await open().ensure({ ...person('Élodie+x@Example.org'), locale: 'fr' })
    assert.deepEqual([id, created], [100, true])
    const [made] = calls('core_user_create_users')[0]?.elements('users') ?? []
    assert.deepEqual(made, {
      username: usernameOf('élodie+x@example.org'),
      createpassword: '1',
      firstname: 'Élodie',
      lastname: "D'Été",
      email: 'Élodie+x@Example.org',
      lang: 'fr',
    })
    assert.deepEqual(await lease(), [
      { site: `site${site}`, email: 'élodie+x@example.org', user_id: 100, creating_until: null },
    ])
  })

  it('has a name that Moodle takes, whatever was typed', async () => {
    await open().ensure({ email: 'a@example.org', firstname: '  <b>Jean </b>  Paul', lastname: ' ' })
    assert.equal(users[0]?.fullname, 'Jean Paul -')
  })

  it('is made in one call with others that are made at the same moment', async () => {
    const accounts = open()
    const emails = Array.from({ length: 40 }, (_, i) => `p${i}@example.org`)
    const made = await Promise.all(emails.map((email) => accounts.ensure(person(email))))
    assert.equal(new Set(made.map(({ id }) => id)).size, 40)
    assert.equal(calls('core_user_get_users').length, 40)
    assert.ok(calls('core_user_create_users').length <= 5, `${calls('core_user_create_users').length} calls`)
  })

  it('is made once when units of one process ask for it together', async () => {
    const accounts = open()
    const made = await Promise.all(Array.from({ length: 10 }, () => accounts.ensure(person('a@example.org'))))
    assert.deepEqual(
      made.map(({ created }) => created),
      [true, ...Array(9).fill(false)],
    )
    assert.deepEqual(
      server.received.map(({ wsfunction }) => wsfunction),
      ['core_user_get_users', 'core_user_create_users'],
    )
  })

  it('is made once when several processes ask for it together', async () => {
    const made = await Promise.all(Array.from({ length: 6 }, () => open().ensure(person('a@example.org'))))
    assert.deepEqual(new Set(made.map(({ id }) => id)), new Set([100]))
    assert.equal(made.filter(({ created }) => created).length, 1)
    assert.equal(calls('core_user_create_users').length, 1)
  })

  it('is not made again by who looked just before another process made it', async () => {
    const gate = Promise.withResolvers<void>()
    intercept = async (call) => {
      intercept = () => undefined
      const reply = answer(call)
      await gate.promise
      return reply
    }
    const late = open().ensure(person('a@example.org'))
    while (server.received.length === 0) await new Promise((resolve) => setImmediate(resolve))
    const { id } = await open().ensure(person('a@example.org'))
    gate.resolve()
    assert.deepEqual(await late, { id, created: false })
    assert.equal(calls('core_user_create_users').length, 1)
  })

  it('is waited for while another process makes it, and later if that takes long', async () => {
    const gate = Promise.withResolvers<void>()
    intercept = (call) => (call.wsfunction === 'core_user_create_users' ? gate.promise : undefined)
    const first = open().ensure(person('a@example.org'))
    while (calls('core_user_create_users').length === 0) await new Promise((resolve) => setImmediate(resolve))
    await assert.rejects(open().ensure(person('a@example.org')), RetryLater)
    gate.resolve()
    const { id } = await first
    assert.deepEqual(await open().ensure(person('a@example.org')), { id, created: false })
    assert.equal(calls('core_user_create_users').length, 1)
  })

  it('is made by another when whoever was making it died', async () => {
    const dead = { site: `site${site}`, email: 'a@example.org', creating_until: new Date(Date.now() - 1000) }
    await db.insertInto('accounts').values(dead).execute()
    assert.equal((await open().ensure(person('a@example.org'))).created, true)
  })

  it('is found when the one who died had made it after all, or when its maker was only thought dead', async () => {
    // Between our look and our creation the account appears: Moodle refuses ours and doesn't say why.
    intercept = (call) => {
      if (call.wsfunction !== 'core_user_create_users' || users.length > 0) return
      add('A@example.org', { username: usernameOf('a@example.org') })
    }
    assert.deepEqual(await open().ensure(person('a@example.org')), { id: 100, created: false })
    assert.equal(users.length, 1)
  })

  it('is free to be made by others when its creation failed', async () => {
    intercept = (call) =>
      call.wsfunction === 'core_user_create_users' ? { status: 502, body: '' } : undefined
    assert.equal((await caught(open().ensure(person('a@example.org')))).kind, 'outage')
    assert.equal((await lease())[0]?.creating_until, null)
    intercept = () => undefined
    assert.equal((await open().ensure(person('a@example.org'))).created, true)
  })

  it('keeps its language only on a site that has it', async () => {
    languages = ['en']
    const accounts = open()
    const emails = Array.from({ length: 30 }, (_, i) => `p${i}@example.org`)
    await Promise.all(emails.map((email) => accounts.ensure({ ...person(email), locale: 'fr' })))
    assert.equal(users.length, 30)
    assert.ok(users.every(({ lang }) => lang === undefined))
    assert.ok(calls('core_user_create_users').length <= 6, 'one trial, and not one for each')
  })

  it('keeps its language though the first who asked for it was refused for something else', async () => {
    const accounts = open()
    const outcomes = await Promise.allSettled(
      ['x@refused.example', 'a@example.org', 'b@example.org'].map((email) =>
        accounts.ensure({ ...person(email), locale: 'fr' }),
      ),
    )
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['rejected', 'fulfilled', 'fulfilled'],
    )
    assert.deepEqual(
      users.map(({ lang }) => lang),
      ['fr', 'fr'],
    )
  })

  it('is chosen by an operator when several have the address', async () => {
    add('a@example.org', { username: 'anna' })
    add('A@example.org', { username: 'anna2' })
    const error = await caught(open().ensure(person('a@example.org')))
    assert.deepEqual([error.kind, error.code], ['request', 'severalaccounts'])
    assert.match(error.message, /anna, anna2/)
  })

  it('is not used while suspended', async () => {
    add('a@example.org', { username: 'anna', suspended: true })
    const error = await caught(open().ensure(person('a@example.org')))
    assert.deepEqual([error.kind, error.code], ['request', 'usersuspended'])
    assert.match(error.message, /anna of a@example\.org is suspended/)
  })

  it('is not made again for someone who has changed their address in Moodle', async () => {
    add('new@example.org', { username: usernameOf('old@example.org') })
    const error = await caught(open().ensure(person('old@example.org')))
    assert.equal(error.code, 'usernametaken')
    assert.match(error.message, /new@example\.org/)
  })

  it('says whom Moodle refuses, and harms no other of the same call', async () => {
    const accounts = open()
    const emails = ['a@example.org', 'x@refused.example', 'b@example.org']
    const outcomes = await Promise.allSettled(emails.map((email) => accounts.ensure(person(email))))
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    const [, refused] = outcomes
    assert.ok(refused?.status === 'rejected')
    assert.match(refused.reason.message, /<x@refused\.example>/)
  })

  it('tells when Moodle hides the addresses, rather than taking everyone for absent', async () => {
    intercept = () => ({ users: [{ id: 5, username: 'anna', fullname: 'Anna' }], warnings: [] })
    assert.equal((await caught(open().ensure(person('a@example.org')))).code, 'emailhidden')
  })

  it('that is gone is looked for again once forgotten', async () => {
    const id = add('a@example.org')
    await open().ensure(person('a@example.org'))
    users = []
    await forgetAccount(db, `site${site}`, id)
    assert.equal((await open().ensure(person('a@example.org'))).created, true)
  })
})
