import assert from 'node:assert/strict'
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { temporaryFolder } from '../test/temporary-folder.ts'
import { folderOfSource, handlerSources } from './handler-sources.ts'
import { scanHandlers } from './registry.ts'

describe('where handlers come from', async () => {
  const folder = await temporaryFolder()
  after(() => rm(folder, { recursive: true, force: true }))
  const base = pathToFileURL(path.join(folder, 'shop.ts')).href

  /** A package as npm would have installed it. */
  async function install(
    name: string,
    manifest: object,
    files: Record<string, string> = {},
  ): Promise<string> {
    const root = path.join(folder, 'node_modules', name)
    for (const [file, content] of Object.entries({ 'package.json': JSON.stringify(manifest), ...files })) {
      await mkdir(path.dirname(path.join(root, file)), { recursive: true })
      await writeFile(path.join(root, file), content)
    }
    return root
  }

  const handler = `
    import { defineHandler, z } from 'boutique/sdk'
    import { title } from './title.ts'
    export default defineHandler({ title, internal: z.object({}), external: z.object({}) })`
  const title = `export const title = { en: 'Place', fr: 'Place' } satisfies Record<string, string>`

  it('is what the settings name, after ours, and nothing else', () => {
    const path_ = ['/srv/ours', '/srv/theirs'].join(path.delimiter)
    const [shipped, ...others] = handlerSources({ HANDLERS_PATH: path_, HANDLERS_PACKAGES: '@acme/x, y' })
    assert.equal(shipped, path.join(import.meta.dirname, '..', 'handlers'))
    assert.deepEqual(others, ['/srv/ours', '/srv/theirs', 'npm:@acme/x', 'npm:y'])
    assert.equal(handlerSources({ HANDLERS_PATH: '', HANDLERS_PACKAGES: '' }).length, 1)
  })

  it('may be a package, whose handlers import the SDK of this shop', async () => {
    const boutique = { handlers: './made' }
    const files = { 'made/ext_webinar/handler.ts': handler, 'made/ext_webinar/title.ts': title }
    // A package that closes all but its entry is found all the same, and need not be of ES modules.
    const root = await install('@acme/webinar', { exports: './index.js', type: 'commonjs', boutique }, files)
    const source = await folderOfSource('npm:@acme/webinar', base)
    assert.equal(source, path.join(root, 'made'))
    const { handlers, faults } = await scanHandlers([source])
    assert.deepEqual(faults, [])
    assert.equal(handlers.get('ext_webinar')?.handler.title.en, 'Place')
  })

  it('may be a package that is linked', async () => {
    const files = { 'handlers/ext_linked/handler.ts': handler, 'handlers/ext_linked/title.ts': title }
    const root = await install('away', { boutique: { handlers: 'handlers' } }, files)
    await symlink(root, path.join(folder, 'node_modules', 'linked'))
    const { handlers, faults } = await scanHandlers([await folderOfSource('npm:linked', base)])
    assert.deepEqual([faults, [...handlers.keys()]], [[], ['ext_linked']])
  })

  it('is no package that says nothing of handlers, or has them outside', async () => {
    await install('plain', {})
    await install('outside', { boutique: { handlers: '../plain' } })
    await assert.rejects(
      folderOfSource('npm:plain', base),
      /package\.json does not say where its handlers are/,
    )
    await assert.rejects(folderOfSource('npm:outside', base), /outside the package/)
  })

  it('is named among the faults when it isn’t there, and the shop goes on', async () => {
    for (const source of ['npm:nowhere-to-be-found', 'npm:../kit', 'npm:fs', 'npm:']) {
      const { faults } = await scanHandlers([source])
      assert.equal(faults.length, 1)
      assert.match(faults[0]?.reason ?? '', /can't be read: there is no package ".*": npm install it/)
      assert.equal(faults[0]?.file, source)
    }
  })
})
