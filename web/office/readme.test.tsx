import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, it } from 'node:test'
import { Readme, readReadme } from './readme.tsx'

const render = (text: string) => String(<Readme text={text} />)

describe('the README of a handler', () => {
  it('lets no markup of its author through', () => {
    const html = render(
      '# <script>alert(1)</script>\n\n- <img src=x onerror=alert(1)>\n\n**<b>** `<i>`\n\n```\n</pre><script>\n```',
    )
    assert.doesNotMatch(html, /<script|<img|<b>|<i>/)
    assert.match(html, /&lt;script&gt;/)
  })

  it('draws headings, lists, strong words, code and paragraphs', () => {
    const html = render('## When\n\nFirst line\nsecond line.\n\n- one\n  more\n- **two** `three`\n')
    assert.equal(
      html,
      '<div class="prose readme"><h3>When</h3><p>First line second line.</p><ul><li>one more</li>' +
        '<li><strong>two</strong> <code>three</code></li></ul></div>',
    )
  })

  it('is read in the reader’s language when it has both, and whole when it has one', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'readme-'))
    try {
      assert.equal(await readReadme(folder, 'en'), undefined)
      await writeFile(path.join(folder, 'README.md'), '# Title\n\nHello.\n\n---\n\nBonjour.\n')
      assert.equal(await readReadme(folder, 'en'), 'Hello.')
      assert.equal(await readReadme(folder, 'fr'), 'Bonjour.')
      await writeFile(path.join(folder, 'README.md'), '# Title\n\nHello.\n')
      assert.equal(await readReadme(folder, 'fr'), 'Hello.')
    } finally {
      await rm(folder, { recursive: true })
    }
  })
})
