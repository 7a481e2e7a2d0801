import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { temporaryFolder } from '../test/temporary-folder.ts'
import { type HandlerNews, watchHandlers } from './watch-handlers.ts'

const handler = (title: string, more = '') => `
  import { defineHandler, z } from 'boutique/sdk'
  import { place } from './place.ts'
  ${more}
  export default defineHandler({
    title: { en: '${title}', fr: place },
    internal: z.object({}),
    external: z.object({}),
  })`
const place = (name: string) => `export const place: string = '${name}'`

describe('handlers that are watched', async () => {
  const folder = await temporaryFolder()
  after(() => rm(folder, { recursive: true, force: true }))
  let made = 0

  /** A folder with one handler, watched; `next` gives the news that come, in their order. */
  async function watched(t: { after(undo: () => Promise<void>): void }) {
    const root = path.join(folder, String(++made))
    const heard: HandlerNews[] = []
    const came = new EventTarget()
    const write = async (name: string, content: string) => {
      const file = path.join(root, name)
      await mkdir(path.dirname(file), { recursive: true })
      await writeFile(file, content)
    }
    await write('ext_a/handler.ts', handler('A'))
    await write('ext_a/place.ts', place('Lyon'))
    const live = await watchHandlers([root], (news) => {
      heard.push(news)
      came.dispatchEvent(new Event('news'))
    })
    t.after(() => live.close())
    return {
      root,
      write,
      live,
      titleOf: (id: string) => live.current().handlers.get(id)?.handler.title,
      async next(): Promise<string> {
        if (heard.length === 0) await once(came, 'news', { signal: AbortSignal.timeout(10_000) })
        const { id, news, reason } = heard.shift() ?? { id: '', news: '' }
        return [id, news, ...(reason ? [reason] : [])].join(' ')
      },
    }
  }

  it('are read anew when they change, and so is every file of their folder', async (t) => {
    const { write, next, titleOf } = await watched(t)
    assert.deepEqual(titleOf('ext_a'), { en: 'A', fr: 'Lyon' })
    await write('ext_a/handler.ts', handler('B'))
    assert.equal(await next(), 'ext_a changed')
    await write('ext_a/place.ts', place('Paris'))
    assert.equal(await next(), 'ext_a changed')
    assert.deepEqual(titleOf('ext_a'), { en: 'B', fr: 'Paris' })
  })

  it('are picked up when they are new, whenever their files come', async (t) => {
    const { root, write, next, titleOf } = await watched(t)
    await mkdir(path.join(root, 'ext_b'))
    assert.match(await next(), /^ext_b broken there is no handler\.ts/)
    await write('ext_b/handler.ts', handler('B', `import './rooms/one.ts'`))
    assert.match(await next(), /^ext_b broken it could not be loaded/)
    await write('ext_b/place.ts', place('Nice'))
    assert.match(await next(), /^ext_b broken .*rooms/)
    await write('ext_b/rooms/one.ts', '')
    assert.equal(await next(), 'ext_b added')
    assert.deepEqual(titleOf('ext_b'), { en: 'B', fr: 'Nice' })
    await write('ext_b/rooms/one.ts', `throw new Error('no room')`)
    assert.equal(await next(), 'ext_b broken it could not be loaded: no room')
  })

  it('stay what they were while they are broken, and the fault is named', async (t) => {
    const { root, write, next, live, titleOf } = await watched(t)
    await write('ext_a/handler.ts', 'export default {')
    assert.match(await next(), /^ext_a broken it could not be loaded: .*handler\.ts:1:16: ERROR/)
    assert.equal(titleOf('ext_a')?.en, 'A')
    const [fault] = live.current().faults
    assert.equal(fault?.kept, true)
    assert.equal(fault.file, path.join(root, 'ext_a/handler.ts'))
    await write('ext_a/handler.ts', handler('C'))
    assert.equal(await next(), 'ext_a changed')
    assert.deepEqual(live.current().faults, [])
  })

  it('are gone with their folder, and come back with it as they are then', async (t) => {
    const { root, write, next, titleOf } = await watched(t)
    const [here, away] = [path.join(root, 'ext_a'), path.join(folder, 'away')]
    await rename(here, away)
    assert.equal(await next(), 'ext_a removed')
    assert.equal(titleOf('ext_a'), undefined)
    await writeFile(path.join(away, 'place.ts'), place('Brest'))
    await rename(away, here)
    assert.equal(await next(), 'ext_a added')
    assert.equal(titleOf('ext_a')?.fr, 'Brest')
    await write('ext_a/place.ts', place('Lille'))
    assert.equal(await next(), 'ext_a changed')
  })

  it('are the same objects as long as nothing changes: a script that runs keeps its own', async (t) => {
    const { write, next, live } = await watched(t)
    const before = live.current().handlers.get('ext_a')
    await write('ext_b/handler.ts', handler('B').replace('./place.ts', '../ext_a/place.ts'))
    assert.equal(await next(), 'ext_b added')
    assert.equal(live.current().handlers.get('ext_a'), before)
    await write('ext_a/handler.ts', handler('D'))
    assert.equal(await next(), 'ext_a changed')
    assert.equal(before?.handler.title.en, 'A')
  })
})
