import type { Locale } from './locale.ts'

/**
 * Hundredths of what was typed: cents of an amount, basis points of a percentage. NaN when it is no number or has
 * more than two decimals, which the shop's own checks then refuse. `value` comes from a number element of a form.
 */
export function toHundredths(value: unknown): number {
  if (typeof value !== 'number') return Number.NaN
  const hundredths = Math.round(value * 100)
  return Math.abs(value * 100 - hundredths) < 1e-6 ? hundredths : Number.NaN
}

/** As it is typed into a form: 129900 is "1299.00" or "1299,00". `decimals`: 0 leaves those of a whole one out. */
export function fromHundredths(hundredths: number, locale: Locale, decimals: 0 | 2 = 2): string {
  const text =
    hundredths % 100 === 0 && decimals === 0 ? String(hundredths / 100) : (hundredths / 100).toFixed(2)
  return locale === 'fr' ? text.replace('.', ',') : text
}
