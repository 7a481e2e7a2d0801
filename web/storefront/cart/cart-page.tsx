import type { CartAnswers, CartContent, Customer } from '../../../db/schema.ts'
import type { FormElement } from '../../../sdk/form-element.ts'
import { countPartUnits, isBundle } from '../../../shop/bundle.ts'
import type { ViewedCart, ViewedLine, ViewedPart, ViewedUnit } from '../../../shop/cart.ts'
import { mostUnitsOfAnOrder } from '../../../shop/entry.ts'
import { routes } from '../../routes.ts'
import { Button, ButtonLink, CsrfField } from '../../ui/button.tsx'
import { Card, EmptyState, PageHead } from '../../ui/card.tsx'
import { ErrorSummary, type SummaryError, summaryOf } from '../../ui/error-summary.tsx'
import { type Choice, FormElements, takeFiles } from '../../ui/form-elements.tsx'
import { Icon } from '../../ui/icon.tsx'
import { type Locale, pick } from '../../ui/locale.ts'
import { Money } from '../../ui/money.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Steps } from '../../ui/steps.tsx'
import { Totals, totalsOfCart } from '../totals.tsx'
import { sameLearnerBox, sameLine, unitPrefix } from './apply-cart-form.ts'
import { cartTexts } from './cart-texts.ts'

/** By the code of an entry that asks for a product's reference: what the customer may choose from. */
export type OfferedProducts = ReadonlyMap<string, Choice[]>

type Props = {
  content: CartContent
  viewed: ViewedCart
  /** Lines that can't be bought any more. */
  gone: { code: string; title: string }[]
  buyer: Customer | undefined
  /** Whether the customer wants to go on: what is missing is then said. */
  checked: boolean
  offered: OfferedProducts
  /** The most units of a line that was just filled up. */
  most: number | undefined
  csrf: string
  currency: string
  locale: Locale
}

