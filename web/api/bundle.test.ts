import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { testApi } from '../../test/api.ts'
import { buyer, testShop } from '../../test/shop.ts'

const leo = { email: 'leo@learners.example', firstname: 'Léo', lastname: 'Petit' }
const mia = { email: 'mia@learners.example', firstname: 'Mia', lastname: 'Roy' }
const text = { en: 'Both', fr: 'Les deux' }

describe('bundles over the API', async () => {
  const shop = await testShop()
  const api = await testApi(shop)
  let as = ''
  let one = ''
  let two = ''
  before(async () => {
    as = await api.program('operator')
    one = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 }, priceCents: 20_000 })
    two = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 3 }, priceCents: 10_000 })
  })

  const draft = (code: string, parts: object[], more: object = {}) => ({
    code,
    state: 'on_sale',
    title: text,
    summary: text,
    category: text,
    priceCents: 24_001,
    vatBasisPoints: 2000,
    parts,
    ...more,
  })
  const place = (units: object[]) =>
    api.post(
      '/orders',
      { lines: [{ code: 'BOTH', units }], customer: buyer, means: 'transfer', termsAccepted: true },
      { key: randomUUID() },
    )

  it('are written with their parts, and sold with what is asked for each', async () => {
    const parts = [
      { code: one, quantity: 1 },
      { code: two, quantity: 1 },
    ]
    const made = await api.post('/entries', draft('BOTH', parts), { as, key: randomUUID() })
    assert.equal(made.status, 201)
    assert.deepEqual(made.body.parts, parts)
    assert.deepEqual((await api.get('/entries/BOTH', { as })).body.parts, parts)
    const { body } = await api.get('/catalog/BOTH')
    assert.deepEqual(
      body.parts.map((part: { code: string; priceCents: number }) => [part.code, part.priceCents]),
      [
        [one, 20_000],
        [two, 10_000],
      ],
    )
    assert.deepEqual(
      body.partUnits.map((part: { code: string }) => part.code),
      [one, two],
    )
  })

  it('are not written with a part that can’t be sold, or with a handler', async () => {
    const pair = [
      { code: one, quantity: 1 },
      { code: 'NOWHERE', quantity: 1 },
    ]
    const sound = [{ code: one, quantity: 2 }]
    for (const [parts, more] of [
      [pair, {}],
      [sound, { handler: 'std_enroloncourse', internal: { course: 2 } }],
      [[{ code: one, quantity: 0 }], {}],
    ] as const) {
      const refused = await api.post('/entries', draft('OTHER', [...parts], more), { as, key: randomUUID() })
      assert.equal(refused.status, 422)
      assert.ok(refused.body.errors.some(({ pointer }: { pointer: string }) => pointer === '/parts'))
    }
  })

  it('are ordered with answers for each part, and told as the lines of one bundle', async () => {
    const wrong = await place([{ parts: [{ code: two, external: { ...mia, email: 'mia' } }] }])
    assert.equal(wrong.status, 422)
    const pointers = wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer)
    assert.ok(pointers.includes('/lines/0/units/0/parts/0/external/email'), String(pointers))
    assert.ok(pointers.includes('/lines/0/units/0/parts/1/external/email'), 'where the first is missing')

    const placed = await place([
      {
        parts: [
          { code: one, external: leo },
          { code: two, external: mia },
        ],
      },
    ])
    assert.equal(placed.status, 201)
    assert.equal(placed.body.totalCents, 24_001)
    const told = placed.body.lines.map(
      (line: {
        code: string
        unitCents: number
        bundle: object
        units: { external: { email: string } }[]
      }) => [line.code, line.unitCents, line.bundle, line.units[0]?.external.email],
    )
    const bundle = { code: 'BOTH', title: text, unitCents: 24_001, quantity: 1 }
    assert.deepEqual(told, [
      [one, 16_001, bundle, leo.email],
      [two, 8_000, bundle, mia.email],
    ])
  })

  it('name one learner for all parts when asked to', async () => {
    const placed = await place([{ sameLearner: true, parts: [{ code: one, external: leo }] }])
    assert.equal(placed.status, 201)
    const emails = placed.body.lines.map(
      (line: { units: { external: { email: string } }[] }) => line.units[0]?.external.email,
    )
    assert.deepEqual(emails, [leo.email, leo.email])
  })
})
