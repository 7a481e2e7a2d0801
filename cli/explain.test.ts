import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { StartupError } from '../startup-error.ts'
import { explain } from './explain.ts'

const failure = (run: () => unknown): unknown => {
  try {
    return run()
  } catch (error) {
    return error
  }
}

describe('explain', () => {
  it('gives the one sentence of a failure that is foreseen', () => {
    assert.equal(
      explain(new StartupError('Port 4870 is taken: choose another.')),
      'Port 4870 is taken: choose another.',
    )
  })

  it('tells what failed first, not what failed while closing', () => {
    const both = new SuppressedError(new Error('could not close'), new StartupError('No database.'))
    assert.equal(explain(both), 'No database.')
  })

  it('says which option is unknown and where the commands are', () => {
    const error = failure(() => parseArgs({ args: ['--colour'], options: {} }))
    assert.equal(explain(error), `Unknown option '--colour'. "npx boutique help" has the commands.`)
  })

  it('says that a name has no address, and that an address is not the machine’s', async () => {
    const [unnamed] = await once(createServer().listen(0, 'shop.invalid'), 'error')
    assert.match(explain(unnamed), /^The name shop\.invalid has no address: /)
    const [elsewhere] = await once(createServer().listen(0, '192.0.2.1'), 'error')
    assert.match(explain(elsewhere), /^192\.0\.2\.1 is no address of this machine: /)
  })

  it('says which port is taken', async () => {
    const first = createServer().listen(0)
    await once(first, 'listening')
    const second = createServer().listen(first.address() ?? 0)
    const [error] = await once(second, 'error')
    first.close()
    assert.match(explain(error), /^Port \d+ is taken: stop what uses it, or set PORT to another/)
  })

  it('says which file can not be used', () => {
    const error = Object.assign(new Error('EACCES: …'), { code: 'EACCES', path: '/srv/data/secret' })
    assert.match(explain(error), /^\/srv\/data\/secret can't be used by this user \(EACCES\): .*DATA_DIR/)
  })

  it('gives what the database says', () => {
    const error = new pg.DatabaseError('permission denied for schema public', 0, 'error')
    error.code = '42501'
    assert.equal(explain(error), 'The database refused: permission denied for schema public (42501).')
  })

  it('gives the stack of a fault of our own', () => {
    assert.match(
      explain(new TypeError('x is not a function')),
      /^This is a fault of the shop itself: TypeError: x is.*\n {4}at /,
    )
  })
})
