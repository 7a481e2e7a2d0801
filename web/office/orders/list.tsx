import type { OrderState } from '../../../db/schema.ts'
import { orderMoves } from '../../../shop/order.ts'
import type { Shop } from '../../../shop/shop.ts'
import { listOrders, type OrderRow } from '../../../shop/view-order.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { Badge, StateBadge, stateText } from '../../ui/badge.tsx'
import { PageHead } from '../../ui/card.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { Locale } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Money } from '../../ui/money.tsx'
import { Table } from '../../ui/table.tsx'
import { CustomerName } from '../customer-name.tsx'
import { asked, askedOneOf, type OfficeContext, readId } from '../office-route.ts'
import { officePage } from '../page.tsx'
import { sayMeans } from '../say.ts'
import { SearchedList } from '../searched-list.tsx'
import { texts } from '../texts.ts'
import { ordersTexts } from './orders-texts.ts'

const states = Object.keys(orderMoves) as OrderState[] // the table of moves has every state
const tabs = ['awaiting_payment', 'paid', 'completed', 'refused', 'cancelled', 'expired', 'refunded'] as const

export async function orderList(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = ordersTexts[locale]
  const path = routes.office.orders.index()
  const state = askedOneOf(c, 'state', states)
  const search = asked(c, 'search')
  const wanted = { state, search }
  const narrowed = state !== undefined || search !== undefined
  const before = readId(asked(c, 'before'))
  const { orders, next } = await listOrders(face.shop.db, { ...wanted, before })
  return await officePage(
    c,
    face,
    { title: t.title, section: 'orders' },
    <>
      <PageHead title={t.title} />
      <SearchedList
        {...{ path, wanted, locale }}
        title={t.title}
        search={t.search}
        hint={t.searchHint}
        states={tabs.map((state) => ({ state, text: stateText({ kind: 'order', state }, locale) }))}
        cursor={{ name: 'before', now: before, next }}
      >
        <Orders
          {...{ orders, shop: face.shop, locale }}
          empty={narrowed ? texts[locale].list.noneFound : t.none}
        />
      </SearchedList>
    </>,
  )
}

type OrdersProps = { orders: OrderRow[]; shop: Shop; empty: string; locale: Locale }

function Orders({ orders, shop, empty, locale }: OrdersProps) {
  const t = ordersTexts[locale]
  return (
    <Table
      caption={t.title}
      locale={locale}
      rows={orders}
      empty={<p class="empty-title">{empty}</p>}
      columns={[
        {
          label: t.number,
          heading: true,
          narrow: true,
          cell: (order) => (
            <>
              <span class="flagged">
                <a href={routes.office.orders.show(order.number)}>{order.number}</a>
                {order.troubled > 0 && (
                  <span class="flag" title={t.troubled(order.troubled)}>
                    <Icon name="warning" size={14} />
                    <span class="visually-hidden">{t.troubled(order.troubled)}</span>
                  </span>
                )}
              </span>
              <div class="soft small">
                <Moment at={order.placedAt} locale={locale} />
              </div>
            </>
          ),
        },
        {
          label: t.customer,
          cell: (order) => <CustomerName customer={order.customer} />,
        },
        {
          label: t.state,
          narrow: true,
          cell: (order) => <StateBadge kind="order" state={order.state} locale={locale} />,
        },
        { label: t.paid, narrow: true, cell: (order) => <PaidFact order={order} locale={locale} /> },
        {
          label: t.produced,
          narrow: true,
          cell: (order) => <ProducedFact order={order} locale={locale} />,
        },
        {
          label: t.total,
          numeric: true,
          narrow: true,
          cell: (order) => (
            <>
              <Money cents={order.totalCents} currency={order.currency} locale={locale} />
              <div class="soft small">{sayMeans(order.means, shop, locale)}</div>
            </>
          ),
        },
      ]}
    />
  )
}

/** Whether the money is there: a fact of its own, never to be taken for the next one. */
export function PaidFact({
  order,
  locale,
}: {
  order: Pick<OrderRow, 'paidAt' | 'paidCents' | 'totalCents' | 'currency' | 'state'>
  locale: Locale
}) {
  const t = ordersTexts[locale]
  if (order.paidAt) return <Badge tone="success">{texts[locale].paid}</Badge>
  if (order.paidCents > 0) return <Badge tone="warning">{t.partPaid}</Badge>
  const open = order.state === 'placed' || order.state === 'awaiting_payment'
  return open ? <Badge tone="neutral">{texts[locale].unpaid}</Badge> : <span class="soft">–</span>
}

/** How much of it is produced. */
export function ProducedFact({
  order,
  locale,
}: {
  order: Pick<OrderRow, 'producedAt' | 'units' | 'produced' | 'troubled' | 'paidAt' | 'state'>
  locale: Locale
}) {
  const t = ordersTexts[locale]
  if (order.troubled > 0) return <Badge tone="danger">{t.someTroubled(order.produced, order.units)}</Badge>
  if (order.produced === order.units && order.units > 0)
    return <Badge tone="success">{t.allProduced(order.units)}</Badge>
  if (order.produced > 0 || order.paidAt) {
    return (
      <Badge tone={order.producedAt ? 'neutral' : 'info'}>
        {t.someProduced(order.produced, order.units)}
      </Badge>
    )
  }
  return <span class="soft">–</span>
}
