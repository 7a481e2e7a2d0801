import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { temporaryFolder } from '../test/temporary-folder.ts'

const root = path.join(import.meta.dirname, '..')

describe('a folder of handlers of one’s own', async () => {
  const folder = await temporaryFolder()
  after(() => rm(folder, { recursive: true, force: true }))

  async function compile(): Promise<string> {
    const compiler = path.join(root, 'node_modules/typescript/bin/tsc')
    const child = spawn(process.execPath, [compiler, '--project', folder, '--pretty', 'false'])
    return await text(child.stdout)
  }

  it('has the types of the SDK, as docs/handlers.md sets it up', async () => {
    const page = await readFile(path.join(root, 'docs/handlers.md'), 'utf8')
    const [, settings = ''] = /^```json\n(\{ "extends".*?)^```$/ms.exec(page) ?? []
    await writeFile(path.join(folder, 'tsconfig.json'), settings)
    // What `npm init` writes, and what `npm install --save-dev` of a folder does.
    await writeFile(path.join(folder, 'package.json'), '{ "name": "mine", "type": "commonjs" }')
    await mkdir(path.join(folder, 'node_modules'))
    await symlink(root, path.join(folder, 'node_modules/boutique'))
    // Without its samples: `boutique/sdk/testing` is the whole shop, and takes long to compile.
    const written = await readFile(path.join(root, 'cli/new-handler/handler.ts'), 'utf8')
    await mkdir(path.join(folder, 'ext_mine'))
    await writeFile(path.join(folder, 'ext_mine/sound.ts'), written)
    const misspelt = written.replace('actions:', 'action:')
    await writeFile(path.join(folder, 'ext_mine/handler.ts'), misspelt)
    const faults = (await compile()).trim()
    assert.match(faults, /^[^\n]*ext_mine\/handler\.ts.*Did you mean to write 'actions'\?[^\n]*$/)
  })
})
