import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { Hono } from 'hono'
import { routes } from '../routes.ts'
import { assetUrl, serveAsset, sheets } from './assets.ts'
import { cover } from './cover.ts'

describe('an asset', () => {
  const app = new Hono().get(routes.assets.pattern, serveAsset)

  it('is kept for ever under a name that changes with its content', async () => {
    assert.match(assetUrl('boutique.css'), /^\/assets\/boutique\.[0-9a-f]{10}\.css$/)
    const answer = await app.request(assetUrl('boutique.js'))
    assert.equal(answer.status, 200)
    assert.match(answer.headers.get('content-type') ?? '', /^text\/javascript/)
    assert.equal(answer.headers.get('cache-control'), 'public, max-age=31536000, immutable')
  })

  it('is not found under another name', async () => {
    for (const path of [
      '/assets/boutique.css',
      '/assets/..%2fassets.ts',
      '/assets/boutique.0000000000.css',
    ]) {
      assert.equal((await app.request(path)).status, 404)
    }
  })

  it('is one sheet of styles, made of every file of css/', async () => {
    const files = readdirSync(new URL('css', import.meta.url))
    assert.deepEqual(sheets.map((name) => `${name}.css`).toSorted(), files.toSorted())
    const sheet = await (await app.request(assetUrl('boutique.css'))).text()
    assert.ok(sheet.startsWith(':root {') && sheet.endsWith('}\n'))
  })

  it('stays small: the script travels in less than 4 KB', async () => {
    const script = await (await app.request(assetUrl('boutique.js'))).arrayBuffer()
    assert.ok(gzipSync(script).byteLength < 4096)
  })
})

describe('a cover', () => {
  it('is the same for the same code and another for another', () => {
    assert.equal(cover('EXCEL-1', 'Excel'), cover('EXCEL-1', 'Excel'))
    assert.notEqual(cover('EXCEL-1', 'Excel'), cover('EXCEL-2', 'Excel'))
  })

  it('is well-formed for any code and title, without scripts or styles', () => {
    for (let index = 0; index < 200; index++) {
      const svg = cover(`CODE-${index}`, '<script>alert(1)</script> & "co"')
      assert.doesNotMatch(svg, /<script|style|NaN|undefined/)
      const tags = [...svg.matchAll(/<(\/?)([a-z]+)[^>]*?(\/?)>/g)]
      const open = tags.filter(([, closes, , self]) => !closes && !self).length
      assert.equal(open, tags.filter(([, closes]) => closes).length)
    }
  })
})
