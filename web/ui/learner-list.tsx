import type { Child } from 'hono/jsx'
import { type LearnerRow, learnerColumnLabels, wrongRows } from '../../sdk/learner-list.ts'
import { type Learner, learnerColumns } from '../../sdk/learner-text.ts'
import type { SummaryError } from './error-summary.tsx'
import { Icon } from './icon.tsx'
import { type Locale, pick } from './locale.ts'
import { texts } from './texts.ts'

/** More wrong rows than this are not drawn at once. */
const mostDrawn = 100
/** More are not said at the top of the page. */
export const mostRowsSaid = 20

type InputProps = {
  id: string
  /** The text's; corrections and the file are sent under `<name>.…`: `learnerListFrom` reads them all. */
  name: string
  text: string
  /** The text's rows once it was checked: those that are wrong are drawn to be corrected in place. */
  rows?: LearnerRow[]
  /** Whether the form is `multipart/form-data`, so that a file may be chosen. */
  files?: boolean
  /** Help and errors of the field as a whole. */
  children?: Child
  required?: boolean
  disabled?: boolean
  'aria-invalid'?: 'true'
  'aria-describedby'?: string
  locale: Locale
}

/** Where a list of people is typed, pasted or chosen as a file, and its wrong rows are corrected. */
export function LearnerListInput({
  id,
  name,
  text,
  rows = [],
  files,
  children,
  locale,
  ...textarea
}: InputProps) {
  const wrong = wrongRows(rows)
  const t = texts[locale].learners
  const lines = text.split('\n').length
  return (
    <>
      <textarea
        {...textarea}
        id={id}
        name={name}
        class="learners"
        rows={Math.min(12, Math.max(textarea.required ? 5 : 3, lines + 1))}
        wrap="off"
        spellcheck={false}
        autocomplete="off"
      >
        {text}
      </textarea>
      {children}
      {files && (
        <div class="learner-file">
          <label for={`${id}-file`}>{t.file}</label>
          <input
            type="file"
            id={`${id}-file`}
            name={`${name}.file`}
            accept=".csv,.tsv,.txt,text/csv,text/tab-separated-values,text/plain"
            disabled={textarea.disabled}
            data-fills={id}
            data-not-text={t.notText}
          />
        </div>
      )}
      {wrong.length > 0 && <WrongRows id={id} name={name} wrong={wrong} locale={locale} />}
    </>
  )
}

function WrongRows({
  id,
  name,
  wrong,
  locale,
}: Pick<InputProps, 'id' | 'name' | 'locale'> & { wrong: LearnerRow[] }) {
  const t = texts[locale].learners
  const drawn = wrong.slice(0, mostDrawn)
  return (
    <fieldset class="learner-rows" aria-describedby={`${id}-rows-help`}>
      <legend>{t.toCorrect}</legend>
      <p class="help" id={`${id}-rows-help`}>
        {t.correctHelp}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">{t.line}</th>
            {learnerColumns.map((column) => (
              <th scope="col">{pick(learnerColumnLabels[column], locale)}</th>
            ))}
          </tr>
        </thead>
        {drawn.map((row, position) => (
          <tbody>
            <tr>
              <th scope="row">
                <span class="line-word">{t.line} </span>
                {row.line}
                <input type="hidden" name={`${name}.line`} value={row.line} />
                <input type="hidden" name={`${name}.source`} value={row.source} />
              </th>
              {learnerColumns.map((column) => (
                <td>
                  <RowInput {...{ id, name, row, position, column, locale }} />
                </td>
              ))}
            </tr>
            {row.errors.row && (
              <tr>
                <td />
                <td colspan={3}>
                  <RowError id={`${rowId(id, position, 'row')}-error`}>
                    {pick(row.errors.row, locale)}
                  </RowError>
                </td>
              </tr>
            )}
          </tbody>
        ))}
      </table>
      {wrong.length > drawn.length && <p class="help">{t.more(wrong.length - drawn.length)}</p>}
    </fieldset>
  )
}

function RowInput(props: {
  id: string
  name: string
  row: LearnerRow
  position: number
  column: (typeof learnerColumns)[number]
  locale: Locale
}) {
  const { id, name, row, position, column, locale } = props
  const error = row.errors[column]
  const inputId = rowId(id, position, column)
  const label = pick(learnerColumnLabels[column], locale)
  return (
    <>
      <span class="column-word" aria-hidden="true">
        {label}
      </span>
      <input
        type="text"
        inputmode={column === 'email' ? 'email' : undefined}
        id={inputId}
        name={`${name}.${column}`}
        value={row.values[column]}
        autocomplete="off"
        aria-label={`${label}, ${texts[locale].learners.atLine(row.line)}`}
        aria-invalid={error ? 'true' : undefined}
        aria-describedby={
          error ? `${inputId}-error` : row.errors.row && `${rowId(id, position, 'row')}-error`
        }
      />
      {error && <RowError id={`${inputId}-error`}>{pick(error, locale)}</RowError>}
    </>
  )
}

function RowError({ id, children }: { id: string; children: Child }) {
  return (
    <p class="field-error" id={id}>
      <Icon name="error" size={14} />
      {children}
    </p>
  )
}

const rowId = (id: string, position: number, column = 'email') => `${id}-row-${position}-${column}`

/** What is wrong with the rows of a list for an `ErrorSummary`, each a link to its place in `LearnerListInput`. */
export function summaryOfRows(
  rows: LearnerRow[],
  { id, label, locale }: { id: string; label: string; locale: Locale },
): SummaryError[] {
  return wrongRows(rows)
    .slice(0, mostRowsSaid)
    .flatMap(({ line, errors }, position) =>
      (['row', ...learnerColumns] as const).flatMap((column) => {
        const error = errors[column]
        if (!error) return []
        const place = column === 'row' ? rowId(id, position) : rowId(id, position, column)
        const where = [label, texts[locale].learners.atLine(line)]
        if (column !== 'row') where.push(pick(learnerColumnLabels[column], locale))
        return [{ text: pick(error, locale), label: where.join(', '), id: place }]
      }),
    )
}

/** "12 people". */
export const sayPeople = (count: number, locale: Locale) => texts[locale].learners.people(count)

/** The people of a list, to be read at a click. */
export function LearnerNames({ learners, locale }: { learners: Learner[]; locale: Locale }) {
  return (
    <details class="learner-names">
      <summary class="people">{sayPeople(learners.length, locale)}</summary>
      <ul>
        {learners.map(({ email, firstname, lastname }) => (
          <li>
            <span>{`${firstname} ${lastname}`.trim()}</span>
            <span class="soft">{email}</span>
          </li>
        ))}
      </ul>
    </details>
  )
}
