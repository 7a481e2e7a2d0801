import { z } from 'zod'
import type { FormElement } from './form-element.ts'
import { issueText, missingText } from './form-messages.ts'
import { learnerFields } from './learner-fields.ts'
import { cleanCell, type Learner, type LearnerColumn, learnerColumns, parseLearners } from './learner-text.ts'
import type { Text } from './text.ts'

/** What a column is called on screen. */
export const learnerColumnLabels: Record<LearnerColumn, Text> = {
  email: { en: 'E-mail', fr: 'E-mail' },
  firstname: { en: 'First name', fr: 'Prénom' },
  lastname: { en: 'Last name', fr: 'Nom' },
}

/** A row of a list, with what is wrong with it. */
export type LearnerRow = {
  /** The line of the text where it starts, from 1; the position in a list that is no text. */
  line: number
  /** As it stands in the text. */
  source: string
  values: Learner
  /** What is wrong, by column; `row` is the row as a whole. */
  errors: Partial<Record<LearnerColumn | 'row', Text>>
}

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
  const rows = parseLearners(text)
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

/** The people of a value that should be a list of them (the API's, a kept answer), trimmed; undefined when it is none. */
export function learnersFrom(value: unknown): Learner[] | undefined {
  if (!Array.isArray(value) || !value.every((one) => typeof one === 'object' && one !== null))
    return undefined
  return value.map((one: Record<string, unknown>) => {
    const [email = '', firstname = '', lastname = ''] = learnerColumns.map((column) => {
      const given = one[column]
      return typeof given === 'string' ? cleanCell(given.toWellFormed().replaceAll('\0', '')) : ''
    })
    return { email, firstname, lastname }
  })
}

/** The rows that something is wrong with. */
export function wrongRows(rows: LearnerRow[]): LearnerRow[] {
  return rows.filter(({ errors }) => Object.keys(errors).length > 0)
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
    fr: `Deux fois dans la liste : aussi ${many ? 'aux lignes' : 'à la ligne'} ${lists.fr.format(lines)}${more ? ' et d’autres' : ''}.`,
  }
}
