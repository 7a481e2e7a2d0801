import { elementsOf, type FormValues, readForm, validate } from '../../../sdk/form.ts'
import { type Text, z } from '../../../sdk/index.ts'
import { deferredMeans } from '../../../shop/list-payments.ts'
import type { PaymentRefusal, Received } from '../../../shop/payment.ts'
import type { Shop } from '../../../shop/shop.ts'
import type { OrderView } from '../../../shop/view-order.ts'
import { routes } from '../../routes.ts'
import { fromHundredths, toHundredths } from '../../ui/amount.ts'
import { Button, CsrfField } from '../../ui/button.tsx'
import { FormElements } from '../../ui/form-elements.tsx'
import type { OfficeContext } from '../office-route.ts'
import type { SentForm } from '../reason-form.tsx'
import { orderTexts } from './order-texts.ts'

const paymentSchema = z.object({
  amount: z.number().meta({
    label: { en: 'Amount received', fr: 'Montant reçu' },
    help: { en: 'What stands on the statement.', fr: 'Ce que dit le relevé.' },
  }),
  paidOn: z.iso.date().meta({ label: { en: 'Received on', fr: 'Reçu le' } }),
  reference: z
    .string()
    .min(1)
    .max(200)
    .meta({
      label: { en: 'Reference of the payment', fr: 'Référence du paiement' },
      help: {
        en: 'The bank’s own reference, or the number of the cheque: the same one is never counted twice.',
        fr: 'La référence de la banque, ou le numéro du chèque : la même n’est jamais comptée deux fois.',
      },
    }),
  note: z
    .string()
    .max(500)
    .optional()
    .meta({ label: { en: 'Note', fr: 'Note' } }),
})
export const paymentElements = elementsOf(paymentSchema)

const refusals: Record<Exclude<PaymentRefusal, 'not_found'>, { field: string; text: Text }> = {
  amount: {
    field: 'amount',
    text: {
      en: 'An amount above zero, with two decimals at the most.',
      fr: 'Un montant positif, avec deux décimales au plus.',
    },
  },
  date: {
    field: 'paidOn',
    text: { en: 'A day that has come: today or before.', fr: 'Un jour déjà venu : aujourd’hui ou avant.' },
  },
  reference: { field: 'reference', text: { en: 'Please fill this in.', fr: 'Merci de remplir ce champ.' } },
  repeated: {
    field: 'reference',
    text: {
      en: 'A payment with this reference is recorded already: it is not counted twice.',
      fr: 'Un paiement avec cette référence est déjà enregistré : il n’est pas compté deux fois.',
    },
  },
}

/** A payment as an operator typed it, or what is wrong with it. */
export function readPayment(
  shop: Pick<Shop, 'means'>,
  order: Pick<OrderView, 'means' | 'currency'>,
  body: Record<string, string | string[]>,
): { ok: true; received: Received; values: FormValues } | { ok: false; sent: SentForm } {
  const values = readForm(paymentElements, body, 'pay.')
  const read = validate(paymentSchema, paymentElements, values)
  if (!read.ok) return { ok: false, sent: { form: 'pay', values, errors: read.errors } }
  const deferred = deferredMeans(shop)
  const { amount, paidOn, reference, note } = read.value
  return {
    ok: true,
    values,
    received: {
      // money for an order that was to be paid by card comes by transfer all the same
      means: deferred.includes(order.means) ? order.means : (deferred[0] ?? order.means),
      reference,
      amountCents: toHundredths(amount),
      currency: order.currency,
      paidOn,
      ...(note && { note }),
    },
  }
}

/** The form with the refusal at its field. */
export function refusedPayment(values: FormValues, reason: Exclude<PaymentRefusal, 'not_found'>): SentForm {
  const { field, text } = refusals[reason]
  return { form: 'pay', values, errors: { [field]: text } }
}

type Props = { c: OfficeContext; csrf: string; order: OrderView; sent?: SentForm }

/** Validates money that came: what is due and today stand in it already. */
export function PaymentForm({ c, csrf, order, sent }: Props) {
  const { locale } = c.var
  const mine = sent?.form === 'pay' ? sent : undefined
  const due = Math.max(0, order.totalCents - order.paidCents)
  const values = mine?.values ?? {
    amount: due > 0 ? fromHundredths(due, locale) : undefined,
    paidOn: today(),
  }
  return (
    <form method="post" action={routes.office.orders.pay(order.number)} class="stack" novalidate>
      <CsrfField csrf={csrf} />
      <FormElements
        elements={paymentElements}
        values={values}
        errors={mine?.errors}
        prefix="pay."
        locale={locale}
      />
      <Button look="primary" icon="check">
        {orderTexts[locale].validate}
      </Button>
    </form>
  )
}

function today(): string {
  const now = new Date()
  const two = (number: number) => String(number).padStart(2, '0')
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`
}