export function CartPage(props: Props) {
  const { viewed, gone, checked, most, csrf, currency, locale } = props
  const t = cartTexts[locale]
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
            <p>{most > 0 ? t.mostOf(most) : t.mostOfAll(mostUnitsOfAnOrder)}</p>
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
                  lines={totalsOfCart(viewed, locale)}
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

/** Whether anything in the cart asks for a list of people. */
function takesFiles(viewed: ViewedCart): boolean {
  const asks = ({ external, fields }: { external: FormElement[]; fields: FormElement[] }) =>
    takeFiles([...external, ...fields])
  return viewed.lines.some(
    (line) => asks(line) || line.units.some(({ parts }) => parts.some(({ asked }) => asks(asked))),
  )
}

/** What is wrong, unit by unit. */
function allErrors(viewed: ViewedCart, locale: Locale): SummaryError[] {
  const t = cartTexts[locale]
  return viewed.lines.flatMap((line) => {
    const title = pick(line.entry.title, locale)
    const tooMany = { label: title, text: t.mostOf(line.most), id: `quantity-${line.entry.code}` }
    const ofUnits = line.units.flatMap((unit) => {
      const context = line.units.length > 1 ? `${title}, ${t.unit(unit.position)}` : title
      const errorsOf = (one: Pick<ViewedPart, 'key' | 'errors' | 'asked'>, context: string) =>
        (['external', 'fields'] as const).flatMap((part) =>
          summaryOf(one.asked[part], one.errors[part], {
            locale,
            context,
            prefix: unitPrefix(one.key, part),
          }),
        )
      return isBundle(line.entry)
        ? unit.parts.flatMap((part) => errorsOf(part, `${context}, ${partTitle(line, part, locale)}`))
        : errorsOf({ ...unit, asked: line }, context)
    })
    return line.units.length > line.most ? [tooMany, ...ofUnits] : ofUnits
  })
}

function Line(props: Props & { line: ViewedLine }) {
  const { line, currency, locale } = props
  const t = cartTexts[locale]
  const { code } = line.entry
  const title = pick(line.entry.title, locale)
  const asks =
    line.external.length + line.fields.length > 0 ||
    line.units.some((unit) => unit.parts.some(({ asked }) => asked.external.length + asked.fields.length > 0))
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
          <input
            type="hidden"
            name="boxes"
            value={code}
            disabled={line.units.length < 2 && !isBundle(line.entry)}
          />
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
  const { line, unit, locale } = props
  const t = cartTexts[locale]
  const title = pick(line.entry.title, locale)
  const names = isBundle(line.entry) || line.external.some(({ forMe, type }) => forMe || type === 'learners')
  const only = names ? t.forWhom : t.toKnow
  const heading = line.units.length > 1 ? t.unitOf(unit.position, line.units.length) : only
  const leads = line.units.length > 1 ? { of: undefined, first: unit.position === 1 } : undefined
  return (
    <section class="unit" id={`unit-${unit.key}`} aria-labelledby={`unit-${unit.key}-title`}>
      <input type="hidden" name="units" value={unit.key} />
      <div class="unit-head">
        <h3 id={`unit-${unit.key}-title`}>{heading}</h3>
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
      {isBundle(line.entry) ? (
        <Parts {...props} />
      ) : (
        <Answers {...props} code={line.entry.code} answered={unit} asked={line} shares={leads} />
      )}
    </section>
  )
}

/** A bundle's parts, each with its own form. The learner is asked once unless the customer says otherwise. */
function Parts(props: Props & { line: ViewedLine; unit: ViewedUnit }) {
  const { line, unit, locale } = props
  const t = cartTexts[locale]
  const same = unit.sameLearner
  const box = sameLearnerBox(unit.key)
  const copies = countPartUnits(line.entry.parts) > line.entry.parts.length
  return (
    <>
      {unit.parts.some((part) => part.follows) && (
        <label class="check same-learner">
          <input type="checkbox" name={box} value="on" checked={same} />
          <span>
            {copies ? t.sameLearners : t.sameLearner}
            <span class="help">{t.sameLearnerHelp}</span>
          </span>
        </label>
      )}
      {unit.parts.map((part) => {
        const name = partTitle(line, part, locale)
        const units = (countOf(line, part.code) ?? 1) * line.units.length
        const asks = part.asked.external.length + part.asked.fields.length > 0
        return (
          <section class="part" aria-labelledby={`part-${part.key}`}>
            <input type="hidden" name="units" value={part.key} />
            <h4 id={`part-${part.key}`}>{name}</h4>
            {asks ? (
              <Answers
                {...props}
                code={part.code}
                answered={part}
                asked={part.asked}
                follows={part.follows && { ...part.follows, box, now: same }}
                shares={
                  units > 1 ? { of: part.code, first: unit.position === 1 && part.copy === 1 } : undefined
                }
              />
            ) : (
              <p class="soft">{t.nothingAsked}</p>
            )}
          </section>
        )
      })}
    </>
  )
}

const countOf = (line: ViewedLine, code: string) =>
  line.entry.parts.find((part) => part.code === code)?.quantity

/** "SQL, first steps", or "SQL, first steps, 2 of 3" where the bundle has several. */
function partTitle(line: ViewedLine, part: ViewedPart, locale: Locale): string {
  const title = pick(part.entry.title, locale)
  const quantity = countOf(line, part.code) ?? 1
  return quantity > 1 ? `${title}, ${cartTexts[locale].copyOf(part.copy, quantity)}` : title
}

type AnswersProps = Props & {
  line: ViewedLine
  /** Of the entry whose form it is: the line's, or a part's. */
  code: string
  answered: CartAnswers & Pick<ViewedPart, 'key' | 'errors'>
  asked: { external: FormElement[]; fields: FormElement[] }
  /** The part of a bundle that names the same learner while the box is ticked; `now`: it is. */
  follows?: { key: string; fields: ReadonlyMap<string, string>; box: string; now: boolean }
  /** Several units have this form, `first` leads; `of`: they are units of this part of the bundle. */
  shares: { of: string | undefined; first: boolean } | undefined
}

/** The form of one thing that is produced. */
function Answers(props: AnswersProps) {
  const { content, line, answered, asked, follows, shares, buyer, offered, checked, locale } = props
  const t = cartTexts[locale]
  const { code } = line.entry
  const choices = (elements: FormElement[]) => {
    const products = offered.get(props.code) ?? []
    const asking = elements.filter(({ ownProducts }) => ownProducts && products.length > 0)
    return Object.fromEntries(asking.map(({ name }) => [name, products]))
  }
  const mine = asked.external.filter((element) => element.forMe)
  const rest = asked.external.filter((element) => !element.forMe)
  const wrong = (elements: FormElement[]) =>
    checked && elements.some((element) => answered.errors.external[element.name])
  // the buyer's own details are not what the handler takes: said where they can be replaced
  const mineWrong = answered.forMe && wrong(mine)
  const on = content.lines.find((one) => one.code === code)?.same ?? []
  const form = (part: 'external' | 'fields') => {
    const named = shares?.of === undefined ? `${part}.` : `${shares.of}.${part}.`
    return {
      values: answered[part],
      errors: checked ? answered.errors[part] : {},
      prefix: unitPrefix(answered.key, part),
      ...(part === 'external' && {
        choices: choices(asked.external),
        checkAt: routes.checkAnswer(props.code),
      }),
      files: true,
      same: shares && {
        line: sameLine(code, part, shares.of),
        leads: shares.first,
        on: on.flatMap((name) => (name.startsWith(named) ? [name.slice(named.length)] : [])),
      },
      locale,
    }
  }
  const person = (elements: FormElement[]) => (
    <>
      <label class="check mine">
        <input type="checkbox" name={`forme.${answered.key}`} value="on" checked={answered.forMe} />
        <span>
          {t.forMe}
          <span class="help">
            {buyer ? t.asBuyer(`${buyer.firstname} ${buyer.lastname}`, buyer.email) : t.askedLater}
          </span>
        </span>
      </label>
      <div
        data-when={mineWrong ? undefined : `forme.${answered.key}`}
        data-when-is="[false]"
        hidden={answered.forMe && !mineWrong}
      >
        <FormElements elements={elements} {...form('external')} />
      </div>
    </>
  )
  const others = mine.filter((element) => !follows?.fields.has(element.name))
  const hidden = follows?.now && !wrong(mine)
  return (
    <div class="stack">
      {mine.length > 0 && !follows && person(mine)}
      {follows && (
        <>
          <p class="soft" data-when={follows.box} data-when-is="[true]" hidden={!follows.now}>
            {t.samePerson}
          </p>
          <div
            class="stack"
            data-when={follows.now && !hidden ? undefined : follows.box}
            data-when-is="[false]"
            hidden={hidden}
          >
            {person(mine.filter((element) => !others.includes(element)))}
          </div>
          {others.length > 0 && !(follows.now && answered.forMe) && (
            <FormElements elements={others} {...form('external')} />
          )}
        </>
      )}
      {rest.length > 0 && <FormElements elements={rest} {...form('external')} />}
      {asked.fields.length > 0 && <FormElements elements={asked.fields} {...form('fields')} />}
    </div>
  )
}
