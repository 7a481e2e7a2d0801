import type { EntryState } from '../../../db/schema.ts'
import { handlerOf, type Registered } from '../../../production/registry.ts'
import { type ElementsError, elementsOf, type FormErrors, parseElements } from '../../../sdk/form.ts'
import type { FormElement } from '../../../sdk/form-element.ts'
import type { Finding, Text } from '../../../sdk/index.ts'
import {
  checkEntry,
  checkInternal,
  type Entry,
  type EntryDraft,
  type EntryErrors,
  findEntry,
  handlerChoices,
  saveEntry,
  unitForms,
} from '../../../shop/entry.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken, readBody } from '../../security.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { Button, ButtonLink, CsrfField } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { ErrorSummary, type SummaryError, summaryOf } from '../../ui/error-summary.tsx'
import { FormElements } from '../../ui/form-elements.tsx'
import { type Locale, pick } from '../../ui/locale.ts'
import { Notice } from '../../ui/notice.tsx'
import { described, Field, textOf } from '../field.tsx'
import { notFound, type OfficeContext, parameter, readId } from '../office-route.ts'
import { mayChange, officePage, redirectTo } from '../page.tsx'
import { Readme, readReadme } from '../readme.tsx'
import { texts } from '../texts.ts'
import { within } from '../within.ts'
import { choicesFor } from './choices.ts'
import {
  differences,
  draftOf,
  elementsNamed,
  entryElements,
  readTyped,
  type TypedEntry,
  typedOf,
} from './entry-form.ts'

/** What is wrong with what was typed, each thing at its place. */
type Wrong = { own: FormErrors; internal: FormErrors; fields: ElementsError[]; findings: Finding[] }

type Shown = {
  /** As it is saved; undefined for a new one. */
  entry: Entry | undefined
  typed: TypedEntry
  wrong?: Wrong
  /** Nothing was saved, and why. */
  refused?: 'invalid' | 'unsellable' | 'stale'
  /** The handler's check could not be made in time. */
  unchecked?: boolean
}

const nothingWrong: Wrong = { own: {}, internal: {}, fields: [], findings: [] }
const intents = ['draft', 'sale', 'retire', 'save', 'refresh'] as const
const wanted = { draft: 'draft', sale: 'on_sale', retire: 'retired' } as const satisfies Record<
  string,
  EntryState
>
const outcomes = { draft: 'draftSaved', on_sale: 'onSale', retired: 'retired' } as const

export async function newEntry(c: OfficeContext, face: Face) {
  return await entryPage(c, face, { entry: undefined, typed: typedOf(undefined, c.var.locale) })
}

/** An entry to edit, checked against the live site as it is opened. */
export async function showEntry(c: OfficeContext, face: Face) {
  const entry = await entryOf(c, face)
  const checked = await within(6000, checkInternal(face.shop, entry), undefined)
  return await entryPage(c, face, {
    entry,
    typed: typedOf(entry, c.var.locale),
    wrong: checked && { ...nothingWrong, internal: checked.errors, findings: checked.findings },
    unchecked: checked === undefined,
  })
}

export async function createEntry(c: OfficeContext, face: Face) {
  return await save(c, face, undefined)
}

export async function changeEntry(c: OfficeContext, face: Face) {
  return await save(c, face, await entryOf(c, face))
}

async function entryOf(c: OfficeContext, face: Face): Promise<Entry> {
  return (await findEntry(face.shop.db, parameter(c, 'code'))) ?? notFound()
}

