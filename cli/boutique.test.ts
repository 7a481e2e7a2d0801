import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { verifyPassword } from '../shop/operator.ts'
import { testDatabase } from '../test/database.ts'

describe('the commands', async () => {
  const { db, url } = await testDatabase()

  const boutique = async (
    args: string[],
    { input = '', env = {} }: { input?: string; env?: object } = {},
  ) => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', join(import.meta.dirname, 'boutique.ts'), ...args],
      { cwd: join(import.meta.dirname, '..'), env: { ...process.env, DATABASE_URL: url, ...env } },
    )
    child.stdin.end(input)
    const code = new Promise((resolve) => child.once('close', resolve))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { code: await code, stdout, stderr }
  }

  it('are listed by help, which is what no command gives', async () => {
    const { code, stdout } = await boutique([])
    assert.equal(code, 0)
    for (const name of ['start', 'migrate', 'handlers', 'operator', 'token', 'erase', 'database']) {
      assert.match(stdout, new RegExp(`^  ${name}`, 'm'))
    }
    assert.deepEqual(await boutique(['--help']), { code: 0, stdout, stderr: '' })
  })

  it('have a help of their own', async () => {
    const { code, stdout, stderr } = await boutique(['operator', '--help'])
    assert.deepEqual([code, stderr], [0, ''])
    assert.match(stdout, /^ {2}operator add/m)
    assert.doesNotMatch(stdout, /^ {2}(start|token)/m)
    assert.equal((await boutique(['help', 'operator'])).stdout, stdout)
  })

  it('make operators and give them passwords', async () => {
    const made = await boutique(['operator', 'add', 'ada@example.org', '--name', 'Ada', '--role', 'admin'])
    assert.equal(made.stderr, '')
    const password = /shown this once: (\S+)\n/.exec(made.stdout)?.[1] ?? ''
    assert.equal((await verifyPassword(db, { email: 'ada@example.org', password }))?.role, 'admin')

    const input = 'a password of my own\n'
    const changed = await boutique(['operator', 'password', 'ada@example.org', '--password-stdin'], { input })
    assert.equal(changed.stdout, 'ada@example.org has another password, and was signed out everywhere.\n')
    assert.ok(await verifyPassword(db, { email: 'ada@example.org', password: input.trim() }))

    const { stdout } = await boutique(['operator', 'list'])
    assert.equal(stdout, 'E-MAIL           NAME  ROLE\nada@example.org  Ada   admin\n')
  })

  it('erase a person, once that is said to be meant', async () => {
    const learner = { site: 'main', email: 'ines@learners.example', user_id: 7 }
    await db.insertInto('accounts').values(learner).execute()
    const asked = await boutique(['erase', learner.email])
    assert.match(asked.stderr, /^This can’t be undone: say "erase ines@learners.example --yes"\.\n$/)
    const misspelt = await boutique(['erase', learner.email, '--yes', '--forfiet-credits'])
    assert.match(misspelt.stderr, /^Unknown option '--forfiet-credits'\./)
    const { stdout } = await boutique(['erase', learner.email, '--yes'])
    assert.match(stdout, /^Erased ines@learners\.example: 0 orders, 0 units, /)
    assert.deepEqual(await db.selectFrom('accounts').selectAll().execute(), [])
  })

  it('say in one sentence what is wrong, and fail', async () => {
    const failures: [string[], object, RegExp][] = [
      [['sell'], {}, /^There is no command "sell": /],
      [['migrate', '--now'], {}, /^Unknown option '--now'\. /],
      [['migrate'], { MOODLE_URL: 'https://moodle.example' }, /^MOODLE_TOKEN: set it too, /],
      [
        ['migrate'],
        { DATABASE_URL: 'postgresql://u:hush@127.0.0.1:1/books' },
        /^No PostgreSQL answers at 127\.0\.0\.1:1 /,
      ],
    ]
    const results = await Promise.all(failures.map(([args, env]) => boutique(args, { env })))
    for (const [i, { code, stdout, stderr }] of results.entries()) {
      assert.match(stderr, failures[i]?.[2] ?? /$^/)
      assert.match(stderr, /^[^\n]+\n$/)
      assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    }
  })
})
