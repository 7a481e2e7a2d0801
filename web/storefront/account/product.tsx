import { type BroughtCredits, creditsOfOrder } from '../../../shop/credits.ts'
import {
  type AskedAction,
  actOnCustomerProduct,
  type CustomerProduct,
  customerActions,
  findAskedAction,
  findCustomerProduct,
} from '../../../shop/customer-product.ts'
import { extensionsOf } from '../../../shop/extensions.ts'
import { seatHandlers } from '../../../shop/pack.ts'
import {
  isUndelivered,
  type OfferedAction,
  type ProductEvent,
  productHistory,
} from '../../../shop/product.ts'
import { sayProductChange } from '../../../shop/say-product-change.ts'
import type { Shop } from '../../../shop/shop.ts'
import type { Face } from '../../face.ts'
import { readOnce } from '../../packs/give-list.ts'
import { routes } from '../../routes.ts'
import { csrfToken, readBody } from '../../security.ts'
import { ActionForm, actionErrors, readActionForm, type SentAction } from '../../ui/action-form.tsx'
import { ButtonLink } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { ErrorSummary } from '../../ui/error-summary.tsx'
import { Icon } from '../../ui/icon.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { formatDate, formatMoney, type Locale, pick } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Timeline, type TimelineItem } from '../../ui/timeline.tsx'
import { creditsTexts } from '../credits-texts.ts'
import { notFound } from '../failure-pages.tsx'
import { cartCount, shopPage } from '../page.tsx'
import { type AccountContext, readKey } from './account-page.tsx'
import { accountTexts } from './account-texts.ts'
import { isOpen, isRunning, StateNote } from './validity.tsx'

/** One product of the customer who is signed in: whether it runs, what it opens, what may be done with it. */
export async function showOwnProduct(c: AccountContext, face: Face) {
  const product = await productOf(c, face)
  return product ? await productPage(c, face, product) : await notFound(c, face)
}

/** Runs an after-sale action that the customer asks for. */
export async function actOnOwn(c: AccountContext, face: Face) {
  const product = await productOf(c, face)
  if (!product) return await notFound(c, face)
  const here = routes.account.product(product.reference)
  const name = c.req.param('action') ?? ''
  const action = customerActions(face.shop, product).find(([one]) => one === name)?.[1]
  const body = await readBody(c)
  // It may be the second click on a form whose first has been done: then that is told.
  const { values, asked } = action
    ? readActionForm(name, action, body)
    : { values: {}, asked: readOnce(body) }
  const acted = await actOnCustomerProduct(face.shop, face.engine, c.var.customer.email, {
    reference: product.reference,
    action: name,
    values,
    asked,
  })
  if (acted.ok) return c.redirect(`${here}?asked=${acted.production}`, 303)
  switch (acted.reason) {
    case 'invalid':
      return await productPage(c, face, product, { action: name, values, errors: acted.errors })
    case 'refused':
      return await productPage(c, face, product, { action: name, values, errors: { '': acted.why } })
    case 'too_often': {
      c.header('retry-after', String(acted.seconds))
      const sent = { action: name, values, errors: { '': acted.why } }
      return await productPage(c, face, product, sent, 429)
    }
    case 'not_now':
    case 'not_found':
      return c.redirect(`${here}?late`, 303)
    default:
      return acted satisfies never
  }
}

async function productOf(c: AccountContext, face: Face): Promise<CustomerProduct | undefined> {
  return await findCustomerProduct(face.shop.db, c.var.customer.email, c.req.param('reference') ?? '')
}

