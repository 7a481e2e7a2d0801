import { formatMoney, type Locale } from './locale.ts'

type Props = {
  cents: number
  currency: string
  locale: Locale
  /** Says that it comes in, as it says that it goes out. */
  signed?: boolean
}

/** An amount, in the currency's smallest unit (cents). */
export function Money({ cents, currency, locale, signed = false }: Props) {
  return (
    <span class="money">
      {signed && cents > 0 && '+'}
      {formatMoney(cents, currency, locale)}
    </span>
  )
}
