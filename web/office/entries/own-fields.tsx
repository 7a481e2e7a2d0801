import { parseElements } from '../../../sdk/form.ts'
import { unitForms } from '../../../shop/entry.ts'
import { Button } from '../../ui/button.tsx'
import { FormElements } from '../../ui/form-elements.tsx'
import { pick } from '../../ui/locale.ts'
import { Notice } from '../../ui/notice.tsx'
import { described, Field } from '../field.tsx'
import { entryTexts } from './entry-texts.ts'
import type { PartProps } from './handler-part.tsx'

const example = `[
  {
    "name": "size",
    "type": "select",
    "label": { "en": "T-shirt", "fr": "T-shirt" },
    "required": true,
    "options": [
      { "value": "m", "label": { "en": "Medium", "fr": "Moyen" } },
      { "value": "l", "label": { "en": "Large", "fr": "Grand" } }
    ]
  },
  {
    "name": "diet",
    "type": "text",
    "label": { "en": "Diet", "fr": "Régime alimentaire" },
    "help": { "en": "For the lunch.", "fr": "Pour le déjeuner." },
    "max": 80,
    "sameForAll": true
  }
]`

/** The operator's own fields, as JSON, with an example and what the customer's form then looks like. */
export function OwnFields({ c, face, typed, wrong, code }: PartProps & { code: string }) {
  const { locale } = c.var
  const t = entryTexts[locale]
  const parsed = parseElements(typed.fields)
  const forms = unitForms(face.shop, {
    code,
    handler: typed.handler,
    internal: typed.internal,
    fields: parsed.ok ? parsed.elements : [],
  })
  const elements = [...forms.external, ...forms.fields]
  const faults = parsed.ok ? wrong.fields : parsed.errors
  const typing = typed.fields.trim() !== ''
  const field = { id: 'own-fields', help: t.fieldsHelp }
  return (
    <div class="stack">
      <Field {...field} label={t.fieldsLabel}>
        <textarea
          class="code"
          name="fields"
          rows={typing ? Math.min(24, typed.fields.split('\n').length + 1) : 4}
          spellcheck={false}
          data-refreshes="own-fields-preview"
          {...described(field)}
          aria-invalid={faults.length > 0 ? 'true' : undefined}
        >
          {typed.fields}
        </textarea>
      </Field>
      <details>
        <summary class="more">{t.example}</summary>
        <div class="stack more-body">
          <p>{t.exampleText}</p>
          <pre>{example}</pre>
        </div>
      </details>
      <div id="own-fields-preview" class="stack">
        {faults.length > 0 && (
          <Notice tone="error" title={t.fieldsWrong} locale={locale}>
            <ul>
              {faults.map(({ text }) => (
                <li>{pick(text, locale)}</li>
              ))}
            </ul>
          </Notice>
        )}
        <div class="preview">
          <p class="soft small">{t.fieldsPreview}</p>
          {elements.length > 0 ? (
            <FormElements elements={elements} prefix="preview." disabled locale={locale} />
          ) : (
            <p class="soft">{t.nothingAsked}</p>
          )}
        </div>
        <Button name="intent" value="refresh" noScript>
          {t.refreshPreview}
        </Button>
      </div>
    </div>
  )
}
