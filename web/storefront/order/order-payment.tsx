import type { Child } from 'hono/jsx'
import type { Affordable } from '../../../shop/spend-credits.ts'
import { routes } from '../../routes.ts'
import { ButtonForm, ButtonLink } from '../../ui/button.tsx'
import { Card } from '../../ui/card.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { formatMoney, pick } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { signInPath } from '../account/sign-in.tsx'
import { creditsTexts } from '../credits-texts.ts'
import type { OrderProps } from './order-page.tsx'
import { orderTexts } from './order-texts.ts'

/** What is to be paid and how, and the way to call the order off. */
export function Payment({ order, situation, toPay, cancellable, csrf, locale }: OrderProps) {
  const t = orderTexts[locale].payment
  if (!toPay && !cancellable) return <div id="order-payment" hidden />
  const due = toPay && formatMoney(toPay.payable.amountCents, order.currency, locale)
  return (
    <div id="order-payment">
      <Card title={toPay ? t.title : t.change}>
        <div class="stack">
          {toPay && order.paidCents > 0 && (
            <p class="strong">{t.missing(formatMoney(order.paidCents, order.currency, locale), due ?? '')}</p>
          )}
          {toPay?.means.kind === 'deferred' && (
            <>
              <KeyValue
                rows={[
                  [t.amount, <strong>{due}</strong>],
                  ...toPay.means
                    .instructions(toPay.payable)
                    .map(({ label, value }): [string, Child] => [
                      pick(label, locale),
                      <span class="mono copyable">{value}</span>,
                    ]),
                  [
                    t.before,
                    order.payBefore ? <Moment at={order.payBefore} locale={locale} day /> : undefined,
                  ],
                ]}
              />
              <p class="soft">{t.transferHelp}</p>
            </>
          )}
          {toPay?.means.kind === 'immediate' && (
            <div class="row">
              <ButtonForm
                action={routes.order.pay(order.number, order.token)}
                csrf={csrf}
                look={situation === 'confirming' ? 'plain' : 'primary'}
                size={situation === 'confirming' ? undefined : 'large'}
                icon="payment"
              >
                {situation === 'confirming' ? t.payAgain : t.payNow(due ?? '')}
              </ButtonForm>
              <span class="soft">{pick(toPay.means.title, locale)}</span>
            </div>
          )}
          {toPay?.credits && (
            <PayWithCredits
              order={order}
              due={due ?? ''}
              credits={toPay.credits}
              csrf={csrf}
              locale={locale}
            />
          )}
          {cancellable && (
            <Confirm label={t.cancel} look="quiet">
              <p>{t.cancelHelp}</p>
              <ButtonForm action={routes.order.cancel(order.number, order.token)} csrf={csrf} look="danger">
                {t.cancelYes}
              </ButtonForm>
            </Confirm>
          )}
        </div>
      </Card>
    </div>
  )
}

/** The button for whoever has enough credits; for the others, what is in the way. */
function PayWithCredits({
  order,
  due,
  credits,
  csrf,
  locale,
}: Pick<OrderProps, 'order' | 'csrf' | 'locale'> & { due: string; credits: Affordable }) {
  const t = creditsTexts[locale]
  const pay = routes.order.pay(order.number, order.token)
  if (credits.ok) {
    return (
      <div class="row">
        <ButtonForm action={pay} csrf={csrf} look="primary" size="large" icon="payment">
          {t.payNow(due)}
        </ButtonForm>
        <span class="soft">{t.youHave(formatMoney(credits.balanceCents, order.currency, locale))}</span>
      </div>
    )
  }
  if (credits.reason === 'stranger') {
    const next = routes.order.show(order.number, order.token)
    return (
      <>
        <p>{t.signInToPay(order.customer.email)}</p>
        <div class="row">
          <ButtonLink href={signInPath(next)} look="primary">
            {t.signIn}
          </ButtonLink>
        </div>
      </>
    )
  }
  return (
    <p>
      {credits.reason === 'balance'
        ? t.tooFew(formatMoney(credits.balanceCents ?? 0, order.currency, locale))
        : t.notForCredits}{' '}
      {t.otherwise}
    </p>
  )
}
