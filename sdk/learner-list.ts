// A list of people as it is typed, pasted from a spreadsheet or uploaded. Each row comes back with what is wrong with
// it, and may be corrected in place in the text that it came from.
import { z } from 'zod'
import type { FormElement } from './form-element.ts'
import { issueText, missingText } from './form-messages.ts'
import { learnerFields } from './learner-fields.ts'
import type { Text } from './text.ts'

export const learnerColumns = ['email', 'firstname', 'lastname'] as const
export type LearnerColumn = (typeof learnerColumns)[number]

export const learnerColumnLabels: Record<LearnerColumn, Text> = {
  email: { en: 'E-mail', fr: 'E-mail' },
  firstname: { en: 'First name', fr: 'Prénom' },
  lastname: { en: 'Last name', fr: 'Nom' },
}

/** One person of a list. Names are '' when the list needs none and gives none. */
export type Learner = Record<LearnerColumn, string>

export type LearnerRow = {
  /** The line of the text where it starts, from 1; the position in a list that is no text. */
  line: number
  /** As it stands in the text. */
  source: string
  values: Learner
  /** What is wrong, by column; `row` is the row as a whole. */
  errors: Partial<Record<LearnerColumn | 'row', Text>>
}

/** New values for one row; all empty: the row is left out. */
export type LearnerCorrection = Pick<LearnerRow, 'line' | 'source' | 'values'>

/** More rows are not read: the last row that is says so. */
const mostRows = 5000

const { email, firstname, lastname } = learnerFields
const anyName = z.string().max(100).default('')

/** A person of a list that needs names, or of one that doesn't. */
const learnerOf = {
  named: z.object({ email, firstname, lastname }),
  unnamed: z.object({ email, firstname: anyName, lastname: anyName }),
}

/**
 * A list of people, typed, pasted or uploaded: an array of `Learner`. `names`: each needs a first and a last name,
 * without them an e-mail is enough. Nobody may be in it twice.
 */
export function learnerList(field: { label: Text; help?: Text; min?: number; max: number; names?: boolean }) {
  const { label, help, min = 1, max, names = true } = field
  return z
    .array(names ? learnerOf.named : learnerOf.unnamed)
    .min(min)
    .max(max)
    .superRefine((learners, context) => {
      for (const { line, errors } of tellRepeated(learners.map(rowOf))) {
        if (!errors.email) continue
        context.addIssue({ code: 'custom', path: [line - 1, 'email'], params: { text: errors.email } })
      }
    })
    .meta({ label, help, type: 'learners' })
}

/**
 * The people of a text, row by row: cells between tabs, semicolons or commas, quoted or not; in columns named by a
 * first row in English or French, or else the e-mail wherever it stands and then first and last name;
 * `Ada Lovelace <ada@example.org>` as mail programs write it, several on one line too. Empty rows are skipped.
 * Every row has its faults, an address that stands twice in both rows. `names`: each needs a first and a last name.
 */
export function readLearnerList(text: string, { names = true } = {}): LearnerRow[] {
  const rows = parse(text)
    .records.flatMap((record) => record.people.map((person) => ({ record, person })))
    .slice(0, mostRows)
    .map(({ record, person: { source, values, fault } }): LearnerRow => {
      return { line: record.line, source, values, errors: fault ? { row: fault } : faultsOf(values, names) }
    })
  const last = rows.at(-1)
  if (last && rows.length === mostRows) {
    last.errors.row = { en: 'The list is read up to here.', fr: 'La liste n’est lue que jusqu’ici.' }
  }
  return tellRepeated(rows)
}

/** The rows of a list that is no text (the API's, say), with their faults as `readLearnerList` gives them. */
export function checkLearners(learners: Learner[], { names = true } = {}): LearnerRow[] {
  return tellRepeated(learners.map(rowOf).map((row) => ({ ...row, errors: faultsOf(row.values, names) })))
}

const rowOf = (values: Learner, position: number): LearnerRow => ({
  line: position + 1,
  source: '',
  values,
  errors: {},
})

/** A list as a text that `readLearnerList` takes. */
export function writeLearnerList(learners: Learner[]): string {
  return learners.map((learner) => writeRow([], layoutAround(0), learner, ';')).join('\n')
}

