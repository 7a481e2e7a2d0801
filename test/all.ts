import { globSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import { beforeEach, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { findChromium } from './chromium.ts'

// npm test -- <part of a path> … runs the files whose path has one of the parts.
// One process for all: a process for each file takes twenty times as long.
const root = resolve(import.meta.dirname, '..')
const filters = process.argv.slice(2)
const exclude = (name: string) => /node_modules|^data$/.test(name)
const files = ['**/*.test.{ts,tsx}', 'test/e2e/*.e2e.ts']
  .flatMap((pattern) => globSync(pattern, { cwd: root, exclude }).sort())
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

const isBrowserTest = (file: string) => file.endsWith('.e2e.ts')
const noBrowser = files.some(isBrowserTest) ? await whyNoBrowser() : undefined
// Said once, as one failure, rather than by each browser test.
if (noBrowser) it('the browser tests find a Chromium', () => Promise.reject(noBrowser))

for (const file of files) {
  if (!(noBrowser && isBrowserTest(file))) await import(pathToFileURL(resolve(root, file)).href)
}

async function whyNoBrowser(): Promise<unknown> {
  return await findChromium().then(
    () => undefined,
    (error: unknown) => error,
  )
}
