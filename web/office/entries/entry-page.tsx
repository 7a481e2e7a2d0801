import { handlerOf, type Registered } from '../../../production/registry.ts'
import { elementsOf } from '../../../sdk/form.ts'
import type { FormElement } from '../../../sdk/form-element.ts'
import { bundlesWith, type Entry } from '../../../shop/entry.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken } from '../../security.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { Button, ButtonLink, CsrfField } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { ErrorSummary, type SummaryError, summaryOf } from '../../ui/error-summary.tsx'
import { FormElements } from '../../ui/form-elements.tsx'
import { type Locale, pick } from '../../ui/locale.ts'
import { Notice } from '../../ui/notice.tsx'
import type { OfficeContext } from '../office-route.ts'
import { mayChange, officePage } from '../page.tsx'
import { Readme, readReadme } from '../readme.tsx'
import { BundlePart, readBundle } from './bundle-part.tsx'
import { choicesFor } from './choices.ts'
import { dryRunTexts } from './dry-run-texts.ts'
import { entriesTexts } from './entries-texts.ts'
import { differences, elementsNamed, entryElements, type TypedEntry } from './entry-form.ts'
import { entryTexts } from './entry-texts.ts'
import { HandlerPart, HandlerPicker } from './handler-part.tsx'
import { OwnFields } from './own-fields.tsx'
import { internalErrors, nothingWrong, partErrors, type Wrong } from './wrong.ts'

export type Shown = {
  /** As it is saved; undefined for a new one. */
  entry: Entry | undefined
  typed: TypedEntry
  wrong?: Wrong
  /** Nothing was saved, and why. */
  refused?: 'invalid' | 'unsellable' | 'stale'
  /** The handler's check could not be made in time. */
  unchecked?: boolean
}

export async function entryPage(c: OfficeContext, face: Face, shown: Shown) {
  const { locale } = c.var
  const { shop } = face
  const { entry, typed, refused } = shown
  const wrong = shown.wrong ?? nothingWrong
  const t = entryTexts[locale]
  const code = entry?.code ?? (typeof typed.values.code === 'string' ? typed.values.code : '')
  const found = handlerOf(shop.registry(), { code, handler: typed.handler })
  const registered = found === 'missing' ? undefined : found
  const internal = registered ? elementsOf(registered.handler.internal) : []
  const [bundle, owners, { choices, away }, readme] = await Promise.all([
    typed.parts && readBundle(shop.db, typed.parts),
    entry ? bundlesWith(shop.db, entry.code) : [],
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
        back={{ href: routes.office.entries.index(), text: entriesTexts[locale].title }}
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
      <PartOf owners={owners} locale={locale} />
      <div class="columns">
        <form id="entry" method="post" action={here} novalidate>
          <CsrfField csrf={csrfToken(c)} />
          {entry && <input type="hidden" name="revision" value={String(entry.revision)} />}
          {/* what the Enter key does: the first button of a form is the one it presses */}
          <button type="submit" name="intent" value="save" class="visually-hidden" tabindex={-1}>
            {t.save}
          </button>
          <fieldset class="cards" disabled={readOnly}>
            <TextsCard {...{ typed, wrong, locale }} isNew={!entry} />
            <PriceCard
              {...{ typed, wrong, locale }}
              currency={shop.settings.currency}
              isBundle={Boolean(bundle)}
            />
            <Card title={t.production}>
              <div class="stack">
                <HandlerPicker {...{ c, face, typed, wrong }} />
                <HandlerPart
                  {...{ c, face, typed, wrong, code, registered, choices, away }}
                  unchecked={shown.unchecked}
                  bundle={bundle && <BundlePart {...{ c, face, typed, wrong }} {...bundle} />}
                />
              </div>
            </Card>
            <div id="own-fields-part">
              {bundle ? (
                <input type="hidden" name="fields" value={typed.fields} />
              ) : (
                <Card title={t.fields}>
                  <OwnFields {...{ c, face, typed, wrong, code }} />
                </Card>
              )}
            </div>
          </fieldset>
          {!readOnly && <Buttons {...{ entry, locale }} />}
        </form>
        <div>
          <div id="handler-readme">
            <HandlerHelp {...{ registered, readme, locale }} />
          </div>
        </div>
      </div>
    </>,
  )
}

/** The bundles that sell it, which change with it. */
function PartOf({ owners, locale }: { owners: string[]; locale: Locale }) {
  const t = entryTexts[locale]
  if (owners.length === 0) return null
  return (
    <Notice tone="info" locale={locale}>
      <p>
        {t.partOf}{' '}
        {owners.map((owner, index) => (
          <>
            {index > 0 && ', '}
            <a class="mono" href={routes.office.entries.show(owner)}>
              {owner}
            </a>
          </>
        ))}
        . {t.partOfHelp}
      </p>
    </Notice>
  )
}

type OwnPart = { typed: TypedEntry; wrong: Wrong; locale: Locale }

function TextsCard({ isNew, ...own }: OwnPart & { isNew: boolean }) {
  const t = entryTexts[own.locale]
  return (
    <Card title={t.texts}>
      {isNew && (
        <div class="pairs">
          <Own names={['code']} {...own} />
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
          {...own}
        />
      </div>
    </Card>
  )
}

function PriceCard({ currency, isBundle, ...own }: OwnPart & { currency: string; isBundle: boolean }) {
  const t = entryTexts[own.locale]
  return (
    <Card title={t.price} aside={<span class="soft">{currency}</span>}>
      <div class="quads stack" id="price-part">
        {isBundle ? (
          <>
            <Own names={['price', 'maxQuantity', 'position']} {...own} />
            <p class="soft">{t.vatOfParts}</p>
            <input type="hidden" name="vat" value={String(own.typed.values.vat ?? '')} />
          </>
        ) : (
          <Own names={['price', 'vat', 'maxQuantity', 'position']} {...own} />
        )}
      </div>
    </Card>
  )
}

type HandlerHelpProps = { registered?: Registered; readme?: string; locale: Locale }

function HandlerHelp({ registered, readme, locale }: HandlerHelpProps) {
  if (!registered) return null
  return (
    <Card title={pick(registered.handler.title, locale)}>
      {readme ? (
        <Readme text={readme} />
      ) : (
        <p>{registered.handler.summary && pick(registered.handler.summary, locale)}</p>
      )}
    </Card>
  )
}

type RefusalProps = { shown: Shown; wrong: Wrong; internal: FormElement[]; locale: Locale }

/** Why nothing was saved, and where to look. */
function Refusal({ shown, wrong, internal, locale }: RefusalProps) {
  const t = entryTexts[locale]
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
    ...partErrors(wrong).map((text) => ({ text: pick(text, locale), id: 'parts' })),
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

function Buttons({ entry, locale }: { entry: Entry | undefined; locale: Locale }) {
  const t = entryTexts[locale]
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
      <Button formaction={routes.office.entries.dryRun(entry?.code ?? 'new')} look="quiet">
        {dryRunTexts[locale].try}
      </Button>
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
