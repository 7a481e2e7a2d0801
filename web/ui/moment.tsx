import { formatDate, formatMoment, type Locale } from './locale.ts'

/** A moment; with `day`, its date alone. A text is a calendar day, YYYY-MM-DD. */
export function Moment({ at, locale, day = false }: { at: Date | string; locale: Locale; day?: boolean }) {
  if (typeof at === 'string') return <time datetime={at}>{formatDate(at, locale)}</time>
  return <time datetime={at.toISOString()}>{day ? formatDate(at, locale) : formatMoment(at, locale)}</time>
}
