import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, it } from 'node:test'

const root = resolve(import.meta.dirname, '../..')
const folders = '{web,shop,documents,payments,sdk,handlers,production,moodle,demo,cli,kit}'

describe('French as it is read', () => {
  it('has its spaces and apostrophes in every text of the sources', () => {
    const sources = filesOf('*.{ts,tsx}').filter((file) => !/\.test\.tsx?$/.test(file))
    const texts = sources.flatMap((file) => frenchOf(read(file)).map((text) => ({ file, text })))
    assert.ok(texts.length > 2000, `only ${texts.length} texts were found`)
    assert.deepEqual(
      texts.flatMap(({ file, text }) => faultsOf(text).map((fault) => `${file}: ${fault}`)),
      [],
    )
  })

  it('has them in what handlers say of themselves', () => {
    const faults = filesOf('README.md').flatMap((file) => {
      const french = read(file).split(/\n-{3,}\n/)[1] ?? ''
      const prose = french.replaceAll(/```.*?```|`[^`]*`|\]\([^)]*\)/gs, 'x')
      return faultsOf(prose).map((fault) => `${file}: ${fault}`)
    })
    assert.deepEqual(faults, [])
  })

  it('is told from what is wrong', () => {
    const wrong = ['Merci !', 'Lequel?', 'Ceci : cela', 'Un;', '« x »', "l'accès"]
    assert.deepEqual(
      wrong.filter((text) => faultsOf(text).length === 0),
      [],
    )
    const right = [
      'Merci\u202f!',
      'Ceci\u00a0: cela',
      '«\u00a0x\u00a0»',
      'l’accès à https://a.fr/?b',
      '14:05',
    ]
    assert.deepEqual(right.flatMap(faultsOf), [])
    const source = `const fr = { a: \`x \${one ? 'y' : "z"} w\`, b: 'it\\'s\\u00a0!' } // it's`
    assert.deepEqual(frenchOf(source), ['y', 'z', 'x … w', "it's\u00a0!"])
    assert.deepEqual(frenchOf("f({ en: 'one', fr: 'un' }, { en: 'two', fr: many ? 'deux' : 'un' })"), [
      'un',
      'deux',
      'un',
    ])
  })
})

const filesOf = (name: string) => globSync(`${folders}/**/${name}`, { cwd: root }).sort()
const read = (file: string) => readFileSync(join(root, file), 'utf8')

/** Where a text breaks the rules: a space that may end a line before `:;?!»` or after `«`, none at all, or an ASCII apostrophe. */
function faultsOf(text: string): string[] {
  const rules = [
    /[^\u00a0\u202f\s]? [:;?!»](?!\S)/g,
    /[\p{L}\p{N}…)][:;?!](?=\s|$)/gu,
    /[^\u00a0\u202f]»/g,
    /«[^\u00a0\u202f]/g,
    /.?'.?/g,
  ]
  return rules.flatMap((rule) =>
    [...text.matchAll(rule)].map(({ index }) => text.slice(Math.max(0, index - 20), index + 20)),
  )
}

/** The literals of each value that a source gives under the name `fr`, templates with `…` for what they take in. */
function frenchOf(source: string): string[] {
  return [...source.matchAll(/\bfr(?:: typeof en)?\s*[:=](?![=>])/g)].flatMap(
    ({ index, 0: { length } }) => literalsOf(source, index + length).texts,
  )
}

/** The literals from `start` to the end of the expression there, and where that is. */
function literalsOf(source: string, start: number): { texts: string[]; end: number } {
  const texts: string[] = []
  let depth = 0
  let at = start
  while (at < source.length) {
    const here = source[at] ?? ''
    if (source.startsWith('//', at)) at = lineEnd(source, at)
    else if (source.startsWith('/*', at)) at = source.indexOf('*/', at) + 2
    else if (here === "'" || here === '"' || here === '`') {
      const literal = readLiteral(source, at)
      texts.push(...literal.inside, literal.text)
      at = literal.end
    } else if ('([{'.includes(here)) {
      depth++
      at++
    } else if (')]}'.includes(here) || (depth === 0 && (here === ',' || here === ';'))) {
      if (depth === 0) return { texts, end: at }
      depth--
      at++
      if (depth === 0 && here === '}') return { texts, end: at }
    } else at++
  }
  return { texts, end: at }
}

/** A string or template from its opening quote on; `inside`: the literals within its `${…}`. */
function readLiteral(source: string, start: number): { text: string; inside: string[]; end: number } {
  const quote = source[start]
  const inside: string[] = []
  let text = ''
  let at = start + 1
  while (at < source.length && source[at] !== quote) {
    if (source[at] === '\\') {
      const [escaped, code] = /^\\(?:u([\da-f]{4})|.)/is.exec(source.slice(at, at + 6)) ?? ['\\']
      text += code ? String.fromCharCode(Number.parseInt(code, 16)) : escaped.slice(1).replace('n', '\n')
      at += escaped.length
    } else if (quote === '`' && source.startsWith('${', at)) {
      const taken = literalsOf(source, at + 2)
      inside.push(...taken.texts)
      text += '…'
      at = taken.end + 1
    } else {
      text += source[at]
      at++
    }
  }
  return { text, inside, end: at + 1 }
}

function lineEnd(source: string, from: number): number {
  const end = source.indexOf('\n', from)
  return end < 0 ? source.length : end
}
