// A list of people as it is typed, pasted from a spreadsheet or uploaded, and how a row of it is corrected in place in the
// text that it came from. What is wrong with a person is told by `learner-list.ts`.
import type { Text } from './text.ts'

/** What a list says of a person. */
export const learnerColumns = ['email', 'firstname', 'lastname'] as const
/** One of the columns of a list of people. */
export type LearnerColumn = (typeof learnerColumns)[number]

/** One person of a list. Names are '' when the list needs none and gives none. */
export type Learner = Record<LearnerColumn, string>

/** New values for one row; all empty: the row is left out. */
export type LearnerCorrection = { line: number; source: string; values: Learner }

/** A list as a text that `readLearnerList` takes. */
export function writeLearnerList(learners: Learner[]): string {
  return learners.map((learner) => writeRow([], layoutAround(0), learner, ';')).join('\n')
}

/**
 * The text with some rows corrected, each in its own columns; cells too many go. A correction that changes nothing, or
 * whose row no longer stands at its line (the text was changed as well), is left out.
 */
export function correctLearnerList(text: string, corrections: LearnerCorrection[]): string {
  const { plain, delimiter, records } = parseLearners(text)
  const left = [...corrections]
  let corrected = ''
  let from = 0
  for (const { line, start, end, people } of records) {
    const found = people.map(({ source, values }) => {
      const at = left.findIndex((one) => one.line === line && one.source === source)
      const [correction] = at < 0 ? [] : left.splice(at, 1)
      return correction && isSame(correction.values, values) ? undefined : correction
    })
    if (found.every((one) => one === undefined)) continue
    const lines = people.flatMap(({ cells, layout, values: kept }, position) => {
      const values = found[position]?.values ?? kept
      return isEmpty(values) ? [] : [writeRow(cells, layout, values, delimiter)]
    })
    corrected += plain.slice(from, start) + lines.join('\n')
    from = lines.length > 0 ? end : end + 1
  }
  return corrected + plain.slice(from)
}

/**
 * The text of an uploaded list: UTF-8, UTF-16 with its mark, or else Windows-1252, as a French Excel saves it;
 * undefined for what is no text, a spreadsheet's own file above all.
 */
export function decodeList(bytes: Uint8Array): string | undefined {
  const text = decode(bytes)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they tell a file that is no text
  return /[\x00-\x08\x0e-\x1a]/.test(text) ? undefined : text
}

