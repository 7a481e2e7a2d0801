import type { Child } from 'hono/jsx'
import { type BroughtCredits, creditsOfOrder } from '../../../shop/credits.ts'
import { seatHandlers } from '../../../shop/pack.ts'
import {
  actionsFor,
  actOnProduct,
  findProduct,
  isUndelivered,
  type OfferedAction,
  type OwnedProduct,
  type ProductEvent,
  productHistory,
} from '../../../shop/product.ts'
import { besideEnrolments } from '../../../shop/product-access.ts'
import { type ProductProduction, productionsOfProduct } from '../../../shop/product-productions.ts'
import { refundOffer, refundProduct } from '../../../shop/refund-product.ts'
import { sayProductChange } from '../../../shop/say-product-change.ts'
import type { Shop } from '../../../shop/shop.ts'
import { enrolmentsOfProduct } from '../../../shop/told-enrolments.ts'
import type { Face } from '../../face.ts'
import { readOnce } from '../../packs/give-list.ts'
import { packTexts } from '../../packs/pack-texts.ts'
import { routes } from '../../routes.ts'
import { csrfToken, readBody } from '../../security.ts'
import { ActionForm, actionErrors, readActionForm, type SentAction } from '../../ui/action-form.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { ErrorSummary, summaryOf } from '../../ui/error-summary.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { formatMoney, type Locale, pick } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Timeline } from '../../ui/timeline.tsx'
import { CauseText } from '../cause-text.tsx'
import { notFound, type OfficeContext, parameter, whoOf } from '../office-route.ts'
import { mayChange, officePage, redirectTo } from '../page.tsx'
import { creditsOf } from '../payments/credits.tsx'
import { creditsTexts } from '../payments/credits-texts.ts'
import type { SentForm } from '../reason-form.tsx'
import { sayScript, sayWho } from '../say.ts'
import { Access } from './access.tsx'
import { ProductStateBadge } from './product-state.tsx'
import { Productions } from './productions.tsx'
import { productsTexts } from './products-texts.ts'
import { RefundForm, readRefund, refundElements, refusedRefund } from './refund.tsx'

export async function showProduct(c: OfficeContext, face: Face) {
  return await productPage(c, face, await productOf(c, face))
}

/** Runs an after-sale action on a product. */
export async function actOnThis(c: OfficeContext, face: Face) {
  const product = await productOf(c, face)
  const name = parameter(c, 'action')
  const action = actionsFor(face.shop, product, 'operator').find(([one]) => one === name)?.[1]
  const here = routes.office.products.show(product.reference)
  const body = await readBody(c)
  // It may be the second click on a form whose first has been done: then that is told.
  const { values, asked } = action
    ? readActionForm(name, action, body)
    : { values: {}, asked: readOnce(body) }
  const acted = await actOnProduct(
    face.shop,
    face.engine,
    product.reference,
    name,
    values,
    { who: whoOf(c), audience: 'operator' },
    asked,
  )
  if (acted.ok) {
    const outcomes = { done: 'acted', waiting: 'actedLater', needs_operator: 'actedNot' } as const
    return redirectTo(c, here, outcomes[acted.state])
  }
  if (acted.reason === 'invalid') {
    return await productPage(c, face, product, { action: name, values, errors: acted.errors })
  }
  if (acted.reason === 'refused') {
    return await productPage(c, face, product, { action: name, values, errors: { '': acted.why } })
  }
  return redirectTo(c, here, 'tooLate')
}

/** Takes a product back, with its share of what its unit cost. */
export async function refundThis(c: OfficeContext, face: Face) {
  const product = await productOf(c, face)
  const here = routes.office.products.show(product.reference)
  const read = readRefund(await readBody(c))
  if (!read.ok) return await productPage(c, face, product, undefined, read.sent)
  const { amountCents, why, sent } = read
  const done = await refundProduct(face.shop, product.id, { who: whoOf(c), why, amountCents })
  if (done.ok) return redirectTo(c, here, 'refunded')
  if (done.reason !== 'too_much') return redirectTo(c, here, 'tooLate')
  const refused = refusedRefund(sent, done.restCents, face.shop.settings.currency)
  return await productPage(c, face, product, undefined, refused)
}

async function productOf(c: OfficeContext, face: Face): Promise<OwnedProduct> {
  return (await findProduct(face.shop.db, parameter(c, 'reference'))) ?? notFound()
}

