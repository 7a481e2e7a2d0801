import type { PropsWithChildren } from 'hono/jsx'
import { Icon } from './icon.tsx'
import type { Locale } from './locale.ts'
import { texts } from './texts.ts'

type Props = PropsWithChildren<{
  tone?: 'info' | 'success' | 'warning' | 'error'
  title?: string
  locale: Locale
  id?: string
  /** Read out as soon as the page shows: for the outcome of what the person has just done. */
  announced?: boolean
}>

/** A message on the page. `tone` is said in words too, for those who don't see its colour. */
export function Notice({ tone = 'info', title, locale, id, announced, children }: Props) {
  const role = announced ? (tone === 'error' ? 'alert' : 'status') : undefined
  return (
    <div class={`notice ${tone}`} role={role} id={id}>
      <Icon name={tone} />
      <div>
        <span class="visually-hidden">{texts[locale].tone[tone]}: </span>
        {title && <p class="notice-title">{title}</p>}
        {children}
      </div>
    </div>
  )
}
