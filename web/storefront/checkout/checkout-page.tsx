import type { Customer } from '../../../db/schema.ts'
import { creditsId, credits as creditsMeans } from '../../../payments/credits.ts'
import type { Means } from '../../../payments/means.ts'
import type { ViewedCart } from '../../../shop/cart.ts'
import { customerElements } from '../../../shop/customer.ts'
import type { SignedIn } from '../../../shop/customer-session.ts'
import type { PlaceErrors } from '../../../shop/place-order.ts'
import type { Affordable } from '../../../shop/spend-credits.ts'
import { routes } from '../../routes.ts'
import { Button, CsrfField } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { ErrorSummary, type SummaryError, summaryOf } from '../../ui/error-summary.tsx'
import { FormElements } from '../../ui/form-elements.tsx'
import { Icon } from '../../ui/icon.tsx'
import { formatMoney, type Locale, pick } from '../../ui/locale.ts'
import { Notice } from '../../ui/notice.tsx'
import { Steps } from '../../ui/steps.tsx'
import { signInPath } from '../account/sign-in.tsx'
import { creditsTexts } from '../credits-texts.ts'
import { Totals, totalsOfCart } from '../totals.tsx'
import { checkoutTexts } from './checkout-texts.ts'
import { customerPrefix } from './keep-customer.ts'

type Props = {
  cartId: string
  viewed: ViewedCart
  /** As typed, right or wrong. */
  customer: Partial<Customer>
  /** All but credits, of which there is more to say. */
  means: Means[]
  credits: Affordable | undefined
  signedIn: SignedIn | undefined
  chosen: { means: string; termsAccepted: boolean }
  errors: PlaceErrors | undefined
  csrf: string
  currency: string
  locale: Locale
}

const elementsNamed = (...names: (keyof Customer)[]) =>
  names.flatMap((name) => customerElements.filter((element) => element.name === name))
const person = elementsNamed('firstname', 'lastname', 'email')
const invoice = elementsNamed('company', 'vatNumber', 'address')

export function CheckoutPage(props: Props) {
  const { cartId, viewed, customer, errors, csrf, currency, locale } = props
  const t = checkoutTexts[locale]
  const form = { values: customer, errors: errors?.customer ?? {}, prefix: customerPrefix, locale }
  return (
    <>
      <Steps current="checkout" links={{ cart: routes.cart.show() }} locale={locale} />
      <PageHead title={t.title} />
      <form
        method="post"
        action={routes.checkout()}
        class="stack"
        data-draft={routes.cart.draft()}
        novalidate
      >
        <CsrfField csrf={csrf} />
        <input type="hidden" name="cart" value={cartId} />
        <input type="hidden" name="total" value={viewed.totalCents} />
        {errors && <ErrorSummary errors={summary(errors, locale)} locale={locale} />}
        {errors?.cart && (
          <Notice tone="warning" locale={locale} announced>
            <p>{pick(errors.cart, locale)}</p>
            <p>
              <a href={`${routes.cart.show()}?check`}>{t.backToCart}</a>
            </p>
          </Notice>
        )}
        <div class="split">
          <div class="stack">
            <Card title={t.you}>
              <div class="stack paired">
                <FormElements elements={person} {...form} />
              </div>
            </Card>
            <Card title={t.company} aside={<span class="soft small">{t.optional}</span>}>
              <div class="stack paired">
                <FormElements elements={invoice} {...form} />
              </div>
            </Card>
            {viewed.totalCents > 0 && <MeansCard {...props} />}
          </div>
          <aside>
            <Card title={t.summary}>
              <div class="stack">
                <Totals
                  lines={totalsOfCart(viewed, locale)}
                  totalCents={viewed.totalCents}
                  vatCents={viewed.vatCents}
                  currency={currency}
                  locale={locale}
                />
                <Terms {...props} />
                <Button look="primary" size="large">
                  {viewed.totalCents > 0
                    ? t.place(formatMoney(viewed.totalCents, currency, locale))
                    : t.placeFree}
                </Button>
                <p class="soft small">{t.after}</p>
              </div>
            </Card>
          </aside>
        </div>
      </form>
    </>
  )
}

