import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { z } from 'zod'
import type { FaultRule } from './faults.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from './sandbox.ts'

const created = z.array(z.object({ id: z.int(), username: z.string() }))
const failed = z.object({ exception: z.string(), errorcode: z.string() })

type Address = Pick<Sandbox, 'url' | 'token'>

function post(
  sandbox: Address,
  name: string,
  fields: Record<string, string | number> = {},
): Promise<Response> {
  const body = new URLSearchParams({ wstoken: sandbox.token, wsfunction: name, moodlewsrestformat: 'json' })
  for (const [field, value] of Object.entries(fields)) body.set(field, String(value))
  return fetch(`${sandbox.url}/webservice/rest/server.php`, { method: 'POST', body })
}

const call = async (sandbox: Address, name: string, fields: Record<string, string | number> = {}) =>
  (await post(sandbox, name, fields)).json()

/** Fails unless the sandbox answers as it should. */
const requireAnswer = async (sandbox: Sandbox) =>
  z.object({ sitename: z.string() }).parse(await call(sandbox, 'core_webservice_get_site_info'))

const person = (username: string) => ({
  'users[0][username]': username,
  'users[0][password]': 'Very-secret-1',
  'users[0][firstname]': 'Élodie',
  'users[0][lastname]': 'Été',
  'users[0][email]': `${username}@example.org`,
})

const createPerson = async (sandbox: Address, username: string) =>
  created.parse(await call(sandbox, 'core_user_create_users', person(username)))[0]?.id ?? 0

const enrolment = (userId: number, courseId: number, more: Record<string, number> = {}) => ({
  'enrolments[0][roleid]': 5,
  'enrolments[0][userid]': userId,
  'enrolments[0][courseid]': courseId,
  ...Object.fromEntries(Object.entries(more).map(([key, value]) => [`enrolments[0][${key}]`, value])),
})

const state = z.object({
  courses: z.array(
    z.object({
      id: z.int(),
      shortname: z.string(),
      enrolments: z.array(
        z.object({
          userid: z.int(),
          email: z.string(),
          roles: z.array(z.string()),
          timestart: z.int(),
          timeend: z.int(),
          status: z.enum(['active', 'suspended']),
          groups: z.array(z.string()),
          created: z.int(),
          set: z.int(),
          removed: z.int(),
        }),
      ),
      former: z.array(z.object({ email: z.string(), created: z.int(), removed: z.int() })),
    }),
  ),
  accounts: z.array(z.object({ id: z.int(), email: z.string() })),
})

const stateOf = async (sandbox: Sandbox, email: string) =>
  state.parse(await (await fetch(`${sandbox.url}/sandbox/state?email=${encodeURIComponent(email)}`)).json())

/** The enrolments of one person, by the course's short name. */
const enrolmentsOf = async (sandbox: Sandbox, email: string) =>
  Object.fromEntries(
    (await stateOf(sandbox, email)).courses.flatMap(({ shortname, enrolments: [first] }) =>
      first ? [[shortname, first]] : [],
    ),
  )

