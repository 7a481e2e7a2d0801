import type { Child } from 'hono/jsx'
import { elementsOf, type FormErrors, type FormValues, readForm, validate } from '../../sdk/form.ts'
import { z } from '../../sdk/index.ts'
import { Button, CsrfField } from '../ui/button.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { FormElements } from '../ui/form-elements.tsx'
import type { IconName } from '../ui/icon.tsx'
import { pick } from '../ui/locale.ts'
import type { OfficeContext } from './office-route.ts'

/** Why an operator does what they do. */
export const whySchema = z
  .string()
  .min(3)
  .max(500)
  .meta({
    label: { en: 'Why', fr: 'Pourquoi' },
    help: { en: 'Kept in the history, with your name.', fr: 'Conservé dans l’historique, avec votre nom.' },
  })
const reasonSchema = z.object({ why: whySchema })
const reasonElements = elementsOf(reasonSchema)

/** A form that came back with something wrong: which one of its page, what was typed, and the errors. */
export type SentForm = { form: string; values: FormValues; errors: FormErrors }

/** The reason that an operator gives for what they do; `form` names the form on its page. */
export function readReason(
  body: Record<string, string | string[]>,
  form: string,
): { ok: true; why: string } | { ok: false; sent: SentForm } {
  const values = readForm(reasonElements, body, `${form}.`)
  const read = validate(reasonSchema, reasonElements, values)
  return read.ok
    ? { ok: true, why: read.value.why }
    : { ok: false, sent: { form, values, errors: read.errors } }
}

type Props = {
  c: OfficeContext
  csrf: string
  form: string
  action: string
  label: string
  /** What will happen. */
  help: Child
  icon?: IconName
  look?: 'plain' | 'quiet' | 'danger'
  /** What came back, if it was this form. */
  sent?: SentForm
  /** More fields, below the reason. */
  children?: Child
}

/** Something serious: it opens, says what it does, asks why, and is then confirmed. */
export function ReasonForm({ c, csrf, form, action, label, help, icon, look, sent, children }: Props) {
  const { locale } = c.var
  const mine = sent?.form === form ? sent : undefined
  return (
    <Confirm label={label} look={look} icon={icon} open={Boolean(mine)}>
      <p>{help}</p>
      <form method="post" action={action} class="stack" novalidate>
        <CsrfField csrf={csrf} />
        <FormElements
          elements={reasonElements}
          values={mine?.values}
          errors={mine?.errors}
          prefix={`${form}.`}
          locale={locale}
        />
        {children}
        <Button look={look === 'danger' ? 'danger' : 'primary'}>{label}</Button>
      </form>
    </Confirm>
  )
}

/** The errors of whichever form came back, for the summary at the top of its page. */
export function sentErrors(sent: SentForm | undefined, locale: 'en' | 'fr') {
  const text = sent?.errors.why
  const element = reasonElements[0]
  if (!sent || !text || !element) return []
  return [{ text: pick(text, locale), label: pick(element.label, locale), id: `field-${sent.form}-why` }]
}
