import type { CartContent, Customer } from '../../../db/schema.ts'
import type { ViewedCart, ViewedLine, ViewedUnit } from '../../../shop/cart.ts'
import { mostUnitsOfAnOrder } from '../../../shop/entry.ts'
import { routes } from '../../routes.ts'
import { Button, ButtonLink, CsrfField } from '../../ui/button.tsx'
import { Card, EmptyState, PageHead } from '../../ui/card.tsx'
import { ErrorSummary, type SummaryError, summaryOf } from '../../ui/error-summary.tsx'
import { FormElements } from '../../ui/form-elements.tsx'
import { Icon } from '../../ui/icon.tsx'
import { type Locale, pick } from '../../ui/locale.ts'
import { Money } from '../../ui/money.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Steps } from '../../ui/steps.tsx'
import { texts } from '../texts.ts'
import { Totals } from '../totals.tsx'
import { sameLine, unitPrefix } from './apply-cart-form.ts'

type Props = {
  content: CartContent
  viewed: ViewedCart
  /** Lines that can't be bought any more. */
  gone: { code: string; title: string }[]
  buyer: Customer | undefined
  /** Whether the customer wants to go on: what is missing is then said. */
  checked: boolean
  /** The most units of a line that was just filled up. */
  most: number | undefined
  csrf: string
  currency: string
  locale: Locale
}

export function CartPage(props: Props) {
  const { viewed, gone, checked, most, csrf, currency, locale } = props
  const t = texts[locale].cart
  if (viewed.lines.length === 0 && gone.length === 0) {
    return (
      <>
        <PageHead title={t.title} />
        <Card>
          <EmptyState title={t.empty}>
            <p>{t.emptyHelp}</p>
            <ButtonLink href={routes.catalog()} look="primary">
              {t.toCatalog}
            </ButtonLink>
          </EmptyState>
        </Card>
      </>
    )
  }
  return (
    <>
      <Steps current="cart" locale={locale} />
      <PageHead title={t.title} lead={t.lead} />
      <form
        method="post"
        action={routes.cart.show()}
        class="stack"
        data-draft={routes.cart.draft()}
        enctype={takesFiles(viewed) ? 'multipart/form-data' : undefined}
        novalidate
      >
        <CsrfField csrf={csrf} />
        {/* what the Enter key does: the first button of a form */}
        <button type="submit" name="intent" value="save" class="visually-hidden" tabindex={-1}>
          {t.save}
        </button>
        {checked && <ErrorSummary errors={allErrors(viewed, locale)} locale={locale} />}
        {most !== undefined && (
          <Notice tone="info" locale={locale} announced>
            <p>{t.mostOf(most)}</p>
          </Notice>
        )}
        {viewed.units > mostUnitsOfAnOrder && (
          <Notice tone="error" locale={locale} announced>
            <p>{t.mostOfAll(mostUnitsOfAnOrder)}</p>
          </Notice>
        )}
        {gone.map((line) => (
          <Notice tone="warning" locale={locale} title={t.gone(line.title)}>
            <Button size="small" name="intent" value={`drop:${line.code}`}>
              {t.dropGone}
            </Button>
          </Notice>
        ))}
        <div class="split">
          <div class="stack">
            {viewed.lines.map((line) => (
              <Line {...props} line={line} />
            ))}
          </div>
          <aside>
            <Card title={t.summary}>
              <div class="stack">
                <Totals
                  lines={viewed.lines.map((line) => ({
                    title: pick(line.entry.title, locale),
                    quantity: line.units.length,
                    totalCents: line.totalCents,
                  }))}
                  totalCents={viewed.totalCents}
                  vatCents={viewed.vatCents}
                  currency={currency}
                  locale={locale}
                />
                <div class="stack">
                  <Button look="primary" size="large" name="intent" value="checkout">
                    {t.checkout}
                    <Icon name="right" />
                  </Button>
                  <Button look="quiet" name="intent" value="save" noScript>
                    {t.save}
                  </Button>
                </div>
                <p
                  class="soft small"
                  role="status"
                  data-draft-state
                  data-kept={t.kept}
                  data-not-kept={t.notKept}
                >
                  {t.keptFor}
                </p>
              </div>
            </Card>
          </aside>
        </div>
      </form>
    </>
  )
}

/** A list of people may be a file, which only a form of many parts can send. */
function takesFiles(viewed: ViewedCart): boolean {
  return viewed.lines.some(({ external, fields }) =>
    [...external, ...fields].some(({ type }) => type === 'learners'),
  )
}