const breakWith = async (sandbox: Sandbox, rule: FaultRule) => {
  const response = await fetch(`${sandbox.url}/sandbox/faults`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${sandbox.token}` },
    body: JSON.stringify(rule),
  })
  assert.equal(response.status, 201)
}

describe('the sandbox', () => {
  let sandbox: Sandbox
  before(async () => {
    sandbox = await startSandbox()
  })
  after(() => sandbox.close())

  it('counts how often each enrolment was set, and keeps what the last call said', async () => {
    const userId = await createPerson(sandbox, 'counted')
    await call(sandbox, 'enrol_manual_enrol_users', enrolment(userId, 4, { timestart: 10, timeend: 20 }))
    await call(sandbox, 'enrol_manual_enrol_users', enrolment(userId, 4, { timestart: 10, suspend: 1 }))
    const { 'RGPD-01': found } = await enrolmentsOf(sandbox, 'counted@example.org')
    assert.deepEqual(found, {
      userid: userId,
      email: 'counted@example.org',
      roles: ['student'],
      timestart: 10,
      timeend: 0,
      status: 'suspended',
      groups: [],
      created: 1,
      set: 2,
      removed: 0,
    })
    await call(sandbox, 'enrol_manual_unenrol_users', {
      'enrolments[0][userid]': userId,
      'enrolments[0][courseid]': 4,
    })
    const { courses } = await stateOf(sandbox, 'counted@example.org')
    assert.deepEqual(courses.find(({ id }) => id === 4)?.former, [
      { email: 'counted@example.org', created: 1, removed: 1 },
    ])
  })

  it('drops the fields past PHP’s max_input_vars without a word, as Moodle does', async () => {
    const userId = await createPerson(sandbox, 'truncated')
    const fields: Record<string, number> = {}
    for (let index = 0; index < 210; index++) {
      fields[`enrolments[${index}][roleid]`] = 5
      fields[`enrolments[${index}][userid]`] = index < 199 ? 4 : userId
      fields[`enrolments[${index}][courseid]`] = index < 200 ? 5 : 6
      fields[`enrolments[${index}][timestart]`] = 1
      fields[`enrolments[${index}][timeend]`] = 2
    }
    assert.equal(await call(sandbox, 'enrol_manual_enrol_users', fields), null)
    const found = await enrolmentsOf(sandbox, 'truncated@example.org')
    // 3 + 199 × 5 fields and three more: the 200th enrolment went in without its dates, the others not at all.
    assert.deepEqual(Object.keys(found), ['DATA-101'])
    assert.deepEqual([found['DATA-101']?.timestart, found['DATA-101']?.timeend], [0, 0])
  })

  it('logs calls with their elements, without the token or any password', async () => {
    await fetch(`${sandbox.url}/sandbox/calls`, { method: 'DELETE' })
    await createPerson(sandbox, 'logged')
    await call(sandbox, 'core_user_get_users_by_field', { field: 'id', 'values[0]': 1, 'values[1]': 2 })
    await call(sandbox, 'core_user_get_users_by_field', { field: 'zzz', 'values[0]': 1 })
    const text = await (await fetch(`${sandbox.url}/sandbox/calls`)).text()
    assert.ok(!text.includes(sandbox.token) && !text.includes('Very-secret-1'))
    const log = z
      .object({
        total: z.int(),
        functions: z.record(z.string(), z.record(z.string(), z.int())),
        recent: z.array(z.object({ function: z.string(), outcome: z.string() })),
      })
      .parse(JSON.parse(text))
    assert.equal(log.total, 3)
    assert.deepEqual(log.functions.core_user_get_users_by_field, {
      calls: 2,
      elements: 3,
      largest: 2,
      refused: 1,
    })
    assert.deepEqual(
      log.recent.map(({ outcome }) => outcome),
      ['ok', 'ok', 'codingerror'],
    )
  })

  it('takes its time when told to', async () => {
    const slow = await startSandbox({ latency: 30 })
    try {
      const startedAt = performance.now()
      await call(slow, 'core_webservice_get_site_info')
      assert.ok(performance.now() - startedAt >= 29)
    } finally {
      await slow.close()
    }
  })

  it('reads a field named __proto__ as any other that it does not know', async () => {
    const answer = await call(sandbox, 'core_webservice_get_site_info', { '__proto__[polluted]': '1' })
    assert.equal(failed.parse(answer).errorcode, 'invalidparameter')
    assert.equal('polluted' in {}, false)
  })
})

describe('the faults of the sandbox', () => {
  let sandbox: Sandbox
  before(async () => {
    sandbox = await startSandbox()
  })
  after(() => sandbox.close())

  const errorcodes: [FaultRule['fault'], string][] = [
    ['maintenance', 'sitemaintenance'],
    ['token', 'invalidtoken'],
    ['access', 'accessexception'],
    ['database', 'dbconnectionfailed'],
  ]
  for (const [fault, errorcode] of errorcodes) {
    it(`answers ${errorcode} for ${fault}, once when told once`, async () => {
      await breakWith(sandbox, { fault, times: 1 })
      const response = await post(sandbox, 'core_webservice_get_site_info')
      assert.equal(response.status, 200)
      assert.equal(failed.parse(await response.json()).errorcode, errorcode)
      await requireAnswer(sandbox)
    })
  }

  const statuses: [FaultRule['fault'], number, string | null][] = [
    ['cliMaintenance', 503, '300'],
    ['badGateway', 502, null],
    ['disabled', 403, null],
  ]
  for (const [fault, status, retryAfter] of statuses) {
    it(`answers ${status} without JSON for ${fault}`, async () => {
      await breakWith(sandbox, { fault, times: 1 })
      const response = await post(sandbox, 'core_webservice_get_site_info')
      assert.equal(response.status, status)
      assert.equal(response.headers.get('retry-after'), retryAfter)
      assert.doesNotMatch(response.headers.get('content-type') ?? '', /json/)
      await response.text()
    })
  }

  it('drops the connection before any effect when it is down', async () => {
    await breakWith(sandbox, { fault: 'down', times: 1 })
    await assert.rejects(post(sandbox, 'core_user_create_users', person('down')), TypeError)
    assert.deepEqual((await stateOf(sandbox, 'down@example.org')).accounts, [])
  })

  it('does the work and drops the connection when the reply is lost', async () => {
    await breakWith(sandbox, { fault: 'lostReply', times: 1 })
    await assert.rejects(post(sandbox, 'core_user_create_users', person('lost')), TypeError)
    assert.equal((await stateOf(sandbox, 'lost@example.org')).accounts.length, 1)
  })

  it('strikes only the function and the text that the rule names', async () => {
    await breakWith(sandbox, {
      fault: 'database',
      function: 'core_user_create_users',
      match: 'unlucky@example.org',
    })
    await requireAnswer(sandbox)
    await createPerson(sandbox, 'lucky')
    const answer = await call(sandbox, 'core_user_create_users', person('unlucky'))
    assert.equal(failed.parse(answer).errorcode, 'dbconnectionfailed')
    await fetch(`${sandbox.url}/sandbox/faults`, {
      method: 'DELETE',
      headers: { Authorization: `Bearer ${sandbox.token}` },
    })
    await createPerson(sandbox, 'unlucky')
  })

  it('holds a call up when it is slow', async () => {
    await breakWith(sandbox, { fault: 'slow', milliseconds: 40, times: 1 })
    const startedAt = performance.now()
    await requireAnswer(sandbox)
    assert.ok(performance.now() - startedAt >= 39)
  })

  it('takes rules only with the token, and says what is wrong with one', async () => {
    const address = `${sandbox.url}/sandbox/faults`
    for (const method of ['GET', 'POST', 'DELETE']) {
      assert.equal((await fetch(address, { method })).status, 401)
    }
    const headers = { Authorization: `Bearer ${sandbox.token}` }
    for (const body of ['{"fault":"fire"}', '{"fault":"down","times":0}', '{"fault":"down","time":1}', 'x']) {
      assert.equal((await fetch(address, { method: 'POST', headers, body })).status, 400)
    }
    assert.deepEqual(await (await fetch(address, { headers })).json(), { faults: [] })
  })
})

describe('the journal of the sandbox', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sandbox-'))
  after(() => rmSync(folder, { recursive: true }))
  const open = async (
    name: string,
    use: (sandbox: Sandbox) => Promise<void>,
    options: SandboxOptions = {},
  ) => {
    const sandbox = await startSandbox({ journal: join(folder, name), token: 'of-the-shop', ...options })
    try {
      await use(sandbox)
    } finally {
      await sandbox.close()
    }
  }

  it('brings everything back with the same ids, and goes on from there', async () => {
    let first = 0
    await open('again', async (sandbox) => {
      first = await createPerson(sandbox, 'first')
      await call(sandbox, 'enrol_manual_enrol_users', enrolment(first, 4, { timestart: 5, timeend: 7 }))
      await call(sandbox, 'core_user_create_users', person('first')) // refused: leaves no trace
    })
    await open('again', async (sandbox) => {
      const found = await enrolmentsOf(sandbox, 'first@example.org')
      assert.deepEqual(
        [found['RGPD-01']?.userid, found['RGPD-01']?.timestart, found['RGPD-01']?.timeend],
        [first, 5, 7],
      )
      assert.equal(await createPerson(sandbox, 'second'), first + 1)
    })
    const text = readFileSync(join(folder, 'again'), 'utf8')
    assert.ok(!text.includes('of-the-shop') && !text.includes('Very-secret-1'))
    assert.equal(text.trim().split('\n').length, 4)
  })

  it('drops a torn last line with a warning, and writes whole lines after it', async () => {
    await open('torn', async (sandbox) => {
      await createPerson(sandbox, 'kept')
    })
    appendFileSync(join(folder, 'torn'), '{"at":17953571')
    const warnings: string[] = []
    const warn = (message: string) => warnings.push(message)
    await open('torn', async (sandbox) => void (await createPerson(sandbox, 'next')), { warn })
    assert.match(warnings.join(), /1 of 2 calls could not be read back/)
    await open(
      'torn',
      async (sandbox) => {
        assert.equal((await stateOf(sandbox, 'kept@example.org')).accounts.length, 1)
        assert.equal((await stateOf(sandbox, 'next@example.org')).accounts.length, 1)
      },
      { warn },
    )
    assert.equal(warnings.length, 1)
  })

  it('is rewritten as one snapshot when it got long', async () => {
    await open('long', async (sandbox) => void (await createPerson(sandbox, 'old')))
    const line = readFileSync(join(folder, 'long'), 'utf8').trim().split('\n')[1]
    const enrol = JSON.stringify({
      at: 1,
      caller: 'shop',
      function: 'enrol_manual_enrol_users',
      form: { enrolments: { 0: { roleid: '5', userid: '11', courseid: '4' } } },
    })
    const snapshot = readFileSync(join(folder, 'long'), 'utf8').split('\n')[0]
    writeFileSync(join(folder, 'long'), [snapshot, line, ...Array(5001).fill(enrol), ''].join('\n'))
    for (let time = 0; time < 2; time++) {
      await open('long', async (sandbox) => {
        assert.equal((await enrolmentsOf(sandbox, 'old@example.org'))['RGPD-01']?.set, 5001)
      })
      assert.equal(readFileSync(join(folder, 'long'), 'utf8').trim().split('\n').length, 1)
    }
  })

  it('says so when the file is none', async () => {
    writeFileSync(join(folder, 'other'), 'hello\n')
    await assert.rejects(
      open('other', async () => {}),
      /is no journal of the sandbox: move it away/,
    )
  })

  it('has every call that was answered, though the process was killed', async () => {
    const journal = join(folder, 'killed')
    const script = `
      const { startSandbox } = await import(${JSON.stringify(new URL('sandbox.ts', import.meta.url).href)})
      const { url, token } = await startSandbox({ journal: ${JSON.stringify(journal)}, token: 'of-the-shop' })
      console.log(JSON.stringify({ url, token }))`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: import.meta.dirname,
    })
    const ended = once(child, 'exit')
    const [line] = await Promise.race([
      once(child.stdout, 'data'),
      ended.then(() => assert.fail('the child did not start')),
    ])
    const started = z.object({ url: z.string(), token: z.string() }).parse(JSON.parse(String(line)))
    const answered = new Map<string, number>()
    const shop = async (name: string) => {
      for (let index = 0; ; index++) {
        const username = `${name}${index}`
        const id = await createPerson(started, username).catch(() => 0)
        if (id === 0) return
        answered.set(username, id)
        if (answered.size === 60) child.kill('SIGKILL')
      }
    }
    await Promise.all(['a', 'b', 'c', 'd'].map(shop))
    await ended
    await open('killed', async (sandbox) => {
      const { accounts } = await stateOf(sandbox, '@example.org')
      const ids = new Map(accounts.map(({ id, email }) => [email, id]))
      for (const [username, id] of answered) assert.equal(ids.get(`${username}@example.org`), id)
    })
    assert.ok(answered.size >= 60)
  })
})
