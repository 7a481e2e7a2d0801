import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { testShop } from '../test/shop.ts'

describe('boutique reconcile', async () => {
  const shop = await testShop()
  const code = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 } })

  async function reconcile(args: string[] = [], url = shop.sandbox.url) {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', join(import.meta.dirname, 'boutique.ts'), 'reconcile', ...args],
      {
        cwd: join(import.meta.dirname, '..'),
        env: {
          ...process.env,
          DATABASE_URL: shop.url,
          MOODLE_URL: url,
          MOODLE_TOKEN: shop.sandbox.token,
          SECRET_KEY: 'a'.repeat(64),
        },
      },
    )
    const code = new Promise((resolve) => child.once('close', resolve))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { code: await code, stdout, stderr }
  }

  it('exits with 0 when all is the same, with 1 when not, and repairs when asked', async () => {
    const { number } = await shop.placed(code, [
      { email: 'lea@learners.example', firstname: 'Léa', lastname: 'P' },
    ])
    await shop.pay(number)
    await shop.takeOver()
    assert.deepEqual(await reconcile(), {
      code: 0,
      stdout: 'Enrolments and memberships compared: 1. Differences: 0.\n',
      stderr: '',
    })

    const { user_id: user } = await shop.db
      .selectFrom('enrolments')
      .select('user_id')
      .executeTakeFirstOrThrow()
    await shop.site.call(
      'enrol_manual_unenrol_users',
      { enrolments: [{ userid: user, courseid: 2 }] },
      z.null(),
    )
    const found = await reconcile()
    assert.equal(found.code, 1)
    assert.match(found.stdout, /^WHERE +WHO +PRODUCT +WHAT\n/)
    assert.match(found.stdout, /course 2 +lea@learners\.example +\S{19} +Not enrolled in Moodle/)
    assert.match(found.stdout, /\n\nEnrolments and memberships compared: 1\. Differences: 1\.\n$/)

    const repaired = await reconcile(['--repair'])
    assert.deepEqual([repaired.code, repaired.stderr], [0, ''])
    assert.match(repaired.stdout, /Told again: 1\. Refused by Moodle: 0\.\n$/)
    assert.equal((await reconcile()).code, 0)
  })

  it('says that Moodle can’t be asked, and leaves nothing half done', async () => {
    const { code, stderr } = await reconcile([], 'http://127.0.0.1:1')
    assert.equal(code, 1)
    assert.match(stderr, /^Moodle can't be asked: .+127\.0\.0\.1:1 can't be reached.+Run it again\.\n$/)
    assert.equal((await reconcile()).code, 0)
  })
})
