import { listNotifications } from '../../../shop/list-payments.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { Badge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { asked, type OfficeContext } from '../office-route.ts'
import { officePage, withQuery } from '../page.tsx'
import { sayMeans } from '../say.ts'
import { PaymentsHead } from './payments-head.tsx'
import { paymentsTexts } from './payments-texts.ts'

const paths = routes.office.payments

/** What payment providers sent, and what became of it. */
export async function notificationList(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = paymentsTexts[locale]
  const [cursor = '', ...rest] = (asked(c, 'before') ?? '').split('~')
  const before = /^\d{1,11}(\.\d{1,6})?$/.test(cursor) ? { cursor, eventId: rest.join('~') } : undefined
  const { notifications, next } = await listNotifications(face.shop.db, { before })
  const outcomes: Record<string, string> = t.outcomes
  return await officePage(
    c,
    face,
    { title: t.notifications, section: 'payments' },
    <>
      <PaymentsHead c={c} current={paths.notifications()} />
      <p class="soft">{t.notificationsText}</p>
      <Card flush>
        <Table
          caption={t.notifications}
          locale={locale}
          rows={notifications}
          empty={<p class="empty-title">{t.noNotifications}</p>}
          columns={[
            {
              label: t.receivedAt,
              heading: true,
              narrow: true,
              cell: (one) => <Moment at={one.receivedAt} locale={locale} />,
            },
            { label: t.means, narrow: true, cell: (one) => sayMeans(one.means, face.shop, locale) },
            {
              label: t.order,
              narrow: true,
              cell: (one) =>
                one.orderNumber && <a href={routes.office.orders.show(one.orderNumber)}>{one.orderNumber}</a>,
            },
            {
              label: t.outcome,
              cell: (one) => <Badge tone={toneOf(one.outcome)}>{outcomes[one.outcome] ?? one.outcome}</Badge>,
            },
            {
              label: t.content,
              cell: (one) => (
                <details>
                  <summary class="mono small">{one.eventId}</summary>
                  <pre>{JSON.stringify(one.body, null, 2)}</pre>
                </details>
              ),
            },
          ]}
        />
        <Pager
          next={next && withQuery(paths.notifications(), { before: `${next.cursor}~${next.eventId}` })}
          first={before && paths.notifications()}
          locale={locale}
        />
      </Card>
    </>,
  )
}

function toneOf(outcome: string) {
  if (outcome === 'paid') return 'success'
  return outcome === 'set_aside' || outcome === 'part_paid' || outcome === 'unknown_order'
    ? 'warning'
    : 'neutral'
}
