import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { createClient } from './client.ts'
import { existingUsers, groupMembers, openPeople } from './read-people.ts'
import { refusal, startScripted } from './scripted-server.ts'

describe('the people of a course', () => {
  /** Ids in order; `suspended` ones are not active. */
  let ids: number[] = []
  let suspended = new Set<number>()
  let calls = 0
  let onPage: () => void
  let server: Awaited<ReturnType<typeof startScripted>>
  let client: ReturnType<typeof createClient>

  before(async () => {
    server = await startScripted(({ wsfunction, form }) => {
      calls++
      switch (wsfunction) {
        case 'core_enrol_get_enrolled_users': {
          const options = new Map<string, string>()
          for (let i = 0; form.has(`options[${i}][name]`); i++) {
            options.set(form.get(`options[${i}][name]`) ?? '', form.get(`options[${i}][value]`) ?? '')
          }
          const from = Number(options.get('limitfrom'))
          const listed = options.get('onlyactive') === '1' ? ids.filter((id) => !suspended.has(id)) : ids
          const page = listed.slice(from, from + Number(options.get('limitnumber')))
          onPage()
          return page.map((id) => ({ id, fullname: 'N', roles: [{ roleid: 5, shortname: 'student' }] }))
        }
        case 'core_group_get_group_members': {
          const groups: number[] = []
          for (let i = 0; form.has(`groupids[${i}]`); i++) groups.push(Number(form.get(`groupids[${i}]`)))
          if (groups.includes(404)) return refusal('invalidrecord')
          return groups.map((groupid) => ({ groupid, userids: [groupid, 1, 2] }))
        }
        case 'core_user_get_users_by_field': {
          const values = [...form].filter(([name]) => name.startsWith('values')).map(([, id]) => Number(id))
          return values.filter((id) => id % 2 === 0).map((id) => ({ id }))
        }
        default:
          return assert.fail(wsfunction)
      }
    })
    client = createClient({ url: server.url, token: 'a-token' })
  })
  after(async () => {
    client.close()
    await server.close()
  })
  beforeEach(() => {
    calls = 0
    onPage = () => {}
    ids = Array.from({ length: 2500 }, (_, i) => i + 1)
    suspended = new Set([7, 1999])
  })

  it('are found in a list of many pages, read once', async () => {
    const look = openPeople(client, 3)
    const seen = await look([1, 7, 999])
    assert.deepEqual(seen.get(1), { roles: [5], active: true })
    assert.deepEqual(seen.get(7), { roles: [5], active: false })
    assert.equal((await look([1500, 1999])).get(1999)?.active, false)
    assert.deepEqual([...(await look([2400, 9999])).keys()], [2400])
    assert.equal(calls, 6)
  })

  it('are all found though some leave while it is read', async () => {
    let pages = 0
    onPage = () => {
      if (++pages === 2) ids = ids.filter((id) => id > 10)
    }
    const look = openPeople(client, 3)
    const wanted = [990, 1000, 1001, 1005, 1010, 2500]
    assert.deepEqual([...(await look(wanted)).keys()], wanted)
  })

  it('are told by group, where one of the groups is gone', async () => {
    const found = await groupMembers(client, [11, 404, 12], new Set([1, 12]))
    assert.deepEqual(
      [...found].map(([group, users]) => [group, [...users]]),
      [
        [11, [1]],
        [12, [12, 1]],
      ],
    )
  })

  it('are told by account, hundreds at a time', async () => {
    const found = await existingUsers(
      client,
      Array.from({ length: 1200 }, (_, i) => i + 1),
    )
    assert.equal(found.size, 600)
    assert.equal(calls, 3)
  })
})
