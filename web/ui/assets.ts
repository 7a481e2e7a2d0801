import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { MiddlewareHandler } from 'hono'
import { routes } from '../routes.ts'

const types = {
  'boutique.css': 'text/css; charset=utf-8',
  'reference.css': 'text/css; charset=utf-8',
  'boutique.js': 'text/javascript; charset=utf-8',
  'icon.svg': 'image/svg+xml',
} as const

/**
 * The files of `css/` that make `boutique.css`, in the order of the cascade: the ground, the parts that both faces share,
 * the storefront, the office, and last what the reader's device asks for.
 */
export const sheets = `
  tokens base
  button form notice card page-head table learner-list learner-names steps confirm
  storefront catalog entry cart totals bundle checkout order account
  office office-page filters entry-form refreshed dry-run
  device
`
  .trim()
  .split(/\s+/)

type Asset = keyof typeof types

type Kept = { name: Asset; url: string; body: Uint8Array<ArrayBuffer> }
let kept: Map<Asset, Kept> | undefined

/** The address of an asset, named after its content: `/assets/boutique.1a2b3c4d.css`. */
export function assetUrl(name: Asset): string {
  const asset = readAssets().get(name)
  if (!asset) throw new Error(`${name} is not among the assets`)
  return asset.url
}

/** Serves `routes.assets.pattern`: for ever under a name that holds the content's hash, 404 for any other. */
export const serveAsset: MiddlewareHandler = async (c) => {
  const asset = [...readAssets().values()].find(({ url }) => url === c.req.path)
  if (!asset) return c.notFound()
  return c.body(asset.body, 200, {
    'content-type': types[asset.name],
    'cache-control': 'public, max-age=31536000, immutable',
  })
}

function readAssets(): Map<Asset, Kept> {
  kept ??= new Map(
    (Object.keys(types) as Asset[]).map((name) => {
      const body = name === 'boutique.css' ? readSheet() : new Uint8Array(readFile(name))
      const hash = createHash('sha256').update(body).digest('hex').slice(0, 10)
      return [name, { name, body, url: routes.assets(name.replace('.', `.${hash}.`)) }]
    }),
  )
  return kept
}

function readSheet(): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(sheets.map((name) => readFile(`css/${name}.css`)).join('\n'))
}

function readFile(name: string): Buffer {
  return readFileSync(new URL(name, import.meta.url))
}