async function productPage(
  c: AccountContext,
  face: Face,
  product: CustomerProduct,
  sent?: SentAction,
  status: 200 | 422 | 429 = sent ? 422 : 200,
) {
  const { locale } = c.var
  const t = accountTexts[locale].product
  const { shop } = face
  const production = readKey(c.req.query('asked'))
  const [history, extensions, asked, brought] = await Promise.all([
    productHistory(shop.db, product.id),
    extensionsOf(shop, product),
    production && findAskedAction(shop.db, product, production),
    creditsOfOrder(shop.db, product.orderId),
  ])
  const credits = brought.find(
    ({ productId, email }) => productId === product.id && email === c.var.customer.email,
  )
  const actions = customerActions(shop, product)
  const csrf = csrfToken(c)
  const late = c.req.query('late') !== undefined
  const title = pick(product.title, locale)
  return shopPage(
    c,
    face,
    { title, status, cartCount: await cartCount(c, face) },
    <>
      <PageHead
        title={title}
        back={backFrom(shop, product, locale)}
        actions={<StateNote product={product} locale={locale} />}
      />
      <ErrorSummary locale={locale} errors={actionErrors(actions, sent, locale)} />
      {asked && <Outcome asked={asked} locale={locale} />}
      {late && (
        <Notice tone="warning" locale={locale} announced>
          <p>{t.tooLate}</p>
        </Notice>
      )}
      <div class="split">
        <div class="stack">
          {credits ? (
            <CreditsCard credits={credits} locale={locale} />
          ) : isFreeSeat(shop, product) ? (
            <Card title={t.itsAccess}>
              <p>
                {t.freeSeat}
                {product.addedDays > 0 && ` ${t.daysWaiting(product.addedDays)}`}
              </p>
            </Card>
          ) : (
            <AccessCard product={product} locale={locale} />
          )}
          {extensions.length > 0 && (
            <Card title={t.extend}>
              <div class="stack">
                <p>{t.extendText}</p>
                <div class="row">
                  {extensions.map((entry) => (
                    <ButtonLink
                      href={`${routes.entry(entry.code)}?${new URLSearchParams({ reference: product.reference })}`}
                    >
                      {pick(entry.title, locale)}
                      <Icon name="right" />
                    </ButtonLink>
                  ))}
                </div>
              </div>
            </Card>
          )}
          {actions.length > 0 && (
            <Card title={t.actions}>
              <div class="actions">
                {actions.map(([name, action]) => (
                  <ActionForm
                    {...{ name, action, product, csrf, sent, locale }}
                    to={routes.account.act(product.reference, name)}
                    confirm={t.confirm}
                  />
                ))}
              </div>
            </Card>
          )}
          <Card title={t.history}>
            <Timeline locale={locale} items={sayHistory(face, product, history, locale)} />
          </Card>
        </div>
        <aside>
          <FactsCard product={product} locale={locale} />
        </aside>
      </div>
    </>,
  )
}

/** A seat of a pack leads back to that, for whoever bought it. */
function backFrom(shop: Shop, product: CustomerProduct, locale: Locale): { href: string; text: string } {
  const isSeat = product.orderToken !== undefined && seatHandlers(shop).includes(product.handler)
  return isSeat
    ? { href: routes.account.pack(product.unitId), text: accountTexts[locale].product.pack }
    : { href: routes.account.show(), text: accountTexts[locale].products }
}

/** A seat that nobody has been given opens nothing yet. */
function isFreeSeat(shop: Shop, product: CustomerProduct): boolean {
  return product.holder === null && isRunning(product) && seatHandlers(shop).includes(product.handler)
}

/** What became of what was asked for: as it is now, however often the page is loaded again. */
function Outcome({ asked, locale }: { asked: AskedAction; locale: Locale }) {
  const t = accountTexts[locale].product
  const tones = {
    done: 'success',
    refused: 'error',
    waiting: 'info',
    needs_operator: 'info',
    dropped: 'warning',
  } as const
  return (
    <Notice tone={tones[asked.state]} locale={locale} announced>
      <p>{t.outcomes[asked.state]}</p>
      {'told' in asked && asked.told && <p>{pick(asked.told, locale)}</p>}
    </Notice>
  )
}

type Shown = { product: CustomerProduct; locale: Locale }

