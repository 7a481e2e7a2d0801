import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { type Kysely, sql } from 'kysely'
import type { Database } from '../db/schema.ts'
import { testDatabase } from '../test/database.ts'
import { createClient } from './client.ts'
import { type Compared, compareAccess } from './compare.ts'
import { touchEnrolments } from './entitlements.ts'
import { type Given, giver } from './give-product.ts'
import { impliedEnrolment } from './implied-enrolment.ts'
import { refusal, startScripted } from './scripted-server.ts'

const site = 'main'
const start = 1_767_225_600

describe('a comparison with the site', () => {
  let db: Kysely<Database>
  let give: (...given: Given[]) => Promise<number>
  /** Who is enrolled and active, by course. */
  const kept = new Map<number, Set<number>>()
  let calls = 0
  let onList: () => Promise<void>
  let server: Awaited<ReturnType<typeof startScripted>>
  let client: ReturnType<typeof createClient>

  before(async () => {
    ;({ db } = await testDatabase())
    const giveOn = await giver(db)
    give = (...given) => giveOn(site, ...given)
    server = await startScripted(async ({ wsfunction, form }) => {
      calls++
      if (wsfunction === 'core_user_get_users_by_field') {
        return [...form].filter(([name]) => name.startsWith('values')).map(([, id]) => ({ id: Number(id) }))
      }
      assert.equal(wsfunction, 'core_enrol_get_enrolled_users')
      await onList()
      const people = kept.get(Number(form.get('courseid')))
      if (!people) return refusal('invalidrecord', 'no such course')
      const option = (name: string) => {
        const [at] = [...form].find(([field, value]) => /\[name\]$/.test(field) && value === name) ?? []
        return Number(form.get(at?.replace('[name]', '[value]') ?? ''))
      }
      const from = option('limitfrom')
      return [...people]
        .sort((a, b) => a - b)
        .slice(from, from + option('limitnumber'))
        .map((id) => ({ id, roles: [{ roleid: 5 }] }))
    })
    client = createClient({ url: server.url, token: 'a-token' })
  })
  after(async () => {
    client.close()
    await server.close()
  })
  beforeEach(async () => {
    kept.clear()
    calls = 0
    onList = async () => {}
    await sql`truncate entitlements, enrolments, memberships`.execute(db)
  })

  /** As if they had been told an hour ago. */
  async function tell(course: number): Promise<void> {
    const row = { role: 5, group: null, enrols: true, startsAt: start, endsAt: 4_102_444_800 }
    const applied = impliedEnrolment([{ ...row, state: 'active' }], null, start + 1)
    await sql`update enrolments set applied_revision = revision, applied = ${JSON.stringify(applied)}::jsonb,
                     applied_at = now() - interval '1 hour' where course_id = ${course}`.execute(db)
  }
  async function enrol(course: number, users: number[]): Promise<number> {
    const product = await give(...users.map((user) => ({ course, user })))
    kept.set(course, new Set(users))
    await tell(course)
    return product
  }
  async function compare(from: Parameters<typeof compareAccess>[1] = null): Promise<Compared[]> {
    const parts: Compared[] = []
    for await (const part of compareAccess({ db, site, client }, from)) parts.push(part)
    return parts
  }
  const differences = (parts: Compared[]) => parts.flatMap((part) => part.differences)
  const checked = (parts: Compared[]) => parts.reduce((sum, part) => sum + part.checked, 0)
  const users = (count: number, from = 1) => Array.from({ length: count }, (_, i) => from + i)

  it('takes a page of ours and a page of Moodle’s at a time', async () => {
    await enrol(3, users(1200, 100))
    kept.get(3)?.add(1) // and somebody who is none of ours
    const parts = await compare()
    assert.deepEqual(differences(parts), [])
    assert.equal(checked(parts), 1200)
    assert.deepEqual(
      parts.map((part) => part.checked),
      [500, 500, 200, 0],
    )
    assert.equal(calls, 4, 'two pages of all, two of the active')
  })

  it('leaves out what is being told while it looks', async () => {
    const product = await enrol(3, [1, 2])
    await give({ course: 3, user: 3 })
    kept.get(3)?.delete(2)
    let changed = false
    onList = async () => {
      if (changed) return
      changed = true
      await db.transaction().execute(async (trx) => {
        await trx.updateTable('products').set({ state: 'suspended' }).where('id', '=', product).execute()
        await touchEnrolments(trx, site, [{ course: 3, user: 2 }])
      })
      // The third was delivered a moment after Moodle gave its list.
      await sql`update enrolments set applied_revision = revision, applied_at = now() where user_id = 3`.execute(
        db,
      )
    }
    assert.deepEqual(differences(await compare()), [])
    onList = async () => {}
    assert.deepEqual(
      differences(await compare()).map(({ user, faults }) => [user, faults.map(({ kind }) => kind)]),
      [
        [1, ['told_otherwise', 'active_there']],
        [2, ['behind']],
        [3, ['missing']],
      ],
    )
  })

  it('finds one difference in a course that is gone, and goes on with the next', async () => {
    await enrol(3, users(700))
    await enrol(4, [1])
    kept.delete(3)
    kept.get(4)?.delete(1)
    const parts = await compare()
    const [gone, missing] = differences(parts)
    assert.deepEqual(
      [gone?.user, gone?.faults.map((fault) => 'people' in fault && fault.people)],
      [null, [700]],
    )
    assert.deepEqual(missing, { course: 4, user: 1, faults: [{ kind: 'missing' }] })
    assert.equal(checked(parts), 701)
  })

  it('finds none in a course that was deleted when nobody was to be in it any more', async () => {
    const ended = await enrol(3, users(3))
    const revoked = await enrol(4, [1])
    await sql`update products set ends_at = now() - interval '1 day' where id = ${ended}`.execute(db)
    await sql`update products set state = 'revoked' where id = ${revoked}`.execute(db)
    kept.clear()
    const parts = await compare()
    assert.deepEqual(differences(parts), [])
    assert.equal(checked(parts), 4)
  })

  it('goes on after the course or the membership that it had come to', async () => {
    await enrol(3, [1])
    await enrol(4, [1])
    await give({ membership: 'role:9@system', user: 1 })
    await give({ membership: 'role:9@coursecat:2', user: 1 })
    const from = async (position: Parameters<typeof compareAccess>[1]) =>
      (await compare(position)).flatMap(({ upTo }) => (upTo ? [upTo] : []))
    const all = [
      { course: 3 },
      { course: 4 },
      { membership: 'role:9@coursecat:2' },
      { membership: 'role:9@system' },
    ]
    assert.deepEqual(await from(null), all)
    for (const [i, position] of all.entries()) assert.deepEqual(await from(position), all.slice(i + 1))
  })

  it('ends with Moodle’s error when it is away', async () => {
    await enrol(3, [1])
    const closed = createClient({ url: 'http://127.0.0.1:1', token: 'a-token' })
    const parts = compareAccess({ db, site, client: closed }, null)
    await assert.rejects(parts.next(), { name: 'MoodleError', kind: 'outage' })
    closed.close()
  })
})