async function save(c: OfficeContext, face: Face, entry: Entry | undefined) {
  const { shop } = face
  const body = await readBody(c)
  const typed = readTyped(shop, body, entry)
  const intent = intents.find((one) => one === textOf(body.intent)) ?? 'save'
  if (intent === 'refresh') return await entryPage(c, face, { entry, typed })
  const state = intent === 'save' ? (entry?.state ?? 'draft') : wanted[intent]
  const { draft, errors } = draftOf(typed)
  if (Object.keys(errors).length > 0) {
    const wrong = await judge(face, draft, errors)
    return await entryPage(c, face, { entry, typed, wrong, refused: 'invalid' })
  }
  const revision = entry && (readId(textOf(body.revision)) ?? 0)
  const saved = await saveEntry(shop, draft, { state, ...(revision === undefined ? {} : { revision }) })
  if (saved.ok) {
    return redirectTo(c, routes.office.entries.show(saved.entry.code), outcomes[saved.entry.state])
  }
  const wrong: Wrong = { ...placed(saved.errors), findings: saved.findings }
  switch (saved.reason) {
    case 'code_taken':
      wrong.own.code = { en: 'Another entry has this code.', fr: 'Une autre entrée a ce code.' }
      return await entryPage(c, face, { entry, typed, wrong, refused: 'invalid' })
    case 'stale': {
      const now = entry && (await findEntry(shop.db, entry.code))
      return await entryPage(c, face, { entry: now, typed, wrong, refused: 'stale' })
    }
    case 'invalid': {
      const only = Object.keys(wrong.own).length === 0 && wrong.fields.length === 0
      return await entryPage(c, face, { entry, typed, wrong, refused: only ? 'unsellable' : 'invalid' })
    }
    default:
      return saved.reason satisfies never
  }
}

/** All that is wrong at once, also when the entry's own fields keep it from being saved. */
async function judge(face: Face, draft: EntryDraft, own: FormErrors): Promise<Wrong> {
  const checked = await within(6000, checkEntry(face.shop, draft), undefined)
  if (!checked) return { ...nothingWrong, own }
  const wrong = placed(checked.errors)
  return { ...wrong, own: { ...wrong.own, ...own }, findings: checked.findings }
}

/** The shop's errors at the fields of this form, which has one for each language. */
function placed({ entry, internal, fields }: EntryErrors): Omit<Wrong, 'findings'> {
  const own = Object.entries(entry).flatMap(([name, text]) =>
    ['title', 'summary', 'category'].includes(name)
      ? [[`${name}En`, text] as const, [`${name}Fr`, text] as const]
      : [[name, text] as const],
  )
  return { own: Object.fromEntries(own), internal, fields }
}

