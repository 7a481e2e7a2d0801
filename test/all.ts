import { globSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { beforeEach } from 'node:test'
import { pathToFileURL } from 'node:url'

// One process for all: a process for each file takes twenty times as long.
const root = resolve(import.meta.dirname, '..')
const filters = process.argv.slice(2)
const files = ['**/*.test.{ts,tsx}', 'test/e2e/*.e2e.ts']
  .flatMap((pattern) =>
    globSync(pattern, { cwd: root, exclude: (name) => /node_modules|^data$/.test(name) }).sort(),
  )
  .map((file) => relative(root, resolve(root, file)).replaceAll('\\', '/'))
  .filter((file) => filters.length === 0 || filters.some((filter) => file.includes(filter)))

let ran = 0
beforeEach(() => {
  ran++
})
process.on('exit', (code) => {
  if (ran > 0 || code !== 0) return
  console.error(
    `No test ran: ${filters.length ? `no file matches ${filters.join(', ')}` : 'there are no test files'}.`,
  )
  process.exitCode = 1
})

for (const file of files) await import(pathToFileURL(resolve(root, file)).href)