/** What a product is that brought credits: not a way in, but something to spend. */
function CreditsCard({ credits, locale }: { credits: BroughtCredits; locale: Locale }) {
  const t = accountTexts[locale]
  return (
    <Card title={t.credits}>
      <div class="stack">
        <p>{creditsTexts[locale].youHave(formatMoney(credits.balanceCents, credits.currency, locale))}</p>
        <div class="row">
          <ButtonLink href={routes.account.credits()}>
            {creditsTexts[locale].movements}
            <Icon name="right" />
          </ButtonLink>
        </div>
      </div>
    </Card>
  )
}

/** Whether it runs, until when, and the way in. */
function AccessCard({ product, locale }: Shown) {
  const t = accountTexts[locale].product
  const { holder, held } = product
  const title = held
    ? t.access
    : holder
      ? t.theirAccess(`${holder.firstname} ${holder.lastname}`)
      : t.itsAccess
  return (
    <Card title={title}>
      <div class="stack">
        <p>{sayState(product, locale)}</p>
        {isOpen(product) && (
          <ButtonLink href={product.link} look={held ? 'primary' : 'plain'}>
            {t.open}
            <Icon name="right" />
          </ButtonLink>
        )}
      </div>
    </Card>
  )
}

function sayState(product: CustomerProduct, locale: Locale): string {
  const t = accountTexts[locale].product
  const { state, startsAt, endsAt } = product
  if (state === 'revoked') return t.revoked
  if (!isRunning(product)) return endsAt && endsAt < new Date() ? t.ended(formatDate(endsAt, locale)) : t.over
  if (state === 'suspended') return t.suspended
  if (isUndelivered(product)) return t.undelivered
  const until = endsAt ? t.until(formatDate(endsAt, locale)) : t.noEnd
  return startsAt > new Date() ? `${t.from(formatDate(startsAt, locale))} ${until}` : until
}

function FactsCard({ product, locale }: Shown) {
  const t = accountTexts[locale].product
  const { reference, holder, startsAt, endsAt, orderToken, orderNumber } = product
  return (
    <Card title={t.facts}>
      <KeyValue
        rows={[
          [t.reference, <span class="mono copyable">{reference}</span>],
          [
            t.holder,
            holder ? (
              <>
                {holder.firstname} {holder.lastname}
                <div class="soft small">{holder.email}</div>
              </>
            ) : undefined,
          ],
          [t.starts, <Moment at={startsAt} locale={locale} day />],
          [t.ends, endsAt ? <Moment at={endsAt} locale={locale} day /> : t.never],
          [
            t.order,
            orderToken === undefined ? undefined : (
              <a class="mono" href={routes.order.show(orderNumber, orderToken)}>
                {orderNumber}
              </a>
            ),
          ],
        ]}
      />
      {orderToken === undefined && <p class="soft small">{t.onlyBuyer}</p>}
    </Card>
  )
}

/** What happened, the newest first. Reasons are the operators' own, and people are Moodle accounts there: neither is told. */
function sayHistory(
  face: Face,
  product: CustomerProduct,
  history: ProductEvent[],
  locale: Locale,
): TimelineItem[] {
  const t = accountTexts[locale].product
  const actions = face.shop.registry().handlers.get(product.handler)?.handler.actions ?? {}
  return history.toReversed().map(({ at, who, event, data }) => ({
    at,
    title: sayEvent(event, actions, locale),
    who: who === 'shop' ? undefined : who === 'customer' ? t.by.customer : t.by.team,
    detail: sayProductChange({ ...data, change: withoutHolder(data.change) })
      .map((text) => pick(text, locale))
      .join(' '),
    tone: event === 'delivered' ? 'success' : event === 'revoked' ? 'danger' : 'neutral',
  }))
}

function sayEvent(event: string, actions: Record<string, OfferedAction>, locale: Locale): string {
  const t = accountTexts[locale].product.events
  const known: Record<string, string> = t
  const action = Object.hasOwn(actions, event) ? actions[event] : undefined
  return action ? pick(action.title, locale) : (known[event] ?? t.changed)
}

function withoutHolder(change: unknown): unknown {
  return typeof change === 'object' && change !== null ? { ...change, holder: undefined } : change
}
