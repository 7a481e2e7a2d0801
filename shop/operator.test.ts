import assert from 'node:assert/strict'
import { beforeEach, describe, it } from 'node:test'
import { sql } from 'kysely'
import { testDatabase } from '../test/database.ts'
import {
  closeSession,
  createApiToken,
  createOperator,
  findApiToken,
  findSession,
  firstOperator,
  listApiTokens,
  listOperators,
  openSession,
  readablePassword,
  revokeApiToken,
  roleAllows,
  setDisabled,
  setPassword,
  verifyPassword,
} from './operator.ts'

describe('operators', async () => {
  const { db } = await testDatabase()
  const password = 'correct horse battery'

  beforeEach(() => db.deleteFrom('operators').execute())

  const makeOperator = async (role: 'admin' | 'operator' | 'viewer' = 'operator') => {
    const made = await createOperator(db, { email: 'Ada@Example.org', name: 'Ada', password, role })
    assert.ok(made.ok)
    return made.operator
  }
  it('signs in with the password, whatever the case of the e-mail', async () => {
    const operator = await makeOperator()
    assert.deepEqual(await verifyPassword(db, { email: ' ADA@example.org ', password }), operator)
    assert.equal(
      await verifyPassword(db, { email: 'ada@example.org', password: 'wrong horse battery' }),
      undefined,
    )
    assert.equal(await verifyPassword(db, { email: 'nobody@example.org', password }), undefined)
    assert.equal(await verifyPassword(db, { email: 'not an address', password }), undefined)
  })

  it('lets no disabled operator in, by password, session or token', async () => {
    const operator = await makeOperator()
    const session = await openSession(db, operator.id)
    const { token } = await createApiToken(db, { operatorId: operator.id, name: 'till', role: 'viewer' })
    assert.deepEqual(await setDisabled(db, operator.email, true), { ok: true })
    assert.equal(await verifyPassword(db, { email: operator.email, password }), undefined)
    assert.equal(await findSession(db, session), undefined)
    assert.equal(await findApiToken(db, token), undefined)

    assert.deepEqual(await setDisabled(db, operator.email, false), { ok: true })
    assert.deepEqual(await verifyPassword(db, { email: operator.email, password }), operator)
    assert.equal(await findSession(db, session), undefined)
    assert.equal((await findApiToken(db, token))?.operator.role, 'viewer')
  })

  it('keeps one administrator who can sign in', async () => {
    const { email } = await makeOperator('admin')
    assert.deepEqual(await setDisabled(db, email, true), { ok: false, fault: 'last_admin' })
    await createOperator(db, { email: 'bob@example.org', name: 'Bob', password, role: 'admin' })
    const both = await Promise.all([setDisabled(db, email, true), setDisabled(db, 'bob@example.org', true)])
    assert.deepEqual(both.map(({ ok }) => ok).sort(), [false, true])
    assert.deepEqual(await setDisabled(db, 'nobody@example.org', true), { ok: false, fault: 'email_unknown' })
  })

  it('takes as long for an unknown e-mail as for a wrong password', async () => {
    await makeOperator()
    const time = async (email: string) => {
      const start = process.cpuUsage()
      await verifyPassword(db, { email, password: 'wrong horse battery' })
      return process.cpuUsage(start).user
    }
    const [known, unknown] = [await time('ada@example.org'), await time('nobody@example.org')]
    assert.ok(unknown > known / 3, `${unknown} µs for an unknown e-mail, ${known} µs for a known one`)
  })

  it('keeps a salted hash that names its parameters, never the password', async () => {
    await makeOperator()
    await createOperator(db, { email: 'bob@example.org', name: 'Bob', password, role: 'viewer' })
    const hashes = (await db.selectFrom('operators').select('password_hash').execute()).map(
      (row) => row.password_hash,
    )
    assert.equal(new Set(hashes).size, 2)
    for (const hash of hashes) assert.match(hash, /^\$scrypt\$ln=15,r=8,p=1\$[\w+/=]{24}\$[\w+/=]{44}$/)
  })

  it('refuses a taken or wrong e-mail, no name, and a short password', async () => {
    await makeOperator()
    const fault = async (change: object) => {
      const given = { email: 'new@example.org', name: 'New', password, role: 'viewer' as const }
      const made = await createOperator(db, { ...given, ...change })
      return made.ok ? undefined : made.fault
    }
    assert.equal(await fault({ email: 'ADA@example.org' }), 'email_taken')
    assert.equal(await fault({ email: 'ada' }), 'email_invalid')
    assert.equal(await fault({ name: ' ' }), 'name_missing')
    assert.equal(await fault({ password: 'short' }), 'password_short')
    assert.deepEqual(
      (await listOperators(db)).map(({ email }) => email),
      ['ada@example.org'],
    )
  })

  it('ends the sessions of an operator whose password changes', async () => {
    const operator = await makeOperator()
    const session = await openSession(db, operator.id)
    assert.deepEqual(await setPassword(db, { email: operator.email, password: 'another long one' }), {
      ok: true,
    })
    assert.equal(await findSession(db, session), undefined)
    assert.equal(await verifyPassword(db, { email: operator.email, password }), undefined)
    assert.deepEqual(
      await verifyPassword(db, { email: operator.email, password: 'another long one' }),
      operator,
    )
    assert.deepEqual(await setPassword(db, { email: 'nobody@example.org', password }), {
      ok: false,
      fault: 'email_unknown',
    })
  })

  it('makes one first operator although several processes start at once', async () => {
    const made = (await Promise.all([firstOperator(db), firstOperator(db), firstOperator(db)])).filter(
      Boolean,
    )
    assert.equal(made.length, 1)
    assert.ok(made[0])
    assert.equal((await verifyPassword(db, made[0]))?.role, 'admin')
    assert.equal(await firstOperator(db), undefined)
  })

  it('makes passwords that can be read out', () => {
    assert.match(readablePassword(), /^([2-9a-km-np-z]{4}-){3}[2-9a-km-np-z]{4}$/)
    assert.equal(new Set(Array.from({ length: 100 }, readablePassword)).size, 100)
  })
})

