import type { FormErrors } from '../../sdk/form.ts'
import type { FormElement } from '../../sdk/form-element.ts'
import { wrongRowsText } from '../../sdk/form-messages.ts'
import { fieldId } from './form-elements.tsx'
import { Icon } from './icon.tsx'
import { mostRowsSaid, summaryOfRows } from './learner-list.tsx'
import { type Locale, pick } from './locale.ts'
import { texts } from './texts.ts'

/** One thing that is wrong: its words, and the field to go to. */
export type SummaryError = { text: string; label?: string; id?: string }

/** The errors of one form for an `ErrorSummary`, in the order of its fields. `context` says which unit, say. */
export function summaryOf(
  elements: FormElement[],
  errors: FormErrors,
  { locale, prefix = '', context }: { locale: Locale; prefix?: string; context?: string },
): SummaryError[] {
  const whole = errors[''] ? [{ text: pick(errors[''], locale), ...(context && { label: context }) }] : []
  const fields = elements.flatMap((element) => {
    const error = errors[element.name]
    if (!error) return []
    const label = pick(element.label, locale)
    const where = { label: context ? `${context}, ${label}` : label, id: fieldId(element.name, prefix) }
    const { rows = [], ...text } = error
    const saidOfRows = summaryOfRows(rows, { ...where, locale })
    // how many rows are wrong need not be said where each of them is
    const counts = text.en === wrongRowsText(rows.length).en && rows.length <= mostRowsSaid
    return counts ? saidOfRows : [{ text: pick(text, locale), ...where }, ...saidOfRows]
  })
  return [...whole, ...fields]
}

/** All that is wrong, at the top of the page, each a link to its field. The script gives it the focus. */
export function ErrorSummary({
  errors,
  title,
  locale,
}: {
  errors: SummaryError[]
  title?: string
  locale: Locale
}) {
  if (errors.length === 0) return null
  return (
    <div class="notice error" role="alert" tabindex={-1} id="errors" data-focus>
      <Icon name="error" />
      <div>
        <h2 class="notice-title">{title ?? texts[locale].errorsTitle(errors.length)}</h2>
        <ul>
          {errors.map(({ text, label, id }) => (
            <li>
              {label && (
                <>
                  {id ? <a href={`#${id}`}>{label}</a> : label}
                  {locale === 'fr' ? '\u00a0: ' : ': '}
                </>
              )}
              {label || !id ? text : <a href={`#${id}`}>{text}</a>}
            </li>
          ))}
        </ul>
      </div>
    </div>
  )
}
