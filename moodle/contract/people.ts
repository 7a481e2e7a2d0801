import assert from 'node:assert/strict'
import { it } from 'node:test'
import { z } from 'zod'
import {
  ask,
  createLearner,
  ids,
  newPerson,
  nobody,
  noWarnings,
  offers,
  oneWarning,
  refusal,
  type Sites,
  send,
} from './contract-site.ts'

const user = z.object({
  id: z.int(),
  username: z.string(),
  fullname: z.string(),
  email: z.string(),
  suspended: z.boolean(),
})
const users = z.array(user)
const foundUsers = z.object({ users, warnings: z.array(z.object({ item: z.string() })) })

export function people(sites: Sites): void {
  const search = (key: string, value: string) =>
    ask(sites.get(), 'core_user_get_users', { criteria: [{ key, value }] }, foundUsers)
  const byField = (field: string, value: string) =>
    ask(sites.get(), 'core_user_get_users_by_field', { field, values: [value] }, users)

  it('finds a person by e-mail whatever the case, and by the exact e-mail and username', async () => {
    const [learner] = sites.get().learners
    const found = await search('email', learner.email.toUpperCase())
    assert.deepEqual(
      found.users.map(({ id, fullname, suspended }) => ({ id, fullname, suspended })),
      [{ id: learner.id, fullname: "Élodie D'Été", suspended: false }],
    )
    assert.deepEqual((await byField('email', learner.email))[0]?.id, learner.id)
    assert.deepEqual((await byField('username', learner.username))[0]?.id, learner.id)
    assert.deepEqual((await search('email', `none.${learner.email}`)).users, [])
    assert.deepEqual(await byField('username', `none.${learner.username}`), [])
  })

  it('reads % and _ in an e-mail as wildcards', async () => {
    const [first, second] = sites.get().learners
    const found = await search('email', `${sites.get().prefix}_%@example.org`)
    assert.deepEqual(
      found.users.map(({ id }) => id).filter((id) => id === first.id || id === second.id),
      [first.id, second.id],
    )
  })

  it('ignores a criterion that it does not know, with a warning, and refuses an unknown field', async () => {
    const [learner] = sites.get().learners
    const criteria = [
      { key: 'phone', value: '1' },
      { key: 'email', value: learner.email },
    ]
    const found = await ask(sites.get(), 'core_user_get_users', { criteria }, foundUsers)
    assert.deepEqual(
      found.users.map(({ id }) => id),
      [learner.id],
    )
    assert.equal(found.warnings[0]?.item, 'phone')
    const wrong = { field: 'phone', values: ['1'] }
    assert.equal(await refusal(sites.get(), 'core_user_get_users_by_field', wrong), 'codingerror')
  })

  it('refuses a username or an e-mail that is taken, the e-mail whatever its case', async () => {
    const [learner] = sites.get().learners
    const { prefix } = sites.get()
    const taken = [
      newPerson(learner),
      newPerson({ username: learner.username, email: `${prefix}.other@example.org` }),
      newPerson({ username: `${prefix}.other`, email: learner.email }),
      newPerson({ username: `${prefix}.other`, email: learner.email.toUpperCase() }),
    ]
    for (const person of taken) {
      assert.equal(
        await refusal(sites.get(), 'core_user_create_users', { users: [person] }),
        'invalidparameter',
      )
    }
  })

  it('refuses what no account may have', async () => {
    const { prefix } = sites.get()
    const person = newPerson({ username: `${prefix}.bad`, email: `${prefix}.bad@example.org` })
    const wrong = [
      { ...person, email: 'not-an-email' },
      { ...person, username: `${prefix}.Upper` },
      { ...person, username: `${prefix}.plus+x` },
      { ...person, username: `${prefix} é` },
      { ...person, firstname: '' },
      { ...person, auth: 'nosuchauth' },
      { ...person, lang: 'xx' },
      { username: person.username, email: person.email, firstname: 'A', lastname: 'B' },
    ]
    for (const users of wrong) {
      const refused = await refusal(sites.get(), 'core_user_create_users', { users: [users] })
      assert.equal(refused, 'invalidparameter', JSON.stringify(users))
    }
    const long = { ...person, username: `${prefix}${'a'.repeat(100)}` }
    assert.equal(await refusal(sites.get(), 'core_user_create_users', { users: [long] }), 'dmlwriteexception')
  })

  it('says in HTML, as the error code, why a password is too weak', async (t) => {
    const { prefix } = sites.get()
    const person = newPerson({ username: `${prefix}.weak`, email: `${prefix}.weak@example.org` })
    const answer = await send(sites.get(), 'core_user_create_users', {
      users: [{ ...person, password: 'abc' }],
    })
    if (Array.isArray(answer)) return t.skip('the site has no rules for passwords')
    assert.match(z.object({ errorcode: z.string() }).parse(answer).errorcode, /^<div>/)
  })

  it('creates all of a batch or none', async () => {
    const { prefix } = sites.get()
    const good = { username: `${prefix}.good`, email: `${prefix}.good@example.org` }
    const batch = { users: [newPerson(good), newPerson({ username: `${prefix}.bad`, email: 'bad' })] }
    assert.equal(await refusal(sites.get(), 'core_user_create_users', batch), 'invalidparameter')
    assert.deepEqual(await byField('username', good.username), [])
  })

  it('creates several people at once, and does not mind an idnumber given twice', async () => {
    const { prefix } = sites.get()
    const batch = ['three', 'four'].map((name) => ({
      username: `${prefix}.${name}`,
      email: `${prefix}.${name}@example.org`,
      firstname: 'Zoë',
      lastname: 'Ångström',
      idnumber: prefix,
      auth: 'manual',
      password: newPerson({ username: '', email: '' }).password,
    }))
    assert.equal((await ask(sites.get(), 'core_user_create_users', { users: batch }, ids)).length, 2)
    assert.deepEqual(
      (await byField('idnumber', prefix)).map(({ fullname }) => fullname),
      ['Zoë Ångström', 'Zoë Ångström'],
    )
  })

  it('updates a person, again without complaint, and tells faults as warnings', async () => {
    const [learner, other] = sites.get().learners
    const update = (change: Record<string, string | number>) =>
      send(sites.get(), 'core_user_update_users', { users: [change] })
    for (const city of ['Paris', 'Paris']) noWarnings.parse(await update({ id: learner.id, city }))
    for (const suspended of [1, 0]) {
      noWarnings.parse(await update({ id: learner.id, suspended }))
      assert.equal((await byField('username', learner.username))[0]?.suspended, suspended === 1)
    }
    const codes = [
      await update({ id: nobody, city: 'Paris' }),
      await update({ id: learner.id, email: other.email }),
      await update({ id: learner.id, username: other.username }),
    ].map((answer) => oneWarning.parse(answer).warnings[0].warningcode)
    assert.deepEqual(codes, ['invaliduserid', 'useremailduplicate', 'dmlwriteexception'])
  })

  it('deletes a person where the token may, and frees the username and the e-mail', async (t) => {
    const site = sites.get()
    if (!offers(t, site, 'core_user_delete_users')) return
    const person = { username: `${site.prefix}.gone`, email: `${site.prefix}.gone@example.org` }
    const id = await createLearner(site, person)
    const answer = await send(site, 'core_user_delete_users', { userids: [id] })
    if (answer !== null) {
      assert.equal(z.object({ errorcode: z.string() }).parse(answer).errorcode, 'nopermissions')
      return t.skip('the token may not delete people')
    }
    assert.equal(await refusal(site, 'core_user_delete_users', { userids: [id] }), 'invaliduser')
    assert.notEqual(await createLearner(site, person), id)
  })
}
