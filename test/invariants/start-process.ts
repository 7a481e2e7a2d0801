import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { after } from 'node:test'
import { temporaryFolder } from '../temporary-folder.ts'

const running = new Set<ChildProcess>()
// A frozen one too: SIGKILL needs nobody's consent.
const killAll = () => {
  for (const child of running) child.kill('SIGKILL')
}
process.once('exit', killAll)
after(killAll)

let cache: Promise<string> | undefined

/**
 * Starts another process of a test: a script of this folder, with one argument as JSON. It is gone by the end of the
 * run, whatever happens. Node runs TypeScript by itself here, since that starts twice as fast as with tsx: no JSX, then.
 */
export async function startProcess(script: string, argument: unknown): Promise<ChildProcess> {
  cache ??= temporaryFolder()
  const folder = await cache
  const file = path.join(import.meta.dirname, script)
  const child = spawn(process.execPath, [file, JSON.stringify(argument)], {
    env: { ...process.env, NODE_COMPILE_CACHE: folder },
    stdio: ['ignore', 'pipe', process.env.TEST_LOG ? 'inherit' : 'ignore'],
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** Waits for its end: what it printed, and the signal that killed it, if one did. */
export async function ended(
  child: ChildProcess,
): Promise<{ printed: string; signal: NodeJS.Signals | null }> {
  let printed = ''
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    printed += text
  })
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => {
      if (code) reject(new Error(`a process of the test ended with ${code}: ${printed}`))
      else resolve({ printed, signal })
    })
  })
}
