import type { JournalRow } from '../../../production/journal.ts'
import { parseElements } from '../../../sdk/form.ts'
import type { FormElement } from '../../../sdk/form-element.ts'
import { learnersFrom } from '../../../sdk/learner-list.ts'
import type { Learner } from '../../../sdk/learner-text.ts'
import type { BroughtCredits } from '../../../shop/credits.ts'
import { unitForms } from '../../../shop/entry.ts'
import type { Shop } from '../../../shop/shop.ts'
import type { LineView, OrderView, UnitView } from '../../../shop/view-order.ts'
import { routes } from '../../routes.ts'
import { fromHundredths } from '../../ui/amount.ts'
import { StateBadge, stateText } from '../../ui/badge.tsx'
import { ButtonForm } from '../../ui/button.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { LearnerNames, sayPeople } from '../../ui/learner-list.tsx'
import { formatMoney, type Locale, pick } from '../../ui/locale.ts'
import { Table } from '../../ui/table.tsx'
import { CauseText } from '../cause-text.tsx'
import type { OfficeContext } from '../office-route.ts'
import { mayChange } from '../page.tsx'
import { CreditsAtStake } from '../payments/credits-at-stake.tsx'
import { productionsTexts } from '../productions/productions-texts.ts'
import { ReasonForm, type SentForm } from '../reason-form.tsx'
import { sayScript } from '../say.ts'
import { texts } from '../texts.ts'
import { orderTexts } from './order-texts.ts'

export type UnitsProps = {
  c: OfficeContext
  csrf: string
  shop: Shop
  order: OrderView
  line: LineView
  productions: JournalRow[]
  /** What was given back before, in cents, by unit. */
  givenBack: ReadonlyMap<number, number>
  /** The credits that units of the order brought. */
  brought: BroughtCredits[]
  sent?: SentForm
}

/** The units of a line: who they are for, where they stand, and what can be done with each. */
export function Units({ c, csrf, shop, order, line, productions, givenBack, brought, sent }: UnitsProps) {
  const { locale } = c.var
  const t = orderTexts[locale]
  const fields = parseElements(line.entry.fields)
  const forms = unitForms(shop, { ...line.entry, fields: fields.ok ? fields.elements : [] })
  const ofUnit = (unit: UnitView) => productions.filter((production) => production.unitId === unit.id)
  return (
    <Table
      caption={pick(line.entry.title, locale)}
      locale={locale}
      rows={line.units}
      columns={[
        {
          label: t.unit,
          heading: true,
          narrow: true,
          cell: (unit) => (
            <>
              <span class="phone-word">{t.unit} </span>
              {unit.position}
            </>
          ),
        },
        {
          label: t.answers,
          cell: (unit) => (
            <Answers
              locale={locale}
              answers={[
                ...labelled(forms.external, unit.external, locale),
                ...labelled(forms.fields, unit.fields, locale),
              ]}
            />
          ),
        },
        {
          label: t.state,
          cell: (unit) => {
            const stuck = ofUnit(unit).find(({ state }) => state === 'needs_operator' || state === 'retrying')
            return (
              <>
                <StateBadge kind="unit" state={unit.state} locale={locale} />{' '}
                <span class="small">
                  {ofUnit(unit)
                    .filter(isWorthALink)
                    .map((production) => (
                      <>
                        {' '}
                        <a
                          href={routes.office.productions.show(production.id)}
                          title={stateText({ kind: 'production', state: production.state }, locale)}
                        >
                          {sayScript(production.script, locale)}
                        </a>
                      </>
                    ))}
                </span>
                {stuck?.cause && <CauseText cause={stuck.cause} locale={locale} />}
                {unit.feedback && <div class="soft small">{pick(unit.feedback, locale)}</div>}
                {mayChange(c) && (
                  <div class="unit-action">
                    <UnitActions
                      {...{ c, csrf, order, line, unit, givenBack, brought, sent }}
                      productions={ofUnit(unit)}
                    />
                  </div>
                )}
              </>
            )
          },
        },
      ]}
    />
  )
}

