import { cp, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { folderOfSource, handlerSources } from '../production/handler-sources.ts'
import { kindOf } from '../production/registry.ts'
import { findEntry } from '../shop/entry.ts'
import { StartupError } from '../startup-error.ts'
import type { Command } from './boutique.ts'
import { fromCaller, shownToCaller } from './from-caller.ts'
import { readSettings } from './read-settings.ts'
import { table } from './table.ts'
import { withDatabase } from './with-database.ts'

const template = path.join(import.meta.dirname, 'new-handler')

export const newHandler: Command = {
  usage: [
    ['new <handler>', 'write a handler that works, to turn into yours: ext_…, or the code of its one entry'],
    ['new <handler> --in <folder>', 'elsewhere than in the first folder of HANDLERS_PATH, or handlers/'],
  ],
  async run(args) {
    const { values, positionals } = parseArgs({
      args,
      options: { in: { type: 'string' } },
      allowPositionals: true,
    })
    const [id, ...more] = positionals
    if (!id || more.length > 0) throw new StartupError('Name one handler: npx boutique new ext_webinar.')
    const settings = readSettings()
    const kind = nameable(id)
    const sources = handlerSources(settings)
    const [shipped = '', first = shipped] = sources.filter((source) => !source.startsWith('npm:'))
    const into = values.in === undefined ? path.resolve(first) : fromCaller(values.in)
    await refuseTaken(id, [...sources, into])
    const folder = path.join(into, id)
    await writeHandler(folder, kind === 'specific' ? id : titleFrom(id)).catch((error: unknown) => {
      const code = error instanceof Error && 'code' in error ? String(error.code) : ''
      if (!['EACCES', 'EPERM', 'EROFS', 'ENOTDIR'].includes(code)) throw error
      throw new StartupError(`${into} can't be written by this user (${code}): name another folder by --in.`)
    })

    const where = shownToCaller(folder)
    const known = (await Promise.all(sources.map(resolved))).includes(into)
    console.log(
      [
        `${where} is a handler that works: it enrols a learner in a course. Turn it into yours.`,
        '',
        table([
          ['  handler.ts', 'what it asks, and what it does'],
          ['  samples.ts', 'the parameters that it is proven with'],
          ['  README.md', 'what the operator reads beside its form'],
        ]),
        '',
        'Next:',
        table([
          [`  npx boutique test ${known ? id : where}`, 'proves it: now, and after each change'],
          ['  npm start', 'offers it on an entry; a shop that runs picks it up, and each change, by itself'],
        ]),
      ].join('\n'),
    )
    if (!known) console.log(`\nThe shop doesn't look there yet: add ${into} to HANDLERS_PATH.`)
    if (kind === 'specific') console.log(`\n${await aboutEntry(id, settings)}`)
  },
}

/** The kind of a handler that may be made under this name. */
function nameable(id: string): 'extension' | 'specific' {
  const kind = kindOf(id)
  if (kind === 'standard') {
    throw new StartupError(`std_ is for the handlers that ship: call yours ${id.replace('std_', 'ext_')}.`)
  }
  if (kind) return kind
  throw new StartupError(
    `"${id}" is no name for a handler: ext_ with small letters, digits and _ (ext_webinar), or the code of the one ` +
      'entry that it is for, in capitals, digits and - (WEBINAR-2027).',
  )
}

async function refuseTaken(id: string, sources: string[]): Promise<void> {
  for (const folder of await Promise.all(sources.map(resolved))) {
    const taken = folder && (await stat(path.join(folder, id)).catch(() => undefined))
    if (taken) throw new StartupError(`${path.join(folder, id)} is there already: choose another name.`)
  }
}

/** The folder of a source; undefined for a package that is not there. */
const resolved = (source: string) => folderOfSource(source).catch(() => undefined)

/** `ext_webinar_place` → `Webinar place` */
function titleFrom(id: string): string {
  const words = id.replace('ext_', '').replaceAll('_', ' ').trim() || id
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** Writes all of it beside its place first: a shop that watches must not see half a handler. */
async function writeHandler(folder: string, title: string): Promise<void> {
  const draft = path.join(path.dirname(folder), `.${path.basename(folder)}-${process.pid}`)
  try {
    await mkdir(path.dirname(folder), { recursive: true })
    await cp(template, draft, { recursive: true })
    for (const name of ['handler.ts', 'README.md']) {
      const file = path.join(draft, name)
      const text = await readFile(file, 'utf8')
      await writeFile(file, text.replace('New handler', title).replace('Nouveau gestionnaire', title))
    }
    await rename(draft, folder)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** What is to be said of the entry that a specific handler is for. */
async function aboutEntry(code: string, settings: ReturnType<typeof readSettings>): Promise<string> {
  const only = `Only the entry ${code} can use it, by the choice "Specific" on its form`
  const database = settings.DATABASE_URL ?? (await made(path.join(settings.DATA_DIR, 'postgres')))
  const entry = database && (await withDatabase(settings, ({ db }) => findEntry(db, code)))
  if (!entry) return `${only}. There is no such entry yet: make it in the office.`
  return entry.handler === 'specific' ? `${only}, which is made already.` : `${only}, which is not made yet.`
}

const made = async (folder: string) => (await stat(folder).catch(() => undefined)) && folder
