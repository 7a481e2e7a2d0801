import { handlerOf } from '../../../production/registry.ts'
import { elementsOf, type FormErrors, type FormValues, parseElements, readForm } from '../../../sdk/form.ts'
import type { FormElement } from '../../../sdk/form-element.ts'
import type { EntryPart } from '../../../shop/bundle.ts'
import { type DryAnswers, type DryRun, dryRun, mostDryUnits } from '../../../shop/dry-run.ts'
import { findEntry, readParts, unitForms } from '../../../shop/entry.ts'
import { sampleAnswers } from '../../../shop/sample-answers.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken, readBody } from '../../security.ts'
import { Button, CsrfField } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { ErrorSummary, type SummaryError, summaryOf } from '../../ui/error-summary.tsx'
import { FormElements } from '../../ui/form-elements.tsx'
import { type Locale, pick } from '../../ui/locale.ts'
import { Notice } from '../../ui/notice.tsx'
import { textOf } from '../field.tsx'
import { notFound, type OfficeContext, parameter } from '../office-route.ts'
import { officePage } from '../page.tsx'
import { Outcome, UnitCard } from './dry-run-outcome.tsx'
import { dryRunTexts } from './dry-run-texts.ts'
import { draftOf, readTyped } from './entry-form.ts'
import { entryPage } from './entry-page.tsx'
import { nothingWrong } from './wrong.ts'

type Body = Record<string, string | string[]>
type UnitElements = { external: FormElement[]; fields: FormElement[] }
type Sample = { external: FormValues; fields: FormValues }

/** Tells what a sale of the entry would do, as its form stands: nothing is saved, and nothing is done. */
export async function tryEntry(c: OfficeContext, face: Face) {
  const { shop } = face
  // the page carries the form along, with the secrets that were just typed
  c.header('cache-control', 'no-store')
  const code = parameter(c, 'code')
  const entry = code === 'new' ? undefined : ((await findEntry(shop.db, code)) ?? notFound())
  const body = await readBody(c)
  const typed = readTyped(shop, body, entry)
  const { draft, errors } = draftOf(typed)
  const needed = Object.entries(errors).filter(([field]) => ['code', 'price', 'vat'].includes(field))
  const ownFields = parseElements(draft.fields)
  if (needed.length > 0 || !ownFields.ok) {
    const fields = ownFields.ok ? [] : ownFields.errors
    const wrong = { ...nothingWrong, own: Object.fromEntries(needed), fields }
    return await entryPage(c, face, { entry, typed, wrong, refused: 'invalid' })
  }
  const { en, fr } = draft.title
  const tried = { ...draft, title: { en: en || fr || draft.code, fr: fr || en || draft.code } }
  const elements = {
    external: unitForms(shop, { ...tried, fields: [] }).external,
    fields: ownFields.elements,
  }
  const samples = readSamples(body, elements)
  const run = await dryRun(shop, tried, samples satisfies DryAnswers[])
  const found = handlerOf(shop.registry(), tried)
  const internal = found && found !== 'missing' ? elementsOf(found.handler.internal) : []
  const parts = await readParts(shop.db, tried.parts ?? [])
  return await dryRunPage(c, face, {
    code,
    title: tried.title,
    parts,
    body,
    elements,
    internal,
    samples,
    run,
  })
}

/** The answers that were sent; made-up ones where a unit has none yet. */
function readSamples(body: Body, { external, fields }: UnitElements): Sample[] {
  const count = Math.min(mostDryUnits, Math.max(1, Number.parseInt(textOf(body['sample.units']), 10) || 1))
  return Array.from({ length: count }, (_, index) => {
    const n = index + 1
    if (body[`sample.${n}`] === undefined) {
      return {
        external: { ...defaultsOf(external), ...sampleAnswers(external, n) },
        fields: { ...defaultsOf(fields), ...sampleAnswers(fields, n) },
      }
    }
    return {
      external: readForm(external, body, `sample.${n}.external.`),
      fields: readForm(fields, body, `sample.${n}.fields.`),
    }
  })
}

const defaultsOf = (elements: FormElement[]): FormValues =>
  Object.fromEntries(
    elements.flatMap(({ name, default: value }) => (value === undefined ? [] : [[name, value]])),
  )

type Shown = {
  code: string
  title: { en: string; fr: string }
  /** Of a bundle: what can be tried instead. */
  parts: EntryPart[]
  body: Body
  elements: UnitElements
  internal: FormElement[]
  samples: Sample[]
  run: DryRun
}

