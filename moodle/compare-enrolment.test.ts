import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Enrolment } from '../db/schema.ts'
import { enrolmentFaults } from './compare-enrolment.ts'
import { type EntitlementRow, impliedEnrolment } from './implied-enrolment.ts'

const now = 10_000
const time = { now, since: now }
const row = (more: Partial<EntitlementRow> = {}): EntitlementRow => ({
  role: 5,
  group: null,
  enrols: true,
  startsAt: 5_000,
  endsAt: 20_000,
  state: 'active',
  ...more,
})
const alone = (more: Partial<EntitlementRow> = {}) => row({ role: null, group: 3, enrols: false, ...more })
const inNone = () => false
const inAll = () => true

/** As Moodle was told when all was well, unless `told` says otherwise. */
function faults(
  rows: EntitlementRow[],
  seen: { roles: number[]; active: boolean } | undefined,
  { isInGroup = inNone, told }: { isInGroup?: () => boolean; told?: Enrolment | null } = {},
) {
  const before = told === undefined ? (impliedEnrolment(rows, null, now) ?? null) : told
  return enrolmentFaults({ rows, told: before }, seen, isInGroup, time)
}

describe('how an enrolment in Moodle differs from the products', () => {
  it('is not at all where it shows what they imply', () => {
    assert.deepEqual(faults([row()], { roles: [5], active: true }), [])
    assert.deepEqual(faults([row({ group: 1 })], { roles: [5, 9], active: true }, { isInGroup: inAll }), [])
    assert.deepEqual(faults([row({ state: 'suspended' })], { roles: [5], active: false }), [])
    assert.deepEqual(faults([row({ startsAt: 15_000 })], { roles: [5], active: false }), [])
    assert.deepEqual(faults([row({ endsAt: 0 })], { roles: [5], active: true }), [])
  })

  it('is a missing enrolment, but not of who has no access any more', () => {
    assert.deepEqual(faults([row()], undefined), [{ kind: 'missing' }])
    assert.deepEqual(faults([row({ startsAt: 15_000 })], undefined), [{ kind: 'missing' }])
    for (const more of [{ state: 'revoked' as const }, { state: 'ended' as const, endsAt: 6_000 }]) {
      assert.deepEqual(faults([row(more)], undefined), [])
    }
  })

  it('is closed there and open here, or the other way round', () => {
    assert.deepEqual(faults([row()], { roles: [5], active: false }), [{ kind: 'suspended_there' }])
    assert.deepEqual(faults([row({ state: 'suspended' })], { roles: [5], active: true }), [
      { kind: 'active_there' },
    ])
    assert.deepEqual(faults([row({ endsAt: 6_000 })], { roles: [5], active: true }), [
      { kind: 'active_there' },
    ])
  })

  it('is no difference at the moment at which it begins or ends', () => {
    for (const active of [true, false]) {
      assert.deepEqual(faults([row({ startsAt: now - 30 })], { roles: [5], active }), [])
      assert.deepEqual(faults([row({ endsAt: now + 30 })], { roles: [5], active }), [])
    }
  })

  it('is a role or a group that is missing, or left', () => {
    const rows = [row({ role: 4, group: 1 }), row({ state: 'revoked', role: 3, group: 2 })]
    assert.deepEqual(faults(rows, { roles: [3], active: true }), [
      { kind: 'role_missing', ids: [4] },
      { kind: 'role_left', ids: [3] },
      { kind: 'group_missing', ids: [1] },
    ])
    assert.deepEqual(faults(rows, { roles: [4], active: true }, { isInGroup: inAll }), [
      { kind: 'group_left', ids: [2] },
    ])
  })

  it('is not a role or a group of who has no access any more', () => {
    const rows = [row({ state: 'suspended', group: 1 })]
    assert.deepEqual(faults(rows, { roles: [], active: false }), [])
  })

  it('is a period that Moodle was told and that is not theirs', () => {
    const told = impliedEnrolment([row({ endsAt: 0 })], null, now) ?? null
    assert.deepEqual(faults([row()], { roles: [5], active: true }, { told }), [{ kind: 'told_otherwise' }])
  })

  it('is what is given beside an enrolment, whoever enrolled the person', () => {
    const role = row({ role: 9, enrols: false })
    assert.deepEqual(faults([alone()], undefined), [{ kind: 'group_missing', ids: [3] }])
    assert.deepEqual(faults([alone()], undefined, { isInGroup: inAll }), [])
    assert.deepEqual(faults([role], { roles: [5], active: true }), [{ kind: 'role_missing', ids: [9] }])
    assert.deepEqual(faults([role], undefined), [], 'who is not enrolled is not in the list')
    const over = [alone({ endsAt: 6_000 })]
    assert.deepEqual(faults(over, undefined, { isInGroup: inAll }), [{ kind: 'group_left', ids: [3] }])
  })
})
