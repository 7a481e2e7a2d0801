import type { Child } from 'hono/jsx'
import { Icon } from './icon.tsx'
import type { Locale } from './locale.ts'
import { texts } from './texts.ts'

export type Column<Row> = {
  label: string
  cell: (row: Row, index: number) => Child
  /** Amounts and counts: to the right, digits of one width. */
  numeric?: boolean
  /** Names the row: a header cell, and the title of its card on a phone. */
  heading?: boolean
  /** No more width than it needs. */
  narrow?: boolean
}

type TableProps<Row> = {
  /** Says what the table holds, to those who can't see the page around it. */
  caption: string
  columns: Column<Row>[]
  rows: Row[]
  /** Instead of the table, when there are no rows. */
  empty?: Child
  /** For fragments that the script replaces. */
  rowId?: (row: Row) => string
  locale: Locale
}

/** A dense list; on a phone each row is a card that names its cells. */
export function Table<Row>({ caption, columns, rows, empty, rowId, locale }: TableProps<Row>) {
  if (rows.length === 0)
    return <div class="empty">{empty ?? <p class="empty-title">{texts[locale].nothing}</p>}</div>
  return (
    <div class="table-frame">
      <table class="table">
        <caption class="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) =>
              // what has no name is no header: buttons, say
              column.label === '' ? (
                <td class={classOf(column)} />
              ) : (
                <th scope="col" class={classOf(column)}>
                  {column.label}
                </th>
              ),
            )}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr id={rowId?.(row)}>
              {columns.map((column) =>
                column.heading ? (
                  <th scope="row" class={classOf(column)}>
                    {column.cell(row, index)}
                  </th>
                ) : (
                  <td class={classOf(column)} data-label={column.label || undefined}>
                    {column.cell(row, index)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function classOf(column: { numeric?: boolean; narrow?: boolean }): string | undefined {
  return [column.numeric && 'numeric', column.narrow && 'narrow'].filter(Boolean).join(' ') || undefined
}

/** Goes through a list paged by key: onwards, and back to its start. Nothing when there is one page. */
export function Pager({ next, first, locale }: { next?: string; first?: string; locale: Locale }) {
  if (!next && !first) return null
  const t = texts[locale]
  return (
    <nav class="pager" aria-label={t.next}>
      {first ? (
        <a class="button quiet" href={first}>
          {t.first}
        </a>
      ) : (
        <span />
      )}
      {next && (
        <a class="button plain" href={next} rel="next">
          {t.next}
          <Icon name="right" />
        </a>
      )}
    </nav>
  )
}
