import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defineHandler, type Handler, type Moodle, z } from '../sdk/index.ts'
import { guardHandler } from './guard-handler.ts'

const moodle = {} as Moodle // asked for nothing
const entry = { code: 'A' }

/** A handler of somebody who wrote it without types. */
function handler(written: Record<string, unknown>): Handler {
  const sound = { title: { en: 'A', fr: 'B' }, internal: z.object({}), external: z.object({}) }
  return guardHandler(defineHandler({ ...sound, ...written }), { check: 0.02, available: 0.02 })
}

const never = () => new Promise(() => {})
const check = (written: Record<string, unknown>) => handler(written).check?.({ internal: {}, moodle })
const available = (written: Record<string, unknown>) =>
  handler(written).available?.({ entry, internal: {}, moodle })

describe('what a handler is asked outside a production', () => {
  it('is waited for no longer than a person would', async () => {
    await assert.rejects(async () => await check({ check: never }), /check did not answer within 0.02 s/)
    await assert.rejects(async () => await available({ available: never }), /available did not answer/)
  })

  it('is answered in its shape: no "false" passes for a yes', async () => {
    for (const answer of [true, false, undefined, 'no', { ok: false }, { ok: false, why: 'sold out' }])
      await assert.rejects(
        async () => await available({ available: () => answer }),
        /available returned what it must not: \{ ok: true \}, or/,
      )
    for (const answer of [
      'ok',
      undefined,
      [{ level: 'error' }],
      [{ level: 'fatal', text: { en: '', fr: '' } }],
    ])
      await assert.rejects(
        async () => await check({ check: () => answer }),
        /check returned what it must not: a list of findings/,
      )
  })

  it('passes as it is when it is sound, whatever else the handler has', async () => {
    const finding = { field: 'course', level: 'error', text: { en: 'No', fr: 'Non' } }
    assert.deepEqual(await check({ check: async () => [finding] }), [finding])
    assert.deepEqual(await available({ available: async () => ({ ok: true }) }), { ok: true })
    const no = { ok: false, why: { en: 'Sold out', fr: 'Complet' } }
    assert.deepEqual(await available({ available: () => no }), no)
    const written = { maxQuantity: 3, text: 'mine', check: () => [], postpay: () => ({ products: [] }) }
    assert.equal(handler(written).maxQuantity, 3)
    assert.equal(handler(written).postpay, written.postpay)
    assert.equal(handler({}).check, undefined)
  })

  it('finds out when the entry is saved that no form can be drawn with its parameters', async () => {
    await assert.rejects(async () => await check({ asks: () => 'form' }), /asks returned what it must not/)
    const asks = () => z.object({ born: z.date() })
    await assert.rejects(async () => await check({ asks, check: () => [] }), /the field "born"/)
    assert.deepEqual(await check({ asks: () => z.object({ name: z.string() }) }), [])
  })
})
