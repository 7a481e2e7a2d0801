import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { createLog } from './log.ts'

const capture = () => {
  const lines: string[] = []
  return { log: createLog('info', { write: (line) => void lines.push(line) }), lines }
}

describe('the log', () => {
  it('names order, unit and attempt on every line of a child', () => {
    const { log, lines } = capture()
    log.child({ order: 'A-1', unit: 7, attempt: 2 }).info({ step: 'enrol' }, 'done')
    const { level, order, unit, attempt, step, msg } = JSON.parse(lines[0] ?? '')
    assert.deepEqual(
      { level, order, unit, attempt, step, msg },
      {
        level: 'info',
        order: 'A-1',
        unit: 7,
        attempt: 2,
        step: 'enrol',
        msg: 'done',
      },
    )
  })

  it('shows no secret, wherever it stands', () => {
    const { log, lines } = capture()
    const error = new Error('fetch https://m.example/rest?wstoken=hush&x=1 failed', {
      cause: new Error('postgresql://shop:hush@db:5432/shop is down'),
    })
    log.info({
      password: 'hush',
      deep: { er: { MOODLE_TOKEN: 'hu"sh', list: [{ secret_key: 'hush', secretKey: -724569558 }] } },
    })
    log.info({
      headers: {
        Authorization: 'Bearer hush',
        cookie: 'session=hush; cart=hush',
        'set-cookie': ['a=hush', 'b=hush'],
      },
    })
    log.child({ token: 'hush' }).error(error)
    log.info(
      `answered ${JSON.stringify({ token: 'hush', privatetoken: 'hush', nested: JSON.stringify({ token: 'hush' }) })}`,
    )
    log.info('sent authorization: bearer hush.hush-hush')
    assert.equal(lines.length, 5)
    for (const line of lines) {
      assert.doesNotMatch(line, /hush|hu\\|724569558/)
      assert.match(line, /\[hidden\]/)
      assert.doesNotThrow(() => JSON.parse(line))
    }
  })

  it('tells an error with its stack and cause, and not the insides of its connection', () => {
    const { log, lines } = capture()
    const error = Object.assign(new Error('cut', { cause: new Error('no network') }), {
      code: '57P01',
      client: { a: 1 },
    })
    log.error({ err: error }, 'failed')
    const { err } = JSON.parse(lines[0] ?? '')
    assert.match(err.message, /^cut: no network$/)
    assert.match(err.stack, /log\.test\.ts/)
    assert.deepEqual([err.code, err.client], ['57P01', undefined])
  })

  it('leaves the rest as it is', () => {
    const { log, lines } = capture()
    log.warn(
      { cause: { kind: 'token', code: 'invalidtoken' }, url: 'https://m.example:8080/a@b' },
      'The token is refused: see "token"',
    )
    const { cause, url, msg } = JSON.parse(lines[0] ?? '')
    assert.deepEqual(cause, { kind: 'token', code: 'invalidtoken' })
    assert.equal(url, 'https://m.example:8080/a@b')
    assert.equal(msg, 'The token is refused: see "token"')
  })
})
