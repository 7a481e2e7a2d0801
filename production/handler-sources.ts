import { readFile } from 'node:fs/promises'
import { findPackageJSON } from 'node:module'
import path from 'node:path'
import { z } from 'zod'
import { StartupError } from '../startup-error.ts'

const shipped = path.join(import.meta.dirname, '..', 'handlers')
const npm = 'npm:'

/**
 * Where handlers come from: ours, the folders of HANDLERS_PATH, and the packages that HANDLERS_PACKAGES names, as
 * `npm:<name>`. Nothing is loaded that nobody named.
 */
export function handlerSources(settings: { HANDLERS_PATH: string; HANDLERS_PACKAGES: string }): string[] {
  const folders = settings.HANDLERS_PATH.split(path.delimiter).filter(Boolean)
  const packages = settings.HANDLERS_PACKAGES.split(/[\s,]+/).filter(Boolean)
  return [shipped, ...folders, ...packages.map((name) => npm + name)]
}

/**
 * The folder of handlers that a source stands for. A package is looked for from `base`, as an import there would, and
 * says which of its folders it is: `"boutique": { "handlers": "./handlers" }`. Throws a
 * `StartupError` with the reason why there is none.
 */
export async function folderOfSource(source: string, base = import.meta.url): Promise<string> {
  if (!source.startsWith(npm)) return path.resolve(source)
  const name = source.slice(npm.length)
  const file = isPackageName(name) ? findManifest(name, base) : undefined
  if (!file) throw new StartupError(`there is no package "${name}": npm install it beside the shop`)
  const manifest = withHandlers.safeParse(JSON.parse(await readFile(file, 'utf8')))
  if (!manifest.success) {
    throw new StartupError(
      'its package.json does not say where its handlers are: "boutique": { "handlers": "./handlers" }',
    )
  }
  const root = path.dirname(file)
  const folder = path.join(root, manifest.data.boutique.handlers)
  if (!folder.startsWith(root + path.sep)) throw new StartupError('its handlers are outside the package')
  return folder
}

const withHandlers = z.object({ boutique: z.object({ handlers: z.string() }) })

/** Neither a path nor one of Node's own modules. */
const isPackageName = (name: string) => /^(@[a-z0-9][\w.-]*\/)?[a-z0-9][\w.-]*$/.test(name)

function findManifest(name: string, base: string): string | undefined {
  try {
    return findPackageJSON(name, base)
  } catch {
    return undefined
  }
}
