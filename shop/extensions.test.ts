import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testShop } from '../test/shop.ts'
import { extensionsOf } from './extensions.ts'

describe('the entries that extend a product', async () => {
  const test = await testShop()
  const { db, shop } = test
  const course = await test.sell({ handler: 'std_enroloncourse', internal: { course: 2, durationDays: 30 } })
  const steps = await test.sell({ handler: 'ext_steps', internal: { course: 2 } })
  const access = await test.sell({ handler: 'std_extendenrolperiod', internal: { days: 30 } })
  const others = await test.sell({
    handler: 'std_extendenrolperiod',
    internal: { days: 30, handlers: ['ext_steps'] },
  })
  const all = await test.sell({ handler: 'std_prorogate', internal: { days: 30 } })
  const draft = await test.sell({ handler: 'std_prorogate', internal: { days: 90 } })
  await db.updateTable('entries').set({ state: 'draft' }).where('code', '=', draft).execute()
  await test.sell({ handler: 'std_prorogate', internal: { days: 'many' } })

  async function bought(code: string, external: Record<string, unknown>) {
    const [product] = await test.bought(code, [external])
    assert.ok(product)
    return product
  }
  const codes = async (product: Parameters<typeof extensionsOf>[1]) =>
    (await extensionsOf(shop, product)).map(({ code }) => code)

  it('are those on sale whose handler takes it', async () => {
    const learner = { email: 'ada@learners.example', firstname: 'Ada', lastname: 'Martin' }
    assert.deepEqual(await codes(await bought(course, learner)), [access, all])
    const product = await bought(steps, { place: 'one' })
    assert.deepEqual(await codes({ ...product, endsAt: new Date() }), [others, all])
  })

  it('are none for what has no end or was revoked', async () => {
    const learner = { email: 'bob@learners.example', firstname: 'Bob', lastname: 'Martin' }
    const product = await bought(course, learner)
    assert.deepEqual(await codes({ ...product, endsAt: null }), [])
    assert.deepEqual(await codes({ ...product, state: 'revoked' }), [])
  })
})
