import { listSetAside } from '../../../shop/list-payments.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Money } from '../../ui/money.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { asked, type OfficeContext, readId } from '../office-route.ts'
import { officePage, withQuery } from '../page.tsx'
import { sayMeans, sayWho, sayWhy } from '../say.ts'
import { PaymentsHead } from './payments-head.tsx'
import { paymentsTexts } from './payments-texts.ts'

const paths = routes.office.payments

/** Payments that were recorded and counted for nothing. */
export async function setAsideList(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = paymentsTexts[locale]
  const before = readId(asked(c, 'before'))
  const { payments, next } = await listSetAside(face.shop.db, { before })
  return await officePage(
    c,
    face,
    { title: t.setAside, section: 'payments' },
    <>
      <PaymentsHead c={c} current={paths.setAside()} />
      <p class="soft">{t.setAsideText}</p>
      <Card flush>
        <Table
          caption={t.setAside}
          locale={locale}
          rows={payments}
          empty={<p class="empty-title">{t.noneSetAside}</p>}
          columns={[
            {
              label: t.order,
              heading: true,
              narrow: true,
              cell: (payment) => (
                <a href={routes.office.orders.show(payment.orderNumber)}>{payment.orderNumber}</a>
              ),
            },
            {
              label: t.reference,
              cell: (payment) => (
                <>
                  <span class="mono">{payment.reference}</span>
                  <div class="soft small">
                    {sayMeans(payment.means, face.shop, locale)},{' '}
                    {sayWho(payment.recordedBy, face.shop, locale)}
                  </div>
                </>
              ),
            },
            { label: t.why, cell: (payment) => payment.why && sayWhy(payment.why, locale) },
            {
              label: t.paidOn,
              narrow: true,
              cell: (payment) => <Moment at={payment.paidOn} locale={locale} />,
            },
            {
              label: t.amount,
              numeric: true,
              narrow: true,
              cell: (payment) => (
                <Money cents={payment.amountCents} currency={payment.currency} locale={locale} />
              ),
            },
            {
              label: '',
              narrow: true,
              cell: (payment) => (
                <StateBadge kind="giveBack" state={payment.givenBackAt ? 'done' : 'due'} locale={locale} />
              ),
            },
          ]}
        />
        <Pager
          next={next === undefined ? undefined : withQuery(paths.setAside(), { before: next })}
          first={before === undefined ? undefined : paths.setAside()}
          locale={locale}
        />
      </Card>
    </>,
  )
}
