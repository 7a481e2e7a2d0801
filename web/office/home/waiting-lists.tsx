import type { HandlerFault } from '../../../production/registry.ts'
import type { RefusedAccess, Retrying, StuckUnit, UnsellableEntry } from '../../../shop/attention.ts'
import type { MailRow } from '../../../shop/list-mails.ts'
import type { AwaitedOrder, GiveBack } from '../../../shop/list-payments.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { Badge } from '../../ui/badge.tsx'
import { ButtonForm } from '../../ui/button.tsx'
import { formatNumber, pick } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Money } from '../../ui/money.tsx'
import { Table } from '../../ui/table.tsx'
import { CauseText } from '../cause-text.tsx'
import { handlersTexts } from '../handlers-texts.ts'
import type { OfficeContext } from '../office-route.ts'
import { mayChange } from '../page.tsx'
import { paymentsTexts } from '../payments/payments-texts.ts'
import { productionsTexts } from '../productions/productions-texts.ts'
import { productsTexts } from '../products/products-texts.ts'
import { reconciliationsTexts } from '../reconciliations-texts.ts'
import { sayWhy } from '../say.ts'
import { texts } from '../texts.ts'
import { homeTexts } from './home-texts.ts'

/** What every list needs to offer what can be done. */
export type Busy = { c: OfficeContext; face: Face; csrf: string }

/** Each with its cause and a retry. */
export function StuckUnits({ c, csrf, units }: Busy & { units: StuckUnit[] }) {
  const { locale } = c.var
  const t = homeTexts[locale]
  return (
    <Table
      caption={t.stuck}
      locale={locale}
      rows={units}
      columns={[
        {
          label: t.unit,
          heading: true,
          cell: (unit) => (
            <>
              <a href={routes.office.productions.show(unit.production)}>
                {pick(unit.title, locale)}, {texts[locale].unitOf(unit.unitPosition)}
              </a>
              <div class="soft small">
                <a href={routes.office.orders.show(unit.orderNumber)}>{unit.orderNumber}</a> ·{' '}
                {unit.customer.firstname} {unit.customer.lastname}
              </div>
            </>
          ),
        },
        {
          label: t.paidColumn,
          narrow: true,
          cell: (unit) => (
            <Badge tone={unit.paid ? 'success' : 'neutral'}>
              {unit.paid ? texts[locale].paid : texts[locale].unpaid}
            </Badge>
          ),
        },
        {
          label: t.cause,
          cell: (unit) => <CauseText cause={unit.cause} script={unit.script} locale={locale} />,
        },
        { label: t.tried, narrow: true, cell: (unit) => <Moment at={unit.triedAt} locale={locale} /> },
        {
          label: '',
          narrow: true,
          cell: (unit) =>
            mayChange(c) && (
              <ButtonForm
                action={routes.office.productions.retry(unit.production)}
                csrf={csrf}
                fields={{ back: routes.office.home() }}
                size="small"
                look="primary"
                label={t.retryUnit(pick(unit.title, locale), unit.unitPosition)}
              >
                {t.retry}
              </ButtonForm>
            ),
        },
      ]}
    />
  )
}

/** By cause: how many, since when, and when they are tried next. */
export function RetryingUnits({ c, csrf, retrying }: Busy & { retrying: Retrying[] }) {
  const { locale } = c.var
  const t = homeTexts[locale]
  const away = retrying.some(({ kind }) => ['outage', 'maintenance', 'token'].includes(kind))
  return (
    <>
      <Table
        caption={t.retrying}
        locale={locale}
        rows={retrying}
        columns={[
          {
            label: t.cause,
            heading: true,
            cell: (one) => (
              <>
                {texts[locale].causes[one.kind]}
                <div class="soft small">{one.message}</div>
              </>
            ),
          },
          { label: t.units, numeric: true, narrow: true, cell: (one) => one.count },
          { label: t.waitingSince, narrow: true, cell: (one) => <Moment at={one.since} locale={locale} /> },
          { label: t.nextTry, narrow: true, cell: (one) => <Moment at={one.nextTry} locale={locale} /> },
        ]}
      />
      {away && mayChange(c) && (
        <div class="card-foot">
          <ButtonForm
            action={routes.office.productions.retryAll()}
            csrf={csrf}
            fields={{ which: 'site', back: routes.office.home() }}
            size="small"
          >
            {productionsTexts[locale].retrySite}
          </ButtonForm>
        </div>
      )}
    </>
  )
}

