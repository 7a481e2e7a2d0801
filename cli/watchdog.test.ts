import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { describe, it } from 'node:test'

const root = path.join(import.meta.dirname, '..')

/** How a process ends that is watched over and does this. */
async function ends(work: string) {
  const code = `import { watchOver } from './cli/watchdog.ts'\nwatchOver('It loops.', 2)\n${work}`
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', code], {
    cwd: root,
  })
  const ended = new Promise((resolve) => child.once('close', (status, signal) => resolve(signal ?? status)))
  return await Promise.all([ended, text(child.stderr)])
}

describe('the watchdog', () => {
  it('ends a process that only runs a loop without end, and says so', async () => {
    const [end, said] = await ends('setTimeout(() => { for (;;) {} }, 10)')
    assert.deepEqual([end, said], ['SIGKILL', 'It loops.\n'])
  })

  it('lets one be that waits, or works with pauses, and does not keep it from ending', async () => {
    const work = `
      const end = Date.now() + 3000
      const busy = () => { const until = Date.now() + 700; while (Date.now() < until); }
      while (Date.now() < end) { busy(); await new Promise((resolve) => setTimeout(resolve, 20)) }`
    assert.deepEqual(await ends(work), [0, ''])
  })
})
