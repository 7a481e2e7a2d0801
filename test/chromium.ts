import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type Browser, chromium } from 'playwright-core'

const run = promisify(execFile)

const linux = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/opt/google/chrome/chrome',
  '/snap/bin/chromium',
]
const darwin = ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(
  (name) => `/Applications/${name}.app/Contents/MacOS/${name}`,
)
const win32 = ['ProgramFiles', 'ProgramFiles(x86)', 'LocalAppData'].flatMap((variable) =>
  ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'].map((path) =>
    join(process.env[variable] ?? 'C:\\', path),
  ),
)
const usualPlaces: Partial<Record<NodeJS.Platform, string[]>> = { linux, darwin, win32 }

/**
 * The path of a Chromium: `CHROMIUM_PATH`, else the usual places, else installed with apt where this runs as root on
 * Debian. Throws, saying what to do, when there is none.
 */
export async function findChromium(): Promise<string> {
  const named = process.env.CHROMIUM_PATH
  if (named) {
    if (await exists(named)) return named
    throw new Error(`CHROMIUM_PATH names ${named}, and there is no such file.`)
  }
  return (await findInUsualPlaces()) ?? (await installWithApt())
}

/** A headless Chromium with an empty profile, which calls nobody by itself. Close it when done. */
export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({
    executablePath: await findChromium(),
    headless: true,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}

async function findInUsualPlaces(): Promise<string | undefined> {
  for (const path of usualPlaces[process.platform] ?? []) if (await exists(path)) return path
  return undefined
}

async function installWithApt(): Promise<string> {
  const advice = 'The browser tests need Chromium: install Chromium or Chrome, or set CHROMIUM_PATH to one.'
  if (process.getuid?.() !== 0 || !(await exists('/usr/bin/apt-get'))) throw new Error(advice)
  console.error('Installing Chromium with apt (once, a minute or two) …')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  try {
    await run('apt-get', ['update'], { env, maxBuffer: 2 ** 26 })
    await run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], {
      env,
      maxBuffer: 2 ** 26,
    })
  } catch (error) {
    const why = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error)
    throw new Error(`${advice} apt-get could not do it: ${why}`, { cause: error })
  }
  const installed = await findInUsualPlaces()
  if (!installed) throw new Error(advice)
  return installed
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )
