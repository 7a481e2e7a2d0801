// The two languages. Each face keeps its texts in a `texts.ts`:
//   const en = { title: 'Cart', units: (n: number) => `${n} ${plural('en', n, { one: 'unit', other: 'units' })}` }
//   const fr: typeof en = { … }
//   export const texts = { en, fr }
// and a page reads `const t = texts[locale]`.
import type { Context } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { createMiddleware } from 'hono/factory'
import type { Text } from '../../sdk/text.ts'

export const locales = ['en', 'fr'] as const
export type Locale = (typeof locales)[number]

export function isLocale(value: unknown): value is Locale {
  return value === 'en' || value === 'fr'
}

/** The text in this language. */
export function pick(text: Text, locale: Locale): string {
  return text[locale]
}

/**
 * Sets `c.var.locale` from `?lang`, then the `lang` cookie, then Accept-Language; English when none says.
 * `?lang` is remembered for a year.
 */
export const locale = createMiddleware<{ Variables: { locale: Locale } }>(async (c, next) => {
  const chosen = askedLocale(c)
  if (chosen === c.req.query('lang') && chosen !== getCookie(c, 'lang')) {
    setCookie(c, 'lang', chosen, { path: '/', sameSite: 'Lax', maxAge: 31_536_000 })
  }
  c.set('locale', chosen)
  await next()
  // Not c.header: that would make a stream of a page that is there as a whole.
  c.res.headers.set('content-language', chosen)
  c.res.headers.append('vary', 'cookie, accept-language')
})

/** The language that a request asks for. */
export function askedLocale(c: Context): Locale {
  const said = [c.req.query('lang'), getCookie(c, 'lang')]
  return said.find(isLocale) ?? preferredLocale(c.req.header('accept-language'))
}

/** The first of our languages in an Accept-Language header, by its weights. */
export function preferredLocale(header: string | undefined): Locale {
  const ranked = (header ?? '')
    .split(',')
    .map((range) => {
      const [tag = '', ...parameters] = range.trim().split(';')
      const weight = parameters.map((parameter) => /^\s*q=([\d.]+)\s*$/.exec(parameter)?.[1]).find(Boolean)
      return { language: tag.slice(0, 2).toLowerCase(), weight: Number(weight ?? 1) }
    })
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight)
  return ranked.map(({ language }) => language).find(isLocale) ?? 'en'
}

/** 129900 and EUR: "€1,299.00" or "1 299,00 €". Cents are the currency's smallest unit. */
export function formatMoney(cents: number, currency: string, locale: Locale): string {
  const { format, cents: inOne } = moneyFormat(currency, locale)
  return format(cents / inOne)
}

/** Basis points as a percentage: 2000 is "20%". */
export function formatRate(basisPoints: number, locale: Locale): string {
  return rateFormats[locale].format(basisPoints / 10_000)
}

/** "31 January 2027". A text is a calendar day, YYYY-MM-DD. */
export function formatDate(date: Date | string, locale: Locale): string {
  return typeof date === 'string'
    ? dayFormats[locale].format(new Date(`${date}T00:00:00Z`))
    : dateFormats[locale].format(date)
}

/** "31 Jan 2027, 14:05", in the time zone of the server (`TZ`). */
export function formatMoment(date: Date, locale: Locale): string {
  return momentFormats[locale].format(date)
}

/** Milliseconds as a person says them: "320 ms", "4.2 s", "3 min", "5 h", "2 d". */
export function formatDuration(milliseconds: number, locale: Locale): string {
  const number = (value: number, digits: number) => numberFormat(locale, digits).format(value)
  if (milliseconds < 1000) return `${number(milliseconds, 0)} ms`
  const seconds = milliseconds / 1000
  if (seconds < 60) return `${number(seconds, 1)} s`
  if (seconds < 3600) return `${number(seconds / 60, 0)} min`
  if (seconds < 86_400) return `${number(seconds / 3600, 0)} h`
  return `${number(seconds / 86_400, 0)} ${locale === 'fr' ? 'j' : 'd'}`
}

export function formatNumber(value: number, locale: Locale): string {
  return numberFormat(locale, 3).format(value)
}

/** The word for this count: `plural('fr', 0, { one: 'unité', other: 'unités' })` is "unité". */
export function plural(locale: Locale, count: number, words: { one: string; other: string }): string {
  return pluralRules[locale].select(count) === 'one' ? words.one : words.other
}

const pluralRules = { en: new Intl.PluralRules('en'), fr: new Intl.PluralRules('fr') }
const tags = { en: 'en-GB', fr: 'fr-FR' }
const dayFormats = byLocale({ dateStyle: 'long', timeZone: 'UTC' })
const dateFormats = byLocale({ dateStyle: 'long' })
const momentFormats = byLocale({ dateStyle: 'medium', timeStyle: 'short' })
const rateFormats = {
  en: new Intl.NumberFormat(tags.en, { style: 'percent', maximumFractionDigits: 2 }),
  fr: new Intl.NumberFormat(tags.fr, { style: 'percent', maximumFractionDigits: 2 }),
}

function byLocale(options: Intl.DateTimeFormatOptions): Record<Locale, Intl.DateTimeFormat> {
  return { en: new Intl.DateTimeFormat(tags.en, options), fr: new Intl.DateTimeFormat(tags.fr, options) }
}

// making a format costs 50 µs, using one 1 µs: a page with a hundred prices would spend its budget on them
const moneyFormats = new Map<string, { format: (amount: number) => string; cents: number }>()
const numberFormats = new Map<string, Intl.NumberFormat>()

/** How amounts of a currency are written, and how many of our cents one of it has. */
function moneyFormat(currency: string, locale: Locale) {
  const key = `${locale} ${currency}`
  const kept = moneyFormats.get(key)
  if (kept) return kept
  const format = new Intl.NumberFormat(tags[locale], { style: 'currency', currency })
  const made = { format: format.format, cents: 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2) }
  moneyFormats.set(key, made)
  return made
}

function numberFormat(locale: Locale, digits: number): Intl.NumberFormat {
  const key = `${locale} ${digits}`
  const kept = numberFormats.get(key)
  if (kept) return kept
  const made = new Intl.NumberFormat(tags[locale], { maximumFractionDigits: digits })
  numberFormats.set(key, made)
  return made
}
