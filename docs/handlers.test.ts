import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { revokeUnit } from '../shop/product.ts'
import { testDatabase } from '../test/database.ts'
import { testShop } from '../test/shop.ts'
import { temporaryFolder } from '../test/temporary-folder.ts'

/** What the page has between fences, by its language: what a reader copies. */
async function blocksOf(page: string): Promise<{ language: string; code: string }[]> {
  const markdown = await readFile(path.join(import.meta.dirname, page), 'utf8')
  return [...markdown.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, language = '', code = '']) => ({
    language,
    code,
  }))
}

describe('docs/handlers.md, followed word for word', async () => {
  const folder = await temporaryFolder()
  after(() => rm(folder, { recursive: true, force: true }))
  const blocks = await blocksOf('handlers.md')
  const { url } = await testDatabase()

  /** The block that begins with its file's name in a comment. */
  const fileOf = (name: string) =>
    blocks.find(({ code }) => code.startsWith(`// ${name}\n`))?.code ?? assert.fail(`no ${name} on the page`)

  /** Runs a command that the page shows, as it stands there. */
  async function type(command: string): Promise<string> {
    assert.ok(
      blocks.some(({ language, code }) => language === 'sh' && code === `${command}\n`),
      `the page does not show: ${command}`,
    )
    const [npx, boutique, ...args] = command.split(' ')
    assert.deepEqual([npx, boutique], ['npx', 'boutique'])
    const child = spawn(process.execPath, ['--import', 'tsx', 'cli/boutique.ts', ...args], {
      cwd: path.join(import.meta.dirname, '..'),
      env: { ...process.env, DATABASE_URL: url, HANDLERS_PATH: folder },
    })
    const [code, stdout, stderr] = await Promise.all([
      new Promise((resolve) => child.once('close', resolve)),
      text(child.stdout),
      text(child.stderr),
    ])
    assert.deepEqual([code, stderr], [0, ''], stdout)
    return stdout
  }

  it('makes a handler, and proves it with the table that it shows', async () => {
    await type('npx boutique new ext_webinar')
    for (const name of ['ext_webinar/handler.ts', 'ext_webinar/samples.ts'])
      await writeFile(path.join(folder, name), fileOf(name))
    const readme = blocks.find(({ language }) => language === 'md')?.code ?? ''
    await writeFile(path.join(folder, 'ext_webinar/README.md'), readme)

    const shown = blocks.find(({ language }) => language === 'text')?.code ?? ''
    const timeless = (table: string) => table.trim().replace(/in \d+\.\d s/, 'in … s')
    assert.equal(timeless(await type('npx boutique test ext_webinar')), timeless(shown))
  })

  it('sells a place on the platform that it shows, and gives it back', async (t) => {
    const script = path.join(folder, 'webinar.mjs')
    await writeFile(script, fileOf('webinar.mjs'))
    const platform = spawn(process.execPath, [script], { env: { ...process.env, PORT: '0' } })
    t.after(async () => {
      platform.kill()
      await once(platform, 'exit')
    })
    const [address] = await once(createInterface(platform.stdout), 'line')
    const places = async () => Object.values(JSON.parse(await (await fetch(String(address))).text()))

    const shop = await testShop({ handlers: [folder] })
    const code = await shop.sell({ handler: 'ext_webinar', internal: { url: address, day: '2031-05-12' } })
    const { number } = await shop.placed(code, [{ email: 'ada@company.example' }])
    await shop.pay(number)
    await shop.takeOver()
    assert.deepEqual(await shop.unitStates(number), ['produced'])
    assert.deepEqual(await places(), ['ada@company.example'])
    const product = await shop.db
      .selectFrom('products')
      .select(['id', 'link', 'unit_id'])
      .executeTakeFirstOrThrow()
    assert.equal(product.link, `https://webinar.example/join/${product.unit_id}`)

    await revokeUnit(shop.shop, product.unit_id, { who: 'operator:kit', giveBack: true })
    await shop.takeOver()
    assert.deepEqual(await shop.unitStates(number), ['revoked'])
    assert.deepEqual(await places(), [])
  })
})
