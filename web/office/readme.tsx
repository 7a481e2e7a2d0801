import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Child } from 'hono/jsx'
import type { Locale } from '../ui/locale.ts'

const longest = 60_000

/** The README.md of a handler's folder in the reader's language, without its title; undefined when there is none. */
export async function readReadme(folder: string, locale: Locale): Promise<string | undefined> {
  let text: string
  try {
    text = (await readFile(path.join(folder, 'README.md'), 'utf8')).slice(0, longest)
  } catch {
    return undefined
  }
  const body = text.replace(/^\s*# .*\n/, '').trim()
  // English, a line of its own with ---, French
  const [english, french, ...more] = body.split(/\n-{3,}\n/)
  const chosen = french !== undefined && more.length === 0 && locale === 'fr' ? french : english
  return (more.length === 0 ? chosen : body)?.trim() || undefined
}

/**
 * What a README says, with the little of Markdown that documents of handlers use: headings, lists, blocks of code,
 * **strong**, `code`. Everything is text: nothing in it becomes markup of its own.
 */
export function Readme({ text }: { text: string }) {
  return <div class="prose readme">{blocksOf(text).map(renderBlock)}</div>
}

type Block = { kind: 'heading' | 'list' | 'code' | 'text'; lines: string[] }

function blocksOf(text: string): Block[] {
  const blocks: Block[] = []
  let open: Block | undefined
  const start = (kind: Block['kind'], line?: string) => {
    open = { kind, lines: line === undefined ? [] : [line] }
    blocks.push(open)
  }
  for (const line of text.replaceAll('\r', '').split('\n')) {
    if (open?.kind === 'code') {
      if (line.startsWith('```')) open = undefined
      else open.lines.push(line)
    } else if (line.startsWith('```')) start('code')
    else if (line.trim() === '') open = undefined
    else if (/^#{1,6} /.test(line)) {
      start('heading', line.replace(/^#+ /, ''))
      open = undefined
    } else if (/^[-*] /.test(line)) {
      if (open?.kind === 'list') open.lines.push(line.slice(2))
      else start('list', line.slice(2))
    } else if (open) open.lines.push(`${open.lines.pop() ?? ''} ${line.trim()}`)
    else start('text', line.trim())
  }
  return blocks
}

function renderBlock({ kind, lines }: Block) {
  switch (kind) {
    case 'heading':
      return <h3>{inline(lines.join(' '))}</h3>
    case 'list':
      return (
        <ul>
          {lines.map((line) => (
            <li>{inline(line)}</li>
          ))}
        </ul>
      )
    case 'code':
      return <pre>{lines.join('\n')}</pre>
    case 'text':
      return <p>{inline(lines.join(' '))}</p>
    default:
      return kind satisfies never
  }
}

function inline(text: string): Child[] {
  return text.split(/(\*\*[^*]+\*\*|`[^`]+`)/).map((part) => {
    if (part.startsWith('**') && part.length > 4) return <strong>{part.slice(2, -2)}</strong>
    if (part.startsWith('`') && part.length > 2) return <code>{part.slice(1, -1)}</code>
    return part
  })
}
