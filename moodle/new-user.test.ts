import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newUser, usernameOf } from './new-user.ts'

describe('a username', () => {
  it('is one that Moodle takes, always the same for an address, and no one else’s', () => {
    for (const email of [
      'Jean-Élie.d+shop@Example.org',
      '日本@example.jp',
      `${'x'.repeat(200)}@example.org`,
    ]) {
      const username = usernameOf(email)
      assert.match(username, /^[a-z0-9._-]{1,100}$/)
      assert.equal(username, usernameOf(` ${email.toUpperCase()}`))
    }
    assert.equal(usernameOf('Jean-Élie.d+shop@example.org').replace(/[0-9a-f]{10}$/, ''), 'jean-elie.dshop-')
    assert.notEqual(usernameOf('a@example.org'), usernameOf('a@example.com'))
  })
})

describe('a new user', () => {
  it('has a name that Moodle takes, whatever was typed', () => {
    const nameOf = (firstname: string) =>
      newUser({ email: 'a@example.org', firstname, lastname: 'B' }).firstname
    assert.equal(nameOf('  <b>Jean </b>  Paul'), 'Jean Paul')
    assert.equal(nameOf(' \n'), '-')
    assert.equal(nameOf('1 < 2'), '1 2')
    assert.equal(nameOf('é'.repeat(150)).length, 100)
  })
})
