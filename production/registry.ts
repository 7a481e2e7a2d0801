import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { elementsOf } from '../sdk/form.ts'
import type { Handler } from '../sdk/index.ts'
import { guardHandler } from './guard-handler.ts'
import { folderOfSource } from './handler-sources.ts'
import { importHandler } from './import-handler.ts'
import { isZodObject } from './is-zod-object.ts'

export type HandlerKind = 'standard' | 'extension' | 'specific'
export type Registered = { id: string; kind: HandlerKind; folder: string; handler: Handler }
/**
 * A handler folder that can't be used, and why: the office shows it, and its entries are not for sale. `kept`: it could
 * be used before its last change, and what it was then stays in use.
 */
export type HandlerFault = { id: string; file: string; reason: string; kept?: true }
export type Registry = { handlers: ReadonlyMap<string, Registered>; faults: readonly HandlerFault[] }

/** The kind that a folder's name says, or undefined when it is no handler's name. */
export function kindOf(id: string): HandlerKind | undefined {
  if (/^std_[a-z0-9_]+$/.test(id)) return 'standard'
  if (/^ext_[a-z0-9_]+$/.test(id)) return 'extension'
  if (/^[A-Z0-9][A-Z0-9-]{1,39}$/.test(id)) return 'specific'
  return undefined
}

/** Reads one handler's folder: its handler or what is wrong with it; both when an earlier version stays in use. */
export type ReadFolder = (folder: string, id: string) => Promise<(Registered | HandlerFault)[]>

/**
 * Scans folders of handlers, or packages with such a folder (`npm:<name>`), first come first served. Never throws for what a handler's author did: a bad folder is
 * named among the faults, with its file and the reason, and hurts nobody else.
 */
export async function scanHandlers(
  sources: string[],
  read: ReadFolder = async (folder, id) => [await loadHandler(folder, id)],
): Promise<Registry> {
  const handlers = new Map<string, Registered>()
  const faults: HandlerFault[] = []
  for (const source of sources) {
    let folder: string
    let names: string[]
    try {
      folder = await folderOfSource(source)
      names = (await readdir(folder, { withFileTypes: true }))
        .filter((entry) => entry.isDirectory() || entry.isSymbolicLink())
        .map((entry) => entry.name)
        .filter((name) => !name.startsWith('.') && name !== 'node_modules')
        .sort()
    } catch (error) {
      faults.push({
        id: path.basename(source),
        file: source,
        reason: `this folder of handlers can't be read: ${sentence(error)}`,
      })
      continue
    }
    for (const id of names) {
      for (const result of await read(path.join(folder, id), id)) {
        if ('reason' in result) faults.push(result)
        else if (handlers.has(id)) {
          faults.push({
            id,
            file: result.folder,
            reason: `another folder, ${handlers.get(id)?.folder}, has this name already`,
          })
        } else handlers.set(id, result)
      }
    }
  }
  return { handlers, faults }
}

/** Loads the handler of one folder, or says why it can't be used. `version`: see `importHandler`. */
export async function loadHandler(
  folder: string,
  id = path.basename(folder),
  version?: number,
): Promise<Registered | HandlerFault> {
  const kind = kindOf(id)
  if (!kind) {
    const reason =
      'the name of the folder is neither std_…, ext_… (small letters, digits, _) nor the code of an entry (capitals, digits, -)'
    return { id, file: folder, reason }
  }
  const file = await findFile(folder)
  if (!file)
    return { id, file: folder, reason: 'there is no handler.ts, handler.js or handler.mjs in the folder' }
  try {
    const module = await loaded(file, version)
    const reason = whyNoHandler(module.default)
    if (reason) return { id, file, reason }
    const handler = module.default as Handler // proven by whyNoHandler
    return { id, kind, folder, handler: guardHandler(handler) }
  } catch (error) {
    return { id, file, reason: `it could not be loaded: ${sentence(error)}` }
  }
}

/** Seconds that a handler may take to load: one that never ends must not keep the shop from starting. */
const patience = 20

async function loaded(file: string, version?: number): Promise<Record<string, unknown>> {
  const late = Promise.withResolvers<never>()
  const why = new Error(`it was not loaded within ${patience} s: does it wait for something?`)
  const timer = setTimeout(() => late.reject(why), patience * 1000)
  try {
    return await Promise.race([importHandler(file, version), late.promise])
  } finally {
    clearTimeout(timer)
  }
}

async function findFile(folder: string): Promise<string | undefined> {
  for (const name of ['handler.ts', 'handler.js', 'handler.mjs']) {
    const file = path.join(folder, name)
    const found = await stat(file).catch(() => undefined)
    if (found?.isFile()) return file
  }
  return undefined
}