/** What is wrong, unit by unit. */
function allErrors(viewed: ViewedCart, locale: Locale): SummaryError[] {
  const t = texts[locale].cart
  return viewed.lines.flatMap((line) => {
    const title = pick(line.entry.title, locale)
    const tooMany = { label: title, text: t.mostOf(line.most), id: `quantity-${line.entry.code}` }
    const ofUnits = line.units.flatMap((unit) => {
      const context = line.units.length > 1 ? `${title}, ${t.unit(unit.position)}` : title
      return (['external', 'fields'] as const).flatMap((part) =>
        summaryOf(line[part], unit.errors[part], { locale, context, prefix: unitPrefix(unit.key, part) }),
      )
    })
    return line.units.length > line.most ? [tooMany, ...ofUnits] : ofUnits
  })
}

function Line(props: Props & { line: ViewedLine }) {
  const { line, currency, locale } = props
  const t = texts[locale].cart
  const { code } = line.entry
  const title = pick(line.entry.title, locale)
  const asks = line.external.length + line.fields.length > 0
  return (
    <Card
      id={`line-${code}`}
      title={
        <a class="line-title" href={routes.entry(code)}>
          {title}
        </a>
      }
      aside={
        <span class="price">
          <Money cents={line.totalCents} currency={currency} locale={locale} />
        </span>
      }
    >
      <div class="row apart">
        <div class="row">
          <label for={`quantity-${code}`} class="soft">
            {t.quantity}
          </label>
          <input type="hidden" name={`was.${code}`} value={line.units.length} />
          <input
            type="number"
            class="quantity"
            id={`quantity-${code}`}
            name={`quantity.${code}`}
            value={line.units.length}
            min="0"
            max={line.most}
            inputmode="numeric"
          />
          <Button size="small" name="intent" value={`save:${code}`} label={t.updateOf(title)}>
            {t.update}
          </Button>
        </div>
        <Button
          look="quiet"
          size="small"
          icon="trash"
          name="intent"
          value={`drop:${code}`}
          label={t.dropOf(title)}
        >
          {t.drop}
        </Button>
      </div>
      {asks && (
        <>
          <input type="hidden" name="boxes" value={code} disabled={line.units.length < 2} />
          <div class="unit-list">
            {line.units.map((unit) => (
              <Unit {...props} unit={unit} />
            ))}
          </div>
          {line.units.length < line.most && (
            <Button icon="plus" name="intent" value={`add:${code}`} label={t.addOf(title)}>
              {t.add}
            </Button>
          )}
        </>
      )}
    </Card>
  )
}

function Unit(props: Props & { line: ViewedLine; unit: ViewedUnit }) {
  const { content, line, unit, buyer, checked, locale } = props
  const t = texts[locale].cart
  const { code } = line.entry
  const title = pick(line.entry.title, locale)
  const mine = line.external.filter((element) => element.forMe)
  const rest = line.external.filter((element) => !element.forMe)
  // the buyer's own details are not what the handler takes: said where they can be replaced
  const mineWrong = unit.forMe && checked && mine.some((element) => unit.errors.external[element.name])
  const on = content.lines.find((one) => one.code === code)?.same ?? []
  const form = (part: 'external' | 'fields') => ({
    values: unit[part],
    errors: checked ? unit.errors[part] : {},
    prefix: unitPrefix(unit.key, part),
    files: true,
    same:
      line.units.length > 1
        ? {
            line: sameLine(code, part),
            leads: unit.position === 1,
            on: on.flatMap((name) => (name.startsWith(`${part}.`) ? [name.slice(part.length + 1)] : [])),
          }
        : undefined,
    locale,
  })
  return (
    <section class="unit" id={`unit-${unit.key}`} aria-labelledby={`unit-${unit.key}-title`}>
      <input type="hidden" name="units" value={unit.key} />
      <div class="unit-head">
        <h3 id={`unit-${unit.key}-title`}>{t.unitOf(unit.position, line.units.length)}</h3>
        {line.units.length > 1 && (
          <Button
            look="quiet"
            size="small"
            name="intent"
            value={`remove:${unit.key}`}
            label={t.removeOf(unit.position, title)}
          >
            {t.remove}
          </Button>
        )}
      </div>
      <div class="stack">
        {mine.length > 0 && (
          <>
            <label class="check mine">
              <input type="checkbox" name={`forme.${unit.key}`} value="on" checked={unit.forMe} />
              <span>
                {t.forMe}
                <span class="help">
                  {buyer ? t.asBuyer(`${buyer.firstname} ${buyer.lastname}`, buyer.email) : t.askedLater}
                </span>
              </span>
            </label>
            <div
              data-when={mineWrong ? undefined : `forme.${unit.key}`}
              data-when-is="[false]"
              hidden={unit.forMe && !mineWrong}
            >
              <FormElements elements={mine} {...form('external')} />
            </div>
          </>
        )}
        {rest.length > 0 && <FormElements elements={rest} {...form('external')} />}
        {line.fields.length > 0 && <FormElements elements={line.fields} {...form('fields')} />}
      </div>
    </section>
  )
}
