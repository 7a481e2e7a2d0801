import type { CreditAccount } from '../../../shop/credits.ts'
import type { OrderView } from '../../../shop/view-order.ts'
import type { Face } from '../../face.ts'
import { Card } from '../../ui/card.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { formatMoney, formatRate } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Money } from '../../ui/money.tsx'
import { creditsOf } from '../payments/credits.tsx'
import { creditsTexts } from '../payments/credits-texts.ts'
import { sayMeans } from '../say.ts'
import { texts } from '../texts.ts'
import type { Parts } from './actions.tsx'
import { PaidFact, ProducedFact } from './list.tsx'
import { orderTexts } from './order-texts.ts'
import { ordersTexts } from './orders-texts.ts'

/** Where an order stands, paid and produced, and when it got there. */
export function Facts({ c, shop, order }: Pick<Parts, 'c' | 'order'> & Pick<Face, 'shop'>) {
  const { locale } = c.var
  const t = orderTexts[locale]
  const units = order.lines.flatMap((line) => line.units)
  const facts = {
    ...order,
    units: units.length,
    produced: units.filter(({ state }) => state === 'produced').length,
    troubled: units.filter(({ state }) => state === 'needs_operator' || state === 'retrying').length,
  }
  return (
    <Card title={t.facts}>
      <KeyValue
        rows={[
          [ordersTexts[locale].paid, <PaidFact order={facts} locale={locale} />],
          [ordersTexts[locale].produced, <ProducedFact order={facts} locale={locale} />],
          [t.total, <Money cents={order.totalCents} currency={order.currency} locale={locale} />],
          [t.ofWhichVat, vatOf(order, locale)],
          [
            t.received,
            order.paidCents > 0 ? (
              <Money cents={order.paidCents} currency={order.currency} locale={locale} />
            ) : undefined,
          ],
          [t.means, sayMeans(order.means, shop, locale)],
          [t.paymentReference, <span class="mono">{order.paymentReference}</span>],
          [t.placedAt, <Moment at={order.placedAt} locale={locale} />],
          [
            t.payBefore,
            order.payBefore && order.state === 'awaiting_payment' ? (
              <Moment at={order.payBefore} day locale={locale} />
            ) : undefined,
          ],
          [t.paidAt, order.paidAt ? <Moment at={order.paidAt} locale={locale} /> : undefined],
          [t.producedAt, order.producedAt ? <Moment at={order.producedAt} locale={locale} /> : undefined],
          [
            t.trusted,
            order.trust ? (
              <>
                <Moment at={order.trust.at} locale={locale} />, {order.trust.by}
                <div class="soft">{order.trust.why}</div>
              </>
            ) : undefined,
          ],
        ]}
      />
    </Card>
  )
}

/** Who ordered, with what they have of credits. */
export function Buyer({
  c,
  order,
  credits,
}: Pick<Parts, 'c' | 'order'> & { credits: CreditAccount | undefined }) {
  const { locale } = c.var
  const t = orderTexts[locale]
  return (
    <Card title={t.customer}>
      <KeyValue
        rows={[
          [t.name, `${order.customer.firstname} ${order.customer.lastname}`],
          [t.email, <a href={`mailto:${order.customer.email}`}>{order.customer.email}</a>],
          [
            creditsTexts[locale].link,
            credits && (
              <a href={creditsOf(credits.email)}>
                {formatMoney(credits.balanceCents, credits.currency, locale)}
              </a>
            ),
          ],
          [t.company, order.customer.company],
          [t.address, order.customer.address && <span class="lines">{order.customer.address}</span>],
          [t.vatNumber, order.customer.vatNumber],
          [t.language, texts[locale].languages[order.locale]],
        ]}
      />
    </Card>
  )
}

function vatOf(order: OrderView, locale: 'en' | 'fr') {
  const rates = [...new Set(order.lines.map((line) => line.entry.vatBasisPoints))]
  return `${formatMoney(order.vatCents, order.currency, locale)} (${rates.map((rate) => formatRate(rate, locale)).join(', ')})`
}
