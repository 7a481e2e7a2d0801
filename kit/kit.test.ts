import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { testDatabase } from '../test/database.ts'
import { formatProof } from './format-proof.ts'
import { type Proof, proveHandler } from './prove-handler.ts'
import { readSamples } from './samples.ts'
import { openWorlds } from './world.ts'

const foldersIn = (folder: string) =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)

const [first, second] = await Promise.all([testDatabase(), testDatabase()])
const worlds = await openWorlds([first.url, second.url])
after(() => worlds.close())

describe('every shipped handler', () => {
  const shipped = path.join(import.meta.dirname, '../handlers')
  for (const handler of foldersIn(shipped)) {
    it(`${handler} survives every crash, race and fault`, async () => {
      assert.ok(await readSamples(path.join(shipped, handler)), `handlers/${handler} has no samples.ts`)
      const proof = await proveHandler({ handler, worlds })
      assert.ok(proof.ok, `\n${formatProof(proof)}`)
    })
  }
})

describe('a bad handler', () => {
  const folders = [path.join(import.meta.dirname, 'bad-handlers')]
  const proofs = new Map<string, Proof>()

  /** What the proof found in this scenario, and what it advises. */
  const found = ({ rows }: Proof, scenario: string) => {
    const findings = rows.find((row) => row.scenario === scenario)?.findings ?? []
    return findings.map(({ where, what, advice }) => `${where}: ${what.join('; ')} → ${advice}`).join('\n')
  }

  const cases: { handler: string; does: string; caught: [scenario: string, pattern: RegExp][] }[] = [
    {
      handler: 'ext_adds_outside_a_step',
      does: 'makes something outside a step',
      caught: [
        [
          'the process dies, at every moment',
          /^postpay, after “tell” is recorded: the note .* is there twice instead of once → .*Put it in a step/m,
        ],
        ['Moodle does it, and its answer is lost', /before core_notes_create_notes: the note .* twice/],
      ],
    },
    {
      handler: 'ext_random_name',
      does: 'names by chance what it makes',
      caught: [['the same sale again', /the group “group-0.* is missing → .*never from chance/]],
    },
    {
      handler: 'ext_remembers',
      does: 'keeps something in memory',
      caught: [
        ['the same sale again', /data is \{"place":2\} instead of \{"place":1\} → .*the module remembers/],
      ],
    },
    {
      handler: 'ext_never_looks',
      does: 'makes without looking',
      caught: [
        [
          'the process dies, at every moment',
          /between the effect of “group” and its record: its postpay needs an operator: .* → .*look for that before/,
        ],
        [
          'Moodle answers too late, and does it all the same',
          /before core_group_create_groups: .*needs an operator/,
        ],
        [
          'two workers at once',
          /^postpay: its postpay needs an operator: .*Two workers may run the same unit/,
        ],
      ],
    },
    {
      handler: 'ext_loses_its_step',
      does: 'needs more of a step than it returned',
      caught: [
        [
          'the process dies, at every moment',
          /after “account” is recorded: the enrolment of .* is missing.* → .*let a step return all that what follows needs/,
        ],
      ],
    },
    {
      handler: 'ext_swallows_errors',
      does: 'swallows errors of Moodle',
      caught: [
        [
          'Moodle is down, at every call',
          /the account of .* is missing.* → .*Let every error of Moodle pass/,
        ],
      ],
    },
    {
      handler: 'ext_forgets_release',
      does: 'forgets to release',
      caught: [
        ['prepared, then cancelled', /the group “room-1” of SST-2026 is too much → .*undo it in `release`/],
      ],
    },
    {
      handler: 'ext_keeps_access',
      does: 'forgets to take access back',
      caught: [
        ['sold, delivered, taken back', /the role manager of .* is too much → .*take it back in `revoke`/],
      ],
    },
    {
      handler: 'ext_takes_back_twice',
      does: 'wants to undo what one product’s revocation has undone',
      caught: [['one product taken back alone', /its revoke needs an operator: there is no group-/]],
    },
    {
      handler: 'ext_names_no_functions',
      does: 'does not name the functions that it calls',
      caught: [
        ['the functions that it names', /core_user_get_users is called, and not named; .* → .*`functions`/],
      ],
    },
    {
      handler: 'ext_never_delivers',
      does: 'never delivers',
      caught: [
        [
          'sold, delivered, taken back',
          /its postpay needs an operator: the machine is broken → Put this right/,
        ],
      ],
    },
    {
      handler: 'ext_broken',
      does: 'is no handler',
      caught: [['loaded', /its title must have a text in English and in French/]],
    },
  ]
  for (const { handler, does, caught } of cases) {
    it(`that ${does} is caught, and told what to do`, async () => {
      const proof = await proveHandler({ handler, folders, worlds })
      proofs.set(handler, proof)
      assert.equal(proof.ok, false)
      for (const [scenario, pattern] of caught) assert.match(found(proof, scenario), pattern, scenario)
    })
  }

  it('is in this list, as all of them are', () => {
    assert.deepEqual([...proofs.keys()].sort(), foldersIn(folders[0] ?? '').sort())
  })
})

describe('a proof', () => {
  it('takes its samples from elsewhere, and says when they are none', async () => {
    const handler = 'std_enroloncourse'
    const proving = proveHandler({ handler, worlds, samples: { internal: 'none' } })
    await assert.rejects(proving, /The samples of std_enroloncourse can't be used: at 0.internal/)
  })

  it('says which parameters the operator’s form would refuse', async () => {
    const samples = { internal: { course: 999 } }
    const { ok, rows } = await proveHandler({ handler: 'std_enroloncourse', worlds, samples })
    assert.equal(ok, false)
    assert.match(rows[0]?.findings[0]?.what[0] ?? '', /course/i)
  })

  it('names the places where it looked for a handler', async () => {
    await assert.rejects(
      proveHandler({ handler: 'ext_nowhere', worlds }),
      /There is no handler "ext_nowhere": looked at .*handlers/,
    )
  })
})
