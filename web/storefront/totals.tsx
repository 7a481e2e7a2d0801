import { groupLines } from '../../shop/bundle.ts'
import type { ViewedCart } from '../../shop/cart.ts'
import type { OrderView } from '../../shop/view-order.ts'
import { type Locale, pick } from '../ui/locale.ts'
import { Money } from '../ui/money.tsx'
import { totalsTexts } from './totals-texts.ts'

/** A line of what is bought; `parts`: what a bundle has in it. */
type TotalLine = {
  title: string
  quantity: number
  totalCents: number
  parts?: { title: string; quantity: number }[]
}

type Props = {
  lines: TotalLine[]
  totalCents: number
  vatCents: number
  currency: string
  locale: Locale
}

/** What is bought, what it costs, and the VAT in it. */
export function Totals({ lines, totalCents, vatCents, currency, locale }: Props) {
  const t = totalsTexts[locale]
  return (
    <dl class="totals">
      {lines.map((line) => (
        <div>
          <dt>
            {line.quantity} × {line.title}
            {line.parts && (
              <ul class="soft small">
                {line.parts.map((part) => (
                  <li>
                    {part.quantity} × {part.title}
                  </li>
                ))}
              </ul>
            )}
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

/** The lines of a cart, each bundle with what is in it. */
export function totalsOfCart(viewed: ViewedCart, locale: Locale): TotalLine[] {
  return viewed.lines.map(({ entry, units, totalCents }) => ({
    title: pick(entry.title, locale),
    quantity: units.length,
    totalCents,
    ...(entry.parts.length > 0 && {
      parts: entry.parts.map((part) => ({
        title: part.entry ? pick(part.entry.title, locale) : part.code,
        quantity: part.quantity * units.length,
      })),
    }),
  }))
}

/** The lines of an order, those of a bundle as one. */
export function totalsOfOrder({ lines }: Pick<OrderView, 'lines'>, locale: Locale): TotalLine[] {
  return groupLines(lines).flatMap(({ bundle, lines: grouped }): TotalLine[] => {
    const each = grouped.map(({ entry, quantity, totalCents }) => ({
      title: pick(entry.title, locale),
      code: entry.code,
      quantity,
      totalCents,
    }))
    if (!bundle) return each
    const parts = [...Map.groupBy(each, (line) => line.code).values()].map((same) => ({
      title: same[0]?.title ?? '',
      quantity: same.reduce((sum, { quantity }) => sum + quantity, 0),
    }))
    const totalCents = bundle.cents * bundle.quantity
    return [{ title: pick(bundle.title, locale), quantity: bundle.quantity, totalCents, parts }]
  })
}