/** What was done with its products after the sale is told there: of a pack that is hundreds of times. */
const isWorthALink = ({ script, state }: JournalRow) => script !== 'action' || state !== 'done'

function UnitActions({
  c,
  csrf,
  order,
  line,
  unit,
  productions,
  givenBack,
  brought,
  sent,
}: Omit<UnitsProps, 'shop'> & { unit: UnitView }) {
  const { locale } = c.var
  const t = orderTexts[locale]
  const stuck = productions.find(({ state }) => state === 'needs_operator' || state === 'retrying')
  if (stuck) {
    return (
      <ButtonForm
        action={routes.office.productions.retry(stuck.id)}
        csrf={csrf}
        fields={{ back: routes.office.orders.show(order.number) }}
        size="small"
        look={stuck.state === 'needs_operator' ? 'primary' : 'plain'}
        label={t.retryUnit(unit.position)}
      >
        {productionsTexts[locale].retry}
      </ButtonForm>
    )
  }
  const revoking = productions.some(({ script }) => script === 'revoke')
  if (revoking || (unit.state !== 'produced' && unit.state !== 'skipped')) return null
  const form = `revoke${unit.id}`
  const rest = line.unitCents - (givenBack.get(unit.id) ?? 0)
  return (
    <ReasonForm
      c={c}
      csrf={csrf}
      form={form}
      action={routes.office.orders.revoke(order.number, unit.id)}
      label={t.revoke}
      look="quiet"
      help={t.revokeHelp}
      sent={sent}
    >
      <CreditsAtStake credits={brought.filter(({ unitId }) => unitId === unit.id)} locale={locale} />
      {order.paidAt !== null && rest > 0 && (
        <label class="check">
          <input type="checkbox" name={`${form}.giveBack`} value="on" checked />
          <span>{t.alsoGiveBack(formatMoney(rest, order.currency, locale))}</span>
        </label>
      )}
    </ReasonForm>
  )
}

type Answer = { label: string; said: string; learners?: Learner[] }

function Answers({ answers, locale }: { answers: Answer[]; locale: Locale }) {
  if (answers.length === 0) return <span class="soft">–</span>
  return (
    <details class="answers">
      <summary>{answers.map(({ said }) => said).join(' · ')}</summary>
      <KeyValue
        rows={answers.map(({ label, said, learners }) => [
          label,
          learners ? <LearnerNames learners={learners} locale={locale} /> : said,
        ])}
      />
    </details>
  )
}

/** Answers with the labels of their fields; those of a field that is gone keep its name. Empty ones are left out. */
function labelled(elements: FormElement[], answers: Record<string, unknown>, locale: Locale): Answer[] {
  // the database keeps no order of its own
  const place = (name: string) => elements.findIndex((element) => element.name === name) >>> 0
  const ordered = Object.entries(answers).sort(([one], [other]) => place(one) - place(other))
  return ordered.flatMap(([name, value]) => {
    if (value === undefined || value === null || value === '') return []
    const element = elements.find((one) => one.name === name)
    const label = element ? pick(element.label, locale) : name
    const learners = element?.type === 'learners' ? learnersFrom(value) : undefined
    if (learners?.length === 0) return []
    const said = learners ? sayPeople(learners.length, locale) : sayAnswer(value, element, locale)
    return [{ label, said, learners }]
  })
}

function sayAnswer(value: unknown, element: FormElement | undefined, locale: Locale): string {
  if (element?.type === 'secret') return '•••'
  if (typeof value === 'boolean') return value ? texts[locale].yes : texts[locale].no
  if (Array.isArray(value)) return value.map((one) => sayAnswer(one, element, locale)).join(', ')
  if (element?.type === 'money' && typeof value === 'number') return fromHundredths(value, locale)
  const option = element?.options?.find((one) => one.value === value)
  if (option) return pick(option.label, locale)
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
