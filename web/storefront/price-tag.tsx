import { vatRates } from '../../shop/bundle.ts'
import type { Entry } from '../../shop/entry.ts'
import { formatMoney, formatRate, type Locale } from '../ui/locale.ts'
import { priceTexts } from './price-texts.ts'

type Priced = Pick<Entry, 'priceCents' | 'currency' | 'vatBasisPoints' | 'parts'>

/** The price that is paid, and what it says of VAT. */
export function PriceTag({ entry, locale, large }: { entry: Priced; locale: Locale; large?: boolean }) {
  const t = priceTexts[locale]
  if (entry.priceCents === 0) return <span class={large ? 'price large' : 'price'}>{t.free}</span>
  const [rate = 0, ...others] = vatRates(entry)
  const vat = others.length > 0 ? t.withSomeVat : rate > 0 ? t.withVat(formatRate(rate, locale)) : t.exempt
  return (
    <>
      <span class={large ? 'price large' : 'price'}>
        {formatMoney(entry.priceCents, entry.currency, locale)}
      </span>{' '}
      <span class="soft small">{vat}</span>
    </>
  )
}
