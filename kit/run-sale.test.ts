import assert from 'node:assert/strict'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { loadHandler } from '../production/registry.ts'
import { testDatabase } from '../test/database.ts'
import { compare } from './findings.ts'
import { type Moment, openProcess } from './process.ts'
import { type Proven, runSale } from './run-sale.ts'
import type { Phase } from './sale.ts'
import { casesOf, readSamples } from './samples.ts'
import { openWorlds, type World } from './world.ts'

const worlds = await openWorlds([(await testDatabase()).url])
after(() => worlds.close())

/** A shipped handler with its first samples. */
async function proven(world: World, handler: string): Promise<Proven> {
  const folder = path.join(import.meta.dirname, '../handlers', handler)
  const registered = await loadHandler(folder)
  assert.ok('handler' in registered)
  const [sample] = casesOf(registered, await readSamples(folder))
  assert.ok(sample)
  await world.reset(sample.service)
  const process = openProcess(world, registered)
  const internal = await sample.internal(process.shop.site, world.serviceUrl)
  await process.close()
  return { registered, sample, internal: new Map([[world, internal]]) }
}

describe('a sale in trouble', () => {
  it('ends well though Moodle gives access when it was taken away already: the shop tells it once more', async () => {
    const [world] = worlds.worlds
    const one = await proven(world, 'std_joincohort')
    const path: Phase[] = ['order', 'deliver', 'revoke']
    const calm = await runSale(world, one, path)
    const join = 'core_cohort_add_cohort_members'
    const moments = calm.moments.get('deliver') ?? []
    const at = moments.findIndex(({ kind, name }) => kind === 'call' && name === join) + 1

    const run = await runSale(world, one, path, {
      trouble: { during: 'deliver', what: { kind: 'late', at } },
    })
    assert.deepEqual(compare('late', 'postpay', calm, run, ['deliver', 'revoke']), [])
    const leave = 'core_cohort_delete_cohort_members'
    assert.deepEqual(
      world.calls.map((call) => call.function).filter((name) => name === join || name === leave),
      [join, leave, join, leave],
    )
  })

  it('is spared a fault whose call never comes: what follows the attempt is no part of it', async () => {
    const [world] = worlds.worlds
    const one = await proven(world, 'std_enroloncourse')
    const calm = await runSale(world, one, ['order', 'deliver', 'revoke'])
    const calls = calm.moments.get('deliver')?.filter(({ kind }) => kind === 'call').length ?? 0
    assert.ok(calls > 0)

    const struck: Moment[] = []
    const run = await runSale(world, one, ['order', 'deliver', 'revoke'], {
      trouble: { during: 'deliver', what: { kind: 'faults', at: calls + 1, faults: ['disabled'] } },
      onStrike: (moment) => struck.push(moment),
    })
    assert.deepEqual(struck, [])
    assert.deepEqual(compare('fault', 'postpay', calm, run, ['deliver', 'revoke']), [])
  })
})
