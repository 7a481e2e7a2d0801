import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { MoodleError } from '../sdk/index.ts'
import type { Call, Client } from './client.ts'
import { namesMadeUp, type RehearsedCall, readingFunctions, rehearsingClient } from './rehearsing-client.ts'
import { functionsOf } from './sandbox/functions.ts'

/** A client that tells what was asked of Moodle, and what was noted instead. */
function rehearsal() {
  const asked: string[] = []
  const noted: RehearsedCall[] = []
  const call: Call = async (wsfunction, _parameters, reply) => {
    asked.push(wsfunction)
    return reply.parse([{ id: 7 }])
  }
  const real: Client = {
    call,
    callNow: call,
    probe: call,
    limit: (work) => work(),
    trouble: () => undefined,
    close: () => {},
  }
  return { client: rehearsingClient(real, (one) => noted.push(one)), asked, noted }
}

const ids = z.array(z.object({ id: z.int(), name: z.string() }))

describe('a rehearsing client', () => {
  it('asks what is only read', async () => {
    const { client, asked, noted } = rehearsal()
    const reply = z.array(z.object({ id: z.int() }))
    assert.deepEqual(await client.call('core_group_get_course_groups', { courseid: 2 }, reply), [{ id: 7 }])
    assert.deepEqual([asked, noted], [['core_group_get_course_groups'], []])
  })

  it('sends nothing that writes, nor anything that it doesn’t know, and answers after what was sent', async () => {
    const { client, asked, noted } = rehearsal()
    const groups = [
      { courseid: 2, name: 'A' },
      { courseid: 2, name: 'B' },
    ]
    const made = await client.callNow('core_group_create_groups', { groups }, ids)
    assert.deepEqual(
      made.map(({ name }) => name),
      ['A', 'B'],
    )
    assert.equal(new Set(made.map(({ id }) => id)).size, 2)
    assert.ok(made.every(({ id }) => namesMadeUp(id)))
    assert.equal(await client.call('enrol_manual_enrol_users', { enrolments: [] }, z.null()), null)
    const warnings = z.object({ warnings: z.array(z.string()), done: z.boolean() })
    assert.deepEqual(await client.call('local_shop_get_rich', { id: 3 }, warnings), {
      warnings: [],
      done: false,
    })
    assert.deepEqual(asked, [])
    assert.deepEqual(
      noted.map((one) => one.function),
      ['core_group_create_groups', 'enrol_manual_enrol_users', 'local_shop_get_rich'],
    )
  })

  it('does not ask Moodle about what it made up', async () => {
    const { client, asked, noted } = rehearsal()
    const [made] = await client.call('core_group_create_groups', { groups: [{ name: 'A' }] }, ids)
    const members = await client.call(
      'core_group_get_group_members',
      { groupids: [made?.id] },
      z.array(z.string()),
    )
    assert.deepEqual([members, asked, noted.length], [[], [], 1])
  })

  it('ends where no answer can be made up', async () => {
    const { client } = rehearsal()
    const calling = client.call('tool_odd_do', {}, z.object({ code: z.string().min(3) }))
    await assert.rejects(
      calling,
      (error: unknown) => error instanceof MoodleError && error.code === 'rehearsal',
    )
  })

  it('takes for reading what the sandbox only reads', () => {
    const { '4.5': writes } = { '4.5': Object.entries(functionsOf('4.5')).filter(([, { writes }]) => writes) }
    for (const [name] of writes) assert.equal(readingFunctions.has(name), false, name)
  })
})
