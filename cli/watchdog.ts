import inspector from 'node:inspector'
import { Worker } from 'node:worker_threads'

/** Runs beside everything else, and so also when nothing else does. What it says must not pass through the other thread. */
const thread = `
  const { writeSync } = require('node:fs')
  const { beats, says, seconds } = require('node:worker_threads').workerData
  let last = -1
  let silent = 0
  setInterval(() => {
    const now = Atomics.load(beats, 0)
    silent = now === last ? silent + 1 : 0
    last = now
    if (silent < seconds) return
    writeSync(2, says + '\\n')
    process.kill(process.pid, 'SIGKILL')
  }, 1000)`

/**
 * Ends the process, saying so, when its code has kept it busy for so many seconds on end, as only an endless loop does:
 * nobody else could, since no signal, page or heartbeat gets through. Its own seconds count: a machine that slept is no
 * loop. Returns the way to stop watching.
 */
export function watchOver(says: string, seconds = 60): () => void {
  // Whoever stands at a breakpoint takes their time.
  if (inspector.url()) return () => {}
  const beats = new Int32Array(new SharedArrayBuffer(4))
  const timer = setInterval(() => Atomics.add(beats, 0, 1), 500).unref()
  const worker = new Worker(thread, { eval: true, execArgv: [], workerData: { beats, says, seconds } })
  worker.unref()
  return () => {
    clearInterval(timer)
    void worker.terminate()
  }
}
