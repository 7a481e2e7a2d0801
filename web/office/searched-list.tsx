import type { PropsWithChildren } from 'hono/jsx'
import { Card } from '../ui/card.tsx'
import type { Locale } from '../ui/locale.ts'
import { Pager } from '../ui/table.tsx'
import { Tabs } from '../ui/tabs.tsx'
import { Filters } from './filters.tsx'
import { withQuery } from './page.tsx'
import { texts } from './texts.ts'

type Props = PropsWithChildren<{
  path: string
  /** How the list and its search are called, and what it can be searched by. */
  title: string
  search: string
  hint: string
  /** The states that have a tab, in their order. */
  states: { state: string; text: string }[]
  /** What the address asks for. */
  wanted: { state?: string; search?: string }
  /** The parameter that leads to further pages, what it says now, and what it says for the next page. */
  cursor: { name: 'before' | 'after'; now?: string | number; next?: string | number }
  locale: Locale
}>

/** A table, its children, that is narrowed by state and by a search, and paged. */
export function SearchedList(props: Props) {
  const { path, title, search, hint, states, wanted, cursor, locale, children } = props
  const page = (key: Props['cursor']['next']) => withQuery(path, { ...wanted, [cursor.name]: key })
  return (
    <>
      <Tabs
        label={title}
        current={withQuery(path, wanted)}
        tabs={[{ state: undefined, text: texts[locale].list.all }, ...states].map(({ state, text }) => ({
          text,
          href: withQuery(path, { ...wanted, state }),
        }))}
      />
      <Filters
        path={path}
        label={search}
        hint={hint}
        search={wanted.search}
        kept={{ state: wanted.state }}
        locale={locale}
      />
      <Card flush>
        {children}
        <Pager
          next={cursor.next === undefined ? undefined : page(cursor.next)}
          first={cursor.now === undefined ? undefined : withQuery(path, wanted)}
          locale={locale}
        />
      </Card>
    </>
  )
}
