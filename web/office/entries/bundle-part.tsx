import type { Kysely } from 'kysely'
import type { Database } from '../../../db/schema.ts'
import { type EntryPart, mostParts, priceOfParts } from '../../../shop/bundle.ts'
import { listPartChoices, readParts } from '../../../shop/entry.ts'
import { routes } from '../../routes.ts'
import { toHundredths } from '../../ui/amount.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { formatMoney, formatRate, type Locale, pick } from '../../ui/locale.ts'
import { Notice } from '../../ui/notice.tsx'
import { partName, type TypedEntry, type TypedPart } from './entry-form.ts'
import { entryTexts } from './entry-texts.ts'
import type { PartProps } from './handler-part.tsx'
import { partErrors } from './wrong.ts'

type Bundle = {
  /** The parts that are named, as they stand today. */
  parts: EntryPart[]
  choices: Awaited<ReturnType<typeof listPartChoices>>
}

/** What the form of a bundle shows of its parts. */
export async function readBundle(db: Kysely<Database>, typed: TypedPart[]): Promise<Bundle> {
  const [parts, choices] = await Promise.all([
    readParts(
      db,
      typed.map(({ code, quantity }) => ({ code, quantity: Number(quantity) })),
    ),
    listPartChoices(db),
  ])
  return { parts, choices }
}

/** Rows to fill in beyond those that are. */
const spare = 2

/** The parts of a bundle: a row for each, with what is known of it, and what they cost one by one. */
export function BundlePart({ c, face, typed, wrong, parts, choices }: PartProps & Bundle) {
  const { locale } = c.var
  const t = entryTexts[locale]
  const { currency } = face.shop.settings
  const count = Math.min(mostParts, Math.max(3, parts.length + spare))
  const rows = Array.from({ length: Math.max(count, parts.length) }, (_, row) => typed.parts?.[row])
  return (
    <div class="stack">
      <p class="soft">{t.bundleText}</p>
      <div class="scrolled">
        <table class="parts" id="parts" tabindex={-1}>
          <caption class="visually-hidden">{t.parts}</caption>
          <thead>
            <tr>
              <th scope="col">{t.partCode}</th>
              <th scope="col">{t.partQuantity}</th>
              <th scope="col">{t.partEntry}</th>
            </tr>
          </thead>
          <tbody>
            {rows.map((typedPart, row) => (
              <tr>
                <td>
                  <input
                    type="text"
                    id={`part-${row}-code`}
                    name={partName(row, 'code')}
                    value={typedPart?.code ?? ''}
                    list="part-choices"
                    class="mono"
                    autocomplete="off"
                    spellcheck={false}
                    aria-label={t.partCodeOf(row + 1)}
                    data-refreshes={`part-${row}-entry parts-sum`}
                  />
                </td>
                <td>
                  <input
                    type="number"
                    id={`part-${row}-quantity`}
                    name={partName(row, 'quantity')}
                    value={typedPart?.quantity ?? '1'}
                    min="1"
                    inputmode="numeric"
                    class="quantity"
                    aria-label={t.partQuantityOf(row + 1)}
                    data-refreshes={`part-${row}-entry parts-sum`}
                  />
                </td>
                <td>
                  <div id={`part-${row}-entry`}>
                    <Known part={parts[row]} currency={currency} locale={locale} />
                  </div>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <datalist id="part-choices">
        {choices.map(({ code, title }) => (
          <option value={code}>{pick(title, locale)}</option>
        ))}
      </datalist>
      <div id="parts-sum" class="stack">
        {partErrors(wrong).map((text) => (
          <Notice tone="error" locale={locale}>
            <p>{pick(text, locale)}</p>
          </Notice>
        ))}
        {wrong.findings
          .filter(({ field, level }) => field === 'parts' && level === 'warning')
          .map(({ text }) => (
            <Notice tone="warning" locale={locale}>
              <p>{pick(text, locale)}</p>
            </Notice>
          ))}
        <Saving {...{ typed, parts, currency, locale }} />
      </div>
      <div>
        <Button name="intent" value="refresh" size="small">
          {t.checkParts}
        </Button>
      </div>
    </div>
  )
}

type KnownProps = { part: EntryPart | undefined; currency: string; locale: Locale }

function Known({ part, currency, locale }: KnownProps) {
  const t = entryTexts[locale]
  if (!part) return null
  if (!part.entry) return <span class="soft">{t.noSuchPart}</span>
  const { code, title, state, priceCents, vatBasisPoints } = part.entry
  return (
    <>
      <a href={routes.office.entries.show(code)}>{pick(title, locale)}</a>
      <div class="soft small">
        {formatMoney(priceCents, currency, locale)} · {t.vatRate(formatRate(vatBasisPoints, locale))}{' '}
        {state !== 'on_sale' && <StateBadge kind="entry" state={state} locale={locale} />}
      </div>
    </>
  )
}

type SavingProps = { typed: TypedEntry; parts: EntryPart[]; currency: string; locale: Locale }

/** What the parts cost one by one, and what the bundle saves. */
function Saving({ typed, parts, currency, locale }: SavingProps) {
  const t = entryTexts[locale]
  const oneByOne = priceOfParts(parts)
  if (!(oneByOne > 0)) return null
  // a number once it was sent, and until then as the form shows it: "520,00"
  const price = Number.parseFloat(String(typed.values.price).replace(',', '.'))
  const saved = oneByOne - toHundredths(price)
  const money = (cents: number) => formatMoney(cents, currency, locale)
  return (
    <p>
      {t.oneByOne(money(oneByOne))}{' '}
      {saved > 0 && <strong>{t.bundleSaves(money(saved), Math.round((saved * 100) / oneByOne))}</strong>}
    </p>
  )
}