async function productPage(
  c: OfficeContext,
  face: Face,
  product: OwnedProduct,
  sent?: SentAction,
  refund?: SentForm,
) {
  const { locale } = c.var
  const { shop } = face
  const t = productsTexts[locale]
  const [history, enrolments, beside, productions, offer, ofOrder] = await Promise.all([
    productHistory(shop.db, product.id),
    enrolmentsOfProduct(shop.db, product.id),
    besideEnrolments(shop.db, product.id),
    productionsOfProduct(shop.db, product),
    refundOffer(shop.db, product.id),
    creditsOfOrder(shop.db, product.orderId),
  ])
  const credits = ofOrder.filter(({ productId }) => productId === product.id)
  const delivery = productions.find(({ script }) => script === 'postpay')
  const actions = mayChange(c) ? actionsFor(shop, product, 'operator') : []
  const all = shop.registry().handlers.get(product.handler)?.handler.actions ?? {}
  const csrf = csrfToken(c)
  return await officePage(
    c,
    face,
    { title: product.reference, section: 'products', status: sent || refund ? 422 : 200 },
    <>
      <PageHead
        title={pick(product.title, locale)}
        lead={<span class="mono">{product.reference}</span>}
        back={{ href: routes.office.products.index(), text: t.title }}
        actions={<ProductStateBadge product={product} locale={locale} />}
      />
      <ErrorSummary
        locale={locale}
        errors={
          refund
            ? summaryOf(refundElements, refund.errors, { locale, prefix: 'refund.' })
            : actionErrors(actions, sent, locale)
        }
      />
      <div class="columns">
        <div>
          {isUndelivered(product) && delivery && <Undelivered delivery={delivery} locale={locale} />}
          {(actions.length > 0 || (mayChange(c) && offer)) && (
            <Card title={t.actions}>
              <div class="actions">
                {actions.map(([name, action]) => (
                  <ActionForm
                    {...{ name, action, product, csrf, sent, locale }}
                    to={routes.office.products.act(product.reference, name)}
                    confirm={t.confirm}
                  />
                ))}
                {mayChange(c) && offer && (
                  <RefundForm
                    {...{ offer, credits, csrf, locale }}
                    reference={product.reference}
                    sent={refund}
                  />
                )}
              </div>
            </Card>
          )}
          <Card flush title={t.enrolments}>
            <Access {...{ enrolments, beside, locale }} siteUrl={shop.site.url} />
          </Card>
          <Card flush title={t.productions}>
            <Productions {...{ productions, shop, locale }} actions={all} />
          </Card>
          <History {...{ history, shop, locale }} actions={all} />
        </div>
        <div>
          <Facts {...{ product, credits, shop, locale }} />
        </div>
      </div>
    </>,
  )
}

function Undelivered({ delivery, locale }: { delivery: ProductProduction; locale: Locale }) {
  const t = productsTexts[locale]
  return (
    <Notice tone="warning" title={t.undeliveredTitle} locale={locale}>
      <p>
        {t.undeliveredText}{' '}
        <a href={routes.office.productions.show(delivery.id)}>
          {sayScript(delivery.script, locale)} {delivery.id}
        </a>
      </p>
      {delivery.cause && <CauseText cause={delivery.cause} locale={locale} />}
    </Notice>
  )
}

type HistoryProps = {
  history: ProductEvent[]
  shop: Shop
  actions: Record<string, OfferedAction>
  locale: Locale
}

function History({ history, shop, actions, locale }: HistoryProps) {
  const t = productsTexts[locale]
  return (
    <Card title={t.history}>
      <Timeline
        locale={locale}
        items={history.toReversed().map((event) => ({
          at: event.at,
          title: sayEvent(event.event, actions, locale),
          who: sayWho(event.who, shop, locale),
          detail: sayChange(event.data, event.why, locale),
          tone: event.event === 'delivered' ? 'success' : event.event === 'revoked' ? 'danger' : 'neutral',
        }))}
      />
    </Card>
  )
}

type FactsProps = { product: OwnedProduct; credits: BroughtCredits[]; shop: Shop; locale: Locale }

function Facts({ product, credits, shop, locale }: FactsProps) {
  const t = productsTexts[locale]
  return (
    <Card title={t.facts}>
      <KeyValue
        rows={[
          [
            t.holder,
            product.holder ? (
              <>
                {product.holder.firstname} {product.holder.lastname}
                <div class="soft">{product.holder.email}</div>
              </>
            ) : undefined,
          ],
          [t.order, <a href={routes.office.orders.show(product.orderNumber)}>{product.orderNumber}</a>],
          [
            packTexts[locale].pack,
            seatHandlers(shop).includes(product.handler) ? (
              <a href={routes.office.packs.show(product.unitId)}>{packTexts[locale].allSeats}</a>
            ) : undefined,
          ],
          [t.starts, <Moment at={product.startsAt} locale={locale} />],
          [t.ends, product.endsAt ? <Moment at={product.endsAt} locale={locale} /> : t.noEnd],
          ...credits.map(({ broughtCents, currency, email }): [string, Child] => {
            const said = formatMoney(broughtCents, currency, locale)
            return [creditsTexts[locale].brought, email ? <a href={creditsOf(email)}>{said}</a> : said]
          }),
          [t.link, product.link && <LinkOut href={product.link} />],
          [t.handler, <span class="mono">{product.handler}</span>],
          [t.made, <Moment at={product.createdAt} locale={locale} />],
          ...Object.entries(product.data).map(([name, value]): [string, string] => [
            name,
            typeof value === 'string' ? value : JSON.stringify(value),
          ]),
        ]}
      />
    </Card>
  )
}

/** A handler's link: only what leads to a page is one. */
function LinkOut({ href }: { href: string }) {
  return /^https?:/i.test(href) ? <a href={href}>{href}</a> : <span>{href}</span>
}

function sayEvent(event: string, actions: Record<string, OfferedAction>, locale: Locale): string {
  const known: Record<string, string> = productsTexts[locale].events
  const action = Object.hasOwn(actions, event) ? actions[event] : undefined
  return action ? pick(action.title, locale) : (known[event] ?? event)
}

function sayChange(data: Record<string, unknown>, why: string | null, locale: Locale): string | undefined {
  const said = sayProductChange(data).map((text) => pick(text, locale))
  if (why) said.push(why)
  return said.length > 0 ? said.join(' ') : undefined
}
