import type { giveBacksOfOrder, paymentsOfOrder } from '../../../shop/view-order.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Money } from '../../ui/money.tsx'
import { Table } from '../../ui/table.tsx'
import { sayMeans, sayWho, sayWhy } from '../say.ts'
import type { Parts } from './actions.tsx'
import { orderTexts } from './order-texts.ts'

type PaymentsProps = Pick<Parts, 'c'> &
  Pick<Face, 'shop'> & { payments: Awaited<ReturnType<typeof paymentsOfOrder>> }

/** The money that came for an order. */
export function Payments({ c, shop, payments }: PaymentsProps) {
  const { locale } = c.var
  const t = orderTexts[locale]
  return (
    <Card flush title={t.payments}>
      <Table
        caption={t.payments}
        locale={locale}
        rows={payments}
        columns={[
          {
            label: t.reference,
            heading: true,
            cell: (payment) => (
              <>
                <span class="mono">{payment.reference}</span>
                <div class="soft small">{sayMeans(payment.means, shop, locale)}</div>
                {payment.note && <div class="soft small">{payment.note}</div>}
              </>
            ),
          },
          {
            label: t.paidOn,
            cell: (payment) => (
              <>
                <Moment at={payment.paid_on} locale={locale} />
                <div class="soft small">{sayWho(payment.recorded_by, shop, locale)}</div>
              </>
            ),
          },
          {
            label: t.amount,
            numeric: true,
            narrow: true,
            cell: (payment) => (
              <Money cents={payment.amount_cents} currency={payment.currency} locale={locale} />
            ),
          },
          {
            label: '',
            narrow: true,
            cell: (payment) => <StateBadge kind="payment" state={payment.state} locale={locale} />,
          },
        ]}
      />
    </Card>
  )
}

type GiveBacksProps = Pick<Parts, 'c'> & { giveBacks: Awaited<ReturnType<typeof giveBacksOfOrder>> }

/** The money that must go back, or has. */
export function GiveBacks({ c, giveBacks }: GiveBacksProps) {
  const { locale } = c.var
  const t = orderTexts[locale]
  return (
    <Card flush title={t.giveBacks}>
      <Table
        caption={t.giveBacks}
        locale={locale}
        rows={giveBacks}
        columns={[
          {
            label: t.why,
            heading: true,
            cell: (giveBack) => (
              <>
                {sayWhy(giveBack.why, locale)}
                {giveBack.done_note && <div class="soft small">{giveBack.done_note}</div>}
              </>
            ),
          },
          {
            label: t.amount,
            numeric: true,
            narrow: true,
            cell: (giveBack) => (
              <Money cents={giveBack.amount_cents} currency={giveBack.currency} locale={locale} />
            ),
          },
          {
            label: '',
            narrow: true,
            cell: (giveBack) =>
              giveBack.done_at ? (
                <StateBadge kind="giveBack" state="done" locale={locale} />
              ) : (
                <a href={`${routes.office.payments.giveBacks()}#give-back-${giveBack.id}`}>
                  <StateBadge kind="giveBack" state="due" locale={locale} />
                </a>
              ),
          },
        ]}
      />
    </Card>
  )
}