const functions = [
  'asks',
  'check',
  'checkField',
  'available',
  'prepares',
  'prepay',
  'release',
  'postpay',
  'revoke',
  'revokeOne',
  'ended',
  'revived',
  'prolongs',
] as const satisfies (keyof Handler)[]

/** All that a handler may have. */
const members: string[] = [
  ...functions,
  'title',
  'summary',
  'functions',
  'internal',
  'external',
  'maxQuantity',
  'bringsCredits',
  'pack',
  'actions',
] satisfies (keyof Handler)[]

/** The reason why a module's default export is no handler; undefined when it is one. */
function whyNoHandler(exported: unknown): string | undefined {
  if (!isRecord(exported)) return 'it has no default export made with defineHandler({ … })'
  for (const name of ['title', 'summary']) {
    if (name === 'summary' && exported.summary === undefined) continue
    if (!isText(exported[name])) return `its ${name} must have a text in English and in French: { en, fr }`
  }
  for (const name of ['internal', 'external']) {
    const why = whyNoForm(exported[name])
    if (why) return `its ${name} parameters ${why}`
  }
  for (const name of functions) {
    if (exported[name] !== undefined && typeof exported[name] !== 'function')
      return `its ${name} must be a function`
  }
  const unknown = Object.keys(exported).find((name) => !members.includes(name))
  if (unknown) return whyUnknown(unknown)
  const { pack, actions } = exported
  if (pack !== undefined && !(isRecord(pack) && isRecord(actions) && isRecord(actions[String(pack.give)]))) {
    return 'its pack must name the action that gives a seat: { give }'
  }
  if (
    exported.maxQuantity !== undefined &&
    !(Number.isInteger(exported.maxQuantity) && Number(exported.maxQuantity) > 0)
  ) {
    return 'its maxQuantity must be a whole number above 0'
  }
  if (exported.release && !exported.prepay) return 'it has a release and no prepay: there is nothing to undo'
  if (exported.revokeOne && !exported.revoke)
    return 'it has a revokeOne and no revoke: the last product of a unit is taken back with it, by revoke'
  if (exported.revived && !exported.ended) return 'it has a revived and no ended: there is nothing to undo'
  if (exported.actions !== undefined) {
    if (!isRecord(exported.actions)) return 'its actions must be an object of actions by name'
    for (const [name, action] of Object.entries(exported.actions)) {
      if (!isRecord(action) || typeof action.run !== 'function') {
        return `its action ${name} needs a title, an input, an audience and a run function`
      }
      if (!isText(action.title)) {
        return `the title of its action ${name} must have a text in English and in French: { en, fr }`
      }
      if (!audiences.includes(String(action.audience))) {
        return `the audience of its action ${name} must be one of ${audiences.join(', ')}`
      }
      const why = whyNoForm(action.input)
      if (why) return `the input of its action ${name} ${why}`
    }
  }
  return undefined
}

const audiences = ['operator', 'customer', 'both']

/** A function misspelt would never run, in silence: `postPay` would deliver nothing. */
function whyUnknown(name: string): string {
  const meant = members.find((member) => member.toLowerCase() === name.toLowerCase())
  const instead = meant ? `did you mean ${meant}?` : `it may have ${members.join(', ')}`
  return `it has "${name}", which means nothing: ${instead}`
}

function isText(value: unknown): boolean {
  return isRecord(value) && [value.en, value.fr].every((text) => typeof text === 'string' && text !== '')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** What keeps a schema from being a form. */
function whyNoForm(schema: unknown): string | undefined {
  if (!isZodObject(schema)) return 'must be a z.object({ … }) of boutique/sdk'
  try {
    elementsOf(schema)
    return undefined
  } catch (error) {
    return `can't be a form: ${sentence(error)}`
  }
}

/** The first line, or the next where that one only announces it: "Transform failed with 1 error:". */
function sentence(error: unknown): string {
  const [first = 'unknown error', second] = (error instanceof Error ? error.message : String(error)).split(
    '\n',
  )
  return first.endsWith(':') && second ? second : first
}

/**
 * The handler that an entry uses: its own for `specific`. undefined when the choice is "no handler"; `missing` when
 * the one it names is not installed or not sound.
 */
export function handlerOf(
  registry: Registry,
  entry: { code: string; handler: string | null },
): Registered | 'missing' | undefined {
  if (entry.handler === null) return undefined
  const id = entry.handler === 'specific' ? entry.code : entry.handler
  const found = registry.handlers.get(id)
  if (!found || (entry.handler === 'specific') !== (found.kind === 'specific')) return 'missing'
  return found
}
