import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { formatProof, openWorlds, proveHandler } from '../kit/testing.ts'
import { testDatabase } from '../test/database.ts'
import { temporaryFolder } from '../test/temporary-folder.ts'

describe('boutique new', async () => {
  const folder = await temporaryFolder()
  after(() => rm(folder, { recursive: true, force: true }))
  const { db, url } = await testDatabase()

  const boutique = async (args: string[], env: object = {}) => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', path.join(import.meta.dirname, 'boutique.ts'), 'new', ...args],
      {
        cwd: path.join(import.meta.dirname, '..'),
        env: { ...process.env, DATABASE_URL: url, HANDLERS_PATH: folder, ...env },
      },
    )
    const code = new Promise((resolve) => child.once('close', resolve))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { code: await code, stdout, stderr }
  }

  it('writes a handler that passes the kit as it is, where HANDLERS_PATH says, and what to do next', async () => {
    const { code, stdout, stderr } = await boutique(['ext_webinar_place'])
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' })
    assert.match(stdout, /npx boutique test ext_webinar_place /)
    const made = path.join(folder, 'ext_webinar_place')
    assert.deepEqual((await readdir(made)).sort(), ['README.md', 'handler.ts', 'samples.ts'])
    assert.match(await readFile(path.join(made, 'README.md'), 'utf8'), /^# Webinar place \/ .*\n---\n/s)
    assert.deepEqual(await readdir(folder), ['ext_webinar_place'])

    const [first, second] = await Promise.all([testDatabase(), testDatabase()])
    const worlds = await openWorlds([first.url, second.url])
    const proof = await proveHandler({ handler: made, worlds }).finally(() => worlds.close())
    assert.ok(proof.ok, `\n${formatProof(proof)}`)
    assert.equal(proof.title, 'Webinar place')
  })

  it('takes a path from where it was typed', async () => {
    const { stdout } = await boutique(['ext_here', '--in', 'mine'], { CALLED_FROM: folder })
    assert.match(stdout, /^mine\/ext_here is a handler/)
    assert.match(stdout, /npx boutique test mine\/ext_here /)
    assert.deepEqual(await readdir(path.join(folder, 'mine')), ['ext_here'])
    await rm(path.join(folder, 'mine'), { recursive: true })
  })

  it('says which folder can’t be written', async () => {
    const { code, stderr } = await boutique(['ext_nowhere', '--in', import.meta.filename])
    assert.equal(code, 1)
    assert.match(
      stderr,
      /new\.test\.ts can't be written by this user \(\w+\): name another folder by --in\.\n$/,
    )
  })

  it('says of a specific one which entry it is for, and whether there is one', async () => {
    const none = await boutique(['ROOM-7'])
    assert.match(none.stdout, /Only the entry ROOM-7 can use it.*There is no such entry yet/)
    const words = JSON.stringify({ en: 'Room', fr: 'Salle' })
    const texts = { title: words, summary: words, description: words, category: words }
    const price = { price_cents: 1000, currency: 'EUR', vat_basis_points: 2000 }
    await db
      .insertInto('entries')
      .values({
        code: 'ROOM-8',
        state: 'draft',
        handler: null,
        internal: '{}',
        fields: '[]',
        ...texts,
        ...price,
      })
      .execute()
    const elsewhere = path.join(folder, 'more')
    const { stdout } = await boutique(['ROOM-8', '--in', elsewhere])
    assert.match(stdout, /Only the entry ROOM-8 can use it, by the choice "Specific" .* not made yet/)
    assert.match(stdout, new RegExp(`add ${elsewhere} to HANDLERS_PATH`))
  })

  it('refuses what can be no handler, or is one already', async () => {
    const refusals: [string[], RegExp][] = [
      [['Ext_Webinar'], /^"Ext_Webinar" is no name for a handler: ext_ with small letters/],
      [['../ext_out'], /is no name for a handler/],
      [['std_mine'], /^std_ is for the handlers that ship: call yours ext_mine\.$/m],
      [['ext_webhook'], /handlers\/ext_webhook is there already/],
      [[], /^Name one handler/],
    ]
    const results = await Promise.all(refusals.map(([args]) => boutique(args)))
    for (const [i, { code, stdout, stderr }] of results.entries()) {
      assert.match(stderr, refusals[i]?.[1] ?? /$^/)
      assert.deepEqual({ code, stdout }, { code: 1, stdout: '' })
    }
  })
})
