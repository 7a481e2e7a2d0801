import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

export type Server = {
  url: string
  secret: string
  pid: number
  /** Milliseconds from the start of the process to its first answer. */
  startedIn: number
  /** Resident memory now, in megabytes. */
  memory(): Promise<number>
  /** CPU that the process has used, in milliseconds. */
  cpu(): Promise<number>
  stop(): Promise<void>
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'boutique-bench-'))
  await chmod(folder, 0o755) // as root, PostgreSQL runs as another user
  return folder
}

/** Starts a whole shop in a process of its own, as `npm start` does, with test card and sandbox. */
export async function startServer(dataDir: string, settings: Record<string, string> = {}): Promise<Server> {
  const port = await freePort()
  const secret = randomBytes(32).toString('hex')
  const started = performance.now()
  const child = spawn(process.execPath, ['cli/run.mjs', 'cli/boutique.ts', 'start'], {
    cwd: path.join(import.meta.dirname, '..'),
    env: {
      ...process.env,
      PORT: String(port),
      HOST: '127.0.0.1',
      DATA_DIR: dataDir,
      SECRET_KEY: secret,
      TEST_MODE: 'on',
      LOG_LEVEL: 'error',
      API_REQUESTS_PER_MINUTE: '1000000',
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const url = `http://127.0.0.1:${port}`
  await firstAnswer(url, child)
  const startedIn = performance.now() - started
  const pid = await onlyChild(child.pid ?? 0)
  return {
    url,
    secret,
    pid,
    startedIn,
    async memory() {
      const status = await readFile(`/proc/${pid}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024
    },
    async cpu() {
      // utime and stime, in clock ticks of 10 ms: fields 14 and 15 of proc_pid_stat(5).
      const stat = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ') ?? []
      return (Number(stat[11]) + Number(stat[12])) * 10
    },
    stop: () => stop(child),
  }
}

/** The shop itself, which `cli/run.mjs` has started: see proc_pid_children(5). */
async function onlyChild(pid: number): Promise<number> {
  return Number.parseInt(await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8'), 10)
}

async function firstAnswer(url: string, child: ChildProcess): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the shop ended with ${child.exitCode}`)
    const reply = await fetch(url).catch(() => undefined)
    await reply?.arrayBuffer()
    if (reply?.ok) return
    await wait(5)
  }
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => probe.once('listening', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (!address || typeof address === 'string') throw new Error('no free port')
  return address.port
}

export const remove = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true })
