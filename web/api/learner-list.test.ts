import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, it } from 'node:test'
import { testApi } from '../../test/api.ts'
import { buyer, testShop } from '../../test/shop.ts'

describe('a list of people over the API', async () => {
  const shop = await testShop()
  const api = await testApi(shop)
  const course = (await shop.shop.site.course('DATA-101'))?.id
  const code = await shop.sell({ handler: 'std_setuponecoursesession', internal: { course, seats: 3 } })

  const ada = { email: 'ada@client.example', firstname: 'Ada', lastname: 'Lovelace' }
  const place = (participants: unknown) =>
    api.post(
      '/orders',
      {
        lines: [{ code, units: [{ external: { session: 'May', participants } }] }],
        customer: buyer,
        means: 'transfer',
        termsAccepted: true,
      },
      { key: randomUUID() },
    )
  const pointers = (answer: { body: { errors: { pointer: string }[] } }) =>
    answer.body.errors.map(({ pointer }) => pointer.replace('/lines/0/units/0/external/', ''))

  it('is a list of objects, of which the form says all', async () => {
    const { body } = await api.get(`/catalog/${code}`)
    const { schema, elements } = body.unit.external
    assert.equal(schema.properties.participants.maxItems, 3)
    assert.deepEqual(schema.properties.participants.items.required, ['email', 'firstname', 'lastname'])
    assert.ok(elements.some((one: { type: string; max: number }) => one.type === 'learners' && one.max === 3))
  })

  it('has each wrong person at a pointer of their own', async () => {
    const answer = await place([ada, { ...ada, email: 'ADA@client.example' }, { email: 'grace@client' }])
    assert.equal(answer.status, 422)
    assert.deepEqual(pointers(answer), [
      'participants',
      'participants/0/email',
      'participants/1/email',
      'participants/2/email',
      'participants/2/firstname',
      'participants/2/lastname',
    ])
  })

  it('has its wrong rows in a cart too', async () => {
    const { body } = await api.post('/carts', {
      lines: [{ code, units: [{ external: { session: 'May', participants: [{ ...ada, lastname: '' }] } }] }],
    })
    const { rows } = body.lines[0].units[0].errors.external.participants
    assert.equal(rows.length, 1)
    assert.equal(rows[0].line, 1)
    assert.equal(rows[0].errors.lastname.en, 'Please fill this in.')
  })

  it('is ordered as it was sent', async () => {
    const { body, status, text } = await place([ada])
    assert.equal(status, 201, text)
    assert.deepEqual(body.lines[0].units[0].external.participants, [ada])
  })
})
