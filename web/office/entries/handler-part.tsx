import type { Child } from 'hono/jsx'
import type { Registered } from '../../../production/registry.ts'
import { elementsOf } from '../../../sdk/form.ts'
import { handlerChoices } from '../../../shop/entry.ts'
import type { Face } from '../../face.ts'
import { Button } from '../../ui/button.tsx'
import { FormElements } from '../../ui/form-elements.tsx'
import { pick } from '../../ui/locale.ts'
import { Notice } from '../../ui/notice.tsx'
import { described, Field } from '../field.tsx'
import { handlersTexts } from '../handlers-texts.ts'
import type { OfficeContext } from '../office-route.ts'
import type { choicesFor } from './choices.ts'
import { entriesTexts } from './entries-texts.ts'
import { bundleChoice, type TypedEntry } from './entry-form.ts'
import { entryTexts } from './entry-texts.ts'
import { atFields, internalErrors, type Wrong } from './wrong.ts'

export type PartProps = { c: OfficeContext; face: Face; typed: TypedEntry; wrong: Wrong }

/** The choice of a handler. The script asks for the rest of the form again when it changes; a button does without it. */
export function HandlerPicker({ c, face, typed, wrong }: PartProps) {
  const { locale } = c.var
  const t = entryTexts[locale]
  const offered = handlerChoices(face.shop)
  const known =
    offered.some(({ id }) => id === typed.handler) || typed.handler === 'specific' || typed.handler === null
  const error = wrong.findings.find(({ field, level }) => field === 'handler' && level === 'error')
  const field = { id: 'handler', help: t.handlerHelp, error: error && pick(error.text, locale) }
  const group = (kind: Registered['kind']) => offered.filter((one) => one.kind === kind)
  return (
    <Field {...field} label={t.handler}>
      <div class="with-button">
        <select
          name="handler"
          data-refreshes="handler-part handler-readme price-part own-fields-part"
          {...described(field)}
        >
          <option value="" selected={typed.handler === null && !typed.parts}>
            {t.noHandler}
          </option>
          <option value={bundleChoice} selected={typed.parts !== undefined}>
            {t.bundle}
          </option>
          <option value="specific" selected={typed.handler === 'specific'}>
            {t.specific}
          </option>
          {!known && typed.handler && (
            <option value={typed.handler} selected>
              {entriesTexts[locale].notInstalled(typed.handler)}
            </option>
          )}
          {(['standard', 'extension'] as const).map(
            (kind) =>
              group(kind).length > 0 && (
                <optgroup label={handlersTexts[locale].kinds[kind]}>
                  {group(kind).map((one) => (
                    <option value={one.id} selected={typed.handler === one.id}>
                      {pick(one.handler.title, locale)}
                    </option>
                  ))}
                </optgroup>
              ),
          )}
        </select>
        <Button name="intent" value="refresh" noScript>
          {t.showParameters}
        </Button>
      </div>
    </Field>
  )
}

type HandlerPartProps = PartProps & {
  code: string
  registered: Registered | undefined
  choices: Awaited<ReturnType<typeof choicesFor>>['choices']
  away: boolean
  unchecked?: boolean
  /** What a bundle shows instead of a handler's parameters. */
  bundle: Child
}

/** What the chosen handler is and asks for: this part changes with the choice. */
export function HandlerPart({
  c,
  face,
  typed,
  wrong,
  code,
  registered,
  choices,
  away,
  unchecked,
  bundle,
}: HandlerPartProps) {
  const { locale } = c.var
  const t = entryTexts[locale]
  const general = wrong.findings.filter(({ field }) => field === undefined)
  const whole = wrong.internal['']
  return (
    <div id="handler-part" class="stack">
      {bundle}
      {typed.handler === null && !bundle && <p class="soft">{t.noHandlerText}</p>}
      {registered?.handler.summary && <p class="soft">{pick(registered.handler.summary, locale)}</p>}
      {typed.handler === 'specific' && !registered && <NoSpecific {...{ c, face, code }} />}
      {unchecked && (
        <Notice tone="warning" locale={locale}>
          <p>{t.unchecked}</p>
        </Notice>
      )}
      {away && (
        <Notice tone="warning" title={t.away} locale={locale}>
          <p>{t.awayText}</p>
        </Notice>
      )}
      {general.map((finding) => (
        <Notice tone={finding.level === 'error' ? 'error' : 'warning'} locale={locale}>
          <p>{pick(finding.text, locale)}</p>
        </Notice>
      ))}
      {whole && (
        <Notice tone="error" locale={locale}>
          <p>{pick(whole, locale)}</p>
        </Notice>
      )}
      {registered && (
        <FormElements
          elements={elementsOf(registered.handler.internal)}
          values={typed.internal}
          errors={internalErrors(wrong)}
          warnings={atFields(wrong.findings, 'warning')}
          prefix="internal."
          choices={choices}
          locale={locale}
        />
      )}
    </div>
  )
}

/** "Specific" was chosen and no handler of this code is installed: what that takes, and which there are. */
function NoSpecific({ c, face, code }: { c: OfficeContext; face: Face; code: string }) {
  const { locale } = c.var
  const t = entryTexts[locale]
  const installed = [...face.shop.registry().handlers.values()].filter(({ kind }) => kind === 'specific')
  return (
    <Notice tone="warning" title={code ? t.noSpecific(code) : t.noSpecificYet} locale={locale}>
      <p>{t.noSpecificText}</p>
      {installed.length > 0 && <p>{t.specificOnes(installed.map(({ id }) => id).join(', '))}</p>}
    </Notice>
  )
}