/** The people of a value that should be a list of them (the API's, a kept answer), trimmed; undefined when it is none. */
export function learnersFrom(value: unknown): Learner[] | undefined {
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'object' && one !== null))
    return undefined
  return value.map((one: Record<string, unknown>) => {
    const [email = '', firstname = '', lastname = ''] = learnerColumns.map((column) => {
      const given = one[column]
      return typeof given === 'string' ? clean(given.toWellFormed().replaceAll('\0', '')) : ''
    })
    return { email, firstname, lastname }
  })
}

/** The rows that something is wrong with. */
export function wrongRows(rows: LearnerRow[]): LearnerRow[] {
  return rows.filter(({ errors }) => Object.keys(errors).length > 0)
}

/**
 * The text with some rows corrected, each in its own columns; cells too many go. A correction that changes nothing, or
 * whose row no longer stands at its line (the text was changed as well), is left out.
 */
export function correctLearnerList(text: string, corrections: LearnerCorrection[]): string {
  const { plain, delimiter, records } = parse(text)
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
    const [email = '', firstname = '', lastname = ''] = columns.map((values) => clean(values[position] ?? ''))
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

function parse(text: string): Parsed {
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
      cells.push(clean(quoted?.replaceAll('""', '"') ?? bare))
      end = cell.lastIndex
    } while (plain[end] === delimiter)
    records.push({ line, start, end, cells })
    line += plain.slice(start, end).split('\n').length
    start = end + 1
  }
  return records
}

function clean(cell: string): string {
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
      en: `This row has ${cells.length} cells, the first one names ${width}: one cell too many?`,
      fr: `Cette ligne a ${cells.length} cellules, la première en nomme ${width} : une cellule de trop ?`,
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
      fr: `Cette ligne a ${filled.length} cellules : un e-mail, un prénom et un nom sont attendus. Pour en ignorer d’autres, nommez les colonnes dans une première ligne.`,
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
  return { email: address, ...splitName(clean(name.replaceAll(/[<>()[\]";]/g, ' '))) }
}

/** `Ada Lovelace`, `Lovelace, Ada` and `LOVELACE Ada`: the first name and the last. */
function splitName(name: string): { firstname: string; lastname: string } {
  const [last, ...others] = name.split(',').map(clean)
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

function faultsOf(values: Learner, names: boolean): LearnerRow['errors'] {
  const errors: LearnerRow['errors'] = {}
  for (const { path, ...issue } of learnerOf[names ? 'named' : 'unnamed'].safeParse(values).error?.issues ??
    []) {
    const column = learnerColumns.find((one) => one === path[0])
    if (column) errors[column] ??= textOf({ ...issue, path: [] }, column, values[column])
  }
  return errors
}

function textOf(issue: z.core.$ZodIssue, column: LearnerColumn, value: string): Text {
  const type = column === 'email' ? 'email' : 'text'
  const element: FormElement = { name: column, type, label: learnerColumnLabels[column], required: true }
  return value === '' ? missingText(element) : issueText(issue, element, value)
}

function tellRepeated(rows: LearnerRow[]): LearnerRow[] {
  const places = new Map<string, LearnerRow[]>()
  for (const row of rows) {
    const email = row.values.email.toLowerCase()
    const same = places.get(email)
    if (same) same.push(row)
    else if (email !== '') places.set(email, [row])
  }
  for (const same of places.values()) {
    if (same.length > 1) for (const row of same) row.errors.email ??= repeatedText(row, same)
  }
  return rows
}

const lists = { en: new Intl.ListFormat('en'), fr: new Intl.ListFormat('fr') }

function repeatedText(row: LearnerRow, same: LearnerRow[]): Text {
  // of five or more, three are told
  const others = same.slice(0, 5).filter((other) => other !== row)
  const lines = others.slice(0, 3).map(({ line }) => String(line))
  const many = lines.length > 1
  const more = others.length > lines.length
  return {
    en: `In the list twice: also on line${many ? 's' : ''} ${lists.en.format(lines)}${more ? ' and others' : ''}.`,
    fr: `Deux fois dans la liste : aussi ${many ? 'aux lignes' : 'à la ligne'} ${lists.fr.format(lines)}${more ? ' et d’autres' : ''}.`,
  }
}
