import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sayProductChange } from './say-product-change.ts'

describe('a line of a product’s history says', () => {
  const en = (data: Record<string, unknown>) => sayProductChange(data).map((text) => text.en)

  it('what changed, and what it was before', () => {
    const was = {
      state: 'ended',
      endsAt: '2027-05-30T12:00:00Z',
      startsAt: '2027-01-01T12:00:00Z',
      holder: 12,
    }
    assert.deepEqual(en({ was, change: { state: 'active', endsAt: '2027-06-30T12:00:00Z' } }), [
      'Active again.',
      'Ends 30 June 2027, not 30 May 2027.',
    ])
    assert.deepEqual(en({ was, change: { endsAt: null } }), ['Has no end any more; it was 30 May 2027.'])
    assert.deepEqual(en({ was, change: { holder: 15 } }), ['Given to Moodle account 15, taken from 12.'])
    assert.deepEqual(en({ was: { endsAt: null }, change: { endsAt: '2027-06-30T12:00:00Z' } }), [
      'Ends 30 June 2027, where it had no end.',
    ])
    const endless = { was: { endsAt: null }, change: { addDays: -30 } }
    assert.deepEqual(en(endless), ['30 days less for its next holder.'])
    assert.deepEqual(en({ was, change: { startsAt: '2027-02-01T12:00:00Z' } }), [
      'Starts 1 February 2027, not 1 January 2027.',
    ])
    assert.deepEqual(
      sayProductChange({ was, change: { endsAt: '2027-06-30T12:00:00Z' } })[0]?.fr,
      'Se termine le 30 juin 2027, et non le 30 mai 2027.',
    )
  })

  it('nothing where nothing changed, or nothing is known', () => {
    for (const data of [{}, { change: {} }, { change: 'x' }, { change: { state: 'eaten' } }]) {
      assert.deepEqual(sayProductChange(data), [])
    }
    assert.deepEqual(en({ change: { state: 'suspended' }, was: { state: 'suspended' } }), [])
  })
})
