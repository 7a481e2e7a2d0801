import { elementsOf, readForm, validate } from '../../../sdk/form.ts'
import { z } from '../../../sdk/index.ts'
import type { BroughtCredits } from '../../../shop/credits.ts'
import type { RefundOffer } from '../../../shop/refund-product.ts'
import { routes } from '../../routes.ts'
import { fromHundredths, toHundredths } from '../../ui/amount.ts'
import { Button, CsrfField } from '../../ui/button.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { FormElements } from '../../ui/form-elements.tsx'
import { formatMoney, type Locale } from '../../ui/locale.ts'
import { CreditsAtStake } from '../payments/credits-at-stake.tsx'
import { type SentForm, whySchema } from '../reason-form.tsx'
import { productsTexts } from './products-texts.ts'

const refundSchema = z.object({
  amount: z.number().meta({
    label: { en: 'Amount to give back', fr: 'Montant à rembourser' },
    help: {
      en: 'Proposed: its share of the unit’s price. 0 gives nothing back.',
      fr: 'Proposé : sa part du prix de l’unité. 0 ne rembourse rien.',
    },
  }),
  why: whySchema,
})
export const refundElements = elementsOf(refundSchema)

/** A refund as an operator typed it, in cents, or what is wrong with it. */
export function readRefund(
  body: Record<string, string | string[]>,
): { ok: true; amountCents: number; why: string; sent: SentForm } | { ok: false; sent: SentForm } {
  const values = readForm(refundElements, body, 'refund.')
  const read = validate(refundSchema, refundElements, values)
  const sent = { form: 'refund', values, errors: read.ok ? {} : read.errors }
  return read.ok
    ? { ok: true, amountCents: toHundredths(read.value.amount), why: read.value.why, sent }
    : { ok: false, sent }
}

/** The form with the refusal of its amount. */
export function refusedRefund(sent: SentForm, restCents: number, currency: string): SentForm {
  const text = {
    en: `An amount from 0 to ${formatMoney(restCents, currency, 'en')}, with two decimals at the most.`,
    fr: `Un montant de 0 à ${formatMoney(restCents, currency, 'fr')}, avec deux décimales au plus.`,
  }
  return { ...sent, errors: { amount: text } }
}

type Props = {
  offer: RefundOffer
  /** What the product brought. */
  credits: BroughtCredits[]
  reference: string
  csrf: string
  sent?: SentForm
  locale: Locale
}

/** Takes the product back, with its share of the money. */
export function RefundForm({ offer, credits, reference, csrf, sent, locale }: Props) {
  const t = productsTexts[locale]
  const { restCents, shareCents, currency, last, gone } = offer
  const rest = formatMoney(restCents, currency, locale)
  const help = gone
    ? t.refundGone(rest)
    : restCents === 0
      ? t.refundUnpaid
      : last
        ? t.refundLast(rest)
        : t.refundHelp(rest)
  return (
    <Confirm label={t.refund} look="danger" open={Boolean(sent)}>
      <p>{help}</p>
      <CreditsAtStake credits={credits} locale={locale} />
      <form method="post" action={routes.office.products.refund(reference)} class="stack" novalidate>
        <CsrfField csrf={csrf} />
        <FormElements
          elements={refundElements}
          values={sent?.values ?? { amount: fromHundredths(shareCents, locale) }}
          errors={sent?.errors}
          prefix="refund."
          locale={locale}
        />
        <Button look="danger">{t.refundNow}</Button>
      </form>
    </Confirm>
  )
}