async function entryPage(c: OfficeContext, face: Face, shown: Shown) {
  const { locale } = c.var
  const { shop } = face
  const { entry, typed, refused } = shown
  const wrong = shown.wrong ?? nothingWrong
  const t = texts[locale].entry
  const code = entry?.code ?? (typeof typed.values.code === 'string' ? typed.values.code : '')
  const found = handlerOf(shop.registry(), { code, handler: typed.handler })
  const registered = found === 'missing' ? undefined : found
  const internal = registered ? elementsOf(registered.handler.internal) : []
  const [{ choices, away }, readme] = await Promise.all([
    choicesFor(shop.site, internal, typed.internal, locale),
    registered && readReadme(registered.folder, locale),
  ])
  const here = entry ? routes.office.entries.show(entry.code) : routes.office.entries.new()
  const title = entry ? pick(entry.title, locale) : t.new
  const readOnly = !mayChange(c)
  const statuses = { invalid: 422, unsellable: 422, stale: 409 } as const
  return await officePage(
    c,
    face,
    { title, section: 'entries', status: refused ? statuses[refused] : 200 },
    <>
      <PageHead
        title={title}
        lead={entry && <span class="mono">{entry.code}</span>}
        back={{ href: routes.office.entries.index(), text: texts[locale].entries.title }}
        actions={
          entry && (
            <>
              <StateBadge kind="entry" state={entry.state} locale={locale} />
              <ButtonLink href={routes.office.entries.preview(entry.code)} icon="external">
                {t.preview}
              </ButtonLink>
            </>
          )
        }
      />
      <Refusal {...{ shown, wrong, internal, locale }} />
      {entry?.state === 'on_sale' &&
        !refused &&
        !away &&
        wrong.findings.some(({ level }) => level === 'error') && (
          <Notice tone="error" title={t.wouldFail} locale={locale}>
            <p>{t.wouldFailText}</p>
          </Notice>
        )}
      <div class="columns">
        <form id="entry" method="post" action={here} novalidate>
          <CsrfField csrf={csrfToken(c)} />
          {entry && <input type="hidden" name="revision" value={String(entry.revision)} />}
          {/* what the Enter key does: the first button of a form is the one it presses */}
          <button type="submit" name="intent" value="save" class="visually-hidden" tabindex={-1}>
            {t.save}
          </button>
          <fieldset class="cards" disabled={readOnly}>
            <Card title={t.texts}>
              {!entry && (
                <div class="pairs">
                  <Own names={['code']} {...{ typed, wrong, locale }} />
                </div>
              )}
              <div class="pairs">
                <Own
                  names={[
                    'titleEn',
                    'titleFr',
                    'categoryEn',
                    'categoryFr',
                    'summaryEn',
                    'summaryFr',
                    'descriptionEn',
                    'descriptionFr',
                  ]}
                  {...{ typed, wrong, locale }}
                />
              </div>
            </Card>
            <Card title={t.price} aside={<span class="soft">{shop.settings.currency}</span>}>
              <div class="quads">
                <Own names={['price', 'vat', 'maxQuantity', 'position']} {...{ typed, wrong, locale }} />
              </div>
            </Card>
            <Card title={t.production}>
              <div class="stack">
                <HandlerPicker {...{ c, face, typed, wrong }} />
                <HandlerPart
                  {...{ c, face, typed, wrong, code, registered, choices, away }}
                  unchecked={shown.unchecked}
                />
              </div>
            </Card>
            <Card title={t.fields}>
              <OwnFields {...{ c, face, typed, wrong, code }} />
            </Card>
          </fieldset>
          {!readOnly && <Buttons {...{ entry, locale }} />}
        </form>
        <div>
          <div id="handler-help">
            {registered && (
              <Card title={pick(registered.handler.title, locale)}>
                {readme ? (
                  <Readme text={readme} />
                ) : (
                  <p>{registered.handler.summary && pick(registered.handler.summary, locale)}</p>
                )}
              </Card>
            )}
          </div>
        </div>
      </div>
    </>,
  )
}

type RefusalProps = { shown: Shown; wrong: Wrong; internal: FormElement[]; locale: Locale }

/** Why nothing was saved, and where to look. */
function Refusal({ shown, wrong, internal, locale }: RefusalProps) {
  const t = texts[locale].entry
  const { entry, typed, refused } = shown
  if (!refused) return null
  if (refused === 'stale') {
    const fields = entry ? differences(typed, entry) : []
    return (
      <Notice tone="warning" title={t.stale} locale={locale} announced>
        <p>{t.staleText}</p>
        {fields.length > 0 && (
          <p>{t.staleFields(fields.map((element) => pick(element.label, locale)).join(', '))}</p>
        )}
        {entry && (
          <p>
            <a href={routes.office.entries.show(entry.code)} target="_blank" rel="noopener">
              {t.seeTheirs}
            </a>
          </p>
        )}
      </Notice>
    )
  }
  const errors: SummaryError[] = [
    ...summaryOf(entryElements, wrong.own, { locale }),
    ...summaryOf(internal, internalErrors(wrong), { locale, prefix: 'internal.' }),
    ...wrong.findings
      .filter(({ level, field }) => level === 'error' && (field === undefined || field === 'handler'))
      .map(({ text }) => ({ text: pick(text, locale), id: 'handler' })),
    ...wrong.fields.map(({ text }) => ({ text: pick(text, locale), id: 'own-fields' })),
  ]
  return (
    <>
      <ErrorSummary
        errors={errors}
        title={refused === 'unsellable' ? t.unsellable : t.notSaved}
        locale={locale}
      />
      {refused === 'unsellable' && (
        <Notice locale={locale}>
          <p>{t.unsellableText}</p>
        </Notice>
      )}
    </>
  )
}

/** The errors of the internal parameters: of their own, and those that the handler's check found. */
function internalErrors(wrong: Wrong): FormErrors {
  return { ...atFields(wrong.findings, 'error'), ...wrong.internal }
}

