import { listCustomerOrders } from '../../../shop/customer-product.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { ButtonLink } from '../../ui/button.tsx'
import { Card, EmptyState } from '../../ui/card.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Money } from '../../ui/money.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { type AccountContext, accountPage, readKey } from './account-page.tsx'
import { accountTexts } from './account-texts.ts'

/** What a customer has ordered, each with its page. */
export async function showOrders(c: AccountContext, face: Face) {
  const { locale, customer } = c.var
  const t = accountTexts[locale]
  const here = routes.account.orders()
  const before = readKey(c.req.query('before'))
  const { orders, next } = await listCustomerOrders(face.shop.db, customer.email, { before })
  return await accountPage(
    c,
    face,
    { title: t.orders, section: here },
    <Card flush>
      <Table
        caption={t.orders}
        locale={locale}
        rows={orders}
        empty={
          <EmptyState title={t.noOrders}>
            <ButtonLink href={routes.catalog()}>{t.toCatalog}</ButtonLink>
          </EmptyState>
        }
        columns={[
          {
            label: t.order.number,
            heading: true,
            cell: (order) => (
              <a class="mono" href={routes.order.show(order.number, order.token)}>
                {order.number}
              </a>
            ),
          },
          { label: t.order.placed, cell: (order) => <Moment at={order.placedAt} locale={locale} day /> },
          {
            label: t.order.total,
            numeric: true,
            cell: (order) => <Money cents={order.totalCents} currency={order.currency} locale={locale} />,
          },
          {
            label: t.order.state,
            narrow: true,
            cell: (order) => <StateBadge kind="order" state={order.state} locale={locale} />,
          },
        ]}
      />
      <Pager
        locale={locale}
        next={next === undefined ? undefined : `${here}?before=${next}`}
        first={before === undefined ? undefined : here}
      />
    </Card>,
  )
}
