import { isBundle, vatRates } from '../../../shop/bundle.ts'
import { type Entry, findEntry, unitForms } from '../../../shop/entry.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { FormElements } from '../../ui/form-elements.tsx'
import { Layout } from '../../ui/layout.tsx'
import { formatRate, pick } from '../../ui/locale.ts'
import { Money } from '../../ui/money.tsx'
import { Notice } from '../../ui/notice.tsx'
import { notFound, type OfficeContext, parameter } from '../office-route.ts'
import { previewTexts } from './preview-texts.ts'

/** An entry as customers see it, or will: one on sale is shown in the shop itself. */
export async function previewEntry(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const entry = (await findEntry(face.shop.db, parameter(c, 'code'))) ?? notFound()
  if (entry.state === 'on_sale') return c.redirect(routes.entry(entry.code), 303)
  const t = previewTexts[locale]
  const units = isBundle(entry) ? entry.parts.flatMap((part) => part.entry ?? []) : [entry]
  const elementsOf = (unit: Entry) => {
    const forms = unitForms(face.shop, unit)
    return [...forms.external, ...forms.fields]
  }
  const { pathname, search } = new URL(c.req.url)
  return await c.html(
    <Layout
      title={pick(entry.title, locale)}
      shopName={face.shop.settings.name}
      locale={locale}
      path={`${pathname}${search}`}
      cartCount={0}
    >
      <div class="stack large">
        <Notice tone="info" title={t.title} locale={locale}>
          <p>
            <StateBadge kind="entry" state={entry.state} locale={locale} /> {t.text}{' '}
            <a href={routes.office.entries.show(entry.code)}>{t.back}</a>
          </p>
        </Notice>
        <header class="page-head">
          <p class="eyebrow">{pick(entry.category, locale)}</p>
          <h1>{pick(entry.title, locale)}</h1>
          <p class="lead">{pick(entry.summary, locale)}</p>
        </header>
        <p>
          <span class="price large">
            <Money cents={entry.priceCents} currency={entry.currency} locale={locale} />
          </span>{' '}
          <span class="soft">
            {t.vat(
              vatRates(entry)
                .map((rate) => formatRate(rate, locale))
                .join(', '),
            )}
          </span>
        </p>
        <div class="prose">
          {pick(entry.description, locale)
            .split(/\n\s*\n/)
            .filter((paragraph) => paragraph.trim() !== '')
            .map((paragraph) => (
              <p class="lines">{paragraph.trim()}</p>
            ))}
        </div>
        <section>
          <h2>{t.form}</h2>
          {units.map((unit) => (
            <div class="unit">
              {unit !== entry && <h3>{pick(unit.title, locale)}</h3>}
              {elementsOf(unit).length > 0 ? (
                <FormElements elements={elementsOf(unit)} prefix={`preview.${unit.code}.`} locale={locale} />
              ) : (
                <p class="soft">{t.nothingAsked}</p>
              )}
            </div>
          ))}
        </section>
      </div>
    </Layout>,
  )
}
