import { randomUUID } from 'node:crypto'
import { elementsOf, type FormErrors, type FormValues, readForm } from '../../sdk/form.ts'
import type { Product } from '../../sdk/index.ts'
import type { OfferedAction } from '../../shop/product.ts'
import { Button, CsrfField } from './button.tsx'
import { Confirm } from './confirm.tsx'
import { type SummaryError, summaryOf } from './error-summary.tsx'
import { FormElements, takeFiles } from './form-elements.tsx'
import { type Locale, pick } from './locale.ts'

/** The form of an after-sale action as it was sent, when something was wrong with it. */
export type SentAction = { action: string; values: FormValues; errors: FormErrors }

type Props = {
  name: string
  action: OfferedAction
  product: Product
  /** Where the form posts to. */
  to: string
  csrf: string
  /** The words of its button. */
  confirm: string
  sent: SentAction | undefined
  locale: Locale
}

/** The form of one after-sale action of a product, made from its schema; it opens to be confirmed. */
export function ActionForm({ name, action, product, to, csrf, confirm, sent, locale }: Props) {
  const wrong = sent?.action === name ? sent : undefined
  const look = name === 'revoke' ? 'danger' : undefined
  const elements = elementsOf(action.input)
  const files = takeFiles(elements)
  return (
    <Confirm label={pick(action.title, locale)} look={look} open={Boolean(wrong)}>
      {action.help && <p>{pick(action.help, locale)}</p>}
      <form
        method="post"
        action={to}
        class="stack"
        enctype={files ? 'multipart/form-data' : undefined}
        novalidate
      >
        <CsrfField csrf={csrf} />
        {/* names the request: sent twice, it is done once */}
        <input type="hidden" name="once" value={randomUUID()} />
        <FormElements
          elements={elements}
          values={wrong?.values ?? action.initial?.(product)}
          errors={wrong?.errors}
          prefix={`${name}.`}
          files={files}
          locale={locale}
        />
        <Button look={look ?? 'primary'}>{confirm}</Button>
      </form>
    </Confirm>
  )
}

/** What was sent with the form of this action: its values, and the name of the request. */
export function readActionForm(
  name: string,
  action: OfferedAction,
  body: Record<string, string | string[]>,
): { values: FormValues; asked: string | undefined } {
  const { once } = body
  const isUuid = typeof once === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(once)
  return { values: readForm(elementsOf(action.input), body, `${name}.`), asked: isUuid ? once : undefined }
}

/** All that was wrong with the form that was sent, for an `ErrorSummary`. */
export function actionErrors(
  actions: [string, OfferedAction][],
  sent: SentAction | undefined,
  locale: Locale,
): SummaryError[] {
  const action = actions.find(([name]) => name === sent?.action)?.[1]
  if (!sent || !action) return []
  return summaryOf(elementsOf(action.input), sent.errors, { locale, prefix: `${sent.action}.` })
}
