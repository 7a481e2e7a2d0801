import type { Locale } from '../ui/locale.ts'
import { Money } from '../ui/money.tsx'
import { texts } from './texts.ts'

type Props = {
  lines: { title: string; quantity: number; totalCents: number }[]
  totalCents: number
  vatCents: number
  currency: string
  locale: Locale
}

/** What is bought, what it costs, and the VAT in it. */
export function Totals({ lines, totalCents, vatCents, currency, locale }: Props) {
  const t = texts[locale].totals
  return (
    <dl class="totals">
      {lines.map((line) => (
        <div>
          <dt>
            {line.quantity} × {line.title}
          </dt>
          <dd>
            <Money cents={line.totalCents} currency={currency} locale={locale} />
          </dd>
        </div>
      ))}
      <div class="total">
        <dt>{t.total}</dt>
        <dd>
          <Money cents={totalCents} currency={currency} locale={locale} />
        </dd>
      </div>
      {vatCents > 0 && (
        <div class="soft small">
          <dt>{t.ofWhichVat}</dt>
          <dd>
            <Money cents={vatCents} currency={currency} locale={locale} />
          </dd>
        </div>
      )}
    </dl>
  )
}
