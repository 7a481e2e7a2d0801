import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, before, describe, it } from 'node:test'
import pg from 'pg'
import { temporaryFolder } from '../test/temporary-folder.ts'
import { type Embedded, startEmbedded } from './embedded.ts'

const isUp = async (url: string) => {
  const client = new pg.Client(url)
  try {
    await client.connect()
    await client.end()
    return true
  } catch {
    return false
  }
}

/** Resolves once the server has noticed that its other users are gone. */
const onlyUser = async (url: string) => {
  const client = new pg.Client(url)
  await client.connect()
  const deadline = Date.now() + 10_000
  while (Date.now() < deadline) {
    const { rowCount } = await client.query(
      "select from pg_locks where locktype = 'advisory' and mode = 'ShareLock'",
    )
    if (rowCount === 1) break
  }
  await client.end()
}

describe('startEmbedded', () => {
  let folder = ''
  const started: Embedded[] = []
  const start = async () => {
    const embedded = await startEmbedded({ folder, durable: false })
    started.push(embedded)
    return embedded
  }

  before(async () => {
    folder = await temporaryFolder()
  })
  afterEach(async () => {
    for (const embedded of started.splice(0)) await embedded.stop()
  })

  it('makes the database, and finds what was written when it starts again', async () => {
    const first = await start()
    const client = new pg.Client(first.url)
    await client.connect()
    await client.query('create table kept as select 42 as answer')
    await client.end()
    await first.stop()
    assert.equal(await isUp(first.url), false)

    const again = new pg.Client((await start()).url)
    await again.connect()
    assert.deepEqual((await again.query('select answer from kept')).rows, [{ answer: 42 }])
    await again.end()
  })

  it('keeps its password to its owner and listens on this machine only', async () => {
    const { url } = await start()
    assert.equal((await stat(join(folder, 'postgres', 'password'))).mode & 0o777, 0o600)
    const client = new pg.Client(url)
    await client.connect()
    const { rows } = await client.query("select current_setting('listen_addresses') as listen")
    await client.end()
    assert.deepEqual(rows, [{ listen: '127.0.0.1' }])
    const without = new URL(url)
    without.password = 'guessed'
    assert.equal(await isUp(without.href), false)
  })

  it('is shared by the processes that start it, and stopped by the last', async () => {
    const [one, two, three] = await Promise.all([start(), start(), start()])
    assert.equal(new Set([one.pid, two.pid, three.pid]).size, 1)
    await one.stop()
    await three.stop()
    assert.equal(await isUp(two.url), true)
    await two.stop()
    assert.equal(await isUp(two.url), false)
  })

  it('outlives a kill -9 of all the terminal knows of, and is found again', async () => {
    const script = `import { startEmbedded } from ${JSON.stringify(join(import.meta.dirname, 'embedded.ts'))}
      const { pid } = await startEmbedded({ folder: ${JSON.stringify(folder)}, durable: false })
      console.log(pid)
      setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: join(import.meta.dirname, '..'),
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
    const [output] = await once(child.stdout, 'data')
    // The whole group, as Ctrl-C goes to it: the database must be out of it.
    assert.ok(child.pid)
    process.kill(-child.pid, 'SIGKILL')
    await once(child, 'close')

    const mine = await start()
    assert.equal(mine.pid, Number(output))
    await onlyUser(mine.url)
    await mine.stop()
    assert.equal(await isUp(mine.url), false)
  })

  it('starts although the process id of a dead server is now the id of another process', async () => {
    const lockFile = join(folder, 'postgres', 'cluster', 'postmaster.pid')
    await writeFile(lockFile, `${process.pid}\n${folder}\n0\n5432\n\n127.0.0.1\n\nready   \n`)
    assert.equal(await isUp((await start()).url), true)
  })

  it('says that the folder can not be used', async () => {
    const file = join(folder, 'a-file')
    await writeFile(file, '')
    await assert.rejects(startEmbedded({ folder: file }), {
      name: 'StartupError',
      message: `${file} is not a folder: set DATA_DIR to one.`,
    })
  })

  it('says that the system lets nobody make the folder', async (test) => {
    if (process.platform !== 'linux') return test.skip('only Linux has /proc')
    await assert.rejects(
      startEmbedded({ folder: '/proc/boutique' }),
      /^StartupError: The data folder \/proc\/boutique can't be used by this user \(ENOENT\): /,
    )
  })

  it('says that the folder may not be written', async (test) => {
    if (process.getuid?.() === 0) return test.skip('root may write anywhere')
    await chmod(folder, 0o500)
    const inside = join(folder, 'data')
    await assert.rejects(startEmbedded({ folder: inside }), {
      name: 'StartupError',
      message: `The data folder ${inside} can't be used by this user (EACCES): give it to them, or set DATA_DIR to another folder.`,
    })
    await chmod(folder, 0o755)
  })

  it('says that a database of another PostgreSQL, or none, has to be moved', async () => {
    const file = join(folder, 'postgres', 'cluster', 'PG_VERSION')
    const version = await readFile(file, 'utf8')
    await writeFile(file, '17\n')
    await assert.rejects(startEmbedded({ folder }), /holds a database of PostgreSQL 17.*pg_dumpall/)
    await rename(file, `${file}.away`)
    await assert.rejects(startEmbedded({ folder }), /postgres is no database: move it away, or set DATA_DIR/)
    await rename(`${file}.away`, file)
    await writeFile(file, version)
  })

  it('says which folder the database user can not enter, when it runs as root', async (test) => {
    if (process.getuid?.() !== 0) return test.skip('only root runs it as another user')
    await chmod(folder, 0o700)
    await assert.rejects(startEmbedded({ folder }), (error: Error) =>
      error.message.includes(`can't enter ${folder}:`),
    )
    await chmod(folder, 0o755)
  })
})
