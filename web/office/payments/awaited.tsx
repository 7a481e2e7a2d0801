import { elementsOf, readForm } from '../../../sdk/form.ts'
import { z } from '../../../sdk/index.ts'
import { type AwaitedOrder, listAwaited } from '../../../shop/list-payments.ts'
import type { Shop } from '../../../shop/shop.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { toHundredths } from '../../ui/amount.ts'
import { Badge } from '../../ui/badge.tsx'
import { ButtonLink } from '../../ui/button.tsx'
import { Card, EmptyState } from '../../ui/card.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Money } from '../../ui/money.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { CustomerName } from '../customer-name.tsx'
import { Filters } from '../filters.tsx'
import { asked, type OfficeContext, readId } from '../office-route.ts'
import { mayChange, officePage, withQuery } from '../page.tsx'
import { sayMeans } from '../say.ts'
import { texts } from '../texts.ts'
import { PaymentsHead } from './payments-head.tsx'
import { paymentsTexts } from './payments-texts.ts'

const paths = routes.office.payments

const amountElements = elementsOf(z.object({ amount: z.number() }))

/** The orders whose money an operator is to validate, the oldest deadline first. */
export async function awaitedPayments(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = paymentsTexts[locale]
  const search = asked(c, 'search')
  const [typed] = search ? Object.values(readForm(amountElements, { amount: search })) : []
  const dueCents = toHundredths(typed)
  const after = readAfter(asked(c, 'after'))
  const { orders, next } = await listAwaited(face.shop, {
    search,
    dueCents: Number.isSafeInteger(dueCents) ? dueCents : undefined,
    after,
  })
  return await officePage(
    c,
    face,
    { title: t.title, section: 'payments' },
    <>
      <PaymentsHead c={c} current={paths.index()}>
        <Filters path={paths.index()} label={t.search} hint={t.searchHint} search={search} locale={locale} />
      </PaymentsHead>
      <Card flush>
        <Awaited c={c} shop={face.shop} orders={orders} searched={search !== undefined} />
        <Pager
          next={
            next && withQuery(paths.index(), { search, after: `${next.payBefore.toISOString()}~${next.id}` })
          }
          first={after && withQuery(paths.index(), { search })}
          locale={locale}
        />
      </Card>
    </>,
  )
}

function Awaited(props: { c: OfficeContext; shop: Shop; orders: AwaitedOrder[]; searched: boolean }) {
  const { c, shop, orders, searched } = props
  const { locale } = c.var
  const t = paymentsTexts[locale]
  return (
    <Table
      caption={t.awaited}
      locale={locale}
      rows={orders}
      empty={
        <EmptyState title={searched ? texts[locale].list.noneFound : t.noneAwaited}>
          {searched && <p>{t.searchOrders}</p>}
        </EmptyState>
      }
      columns={[
        {
          label: t.order,
          heading: true,
          cell: (order) => (
            <>
              <a href={routes.office.orders.show(order.number)}>{order.number}</a>
              <div class="soft small mono">{order.reference}</div>
            </>
          ),
        },
        {
          label: t.customer,
          cell: (order) => <CustomerName customer={order.customer} />,
        },
        { label: t.means, cell: (order) => sayMeans(order.means, shop, locale) },
        {
          label: t.due,
          numeric: true,
          narrow: true,
          cell: (order) => (
            <>
              <Money cents={order.totalCents - order.paidCents} currency={order.currency} locale={locale} />
              {order.paidCents > 0 && (
                <div class="soft small">
                  {t.received} <Money cents={order.paidCents} currency={order.currency} locale={locale} />
                </div>
              )}
            </>
          ),
        },
        {
          label: t.deadline,
          narrow: true,
          cell: (order) => <Deadline order={order} c={c} />,
        },
        {
          label: '',
          narrow: true,
          cell: (order) =>
            mayChange(c) && (
              <ButtonLink
                href={`${routes.office.orders.show(order.number)}#validate`}
                size="small"
                icon="check"
              >
                {t.validate}
              </ButtonLink>
            ),
        },
      ]}
    />
  )
}

function readAfter(text: string | undefined): { payBefore: Date; id: number } | undefined {
  const [moment = '', id] = (text ?? '').split('~')
  const payBefore = new Date(moment)
  const known = readId(id)
  return known !== undefined && !Number.isNaN(payBefore.getTime()) ? { payBefore, id: known } : undefined
}

function Deadline({ order, c }: { order: AwaitedOrder; c: OfficeContext }) {
  const { locale } = c.var
  if (!order.payBefore) return null
  const days = (order.payBefore.getTime() - Date.now()) / 86_400_000
  const t = paymentsTexts[locale]
  return (
    <>
      <Moment at={order.payBefore} day locale={locale} />
      <div>
        {order.trusted ? (
          <Badge tone={days < 0 ? 'danger' : 'info'}>{t.trusted}</Badge>
        ) : days < 0 ? (
          <Badge tone="danger">{t.past}</Badge>
        ) : days < 3 ? (
          <Badge tone="warning">{t.near}</Badge>
        ) : null}
      </div>
    </>
  )
}
