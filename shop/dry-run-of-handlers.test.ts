import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { describe, it } from 'node:test'
import { casesOf, readSamples } from '../kit/samples.ts'
import { findFunction } from '../moodle/sandbox/functions.ts'
import { writeState } from '../moodle/sandbox/state.ts'
import { testShop } from '../test/shop.ts'
import { dryRun } from './dry-run.ts'
import { productsOfOrder } from './product.ts'
import { findOrder } from './view-order.ts'

const folder = path.join(import.meta.dirname, '../handlers')
const shipped = (await readdir(folder, { withFileTypes: true }))
  .filter((one) => one.isDirectory())
  .map(({ name }) => name)

describe('a dry run of every shipped handler', async () => {
  const t = await testShop()
  const { log, state } = t.sandbox.site

  /** Delivers what the samples say that the customer has before. Returns the references. */
  async function sellBefore(before: { handler: string; internal: object; external: object[] }) {
    const code = await t.sell({ handler: before.handler, internal: { ...before.internal } })
    const { number } = await t.placed(
      code,
      before.external.map((external) => ({ ...external })),
    )
    await t.pay(number)
    await t.takeOver()
    const made = await productsOfOrder(t.db, (await findOrder(t.db, number))?.id ?? 0)
    return made.map(({ reference }) => reference)
  }

  for (const id of shipped) {
    it(`tells what ${id} would do, in both languages, and has Moodle do nothing`, async () => {
      const registered = t.shop.registry().handlers.get(id)
      assert.ok(registered, `${id} is not in the registry`)
      for (const one of casesOf(registered, await readSamples(path.join(folder, id)))) {
        const before = one.before ? await sellBefore(one.before) : []
        const internal = await one.internal(t.shop.site, 'http://127.0.0.1:9/service')
        const there = writeState(state)
        log.functions.clear()
        const specific = registered.kind === 'specific'
        const run = await dryRun(
          t.shop,
          {
            code: specific ? id : 'TRIED',
            title: { en: 'Tried', fr: 'Essayé' },
            handler: specific ? 'specific' : id,
            internal,
            fields: [],
            priceCents: 12_000,
            vatBasisPoints: 2000,
          },
          [1, 2].map((n) => ({ external: one.external(n, before) })),
        )
        const name = `${id}, ${one.name}`
        assert.ok(run.ok, `${name}: ${'why' in run ? run.why.en : ''}`)
        for (const unit of run.units) {
          // What hangs on the answer of a service outside Moodle can't be known.
          if (one.service) assert.match(unit.why?.en ?? '', /depends on an answer/, name)
          else assert.equal(unit.state, 'produced', `${name}: ${unit.why?.en}`)
          assert.ok(unit.lines.length > 0 || unit.products.length > 0, `${name} says nothing`)
          for (const { says } of unit.lines) {
            assert.ok(says.en && says.fr, name)
            assert.doesNotMatch(`${says.en} ${says.fr}`, /undefined|\[object|NaN|Invalid Date/, name)
          }
        }
        if (!one.service) assert.equal(run.order, 'completed', name)
        assert.equal(writeState(state), there, name)
        for (const called of log.functions.keys()) {
          assert.equal(findFunction('4.5', called)?.writes, false, `${name} calls ${called}`)
        }
      }
    })
  }
})
