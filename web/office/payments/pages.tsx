import type { Child } from 'hono/jsx'
import { elementsOf, readForm, validate } from '../../../sdk/form.ts'
import { z } from '../../../sdk/index.ts'
import { settleGiveBack } from '../../../shop/give-back.ts'
import {
  type AwaitedOrder,
  listAwaited,
  listGiveBacks,
  listNotifications,
  listSetAside,
} from '../../../shop/list-payments.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken, readBody } from '../../security.ts'
import { Badge, StateBadge } from '../../ui/badge.tsx'
import { Button, ButtonLink, CsrfField } from '../../ui/button.tsx'
import { Card, EmptyState, PageHead } from '../../ui/card.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { ErrorSummary, summaryOf } from '../../ui/error-summary.tsx'
import { FormElements } from '../../ui/form-elements.tsx'
import { Moment } from '../../ui/moment.tsx'
import { Money } from '../../ui/money.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { toHundredths } from '../amount.ts'
import { Filters } from '../filters.tsx'
import { asked, idParameter, type OfficeContext, readId, whoOf } from '../office-route.ts'
import { mayChange, officePage, redirectTo, withQuery } from '../page.tsx'
import type { SentForm } from '../reason-form.tsx'
import { sayMeans, sayWho, sayWhy } from '../say.ts'
import { texts } from '../texts.ts'

const paths = routes.office.payments

/** What stands above each of the four lists. */
function Head({ c, current, children }: { c: OfficeContext; current: string; children?: Child }) {
  const t = texts[c.var.locale].payments
  return (
    <>
      <PageHead title={t.title} />
      <Tabs
        label={t.title}
        current={current}
        tabs={[
          { text: t.awaited, href: paths.index() },
          { text: t.giveBacks, href: paths.giveBacks() },
          { text: t.setAside, href: paths.setAside() },
          { text: t.notifications, href: paths.notifications() },
        ]}
      />
      {children}
    </>
  )
}