describe('sessions', async () => {
  const { db } = await testDatabase()
  const made = await createOperator(db, {
    email: 'a@example.org',
    name: 'A',
    password: 'long enough one',
    role: 'admin',
  })
  assert.ok(made.ok)
  const { operator } = made
  const age = (interval: string) =>
    db
      .updateTable('sessions')
      .set({ expires_at: sql`expires_at - ${interval}::interval` })
      .execute()

  it('knows whose a token is, and keeps its hash only', async () => {
    const token = await openSession(db, operator.id)
    assert.equal(Buffer.from(token, 'base64url').length, 32)
    assert.deepEqual(await findSession(db, token), operator)
    assert.equal(await findSession(db, 'made-up'), undefined)
    const stored = await db.selectFrom('sessions').selectAll().execute()
    assert.doesNotMatch(JSON.stringify(stored), new RegExp(token))
  })

  it('lasts 12 hours from its last use', async () => {
    const token = await openSession(db, operator.id)
    await age('11 hours')
    assert.ok(await findSession(db, token))
    await age('11 hours')
    assert.ok(await findSession(db, token))
    await age('12 hours')
    assert.equal(await findSession(db, token), undefined)
  })

  it('writes nothing for a page that follows another', async () => {
    const token = await openSession(db, operator.id)
    await age('5 minutes')
    const before = await db.selectFrom('sessions').select('expires_at').execute()
    await findSession(db, token)
    assert.deepEqual(await db.selectFrom('sessions').select('expires_at').execute(), before)
  })

  it('is over when it is closed', async () => {
    const token = await openSession(db, operator.id)
    await closeSession(db, token)
    assert.equal(await findSession(db, token), undefined)
  })

  it('leaves no expired ones behind', async () => {
    await openSession(db, operator.id)
    await age('13 hours')
    await openSession(db, operator.id)
    assert.equal((await db.selectFrom('sessions').select('token_hash').execute()).length, 1)
  })
})

describe('tokens of programs', async () => {
  const { db } = await testDatabase()
  const made = await createOperator(db, {
    email: 'a@example.org',
    name: 'A',
    password: 'long enough one',
    role: 'operator',
  })
  assert.ok(made.ok)
  const { operator } = made

  it('act for their operator until they are revoked', async () => {
    const { id, token } = await createApiToken(db, { operatorId: operator.id, name: 'till', role: 'viewer' })
    assert.deepEqual(await findApiToken(db, token), {
      id,
      name: 'till',
      operator: { ...operator, role: 'viewer' },
    })
    assert.ok((await listApiTokens(db))[0]?.lastUsedAt)
    assert.equal(await revokeApiToken(db, id), true)
    assert.equal(await findApiToken(db, token), undefined)
    assert.equal(await revokeApiToken(db, id), false)
    assert.deepEqual(await listApiTokens(db), [])
  })

  it('may do no more than their operator', async () => {
    const { token } = await createApiToken(db, { operatorId: operator.id, name: 'till', role: 'admin' })
    assert.equal((await findApiToken(db, token))?.operator.role, 'operator')
  })
})

describe('roles', () => {
  it('allow what the lesser ones do', () => {
    assert.ok(roleAllows('admin', 'operator'))
    assert.ok(roleAllows('operator', 'operator'))
    assert.ok(!roleAllows('viewer', 'operator'))
    assert.ok(!roleAllows('operator', 'admin'))
  })
})
