import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MoodleError, type MoodleErrorKind, Refused, RetryLater } from '../sdk/index.ts'
import { delayAfter, failuresBeforeOperator, judge } from './cause.ts'

const moodle = (kind: MoodleErrorKind, retryAfter?: number) =>
  new MoodleError('enrol: no', { kind, code: 'x', call: 'enrol', retryAfter })

describe('what becomes of a script that threw', () => {
  it('takes no for an answer before the payment and of an action, and asks the operator about a delivery', () => {
    const no = new Refused({ en: 'No.', fr: 'Non.' })
    for (const script of ['prepay', 'action']) assert.equal(judge(no, script, null).state, 'refused')
    for (const script of ['postpay', 'release', 'revoke']) {
      assert.deepEqual(judge(no, script, null), {
        state: 'needs_operator',
        cause: { kind: 'refused', message: 'No.' },
      })
    }
  })

  it('waits as long as a script asks, within reason', () => {
    const seconds = (after: number) => {
      const verdict = judge(new RetryLater(after), 'postpay', { kind: 'wait', count: 99 })
      return verdict.state === 'retrying' ? verdict.seconds : undefined
    }
    assert.equal(seconds(90), 90)
    assert.equal(seconds(0), 1)
    assert.equal(seconds(-5), 1)
    assert.equal(seconds(Number.NaN), 2)
    assert.equal(seconds(Number.POSITIVE_INFINITY), 30 * 86_400)
  })

  it('waits for a site that is away however often, with growing delays, five minutes at the most', () => {
    for (const kind of ['outage', 'maintenance', 'token'] as const) {
      const delays = Array.from({ length: 12 }, (_, count) => {
        const verdict = judge(moodle(kind), 'postpay', { kind, count })
        assert.equal(verdict.state, 'retrying')
        assert.equal(verdict.cause.kind, kind)
        return verdict.state === 'retrying' ? verdict.seconds : 0
      })
      assert.deepEqual(delays, [2, 6, 18, 54, 162, ...Array(7).fill(300)])
    }
    const asked = judge(moodle('maintenance', 45), 'postpay', null)
    assert.equal(asked.state === 'retrying' && asked.seconds, 45)
    const long = judge(moodle('maintenance', 86_400), 'postpay', null)
    assert.equal(long.state === 'retrying' && long.seconds, 300, 'it looks again before')
  })

  it('asks the operator at once about what Moodle refuses, with its code and call', () => {
    assert.deepEqual(judge(moodle('request'), 'postpay', null), {
      state: 'needs_operator',
      cause: { kind: 'moodle', message: 'enrol: no', code: 'x', call: 'enrol' },
    })
  })

  it('asks the operator after six failures in a row of one kind, and an outage in between is no failure', () => {
    for (let count = 0; count < failuresBeforeOperator - 1; count++) {
      assert.deepEqual(judge(new Error('boom'), 'postpay', { kind: 'handler', count }), {
        state: 'retrying',
        cause: { kind: 'handler', message: 'boom' },
        seconds: delayAfter(count + 1),
      })
    }
    const last = { kind: 'handler', count: failuresBeforeOperator - 1 } as const
    assert.equal(judge(new Error('boom'), 'postpay', last).state, 'needs_operator')
    assert.equal(judge(new Error('boom'), 'postpay', { kind: 'outage', count: 50 }).state, 'retrying')
  })

  it('makes a sentence of whatever is thrown', () => {
    for (const thrown of ['a text', 7, null, undefined, { code: 1 }]) {
      assert.equal(typeof judge(thrown, 'postpay', null).cause.message, 'string')
    }
  })
})
