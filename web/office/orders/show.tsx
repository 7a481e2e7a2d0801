import { productionsOfOrder } from '../../../production/journal.ts'
import type { Text } from '../../../sdk/index.ts'
import { groupLines } from '../../../shop/bundle.ts'
import { creditsOfOrder, findCredits } from '../../../shop/credits.ts'
import { orderUrl } from '../../../shop/order-url.ts'
import { seatHandlers } from '../../../shop/pack.ts'
import {
  findOrder,
  giveBacksOfOrder,
  type LineView,
  type OrderView,
  orderHistory,
  paymentsOfOrder,
} from '../../../shop/view-order.ts'
import type { Face } from '../../face.ts'
import { texts as packTexts } from '../../packs/pack-texts.ts'
import { routes } from '../../routes.ts'
import { csrfToken } from '../../security.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { ButtonLink } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { ErrorSummary, summaryOf } from '../../ui/error-summary.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { formatMoney, formatRate, type Locale, pick } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Money } from '../../ui/money.tsx'
import { Table } from '../../ui/table.tsx'
import { notFound, type OfficeContext, parameter } from '../office-route.ts'
import { mayChange, officePage } from '../page.tsx'
import { creditsOf } from '../payments/credits.tsx'
import { texts as creditTexts } from '../payments/credits-texts.ts'
import { type SentForm, sentErrors } from '../reason-form.tsx'
import { sayMeans, sayWho, sayWhy } from '../say.ts'
import { texts } from '../texts.ts'
import { Actions, type Parts, PaymentOutcome, Validate } from './actions.tsx'
import { OrderHistory } from './history.tsx'
import { PaidFact, ProducedFact } from './list.tsx'
import { paymentElements } from './payment-form.tsx'
import { Units } from './units.tsx'

export async function showOrder(c: OfficeContext, face: Face) {
  return await orderPage(c, face, (await findOrder(face.shop.db, parameter(c, 'number'))) ?? notFound())
}

/** All that is known of an order and what can be done with it. `sent`: a form of this page that came back. */
export async function orderPage(c: OfficeContext, face: Face, order: OrderView, sent?: SentForm) {
  const { locale } = c.var
  const { shop } = face
  const t = texts[locale].order
  const [productions, history, payments, giveBacks, brought, credits] = await Promise.all([
    productionsOfOrder(shop.db, order.id),
    orderHistory(shop.db, order.id),
    paymentsOfOrder(shop.db, order.id),
    giveBacksOfOrder(shop.db, order.id),
    creditsOfOrder(shop.db, order.id),
    findCredits(shop.db, order.customer.email, order.currency),
  ])
  const csrf = csrfToken(c)
  const units = order.lines.flatMap((line) => line.units)
  const facts = {
    ...order,
    units: units.length,
    produced: units.filter(({ state }) => state === 'produced').length,
    troubled: units.filter(({ state }) => state === 'needs_operator' || state === 'retrying').length,
  }
  const givenBack = new Map<number, number>()
  for (const { unit_id: unit, amount_cents: cents } of giveBacks) {
    if (unit !== null) givenBack.set(unit, (givenBack.get(unit) ?? 0) + cents)
  }
  const parts = { c, csrf, shop, order, sent }
  return await officePage(
    c,
    face,
    { title: t.title(order.number), section: 'orders', status: sent ? 422 : 200 },
    <>
      <PageHead
        title={t.title(order.number)}
        back={{ href: routes.office.orders.index(), text: texts[locale].orders.title }}
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
          {groupLines(order.lines).map(({ bundle, lines }) => {
            const units = (line: LineView) => (
              <Units
                {...parts}
                line={line}
                productions={productions}
                givenBack={givenBack}
                brought={brought}
              />
            )
            return bundle ? (
              <Card
                flush
                title={<Sold {...bundle} locale={locale} />}
                aside={<Price quantity={bundle.quantity} cents={bundle.cents} {...{ order, locale }} />}
              >
                {lines.map((line) => (
                  <section class="sold-part">
                    <header>
                      <h3>
                        <Sold {...line.entry} locale={locale} />
                      </h3>
                      <Price quantity={line.quantity} cents={line.unitCents} {...{ order, locale }} />
                    </header>
                    {units(line)}
                  </section>
                ))}
              </Card>
            ) : (
              lines.map((line) => (
                <Card
                  flush
                  title={<Sold {...line.entry} locale={locale} />}
                  aside={<Price quantity={line.quantity} cents={line.unitCents} {...{ order, locale }} />}
                >
                  {units(line)}
                </Card>
              ))
            )
          })}
          {order.products.length > 0 && <Products {...parts} />}
          {payments.length > 0 && (
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
          )}
          {giveBacks.length > 0 && (
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
          )}
          <Card title={t.history}>
            <OrderHistory history={history} lines={order.lines} shop={shop} locale={locale} />
          </Card>
        </div>
        <div>
          <Card title={t.facts}>
            <KeyValue
              rows={[
                [texts[locale].orders.paid, <PaidFact order={facts} locale={locale} />],
                [texts[locale].orders.produced, <ProducedFact order={facts} locale={locale} />],
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
                [
                  t.producedAt,
                  order.producedAt ? <Moment at={order.producedAt} locale={locale} /> : undefined,
                ],
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
          {mayChange(c) && <Validate {...parts} />}
          <Card title={t.customer}>
            <KeyValue
              rows={[
                [t.name, `${order.customer.firstname} ${order.customer.lastname}`],
                [t.email, <a href={`mailto:${order.customer.email}`}>{order.customer.email}</a>],
                [
                  creditTexts[locale].link,
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
          {mayChange(c) && <Actions {...parts} />}
        </div>
      </div>
    </>,
  )
}

/** The title of what was sold, which leads to its entry. */
function Sold({ code, title, locale }: { code: string; title: Text; locale: Locale }) {
  return <a href={routes.office.entries.show(code)}>{pick(title, locale)}</a>
}

type PriceProps = { quantity: number; cents: number; order: OrderView; locale: Locale }

/** "2 × €45.00 = €90.00". */
function Price({ quantity, cents, order, locale }: PriceProps) {
  return (
    <span class="soft">
      {quantity} × <Money cents={cents} currency={order.currency} locale={locale} /> ={' '}
      <strong>
        <Money cents={quantity * cents} currency={order.currency} locale={locale} />
      </strong>
    </span>
  )
}

function vatOf(order: OrderView, locale: 'en' | 'fr') {
  const rates = [...new Set(order.lines.map((line) => line.entry.vatBasisPoints))]
  return `${formatMoney(order.vatCents, order.currency, locale)} (${rates.map((rate) => formatRate(rate, locale)).join(', ')})`
}

function Products({ c, shop, order }: Parts & Pick<Face, 'shop'>) {
  const { locale } = c.var
  const t = texts[locale].products
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
              cell: (product) => <StateBadge kind="product" state={product.state} locale={locale} />,
            },
          ]}
        />
      )}
    </Card>
  )
}