/** Those that pay at once, before those that take days. */
export function atOnceFirst(means: Means[]): Means[] {
  return means.toSorted((one, other) => Number(one.kind === 'deferred') - Number(other.kind === 'deferred'))
}

function summary(errors: PlaceErrors, locale: Locale): SummaryError[] {
  const { means, terms } = errors
  return [
    ...summaryOf(customerElements, errors.customer, { locale, prefix: customerPrefix }),
    ...(means ? [{ text: pick(means, locale), id: 'means' }] : []),
    ...(terms ? [{ text: pick(terms, locale), id: 'terms' }] : []),
  ]
}

/** The means as cards, the first of them chosen. */
function MeansCard(props: Props) {
  const { means, credits, chosen, errors, locale } = props
  const t = checkoutTexts[locale]
  const offered = atOnceFirst(means)
  const chosenCredits = chosen.means === creditsId && credits?.ok === true
  const known = chosenCredits || means.some((one) => one.id === chosen.means)
  const on = known ? chosen.means : offered[0]?.id
  return (
    <Card title={t.means}>
      <fieldset id="means" tabindex={-1} aria-describedby={errors?.means && 'means-error'}>
        <legend class="visually-hidden">{t.means}</legend>
        {offered.map((one) => (
          <label class="option">
            <input type="radio" name="means" value={one.id} checked={one.id === on} />
            <span class="strong">{pick(one.title, locale)}</span>
            <span class="help">{pick(one.summary, locale)}</span>
          </label>
        ))}
        {credits && <CreditsOption {...props} credits={credits} on={chosenCredits} />}
      </fieldset>
      {errors?.means && <FieldError id="means-error" text={pick(errors.means, locale)} />}
    </Card>
  )
}

/** Credits among the means: to be chosen by whoever has enough, and otherwise what it takes. */
function CreditsOption({
  viewed,
  credits,
  signedIn,
  on,
  currency,
  locale,
}: Props & { credits: Affordable; on: boolean }) {
  const t = creditsTexts[locale]
  const money = (cents: number) => formatMoney(cents, currency, locale)
  const help = credits.ok
    ? t.remain(money(credits.balanceCents), money(credits.balanceCents - viewed.totalCents))
    : credits.reason === 'balance'
      ? t.tooFew(money(credits.balanceCents ?? 0))
      : signedIn
        ? t.onlyOwner(signedIn.email)
        : t.signInFirst
  return (
    <label class="option">
      <input type="radio" name="means" value={creditsId} checked={on} disabled={!credits.ok} />
      <span class="strong">{pick(creditsMeans.title, locale)}</span>
      <span class="help">
        {help}
        {!credits.ok && !signedIn && (
          <>
            {' '}
            <a href={signInPath(routes.checkout())}>{t.signInHere}</a>
          </>
        )}
      </span>
    </label>
  )
}

function Terms({ chosen, errors, locale }: Props) {
  const t = checkoutTexts[locale]
  return (
    <div>
      <label class="check" for="terms">
        <input
          type="checkbox"
          id="terms"
          name="terms"
          value="on"
          checked={chosen.termsAccepted}
          aria-invalid={errors?.terms && 'true'}
          aria-describedby={errors?.terms && 'terms-error'}
        />
        <span>
          {t.accept}{' '}
          <a href={routes.legal.terms()} target="_blank" rel="noopener">
            {t.terms}
            <span class="visually-hidden"> ({t.newTab})</span>
          </a>
          .
        </span>
      </label>
      {errors?.terms && <FieldError id="terms-error" text={pick(errors.terms, locale)} />}
    </div>
  )
}

function FieldError({ id, text }: { id: string; text: string }) {
  return (
    <p class="field-error" id={id}>
      <Icon name="error" size={14} />
      {text}
    </p>
  )
}