function atFields(findings: Finding[], level: Finding['level']): FormErrors {
  const errors: FormErrors = {}
  for (const finding of findings) {
    if (finding.level !== level || finding.field === undefined || finding.field === 'handler') continue
    const before: Text | undefined = errors[finding.field]
    errors[finding.field] = before
      ? { en: `${before.en} ${finding.text.en}`, fr: `${before.fr} ${finding.text.fr}` }
      : finding.text
  }
  return errors
}

/** Some of the entry's own fields. */
function Own({
  names,
  typed,
  wrong,
  locale,
}: {
  names: string[]
  typed: TypedEntry
  wrong: Wrong
  locale: Locale
}) {
  return (
    <FormElements
      elements={elementsNamed(...names)}
      values={typed.values}
      errors={wrong.own}
      locale={locale}
    />
  )
}

type PartProps = { c: OfficeContext; face: Face; typed: TypedEntry; wrong: Wrong }

/** The choice of a handler. The script asks for the rest of the form again when it changes; a button does without it. */
function HandlerPicker({ c, face, typed, wrong }: PartProps) {
  const { locale } = c.var
  const t = texts[locale].entry
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
          data-refreshes="handler-part handler-help own-fields-preview"
          {...described(field)}
        >
          <option value="" selected={typed.handler === null}>
            {t.noHandler}
          </option>
          <option value="specific" selected={typed.handler === 'specific'}>
            {t.specific}
          </option>
          {!known && typed.handler && (
            <option value={typed.handler} selected>
              {texts[locale].entries.notInstalled(typed.handler)}
            </option>
          )}
          {(['standard', 'extension'] as const).map(
            (kind) =>
              group(kind).length > 0 && (
                <optgroup label={texts[locale].handlers.kinds[kind]}>
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
}

/** What the chosen handler is and asks for: this part changes with the choice. */
function HandlerPart({
  c,
  face,
  typed,
  wrong,
  code,
  registered,
  choices,
  away,
  unchecked,
}: HandlerPartProps) {
  const { locale } = c.var
  const t = texts[locale].entry
  const general = wrong.findings.filter(({ field }) => field === undefined)
  const whole = wrong.internal['']
  return (
    <div id="handler-part" class="stack">
      {typed.handler === null && <p class="soft">{t.noHandlerText}</p>}
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
  const t = texts[locale].entry
  const installed = [...face.shop.registry().handlers.values()].filter(({ kind }) => kind === 'specific')
  return (
    <Notice tone="warning" title={code ? t.noSpecific(code) : t.noSpecificYet} locale={locale}>
      <p>{t.noSpecificText}</p>
      {installed.length > 0 && <p>{t.specificOnes(installed.map(({ id }) => id).join(', '))}</p>}
    </Notice>
  )
}

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
function OwnFields({ c, face, typed, wrong, code }: PartProps & { code: string }) {
  const { locale } = c.var
  const t = texts[locale].entry
  const parsed = parseElements(typed.fields)
  const forms = unitForms(face.shop, {
    code,
    handler: typed.handler,
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

function Buttons({ entry, locale }: { entry: Entry | undefined; locale: Locale }) {
  const t = texts[locale].entry
  const state = entry?.state ?? 'draft'
  return (
    <div class="form-bar">
      {state === 'on_sale' ? (
        <Button look="primary" name="intent" value="sale">
          {t.save}
        </Button>
      ) : (
        <>
          <Button look="primary" name="intent" value="sale">
            {t.saveAndSell}
          </Button>
          <Button name="intent" value="draft">
            {state === 'retired' ? t.backToDraft : t.saveDraft}
          </Button>
        </>
      )}
      {entry && state !== 'retired' && (
        <Confirm label={state === 'on_sale' ? t.takeOff : t.retire} look="quiet">
          <p>{state === 'on_sale' ? t.takeOffHelp : t.retireHelp}</p>
          <div class="actions">
            {state === 'on_sale' && (
              <Button name="intent" value="draft">
                {t.takeOffDraft}
              </Button>
            )}
            <Button name="intent" value="retire" look="danger">
              {t.retire}
            </Button>
          </div>
        </Confirm>
      )}
    </div>
  )
}
