import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'
import { attackTitles } from './attack.ts'
import { columns, writeProofs } from './format-proofs.ts'
import type { Proof } from './prove-handler.ts'

const root = path.join(import.meta.dirname, '..')
const page = readFileSync(path.join(root, 'docs/handlers.md'), 'utf8')

describe('the proofs of a page', () => {
  it('shows every handler that ships, and all of them proven', () => {
    const shipped = readdirSync(path.join(root, 'handlers'), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name)
    const proven = [...page.matchAll(/^\| \[?`([\w-]+)`.*\| \*\*proven\*\* \|$/gm)].map(([, name]) => name)
    assert.deepEqual(proven, shipped, 'npx boutique test --write docs/handlers.md')
  })

  it('says what each column means, every trouble of the kit among them', () => {
    for (const { title, tells } of columns)
      assert.ok(page.toLowerCase().includes(`\n| ${title} | ${tells}`.toLowerCase()), title)
    const told = page.toLowerCase()
    for (const title of Object.values(attackTitles)) assert.ok(told.includes(title.toLowerCase()), title)
    const shown = new Set<string>(columns.flatMap(({ kinds }) => kinds))
    for (const kind of Object.keys(attackTitles)) assert.ok(shown.has(kind), kind)
  })

  it('counts what was tried, and what was wrong', () => {
    const finding = { where: 'postpay', what: ['twice'], advice: 'Look first.' }
    const row = (kind: 'sale' | 'dies', runs: number, findings = 0): Proof['rows'][number] => ({
      kind,
      sample: '',
      scenario: '',
      runs,
      findings: Array.from({ length: findings }, () => finding),
    })
    const rows = [row('sale', 1), row('dies', 7, 2), row('sale', 1)]
    const proof = { handler: 'ext_a', title: 'A', ok: false, rows, milliseconds: 5 }
    const shown = writeProofs('# Page\n\nText.\n\n## Proofs\n\nOld ones.\n', [proof], () => 'a.md')
    assert.match(shown, /^# Page\n\nText\.\n\n## Proofs\n/)
    assert.doesNotMatch(shown, /Old ones/)
    assert.match(
      shown,
      /^\| \[`ext_a`\]\(a\.md\)<br>A \| ✓ 2 \| – \| – \| ✗ 2 of 7 \| – .* \| \*\*not proven\*\* \|$/m,
    )
    assert.match(shown, /^1 handlers?, 9 runs: 1 not proven\.$/m)
  })
})
