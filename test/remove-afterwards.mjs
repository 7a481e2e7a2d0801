// Waits for the end of the process that started it, then kills the PostgreSQL of its folder and removes the folder.
import { existsSync, readFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

const folder = process.argv[2]
const lockFile = join(folder, 'postgres', 'cluster', 'postmaster.pid')

process.stdin.resume().on('end', async () => {
  if (existsSync(lockFile)) process.kill(Number.parseInt(readFileSync(lockFile, 'utf8'), 10), 'SIGQUIT')
  for (let tries = 0; existsSync(lockFile) && tries < 500; tries++) await wait(10)
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})
