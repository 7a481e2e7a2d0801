import { productionsOfOrder } from '../../../production/journal.ts'
import { creditsOfOrder, findCredits } from '../../../shop/credits.ts'
import { orderUrl } from '../../../shop/order-url.ts'
import { seatHandlers } from '../../../shop/pack.ts'
import {
  findOrder,
  giveBacksOfOrder,
  type OrderView,
  orderHistory,
  paymentsOfOrder,
} from '../../../shop/view-order.ts'
import type { Face } from '../../face.ts'
import { packTexts } from '../../packs/pack-texts.ts'
import { routes } from '../../routes.ts'
import { csrfToken } from '../../security.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { ButtonLink } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { ErrorSummary, summaryOf } from '../../ui/error-summary.tsx'
import { pick } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Table } from '../../ui/table.tsx'
import { notFound, type OfficeContext, parameter } from '../office-route.ts'
import { mayChange, officePage } from '../page.tsx'
import { ProductStateBadge } from '../products/product-state.tsx'
import { productsTexts } from '../products/products-texts.ts'
import { type SentForm, sentErrors } from '../reason-form.tsx'
import { texts } from '../texts.ts'
import { Actions, type Parts, PaymentOutcome, Validate } from './actions.tsx'
import { Buyer, Facts } from './facts.tsx'
import { OrderHistory } from './history.tsx'
import { Lines } from './lines.tsx'
import { GiveBacks, Payments } from './money.tsx'
import { orderTexts } from './order-texts.ts'
import { ordersTexts } from './orders-texts.ts'
import { paymentElements } from './payment-form.tsx'

export async function showOrder(c: OfficeContext, face: Face) {
  return await orderPage(c, face, (await findOrder(face.shop.db, parameter(c, 'number'))) ?? notFound())
}

/** All that is known of an order and what can be done with it. `sent`: a form of this page that came back. */
export async function orderPage(c: OfficeContext, face: Face, order: OrderView, sent?: SentForm) {
  const { locale } = c.var
  const { shop } = face
  const t = orderTexts[locale]
  const [productions, history, payments, giveBacks, brought, credits] = await Promise.all([
    productionsOfOrder(shop.db, order.id),
    orderHistory(shop.db, order.id),
    paymentsOfOrder(shop.db, order.id),
    giveBacksOfOrder(shop.db, order.id),
    creditsOfOrder(shop.db, order.id),
    findCredits(shop.db, order.customer.email, order.currency),
  ])
  const csrf = csrfToken(c)
  const parts = { c, csrf, shop, order, sent }
  return await officePage(
    c,
    face,
    { title: t.title(order.number), section: 'orders', status: sent ? 422 : 200 },
    <>
      <PageHead
        title={t.title(order.number)}
        back={{ href: routes.office.orders.index(), text: ordersTexts[locale].title }}
        actions={
          <>
            <StateBadge kind="order" state={order.state} locale={locale} />
            {/* The customer's page lets whoever has its address act as the customer. */}
            {mayChange(c) && (
              <ButtonLink href={orderUrl(shop.settings, order)} icon="external">
                {t.tracking}
              </ButtonLink>
            )}
          </>
        }
      />
      <ErrorSummary
        locale={locale}
        errors={
          sent?.form === 'pay'
            ? summaryOf(paymentElements, sent.errors, { locale, prefix: 'pay.' })
            : sentErrors(sent, locale)
        }
      />
      <PaymentOutcome c={c} order={order} />
      <div class="columns">
        <div>
          <Lines {...parts} productions={productions} giveBacks={giveBacks} brought={brought} />
          {order.products.length > 0 && <Products {...parts} />}
          {payments.length > 0 && <Payments {...parts} payments={payments} />}
          {giveBacks.length > 0 && <GiveBacks {...parts} giveBacks={giveBacks} />}
          <Card title={t.history}>
            <OrderHistory history={history} lines={order.lines} shop={shop} locale={locale} />
          </Card>
        </div>
        <div>
          <Facts {...parts} />
          {mayChange(c) && <Validate {...parts} />}
          <Buyer {...parts} credits={credits} />
          {mayChange(c) && <Actions {...parts} />}
        </div>
      </div>
    </>,
  )
}

function Products({ c, shop, order }: Parts & Pick<Face, 'shop'>) {
  const { locale } = c.var
  const t = productsTexts[locale]
  const ofPacks = seatHandlers(shop)
  const seats = order.products.filter(({ handler }) => ofPacks.includes(handler))
  const products = order.products.filter((product) => !seats.includes(product))
  return (
    <Card flush title={t.title}>
      {[...new Set(seats.map(({ unitId }) => unitId))].map((unit) => (
        <p class="card-body">
          {packTexts[locale].pack}
          {texts[locale].colon}{' '}
          <a href={routes.office.packs.show(unit)}>
            {packTexts[locale].allSeatsOf(seats.filter(({ unitId }) => unitId === unit).length)}
          </a>
        </p>
      ))}
      {products.length > 0 && (
        <Table
          caption={t.title}
          locale={locale}
          rows={products}
          columns={[
            {
              label: t.reference,
              heading: true,
              cell: (product) => (
                <>
                  <a class="mono" href={routes.office.products.show(product.reference)}>
                    {product.reference}
                  </a>
                  <div class="soft small">{pick(product.title, locale)}</div>
                </>
              ),
            },
            { label: t.holder, cell: (product) => product.holder?.email ?? '–' },
            {
              label: t.ends,
              narrow: true,
              cell: (product) =>
                product.endsAt ? <Moment at={product.endsAt} day locale={locale} /> : t.noEnd,
            },
            {
              label: t.state,
              narrow: true,
              cell: (product) => <ProductStateBadge product={product} locale={locale} />,
            },
          ]}
        />
      )}
    </Card>
  )
}
