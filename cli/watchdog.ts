import inspector from 'node:inspector'
import { Worker } from 'node:worker_threads'

/** Runs beside everything else, and so also when nothing else does. What it says must not pass through the other thread. */
const thread = `
  const { writeSync } = require('node:fs')
  const { beats, seconds } = require('node:worker_threads').workerData
  let last = -1
  let silent = 0
  setInterval(() => {
    const now = Atomics.load(beats, 0)
    silent = now === last ? silent + 1 : 0
    last = now
    if (silent < seconds) return
    writeSync(2, 'The shop did nothing for ' + seconds + ' s but run something that does not end: a loop in a handler, most likely. ' +
      'The log’s last “production started” lines name what it was. It ends, to be started again: what is paid goes on then, and ' +
      'a script that ends the shop time and again is put before an operator.\\n')
    process.kill(process.pid, 'SIGKILL')
  }, 1000)`

/**
 * Ends the process when its code has kept it busy for so many seconds on end, as only an endless loop does: nobody else
 * could, since no signal, page or heartbeat gets through. Its own seconds count: a machine that slept is no loop.
 */
export function watchOver(seconds = 60): void {
  // Whoever stands at a breakpoint takes their time.
  if (inspector.url()) return
  const beats = new Int32Array(new SharedArrayBuffer(4))
  setInterval(() => Atomics.add(beats, 0, 1), 500).unref()
  new Worker(thread, { eval: true, execArgv: [], workerData: { beats, seconds } }).unref()
}
