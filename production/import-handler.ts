import { realpath } from 'node:fs/promises'
import { registerHooks } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'

const shop = new URL('../', import.meta.url)
const sdk = new URL('../sdk/', import.meta.url)
const kit = new URL('../kit/testing.ts', import.meta.url)

/** The folders that handlers were imported from, as addresses that end in `/`. */
const folders = new Set<string>()
let hooked = false

/**
 * Imports a module of a handler's folder. Wherever the folder lies, `boutique/sdk` and `boutique/sdk/testing` are the
 * very modules of this shop, and its TypeScript files are ES modules. Node keeps what it has imported: with another
 * `version` the module, and all that it imports from its own folder, is read anew.
 */
export async function importHandler(file: string, version = 0): Promise<Record<string, unknown>> {
  if (!hooked) hook()
  hooked = true
  // Through links, as Node finds what the module imports.
  const real = pathToFileURL(await realpath(file)).href
  folders.add(new URL('.', real).href)
  return await import(versioned(real, version ? String(version) : null))
}

/** Node asks these at each import of the whole process: they let everything pass but the handlers' own. */
function hook(): void {
  registerHooks({
    resolve(specifier, context, next) {
      if (specifier === 'boutique/sdk') return next(new URL('index.ts', sdk).href, context)
      if (specifier === 'boutique/sdk/testing') return next(kit.href, context)
      if (specifier.startsWith('boutique/')) throw new Error(whyInside(specifier))
      // The file of the handler itself: its address is what we made it.
      if (specifier.startsWith('file:') && folderOf(specifier)) {
        return { url: specifier, format: formatOf(specifier), shortCircuit: true }
      }
      const resolved = next(specifier, context)
      const folder = folderOf(context.parentURL)
      if (!folder) return resolved
      if (isInside(resolved.url) && !isTest(context.parentURL)) throw new Error(whyInside(specifier))
      if (folderOf(resolved.url) !== folder) return resolved
      const version = new URL(context.parentURL ?? '').searchParams.get('version')
      return {
        ...resolved,
        url: versioned(resolved.url, version),
        format: formatOf(resolved.url) ?? resolved.format,
      }
    },
    load(url, context, next) {
      const format = folderOf(url) ? formatOf(url) : undefined
      return next(url, format ? { ...context, format } : context)
    },
  })
}

/** Whether a module is the shop's own: neither a handler's nor a package's. */
function isInside(url: string): boolean {
  if (!url.startsWith(shop.href) || folderOf(url)) return false
  return !/^(handlers|node_modules)\//.test(url.slice(shop.href.length))
}

/** The tests of the handlers that ship use what all tests share. */
const isTest = (url = '') => /\.test\.ts(\?|$)/.test(url)

const whyInside = (specifier: string) =>
  `it imports ${specifier}, which is inside the shop and may be another one tomorrow: a handler imports boutique/sdk`

/** The handler's folder that a module is a file of; packages installed in it are not its own. */
function folderOf(url: string | undefined): string | undefined {
  if (!url?.startsWith('file:')) return undefined
  for (const folder of folders) {
    if (url.startsWith(folder) && !url.slice(folder.length).includes('node_modules/')) return folder
  }
  return undefined
}

function versioned(url: string, version: string | null): string {
  const made = new URL(url)
  made.search = version === null ? '' : `?version=${version}`
  return made.href
}

/** TypeScript is taken for ES modules, whatever a package.json nearby says or doesn't. */
const formatOf = (url: string) =>
  /\.m?tsx?$/.test(fileURLToPath(new URL(url))) ? 'module-typescript' : undefined
