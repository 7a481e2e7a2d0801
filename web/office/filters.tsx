import type { Child } from 'hono/jsx'
import { Button } from '../ui/button.tsx'
import type { Locale } from '../ui/locale.ts'
import { texts } from './texts.ts'

type Props = {
  /** The list that is searched. */
  path: string
  label: string
  /** What can be searched by. */
  hint: string
  search?: string
  /** What the list shows now, kept by the search. */
  kept?: Record<string, string | undefined>
  /** Whether there is anything to clear, also without a search. */
  narrowed?: boolean
  locale: Locale
  children?: Child
}

/** The search of a list: a form that only reads. */
export function Filters({ path, label, hint, search, kept = {}, narrowed, locale, children }: Props) {
  const t = texts[locale].list
  return (
    <search>
      <form class="filters" method="get" action={path}>
        {Object.entries(kept).map(
          ([name, value]) => value !== undefined && <input type="hidden" name={name} value={value} />,
        )}
        <input type="search" name="search" value={search} aria-label={label} placeholder={hint} size={34} />
        {children}
        <Button>{t.search}</Button>
        {(search || narrowed) && (
          <a class="button quiet" href={path}>
            {t.clear}
          </a>
        )}
      </form>
    </search>
  )
}
