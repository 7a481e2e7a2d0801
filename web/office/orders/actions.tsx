import type { OrderView } from '../../../shop/view-order.ts'
import { routes } from '../../routes.ts'
import { Card } from '../../ui/card.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { formatMoney } from '../../ui/locale.ts'
import { Notice } from '../../ui/notice.tsx'
import { asked, type OfficeContext } from '../office-route.ts'
import { paymentsTexts } from '../payments/payments-texts.ts'
import { ReasonForm, type SentForm } from '../reason-form.tsx'
import { orderTexts } from './order-texts.ts'
import { PaymentForm } from './payment-form.tsx'

/** What every part of an order’s page is given. `sent`: a form of the page that came back. */
export type Parts = { c: OfficeContext; csrf: string; order: OrderView; sent?: SentForm }

/** What the payment that was just recorded did. */
export function PaymentOutcome({ c, order }: { c: OfficeContext; order: OrderView }) {
  const { locale } = c.var
  const t = orderTexts[locale]
  const money = (cents: number) => formatMoney(cents, order.currency, locale)
  const missing = order.totalCents - order.paidCents
  switch (asked(c, 'payment')) {
    case 'paid':
      return (
        <Notice tone="success" locale={locale} announced title={t.outcome.paid}>
          <p>{t.outcome.paidText}</p>
          {missing < 0 && <p>{t.outcome.surplus(money(-missing))}</p>}
        </Notice>
      )
    case 'part_paid':
      return missing > 0 ? (
        <Notice tone="warning" locale={locale} announced title={t.outcome.partPaid(money(missing))}>
          <p>{t.outcome.partPaidText}</p>
        </Notice>
      ) : null
    case 'set_aside':
      return (
        <Notice tone="warning" locale={locale} announced title={t.outcome.setAside}>
          <p>
            {t.outcome.setAsideText}{' '}
            <a href={routes.office.payments.giveBacks()}>{paymentsTexts[locale].giveBacks}</a>
          </p>
        </Notice>
      )
    default:
      return null
  }
}

/** Where money that came is validated; folded away where it would only be set aside. */
export function Validate({ c, csrf, order, sent }: Parts) {
  const { locale } = c.var
  const t = orderTexts[locale]
  return isOpen(order) ? (
    <Card title={t.validateTitle} id="validate">
      <div class="stack">
        <p class="soft">{t.due(formatMoney(order.totalCents - order.paidCents, order.currency, locale))}</p>
        <PaymentForm {...{ c, csrf, order, sent }} />
      </div>
    </Card>
  ) : null
}

/** What else can be done with an order, each to be confirmed with a reason. */
export function Actions({ c, csrf, order, sent }: Parts) {
  const { locale } = c.var
  const t = orderTexts[locale]
  const open = isOpen(order)
  return (
    <Card title={t.more} id={open ? undefined : 'validate'}>
      <div class="actions">
        {!open && (
          <Confirm label={t.anotherPayment} open={sent?.form === 'pay'}>
            <p>{t.anotherPaymentText}</p>
            <PaymentForm {...{ c, csrf, order, sent }} />
          </Confirm>
        )}
        {order.state === 'awaiting_payment' && !order.trust && (
          <ReasonForm
            {...{ c, csrf, sent }}
            form="trust"
            action={routes.office.orders.trust(order.number)}
            label={t.trust}
            help={t.trustHelp}
          />
        )}
        {open && !order.trust && (
          <ReasonForm
            {...{ c, csrf, sent }}
            form="cancel"
            action={routes.office.orders.cancel(order.number)}
            label={t.cancel}
            look="danger"
            help={order.paidCents > 0 ? t.cancelHelpPaid : t.cancelHelp}
          />
        )}
        {open && order.trust && <p class="soft">{t.trustedText}</p>}
      </div>
    </Card>
  )
}

function isOpen(order: OrderView): boolean {
  return order.state === 'placed' || order.state === 'awaiting_payment'
}