async function dryRunPage(c: OfficeContext, face: Face, shown: Shown) {
  const { locale } = c.var
  const t = dryRunTexts[locale]
  const { code, title, parts, body, elements, internal, run } = shown
  const saved = code !== 'new'
  const csrf = csrfToken(c)
  return await officePage(
    c,
    face,
    { title: t.title, section: 'entries', status: run.ok ? 200 : 422 },
    <>
      <PageHead title={t.title} lead={pick(title, locale)} />
      {!run.ok && (
        <>
          <Notice
            tone={parts.length > 0 ? 'info' : 'error'}
            title={pick(run.why, locale)}
            locale={locale}
            announced
          >
            <p>{t.notTried}</p>
          </Notice>
          <ErrorSummary
            locale={locale}
            errors={[
              ...summaryOf(internal, run.internal ?? {}, { locale }),
              ...wrongUnits(run).flatMap((unit, index) => unitErrors(elements, unit, index + 1, locale)),
            ]}
          />
        </>
      )}
      <div class="columns">
        <div>
          {run.ok && <Outcome {...{ run, locale }} currency={face.shop.settings.currency} />}
          {run.ok && run.units.map((unit) => <UnitCard {...{ unit, locale }} />)}
          {parts.length > 0 && <Parts {...{ parts, locale }} />}
        </div>
        <div>
          {parts.length === 0 && <Samples {...{ shown, csrf, locale }} />}
          <form
            method="post"
            action={saved ? routes.office.entries.show(code) : routes.office.entries.new()}
            novalidate
          >
            <CsrfField csrf={csrf} />
            <Kept body={body} />
            <Button name="intent" value="refresh">
              {t.back}
            </Button>
          </form>
        </div>
      </div>
    </>,
  )
}

/** What is wrong with the answers of each unit. */
const wrongUnits = (run: DryRun) => (run.ok ? [] : (run.units ?? []))

/** The answers that it was tried with, to try others. */
function Samples({ shown, csrf, locale }: { shown: Shown; csrf: string; locale: Locale }) {
  const t = dryRunTexts[locale]
  const { code, body, elements, samples, run } = shown
  const wrong = wrongUnits(run)
  return (
    <Card title={t.samples}>
      <form method="post" action={routes.office.entries.dryRun(code)} class="stack" novalidate>
        <CsrfField csrf={csrf} />
        <Kept body={body} />
        {samples.map((sample, index) => {
          const n = index + 1
          return (
            <fieldset class="stack">
              <legend class="strong">{t.unit(n)}</legend>
              <input type="hidden" name={`sample.${n}`} value="yes" />
              {elements.external.length + elements.fields.length === 0 && (
                <p class="soft">{t.nothingAsked}</p>
              )}
              <FormElements
                elements={elements.external}
                values={sample.external}
                errors={wrong[index]?.external}
                prefix={`sample.${n}.external.`}
                locale={locale}
              />
              <FormElements
                elements={elements.fields}
                values={sample.fields}
                errors={wrong[index]?.fields}
                prefix={`sample.${n}.fields.`}
                locale={locale}
              />
            </fieldset>
          )
        })}
        <label class="field">
          {t.units}
          <select name="sample.units">
            {Array.from({ length: mostDryUnits }, (_, index) => (
              <option value={String(index + 1)} selected={index + 1 === samples.length}>
                {index + 1}
              </option>
            ))}
          </select>
        </label>
        <Button look="primary">{t.again}</Button>
      </form>
    </Card>
  )
}

/** The parts of a bundle, whose own forms try them out. */
function Parts({ parts, locale }: { parts: EntryPart[]; locale: Locale }) {
  return (
    <Card title={dryRunTexts[locale].parts}>
      <p class="soft">{dryRunTexts[locale].partsHelp}</p>
      <ul class="dry-run">
        {parts.map(({ code, entry }) => (
          <li>{entry ? <a href={routes.office.entries.show(code)}>{pick(entry.title, locale)}</a> : code}</li>
        ))}
      </ul>
    </Card>
  )
}

/** The entry's form as it was sent: it is saved nowhere else. */
function Kept({ body }: { body: Body }) {
  const kept = Object.entries(body).filter(
    ([name]) => name !== 'csrf' && name !== 'intent' && !/^sample\./.test(name),
  )
  return (
    <>
      {kept.flatMap(([name, values]) =>
        [values].flat().map((value) => <input type="hidden" name={name} value={value} />),
      )}
    </>
  )
}

function unitErrors(
  elements: UnitElements,
  errors: { external: FormErrors; fields: FormErrors },
  n: number,
  locale: Locale,
): SummaryError[] {
  return (['external', 'fields'] as const).flatMap((part) =>
    summaryOf(elements[part], errors[part], { locale, prefix: `sample.${n}.${part}.` }),
  )
}
