import { formatMoney, type Locale } from './locale.ts'

/** An amount, in the currency's smallest unit (cents). */
export function Money({ cents, currency, locale }: { cents: number; currency: string; locale: Locale }) {
  return <span class="money">{formatMoney(cents, currency, locale)}</span>
}