/** Each with what Moodle says. */
export function RefusedProducts({ c, refused }: Busy & { refused: RefusedAccess[] }) {
  const { locale } = c.var
  const t = productsTexts[locale]
  return (
    <Table
      caption={homeTexts[locale].refused}
      locale={locale}
      rows={refused}
      columns={[
        {
          label: t.product,
          heading: true,
          cell: (one) => (
            <>
              <a href={routes.office.products.show(one.reference)}>{pick(one.title, locale)}</a>
              <div class="soft small mono">{one.reference}</div>
            </>
          ),
        },
        { label: t.holder, cell: (one) => one.holder ?? '–' },
        { label: homeTexts[locale].cause, cell: (one) => one.trouble },
      ]}
    />
  )
}

/** Each leads to where it is marked as given back. */
export function GiveBacks({ c, giveBacks }: Busy & { giveBacks: GiveBack[] }) {
  const { locale } = c.var
  const t = paymentsTexts[locale]
  return (
    <Table
      caption={homeTexts[locale].giveBacks}
      locale={locale}
      rows={giveBacks}
      columns={[
        {
          label: t.order,
          heading: true,
          cell: (one) => (
            <>
              <a href={routes.office.orders.show(one.orderNumber)}>{one.orderNumber}</a>{' '}
              <span class="soft">
                {one.customer.firstname} {one.customer.lastname}
              </span>
            </>
          ),
        },
        { label: t.why, cell: (one) => sayWhy(one.why, locale) },
        {
          label: t.amount,
          numeric: true,
          narrow: true,
          cell: (one) => <Money cents={one.amountCents} currency={one.currency} locale={locale} />,
        },
        {
          label: '',
          narrow: true,
          cell: (one) => <a href={`${routes.office.payments.giveBacks()}#give-back-${one.id}`}>{t.settle}</a>,
        },
      ]}
    />
  )
}

/** Each leads to where its payment is validated. */
export function AwaitedOrders({ c, orders }: Busy & { orders: AwaitedOrder[] }) {
  const { locale } = c.var
  const t = paymentsTexts[locale]
  return (
    <Table
      caption={homeTexts[locale].nearDeadline}
      locale={locale}
      rows={orders}
      columns={[
        {
          label: t.order,
          heading: true,
          cell: (order) => (
            <>
              <a href={routes.office.orders.show(order.number)}>{order.number}</a>{' '}
              <span class="soft">
                {order.customer.firstname} {order.customer.lastname}
              </span>
            </>
          ),
        },
        {
          label: t.due,
          numeric: true,
          narrow: true,
          cell: (order) => (
            <Money cents={order.totalCents - order.paidCents} currency={order.currency} locale={locale} />
          ),
        },
        {
          label: t.received,
          numeric: true,
          narrow: true,
          cell: (order) => <Money cents={order.paidCents} currency={order.currency} locale={locale} />,
        },
        {
          label: t.deadline,
          narrow: true,
          cell: (order) => order.payBefore && <Moment at={order.payBefore} day locale={locale} />,
        },
        {
          label: '',
          narrow: true,
          cell: (order) => <a href={`${routes.office.orders.show(order.number)}#validate`}>{t.validate}</a>,
        },
      ]}
    />
  )
}

/** How many the last comparison found, and the way to them. */
export function Differences({ c, count }: Busy & { count: number }) {
  const { locale } = c.var
  const t = reconciliationsTexts[locale]
  return (
    <ul class="plain-list">
      <li>
        {t.homeText(count, formatNumber(count, locale))}{' '}
        <a href={routes.office.reconciliations.show()}>{t.see}</a>
      </li>
    </ul>
  )
}

/** Folders that can't be used, then entries whose handler is not there. */
export function HandlersInTrouble(
  props: Busy & { faults: readonly HandlerFault[]; unsellable: UnsellableEntry[] },
) {
  const { c, faults, unsellable } = props
  const { locale } = c.var
  return (
    <ul class="plain-list">
      {faults.map((fault) => (
        <li>
          <strong class="mono">{fault.id}</strong> {fault.reason}
          <br />
          <span class="soft small mono">{fault.file}</span>
          {fault.kept && <div class="small">{handlersTexts[locale].kept}</div>}
        </li>
      ))}
      {unsellable.map((entry) => (
        <li>
          <a href={routes.office.entries.show(entry.code)}>{pick(entry.title, locale)}</a>{' '}
          {homeTexts[locale].unsellable(entry.handler)}
        </li>
      ))}
    </ul>
  )
}

/** Each with why it could not be sent. */
export function FailedMails({ c, mails }: Busy & { mails: MailRow[] }) {
  const { locale } = c.var
  return (
    <ul class="plain-list">
      {mails.map((mail) => (
        <li>
          <a href={routes.office.mails.show(mail.id)}>{texts[locale].mailKinds[mail.kind]}</a>{' '}
          {mail.recipient} <span class="soft">{mail.cause}</span>
        </li>
      ))}
    </ul>
  )
}
