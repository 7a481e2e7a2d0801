import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { type EntitlementRow, impliedEnrolment, nextChange, withdrawn } from './implied-enrolment.ts'

const now = 1_000
const row = (more: Partial<EntitlementRow> = {}): EntitlementRow => ({
  role: 5,
  group: null,
  enrols: true,
  startsAt: 500,
  endsAt: 2_000,
  state: 'active',
  ...more,
})
const told = { startsAt: 400, endsAt: 900, suspended: false, roles: [5], groups: [7] }

describe('the enrolment that products add up to', () => {
  it('is that of the only one', () => {
    assert.deepEqual(impliedEnrolment([row({ group: 3 })], null, now), {
      startsAt: 500,
      endsAt: 2_000,
      suspended: false,
      roles: [5],
      groups: [3],
    })
  })

  it('lasts from the earliest start to the latest end, with every role and group', () => {
    const rows = [
      row({ startsAt: 600, endsAt: 3_000, role: 4, group: 2 }),
      row({ group: 9 }),
      row({ group: 2 }),
    ]
    assert.deepEqual(impliedEnrolment(rows, told, now), {
      startsAt: 500,
      endsAt: 3_000,
      suspended: false,
      roles: [4, 5],
      groups: [2, 9],
    })
  })

  it('has no end when one of them has none', () => {
    assert.equal(impliedEnrolment([row(), row({ endsAt: 0 })], null, now)?.endsAt, 0)
  })

  for (const state of ['suspended', 'ended', 'revoked'] as const) {
    it(`leaves out what is ${state}`, () => {
      const rows = [row(), row({ state, role: 3, group: 1, startsAt: 1, endsAt: 0 })]
      assert.deepEqual(impliedEnrolment(rows, told, now), impliedEnrolment([row()], null, now))
    })
  }

  it('leaves out what is over while something else is not, so that a gap stays closed', () => {
    const over = row({ startsAt: 100, endsAt: 900, role: 3 })
    const later = row({ startsAt: 5_000, endsAt: 6_000 })
    assert.deepEqual(impliedEnrolment([over, later], told, now), impliedEnrolment([later], null, now))
    assert.deepEqual(impliedEnrolment([over], told, now), {
      startsAt: 100,
      endsAt: 900,
      suspended: false,
      roles: [3],
      groups: [],
    })
  })

  it('is suspended with none active, and loses nothing', () => {
    assert.deepEqual(impliedEnrolment([row({ state: 'revoked' })], told, now), { ...told, suspended: true })
    assert.deepEqual(impliedEnrolment([], told, now), { ...told, suspended: true })
  })

  it('is suspended though Moodle was never told of it: a process may have died before noting it', () => {
    assert.deepEqual(impliedEnrolment([row({ state: 'revoked' })], null, now), {
      startsAt: 500,
      endsAt: 2_000,
      suspended: true,
      roles: [5],
      groups: [],
    })
  })

  it('is none at all where there was never a product', () => {
    assert.equal(impliedEnrolment([], null, now), undefined)
  })
})

describe('what is given in a course without enrolling', () => {
  const alone = (more: Partial<EntitlementRow> = {}) => row({ role: null, group: 3, enrols: false, ...more })

  it('leaves out the enrolment, which is none of ours', () => {
    assert.deepEqual(impliedEnrolment([alone(), alone({ role: 9, group: null })], null, now), {
      startsAt: 0,
      endsAt: 0,
      suspended: false,
      roles: [],
      groups: [],
      beside: { roles: [9], groups: [3] },
    })
  })

  it('counts from its start to its end, and while it is active', () => {
    for (const more of [{ startsAt: now + 1 }, { endsAt: now }, { state: 'suspended' as const }]) {
      assert.deepEqual(impliedEnrolment([alone(more)], null, now)?.beside, { roles: [], groups: [] })
    }
    assert.deepEqual(impliedEnrolment([alone({ startsAt: now })], null, now)?.beside?.groups, [3])
  })

  it('stands beside an enrolment, whatever becomes of that', () => {
    const enrolled = impliedEnrolment([row({ group: 1 })], null, now)
    assert.deepEqual(impliedEnrolment([row({ group: 1 }), alone()], null, now), {
      ...enrolled,
      beside: { roles: [], groups: [3] },
    })
    const suspended = impliedEnrolment([row({ state: 'revoked' }), alone()], told, now)
    assert.deepEqual(suspended, { ...told, suspended: true, beside: { roles: [], groups: [3] } })
  })

  it('is taken away when it is over, though the enrolment is suspended', () => {
    const rows = [row({ state: 'suspended' }), alone({ endsAt: now })]
    const before = { ...told, beside: { roles: [9], groups: [3] } }
    const implied = impliedEnrolment(rows, before, now)
    assert.ok(implied)
    assert.deepEqual(implied.groups, [7])
    assert.deepEqual(withdrawn(rows, before, implied, now), { roles: [9], groups: [3] })
  })

  it('stays while the other way gives it too', () => {
    const both = [row({ group: 3 }), alone({ endsAt: now })]
    const implied = impliedEnrolment(both, null, now)
    assert.deepEqual(implied && withdrawn(both, null, implied, now), { roles: [], groups: [] })
    const other = [row({ group: 3, endsAt: now }), row(), alone()]
    const still = impliedEnrolment(other, { ...told, groups: [3] }, now)
    assert.deepEqual(still && withdrawn(other, { ...told, groups: [3] }, still, now).groups, [])
  })

  it('is not taken from who had it before a product begins', () => {
    const rows = [alone({ startsAt: now + 1 })]
    const implied = impliedEnrolment(rows, null, now)
    assert.deepEqual(implied && withdrawn(rows, null, implied, now), { roles: [], groups: [] })
  })

  it('changes next at the first start or end that is still to come', () => {
    assert.equal(nextChange([alone(), alone({ startsAt: 1_500, endsAt: 3_000 })], now), 1_500)
    assert.equal(nextChange([alone({ endsAt: 0 }), alone({ state: 'suspended' })], now), undefined)
  })
})

describe('what an enrolment loses', () => {
  const implied = { startsAt: 0, endsAt: 0, suspended: false, roles: [5], groups: [7] }

  it('is what was told and is no longer implied', () => {
    const before = { ...implied, roles: [3, 5], groups: [6, 7] }
    assert.deepEqual(withdrawn([], before, implied, now), { roles: [3], groups: [6] })
  })

  it('is also what rows name that are no longer active, told or not', () => {
    assert.deepEqual(withdrawn([row({ state: 'revoked', role: 4, group: 8 }), row()], null, implied, now), {
      roles: [4],
      groups: [8],
    })
  })

  it('is nothing while it is suspended', () => {
    const before = { ...implied, roles: [3], groups: [6] }
    assert.deepEqual(withdrawn([], before, { ...implied, suspended: true }, now), { roles: [], groups: [] })
  })
})
