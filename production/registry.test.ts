import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { after, describe, it } from 'node:test'
import { temporaryFolder } from '../test/temporary-folder.ts'
import { handlerOf, kindOf, scanHandlers } from './registry.ts'

const title = `title: { en: 'A', fr: 'B' }`
const good = (more = '') =>
  `import { defineHandler, z } from 'boutique/sdk'
   export default defineHandler({ ${title}, internal: z.object({}), external: z.object({}), ${more} })`

describe('the registry of handlers', async () => {
  const folder = await temporaryFolder()
  after(() => rm(folder, { recursive: true, force: true }))
  let made = 0

  /** A folder of handlers: the files of each by its name. */
  async function handlers(files: Record<string, string>): Promise<string> {
    const root = path.join(folder, String(++made))
    for (const [name, content] of Object.entries(files)) {
      await mkdir(path.dirname(path.join(root, name)), { recursive: true })
      await writeFile(path.join(root, name), content)
    }
    return root
  }

  const bad: [what: string, id: string, content: string | undefined, reason: RegExp][] = [
    ['whose name is none', 'enrol', good(), /std_…, ext_…/],
    ['without a file', 'ext_empty', undefined, /no handler\.ts/],
    ['that can’t be parsed', 'ext_syntax', 'export default {', /could not be loaded/],
    [
      'that throws when it is loaded',
      'ext_throws',
      `throw new Error('no key')`,
      /could not be loaded: no key/,
    ],
    ['that imports what isn’t there', 'ext_imports', `import 'nothing-of-the-kind'`, /nothing-of-the-kind/],
    [
      'that reaches into the shop',
      'ext_inside',
      `import { kindOf } from '${path.join(import.meta.dirname, 'registry.ts')}'\nkindOf('')\n${good()}`,
      /imports .*registry\.ts, which is inside the shop.*a handler imports boutique\/sdk$/,
    ],
    [
      'that reaches into the SDK',
      'ext_deep',
      `import { elementsOf } from 'boutique/sdk/form'\nelementsOf\n${good()}`,
      /imports boutique\/sdk\/form, which is inside the shop/,
    ],
    ['that exports nothing', 'ext_nothing', 'export const handler = 1', /no default export/],
    ['in one language', 'ext_title', `export default { title: { en: 'A' } }`, /English and in French/],
    [
      'without schemas',
      'ext_schema',
      `export default { ${title}, internal: {}, external: {} }`,
      /internal.*z\.object/,
    ],
    [
      'whose parameters no form can hold',
      'ext_form',
      `import { z } from 'boutique/sdk'
       export default { ${title}, internal: z.object({}), external: z.object({ born: z.date() }) }`,
      /external parameters can't be a form: the field "born"/,
    ],
    ['whose script is no function', 'ext_script', good('postpay: 5'), /postpay must be a function/],
    ['whose summary is in one language', 'ext_summary', good(`summary: { en: 'A' }`), /its summary must/],
    ['that undoes what it never does', 'ext_release', good('async release() {}'), /release and no prepay/],
    ['that sells none', 'ext_most', good('maxQuantity: 0'), /maxQuantity/],
    ['whose actions are none', 'ext_actions', good('actions: 5'), /actions must be an object/],
    ['whose action does nothing', 'ext_action', good('actions: { go: {} }'), /action go needs/],
    [
      'whose action is for nobody',
      'ext_audience',
      good(`actions: { go: { ${title}, audience: 'everyone', run() {}, input: z.object({}) } }`),
      /audience of its action go must be one of operator, customer, both/,
    ],
    [
      'whose action is in one language',
      'ext_action_title',
      good(`actions: { go: { title: { en: 'Go' }, audience: 'both', run() {}, input: z.object({}) } }`),
      /title of its action go must have a text in English and in French/,
    ],
    ['that misspells a script', 'ext_misspelt', good('postPay() {}'), /"postPay".*did you mean postpay/],
    ['that has what means nothing', 'ext_unknown', good('deliver() {}'), /"deliver".*it may have/],
    [
      'whose action’s input is no form',
      'ext_input',
      good(
        `actions: { go: { ${title}, audience: 'both', run() {}, input: z.object({ at: z.map(z.string(), z.string()) }) } }`,
      ),
      /input of its action go can't be a form/,
    ],
  ]

  for (const [what, id, content, reason] of bad) {
    it(`names a folder ${what}, and takes the one beside it`, async () => {
      const file = content === undefined ? 'README.md' : 'handler.ts'
      const root = await handlers({ [`${id}/${file}`]: content ?? '', 'ext_good/handler.ts': good() })
      const registry = await scanHandlers([root])
      assert.deepEqual([...registry.handlers.keys()], ['ext_good'])
      const [fault, another] = registry.faults
      assert.equal(another, undefined)
      assert.equal(fault?.id, id)
      assert.ok(fault.file.startsWith(path.join(root, id)), fault.file)
      assert.match(fault.reason, reason)
      assert.ok(!fault.reason.includes('\n'))
    })
  }

  it('names a folder of handlers that isn’t there', async () => {
    const { handlers: none, faults } = await scanHandlers([path.join(folder, 'nowhere')])
    assert.equal(none.size, 0)
    assert.match(faults[0]?.reason ?? '', /can't be read/)
  })

  it('takes the first of two folders with one name, and names the second', async () => {
    const ours = await handlers({ 'std_one/handler.ts': good() })
    const theirs = await handlers({ 'std_one/handler.ts': good() })
    const { handlers: found, faults } = await scanHandlers([ours, theirs])
    assert.equal(found.get('std_one')?.folder, path.join(ours, 'std_one'))
    assert.match(faults[0]?.reason ?? '', /has this name already/)
  })

  it('takes handlers of any of the three kinds, in TypeScript and JavaScript, and passes by what is hidden', async () => {
    const root = await handlers({
      'std_a/handler.ts': good(),
      'ext_b/handler.mjs': good(),
      'COURSE-7/handler.js': good(),
      '.git/handler.ts': 'throw 1',
      'node_modules/handler.ts': 'throw 1',
      'README.md': '',
    })
    const { handlers: found, faults } = await scanHandlers([root])
    assert.deepEqual(faults, [])
    assert.deepEqual(
      [...found.values()].map(({ id, kind }) => `${id} ${kind}`),
      ['COURSE-7 specific', 'ext_b extension', 'std_a standard'],
    )
  })

  it('lets a specific handler be used by the entry of its code only, and by its own choice only', async () => {
    const root = await handlers({ 'COURSE-7/handler.ts': good(), 'ext_b/handler.ts': good() })
    const registry = await scanHandlers([root])
    const of = (code: string, handler: string | null) => {
      const found = handlerOf(registry, { code, handler })
      return typeof found === 'object' ? found.id : found
    }
    assert.equal(of('COURSE-7', 'specific'), 'COURSE-7')
    assert.equal(of('COURSE-8', 'specific'), 'missing')
    assert.equal(of('COURSE-8', 'COURSE-7'), 'missing')
    assert.equal(of('COURSE-7', 'ext_b'), 'ext_b')
    assert.equal(of('COURSE-7', 'ext_c'), 'missing')
    assert.equal(of('COURSE-7', null), undefined)
  })

  it('knows a handler’s kind by its name', () => {
    assert.equal(kindOf('std_enrol'), 'standard')
    assert.equal(kindOf('ext_9'), 'extension')
    assert.equal(kindOf('A-1'), 'specific')
    for (const none of ['std_', 'std_A', 'ext', 'a', 'A', '-A', 'EXT_A', '../ext_a', 'A'.repeat(41), ''])
      assert.equal(kindOf(none), undefined, none)
  })
})
