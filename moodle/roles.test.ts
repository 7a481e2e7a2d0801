import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createClient } from './client.ts'
import { openRoles } from './roles.ts'
import { startScripted } from './scripted-server.ts'

describe('the roles of a site', () => {
  let server: Awaited<ReturnType<typeof startScripted>>
  let client: ReturnType<typeof createClient>

  before(async () => {
    // A site that has renumbered: its students are 12, and 4 are something else. Users without roles show none.
    server = await startScripted(({ form }) => {
      assert.equal(form.get('courseid'), '3')
      return [
        { id: 4, roles: [{ roleid: 12, name: '', shortname: 'student', sortorder: 0 }] },
        { id: 5 },
        { id: 6, roles: [{ roleid: 4, name: 'Tuteur', shortname: 'tuteur', sortorder: 0 }] },
      ]
    })
    client = createClient({ url: server.url, token: 'a-token' })
  })
  after(async () => {
    client.close()
    await server.close()
  })

  it('are the standard ones until others are seen, which win', async () => {
    const roles = openRoles(client)
    assert.deepEqual(
      (await roles.list()).map(({ id, shortname }) => [id, shortname]),
      [
        [1, 'manager'],
        [2, 'coursecreator'],
        [3, 'editingteacher'],
        [4, 'teacher'],
        [5, 'student'],
      ],
    )
    const seen = [
      [1, 'manager'],
      [2, 'coursecreator'],
      [3, 'editingteacher'],
      [4, 'tuteur'],
      [12, 'student'],
    ]
    assert.deepEqual(
      (await roles.list(3)).map(({ id, shortname }) => [id, shortname]),
      seen,
    )
    assert.equal(await roles.idOf('student'), 12)
  })

  it('are looked for in the course when a name is unknown, and only then', async () => {
    const roles = openRoles(client)
    server.received.length = 0
    assert.equal(await roles.idOf('teacher', 3), 4)
    assert.equal(await roles.idOf('12', 3), 12)
    assert.equal(server.received.length, 0)
    assert.equal(await roles.idOf('tuteur', 3), 4)
    await assert.rejects(roles.idOf('nobody', 3), { code: 'unknownrole' })
  })
})