/** The orders whose money an operator is to validate, the oldest deadline first. */
export async function awaitedPayments(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = texts[locale].payments
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
      <Head c={c} current={paths.index()}>
        <Filters path={paths.index()} label={t.search} hint={t.searchHint} search={search} locale={locale} />
      </Head>
      <Card flush>
        <Table
          caption={t.awaited}
          locale={locale}
          rows={orders}
          empty={
            <EmptyState title={search ? texts[locale].list.noneFound : t.noneAwaited}>
              {search && <p>{t.searchOrders}</p>}
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
              cell: (order) => (
                <>
                  {order.customer.company ?? `${order.customer.firstname} ${order.customer.lastname}`}
                  <div class="soft small">{order.customer.email}</div>
                </>
              ),
            },
            { label: t.means, cell: (order) => sayMeans(order.means, face.shop, locale) },
            {
              label: t.due,
              numeric: true,
              narrow: true,
              cell: (order) => (
                <>
                  <Money
                    cents={order.totalCents - order.paidCents}
                    currency={order.currency}
                    locale={locale}
                  />
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

const amountElements = elementsOf(z.object({ amount: z.number() }))

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
  const t = texts[locale].payments
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

const settleSchema = z.object({
  note: z
    .string()
    .min(3)
    .max(500)
    .meta({
      label: { en: 'How it went back', fr: 'Comment il a été rendu' },
      help: {
        en: 'The transfer’s date and reference, say. Kept in the order’s history.',
        fr: 'La date et la référence du virement, par exemple. Conservé dans l’historique de la commande.',
      },
    }),
})
const settleElements = elementsOf(settleSchema)

export async function giveBackList(c: OfficeContext, face: Face) {
  return await giveBackPage(c, face)
}

/** An operator says that money has gone back, and how. */
export async function settleThisGiveBack(c: OfficeContext, face: Face) {
  const id = idParameter(c)
  const form = `give${id}`
  const values = readForm(settleElements, await readBody(c), `${form}.`)
  const read = validate(settleSchema, settleElements, values)
  if (!read.ok) return await giveBackPage(c, face, { form, values, errors: read.errors })
  const settled = await settleGiveBack(face.shop, id, { who: whoOf(c), note: read.value.note })
  return redirectTo(c, paths.giveBacks(), settled ? 'givenBack' : 'tooLate')
}

async function giveBackPage(c: OfficeContext, face: Face, sent?: SentForm) {
  const { locale } = c.var
  const t = texts[locale].payments
  const from = readId(asked(c, 'from'))
  const done = asked(c, 'show') === 'done'
  const { giveBacks, next } = await listGiveBacks(face.shop.db, { done, from })
  const csrf = csrfToken(c)
  const show = done ? 'done' : undefined
  return await officePage(
    c,
    face,
    { title: t.giveBacks, section: 'payments', status: sent ? 422 : 200 },
    <>
      <Head c={c} current={paths.giveBacks()} />
      <ErrorSummary
        locale={locale}
        errors={sent ? summaryOf(settleElements, sent.errors, { locale, prefix: `${sent.form}.` }) : []}
      />
      <div class="row apart">
        <p class="soft">{done ? t.giveBacksDone : t.giveBacksText}</p>
        <a href={withQuery(paths.giveBacks(), { show: done ? undefined : 'done' })}>
          {done ? t.showDue : t.showDone}
        </a>
      </div>
      <Card flush>
        <Table
          caption={t.giveBacks}
          locale={locale}
          rows={giveBacks}
          rowId={(giveBack) => `give-back-${giveBack.id}`}
          empty={<p class="empty-title">{done ? t.noneDone : t.noneDue}</p>}
          columns={[
            {
              label: t.order,
              heading: true,
              narrow: true,
              cell: (giveBack) => (
                <a href={routes.office.orders.show(giveBack.orderNumber)}>{giveBack.orderNumber}</a>
              ),
            },
            {
              label: t.customer,
              cell: (giveBack) => (
                <>
                  {giveBack.customer.company ??
                    `${giveBack.customer.firstname} ${giveBack.customer.lastname}`}
                  <div class="soft small">{giveBack.customer.email}</div>
                </>
              ),
            },
            {
              label: t.why,
              cell: (giveBack) => (
                <>
                  {sayWhy(giveBack.why, locale)}
                  {giveBack.payment && (
                    <div class="soft small">
                      {sayMeans(giveBack.payment.means, face.shop, locale)},{' '}
                      <span class="mono">{giveBack.payment.reference}</span>
                    </div>
                  )}
                </>
              ),
            },
            {
              label: t.amount,
              numeric: true,
              narrow: true,
              cell: (giveBack) => (
                <strong>
                  <Money cents={giveBack.amountCents} currency={giveBack.currency} locale={locale} />
                </strong>
              ),
            },
            {
              label: t.since,
              narrow: true,
              cell: (giveBack) => <Moment at={giveBack.createdAt} day locale={locale} />,
            },
            {
              label: '',
              cell: (giveBack) => {
                if (giveBack.done) {
                  return (
                    <>
                      {giveBack.done.note}
                      <div class="soft small">
                        <Moment at={giveBack.done.at} locale={locale} />,{' '}
                        {sayWho(giveBack.done.by, face.shop, locale)}
                      </div>
                    </>
                  )
                }
                const form = `give${giveBack.id}`
                const mine = sent?.form === form ? sent : undefined
                return (
                  mayChange(c) && (
                    <Confirm label={t.settle} open={Boolean(mine)}>
                      <form method="post" action={paths.giveBack(giveBack.id)} class="stack" novalidate>
                        <CsrfField csrf={csrf} />
                        <FormElements
                          elements={settleElements}
                          values={mine?.values}
                          errors={mine?.errors}
                          prefix={`${form}.`}
                          locale={locale}
                        />
                        <Button look="primary">{t.settleNow}</Button>
                      </form>
                    </Confirm>
                  )
                )
              },
            },
          ]}
        />
        <Pager
          next={next === undefined ? undefined : withQuery(paths.giveBacks(), { show, from: next })}
          first={from === undefined ? undefined : withQuery(paths.giveBacks(), { show })}
          locale={locale}
        />
      </Card>
    </>,
  )
}

/** Payments that were recorded and counted for nothing. */
export async function setAsideList(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = texts[locale].payments
  const before = readId(asked(c, 'before'))
  const { payments, next } = await listSetAside(face.shop.db, { before })
  return await officePage(
    c,
    face,
    { title: t.setAside, section: 'payments' },
    <>
      <Head c={c} current={paths.setAside()} />
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

/** What payment providers sent, and what became of it. */
export async function notificationList(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = texts[locale].payments
  const [cursor = '', ...rest] = (asked(c, 'before') ?? '').split('~')
  const before = /^\d+(\.\d+)?$/.test(cursor) ? { cursor, eventId: rest.join('~') } : undefined
  const { notifications, next } = await listNotifications(face.shop.db, { before })
  const outcomes: Record<string, string> = t.outcomes
  return await officePage(
    c,
    face,
    { title: t.notifications, section: 'payments' },
    <>
      <Head c={c} current={paths.notifications()} />
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