function decode(bytes: Uint8Array): string {
  const [first, second] = bytes
  const little = first === 0xff && second === 0xfe
  const big = first === 0xfe && second === 0xff
  try {
    return new TextDecoder(little ? 'utf-16le' : big ? 'utf-16be' : 'utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

/**
 * The list of an HTML form: a file (`<name>.file`, its text), or else the text under `name` with the corrections
 * that were typed at its rows (`<name>.line`, `.source` and `.<column>`, one of each a row).
 */
export function learnerListFrom(form: Record<string, string | string[]>, name: string): string {
  const all = (part: string) => [Object.hasOwn(form, name + part) ? (form[name + part] ?? []) : []].flat()
  const file = all('.file').at(-1) ?? ''
  // blank lines at its head: a browser drops the first one, and would shift all rows
  const sound = (text: string) =>
    plainOf(text)
      .replace(/^(?:[^\S\n]*\n)+/, '')
      .trimEnd()
  if (file.trim() !== '') return sound(file)
  const columns = learnerColumns.map((column) => all(`.${column}`))
  const sources = all('.source')
  const corrections = all('.line').map((line, position): LearnerCorrection => {
    const [email = '', firstname = '', lastname = ''] = columns.map((values) =>
      cleanCell(values[position] ?? ''),
    )
    return {
      line: Number(line),
      source: plainOf(sources[position] ?? ''),
      values: { email, firstname, lastname },
    }
  })
  return correctLearnerList(sound(all('').at(-1) ?? ''), corrections).trimEnd()
}

/** Where each column of a row stands among its cells. */
type Layout = Record<LearnerColumn, number>
type Person = { source: string; values: Learner; cells: string[]; layout: Layout; fault?: Text }
type Cells = { line: number; start: number; end: number; cells: string[] }
type Parsed = { plain: string; delimiter: string; records: (Omit<Cells, 'cells'> & { people: Person[] })[] }

/** The people of a text, each with the place where they stand in it. `readLearnerList` says how they may be written. */
export function parseLearners(text: string): Parsed {
  const plain = plainOf(text)
  const delimiter = delimiterOf(plain)
  const filled = cellsOf(plain, delimiter).filter(({ cells }) => cells.some((cell) => cell !== ''))
  const header = filled[0] && readHeader(filled[0].cells)
  const usual = filled.map(({ cells }) => cells.findIndex(isAddress)).find((at) => at >= 0) ?? 0
  const records = (header ? filled.slice(1) : filled).map(({ cells, ...place }) => {
    const source = plain.slice(place.start, place.end)
    const people = header
      ? [readNamed(cells, header, source)]
      : readUnnamed(cells, source, { usual, delimiter })
    return { ...place, people }
  })
  return { plain, delimiter, records }
}

/** Without byte order mark, NUL and half characters, each line ended in the one way. */
function plainOf(text: string): string {
  return text
    .toWellFormed()
    .replaceAll('\0', '')
    .replace(/^\uFEFF/, '')
    .replaceAll(/\r\n?/g, '\n')
}

/** The one that most lines have: a name may hold a comma, a list of tabs anything else. */
function delimiterOf(plain: string): string {
  const lines = plain.split('\n')
  const counted = ['\t', ';', ','].map((one) => ({
    one,
    count: lines.filter((line) => line.includes(one)).length,
  }))
  return counted.reduce((best, other) => (other.count > best.count ? other : best), { one: ';', count: 0 })
    .one
}

/** Cells as RFC 4180 has them. A quote that nothing closes is a character like others, and ends with its line. */
function cellsOf(plain: string, delimiter: string): Cells[] {
  const space = `[^\\S\\n${delimiter}]*`
  const cell = new RegExp(
    `${space}"([^"]*(?:""[^"]*)*)"${space}(?=[${delimiter}\\n]|$)|([^${delimiter}\\n]*)`,
    'y',
  )
  const records: Cells[] = []
  let line = 1
  for (let start = 0; start <= plain.length; ) {
    const cells: string[] = []
    let end = start
    do {
      cell.lastIndex = cells.length === 0 ? start : end + 1
      const [, quoted, bare = ''] = cell.exec(plain) ?? []
      cells.push(cleanCell(quoted?.replaceAll('""', '"') ?? bare))
      end = cell.lastIndex
    } while (plain[end] === delimiter)
    records.push({ line, start, end, cells })
    line += plain.slice(start, end).split('\n').length
    start = end + 1
  }
  return records
}

/** A cell's text, each white space as one blank. */
export function cleanCell(cell: string): string {
  return cell.replaceAll(/[\s\u200B]+/g, ' ').trim()
}

const isAddress = (cell: string) => cell.includes('@')
const isSame = (one: Learner, other: Learner) =>
  learnerColumns.every((column) => one[column] === other[column])
const isEmpty = (values: Learner) => learnerColumns.every((column) => values[column] === '')

type Header = { layout: Layout; width: number; split: boolean }

/** The columns that a first row names, in any order; undefined when it is a person. */
function readHeader(cells: string[]): Header | undefined {
  if (cells.some(isAddress)) return undefined
  const named = cells.map(columnOf)
  const at = (column: LearnerColumn | 'fullname') => named.indexOf(column)
  const full = at('fullname')
  const last = full < 0 ? at('lastname') : full
  if (at('email') < 0 && (last < 0 || (full < 0 && at('firstname') < 0))) return undefined
  // what the list doesn't have stands behind it: asked at each row, and written there
  const missing = (found: number, place: number) => (found < 0 ? cells.length + place : found)
  return {
    layout: {
      email: missing(at('email'), 0),
      firstname: missing(at('firstname'), 1),
      lastname: missing(last, 2),
    },
    width: cells.length,
    split: at('firstname') < 0,
  }
}

function columnOf(cell: string): LearnerColumn | 'fullname' | undefined {
  const word = cell
    .slice(0, 60)
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '')
  if (/mail|courriel|electronique|^mel$/.test(word)) return 'email'
  if (/nom.*prenom|prenom.*nom|first.*last|nomcomplet|fullname|displayname/.test(word)) return 'fullname'
  if (/prenom|^first|given|forename/.test(word)) return 'firstname'
  return /^(nom|noms|nomdefamille|nomdusage|name|lastname|surname|familyname)$/.test(word)
    ? 'lastname'
    : undefined
}

function readNamed(cells: string[], { layout, width, split }: Header, source: string): Person {
  const given = valuesAt(cells, layout)
  const mailbox = readMailbox(given.email)
  const values = given.firstname + given.lastname === '' ? mailbox : { ...given, email: mailbox.email }
  const known = Object.values(layout)
  if (cells.some((cell, at) => cell !== '' && at >= width && !known.includes(at))) {
    const fault = {
      en: `This row has ${cells.length} cells, and the first row names ${width}: one cell too many?`,
      fr: `Cette ligne a ${cells.length} cellules, la première ligne en nomme ${width} : une cellule de trop ?`,
    }
    return { source, cells: cells.slice(0, width), layout, values, fault }
  }
  const whole = split && values.firstname === ''
  return { source, cells, layout, values: whole ? { ...values, ...splitName(values.lastname) } : values }
}

function readUnnamed(
  cells: string[],
  source: string,
  { usual, delimiter }: { usual: number; delimiter: string },
): Person[] {
  const filled = cells.filter((cell) => cell !== '')
  const layout = layoutAround(usual)
  if (filled.length > 1 && filled.every(isAddress)) {
    return filled.map((cell) => ({ source: cell, values: readMailbox(cell), cells: [], layout }))
  }
  const [only = '', second] = filled
  if (second === undefined && (isAddress(only) || cells.length === 1)) {
    return [{ source, values: readMailbox(only), cells: [], layout }]
  }
  if (delimiter === ',' && filled.length === 2 && /<[^<>]*@[^<>]*>$/.test(second ?? '')) {
    return [{ source, values: readMailbox(filled.join(', ')), cells: [], layout }]
  }
  const own = cells.findIndex(isAddress)
  const mine = own < 0 ? layout : layoutAround(own)
  const values = valuesAt(cells, mine)
  const person = {
    source,
    cells,
    layout: mine,
    values: { ...values, email: readMailbox(values.email).email },
  }
  if (cells.some((cell, at) => cell !== '' && !Object.values(mine).includes(at))) {
    const fault = {
      en: `This row has ${filled.length} cells: an e-mail, a first and a last name are expected. To have others left out, name the columns in a first row.`,
      fr: `Cette ligne a ${filled.length} cellules : un e-mail, un prénom et un nom sont attendus. Pour en ignorer d’autres, nommez les colonnes dans une première ligne.`,
    }
    return [{ ...person, cells: [], fault }]
  }
  return cells.length === 2
    ? [{ ...person, values: { ...person.values, ...splitName(values.firstname) } }]
    : [person]
}

/** The e-mail where it is, first and last name in the two other places. */
function layoutAround(email: number): Layout {
  const [firstname = 1, lastname = 2] = [0, 1, 2].filter((place) => place !== email)
  return { email, firstname, lastname }
}

function valuesAt(cells: string[], layout: Layout): Learner {
  const at = (column: LearnerColumn) => cells[layout[column]] ?? ''
  return { email: at('email'), firstname: at('firstname'), lastname: at('lastname') }
}

/** `Ada Lovelace <ada@example.org>`, in either order, or the address alone; what has no address is one, a wrong one. */
function readMailbox(written: string): Learner {
  const address = written.split(/[\s<>()[\]",;:]+/).find((word) => /.@./.test(word))
  if (address === undefined) return { email: written, firstname: '', lastname: '' }
  const name = written.replace(/\bmailto:/i, '').replace(address, ' ')
  return { email: address, ...splitName(cleanCell(name.replaceAll(/[<>()[\]";]/g, ' '))) }
}

/** `Ada Lovelace`, `Lovelace, Ada` and `LOVELACE Ada`: the first name and the last. */
function splitName(name: string): { firstname: string; lastname: string } {
  const [last, ...others] = name.split(',').map(cleanCell)
  if (others.length > 0) return { firstname: others.join(' '), lastname: last ?? '' }
  const words = name.split(' ')
  const capitals = words.findIndex((word) => !/^[\p{Lu}'’-]{2,}$/u.test(word))
  if (capitals > 0)
    return { firstname: words.slice(capitals).join(' '), lastname: words.slice(0, capitals).join(' ') }
  return { firstname: words[0] ?? '', lastname: words.slice(1).join(' ') }
}

function writeRow(cells: string[], layout: Layout, values: Learner, delimiter: string): string {
  const written = [...cells]
  for (const column of learnerColumns) written[layout[column]] = values[column]
  const quoted = (cell = '') =>
    cell.includes(delimiter) || /["\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
  return Array.from(written, quoted).join(delimiter)
}
