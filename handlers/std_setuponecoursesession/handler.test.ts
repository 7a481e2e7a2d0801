import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { validate } from '../../sdk/form.ts'
import { unitForms } from '../../shop/entry.ts'
import { testShop } from '../../test/shop.ts'

const shop = await testShop()
const { state } = shop.sandbox.site
const course = 4
const internal = { course, seats: 3, durationDays: 30 }
const code = await shop.sell({ handler: 'std_setuponecoursesession', internal })

const ada = { email: 'ada@client.example', firstname: 'Ada', lastname: 'Lovelace' }
const alan = { email: 'alan@client.example', firstname: 'Alan', lastname: 'Turing' }
const grace = { email: 'grace@client.example', firstname: 'Grace', lastname: 'Hopper' }

const groupsNamed = (name: string) => [...state.groups.values()].filter((group) => group.name === name)
const accountOf = (email: string) => [...state.users.values()].find((user) => user.email === email)

async function deliver(answers: Record<string, unknown>, sold = code): Promise<string> {
  const { number } = await shop.placed(sold, [answers])
  await shop.takeOver(3)
  await shop.pay(number)
  await shop.takeOver(3)
  return number
}

describe('a session', () => {
  it('puts participants and supervisors in a group of their own, each in their role', async () => {
    const answers = { session: 'May', participants: [ada, alan], supervisors: [grace] }
    const number = await deliver(answers)
    assert.deepEqual(await shop.unitStates(number), ['produced'])
    const [group, ...others] = groupsNamed('May')
    assert.equal(others.length, 0)
    const people = [ada, alan, grace].map(({ email }) => accountOf(email)?.id)
    assert.deepEqual([...(group?.members ?? [])].sort(), people.toSorted())
    const roles = people.map((id) => [...(state.roles.get(`course:${course}`)?.get(id ?? 0) ?? [])])
    assert.deepEqual(roles, [[5], [5], [4]])
  })

  it('gives each person a product of their own', async () => {
    const number = await deliver({ session: 'June', participants: [ada, alan], supervisors: [grace] })
    const products = await shop.db
      .selectFrom('products')
      .innerJoin('orders', 'orders.id', 'products.order_id')
      .select(['products.key', 'products.holder'])
      .where('orders.number', '=', number)
      .orderBy('products.id')
      .execute()
    assert.deepEqual(
      products.map(({ key, holder }) => [key, holder?.email]),
      [
        ['participant-1', ada.email],
        ['participant-2', alan.email],
        ['supervisor-1', grace.email],
      ],
    )
  })

  it('makes no group, enrolment or account before payment', async () => {
    const nobody = { email: 'nobody@client.example', firstname: 'No', lastname: 'Body' }
    const { number } = await shop.placed(code, [{ session: 'July', participants: [nobody] }])
    await shop.takeOver(3)
    assert.equal(await shop.orderState(number), 'awaiting_payment')
    assert.deepEqual(groupsNamed('July'), [])
    assert.equal(accountOf(nobody.email), undefined)
  })

  it('names people without names after their addresses', async () => {
    const unnamed = await shop.sell({
      handler: 'std_setuponecoursesession',
      internal: { ...internal, names: false },
    })
    const participants = ['marie.de-la-tour@client.example', 'contact@client.example'].map((email) => ({
      email,
    }))
    await deliver({ session: 'August', participants }, unnamed)
    const names = participants
      .map(({ email }) => accountOf(email))
      .map((one) => [one?.firstname, one?.lastname])
    assert.deepEqual(names, [
      ['Marie', 'De La Tour'],
      ['Contact', 'client.example'],
    ])
  })
})

describe('the name of a session', () => {
  it('goes to one of two buyers who want it at the same time, whatever its case', async () => {
    const placed = await Promise.all([
      shop.placed(code, [{ session: 'Autumn', participants: [ada] }]),
      shop.placed(code, [{ session: 'AUTUMN', participants: [alan] }]),
    ])
    await shop.takeOver(3)
    const states = await Promise.all(placed.map(({ number }) => shop.orderState(number)))
    assert.deepEqual(states.sort(), ['awaiting_payment', 'refused'])
  })

  it('is refused before payment when a group of the course has it', async () => {
    await deliver({ session: 'Winter', participants: [ada] })
    const { number } = await shop.placed(code, [{ session: 'winter', participants: [alan] }])
    await shop.takeOver(3)
    assert.equal(await shop.orderState(number), 'refused')
  })

  it('goes to an operator when a group took it in Moodle meanwhile', async () => {
    const { number } = await shop.placed(code, [{ session: 'Spring', participants: [ada] }])
    await shop.takeOver(3)
    const [other] = groupsNamed('May')
    assert.ok(other)
    other.name = 'Spring'
    await shop.pay(number)
    await shop.takeOver(3)
    assert.deepEqual(await shop.unitStates(number), ['needs_operator'])
    other.name = 'May'
    await shop.db
      .updateTable('productions')
      .set({ state: 'retrying' })
      .where('state', '=', 'needs_operator')
      .execute()
    await shop.takeOver(3)
    assert.deepEqual(await shop.unitStates(number), ['produced'])
    assert.equal(groupsNamed('Spring').length, 1)
  })
})

describe('what a session asks', () => {
  const check = (parameters: Record<string, unknown>, participants: unknown) => {
    const entry = { code, handler: 'std_setuponecoursesession', internal: parameters, fields: [] }
    const { schema, external } = unitForms(shop.shop, entry)
    assert.ok(schema)
    const read = validate(schema, external, { session: 'May', participants })
    return read.ok ? 'fine' : read.errors.participants?.en
  }

  it('is no more participants than it has seats', () => {
    const four = [ada, alan, grace, { ...ada, email: 'ada.2@client.example' }]
    assert.equal(check(internal, four), '3 at the most: there are 4.')
    assert.equal(check({ ...internal, seats: 4 }, four), 'fine')
  })

  it('is names, unless the operator does without', () => {
    assert.equal(check(internal, 'ada@client.example'), 'One row is to be corrected.')
    assert.equal(check({ ...internal, names: false }, 'ada@client.example'), 'fine')
  })
})
