import type { Child } from 'hono/jsx'
import { parseElements } from '../../../sdk/form.ts'
import type { FormElement } from '../../../sdk/form-element.ts'
import { groupLines } from '../../../shop/bundle.ts'
import { unitForms } from '../../../shop/entry.ts'
import { seatHandlers } from '../../../shop/pack.ts'
import type { LineView, UnitView } from '../../../shop/view-order.ts'
import type { Face } from '../../face.ts'
import { packTexts } from '../../packs/pack-texts.ts'
import { routes } from '../../routes.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { ButtonLink } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { Icon, type IconName } from '../../ui/icon.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { formatMoney, type Locale, pick } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Money } from '../../ui/money.tsx'
import { Notice } from '../../ui/notice.tsx'
import { type PurchaseStep, Steps } from '../../ui/steps.tsx'
import { Totals, totalsOfOrder } from '../totals.tsx'
import { Payment } from './order-payment.tsx'
import { Products } from './order-products.tsx'
import { orderTexts } from './order-texts.ts'
import type { Situation, TrackedOrder } from './tracked-order.ts'

/** What every part of the page is drawn from. */
export type OrderProps = TrackedOrder & { face: Face; csrf: string; locale: Locale }

/** The page of an order. Its parts that move have ids: the live stream replaces them one by one. */
export function OrderPage(props: OrderProps & { eventsUrl: string | undefined; notCancelled: boolean }) {
  const { order, face, eventsUrl, notCancelled, locale } = props
  const t = orderTexts[locale]
  const parts = new Map<string, Child>(orderFragments(props))
  return (
    <div data-live={eventsUrl}>
      {parts.get('order-steps')}
      <PageHead
        title={t.title(order.number)}
        lead={face.shop.settings.mailing ? `${t.keep} ${t.mailed}` : t.keep}
      />
      {notCancelled && (
        <Notice tone="warning" locale={locale} announced>
          <p>{t.notCancelled}</p>
        </Notice>
      )}
      <div class="split">
        <div class="stack">
          <div aria-live="polite">{parts.get('order-status')}</div>
          {parts.get('order-payment')}
          {groupLines(order.lines).map(({ bundle, lines }) =>
            bundle ? (
              <Card
                title={pick(bundle.title, locale)}
                aside={bundle.quantity > 1 && <span class="soft">{t.units(bundle.quantity)}</span>}
              >
                {[...Map.groupBy(lines, (line) => line.entry.code).values()].map((same) => (
                  <section class="part">
                    <h3>{same[0] && pick(same[0].entry.title, locale)}</h3>
                    <ul class="order-units">
                      {same.flatMap((line) => line.units.map((unit) => parts.get(unitId(unit))))}
                    </ul>
                  </section>
                ))}
              </Card>
            ) : (
              lines.map((line) => (
                <Card
                  title={pick(line.entry.title, locale)}
                  aside={<span class="soft">{t.units(line.quantity)}</span>}
                >
                  <ul class="order-units">{line.units.map((unit) => parts.get(unitId(unit)))}</ul>
                </Card>
              ))
            ),
          )}
        </div>
        <aside>{parts.get('order-facts')}</aside>
      </div>
    </div>
  )
}

const unitId = (unit: UnitView) => `unit-${unit.id}`

/** The parts of the page that move, by their ids. */
export function orderFragments(
  props: OrderProps,
): [id: string, fragment: { toString(): string | Promise<string> } & Child][] {
  return [
    ['order-steps', <Progress {...props} />],
    ['order-status', <Status {...props} />],
    ['order-payment', <Payment {...props} />],
    ['order-facts', <Facts {...props} />],
    ...props.order.lines.flatMap((line) =>
      line.units.map((unit): [string, ReturnType<typeof Unit>] => [
        unitId(unit),
        <Unit {...props} line={line} unit={unit} />,
      ]),
    ),
  ]
}

function Progress({ order, locale }: OrderProps) {
  const closed = ['refused', 'cancelled', 'expired', 'refunded'].includes(order.state)
  const paid = order.state === 'paid' || order.state === 'completed'
  const current: PurchaseStep = paid ? 'access' : 'payment'
  return (
    <div id="order-steps">
      {!closed && <Steps current={current} finished={order.state === 'completed'} locale={locale} />}
    </div>
  )
}

const looks: Record<Situation, { tone: Tone; icon: IconName }> = {
  preparing: { tone: 'info', icon: 'clock' },
  preparing_longer: { tone: 'info', icon: 'clock' },
  to_pay: { tone: 'info', icon: 'payment' },
  confirming: { tone: 'info', icon: 'clock' },
  declined: { tone: 'warning', icon: 'warning' },
  part_paid: { tone: 'warning', icon: 'payment' },
  trusted: { tone: 'info', icon: 'production' },
  producing: { tone: 'info', icon: 'production' },
  longer: { tone: 'info', icon: 'clock' },
  on_it: { tone: 'info', icon: 'person' },
  completed: { tone: 'success', icon: 'success' },
  completed_partly: { tone: 'success', icon: 'success' },
  refused: { tone: 'danger', icon: 'error' },
  cancelled: { tone: 'neutral', icon: 'cross' },
  expired: { tone: 'neutral', icon: 'clock' },
  refunded: { tone: 'neutral', icon: 'info' },
}

function Status({ order, situation, refusal, toPay, locale }: OrderProps) {
  const t = orderTexts[locale].situations[situation]
  const { tone, icon } = looks[situation]
  const units = order.lines.flatMap((line) => line.units)
  const ready = units.filter((unit) => unit.state === 'produced' || unit.state === 'skipped').length
  const counts = order.state === 'paid' || situation === 'trusted'
  const closed = ['refused', 'cancelled', 'expired'].includes(order.state)
  const deferred = situation === 'to_pay' && toPay?.means.kind === 'deferred'
  return (
    <section id="order-status" class={`order-status ${tone}`}>
      <Icon name={icon} size={28} />
      <div>
        <h2>{deferred ? orderTexts[locale].placed.title : t.title}</h2>
        {refusal && <p class="strong">{pick(refusal, locale)}</p>}
        <p>{deferred ? orderTexts[locale].placed.text : t.text}</p>
        {closed && order.paidCents > 0 && (
          <p>{orderTexts[locale].moneyBack(formatMoney(order.paidCents, order.currency, locale))}</p>
        )}
        {counts && units.length > 1 && (
          <p class="ready">
            <progress
              value={ready}
              max={units.length}
              aria-label={orderTexts[locale].readyOf(ready, units.length)}
            />
            <span>{orderTexts[locale].readyOf(ready, units.length)}</span>
          </p>
        )}
      </div>
    </section>
  )
}

function Facts({ order, face, locale }: OrderProps) {
  const t = orderTexts[locale].facts
  const means = order.means === 'free' ? undefined : face.shop.means.get(order.means)
  return (
    <div id="order-facts">
      <Card title={t.title}>
        <div class="stack">
          <Totals
            lines={totalsOfOrder(order, locale)}
            totalCents={order.totalCents}
            vatCents={order.vatCents}
            currency={order.currency}
            locale={locale}
          />
          <KeyValue
            rows={[
              [t.placed, <Moment at={order.placedAt} locale={locale} />],
              [t.by, `${order.customer.firstname} ${order.customer.lastname}`],
              [t.company, order.customer.company],
              [t.email, order.customer.email],
              [t.means, means && pick(means.title, locale)],
              [
                t.paid,
                order.paidCents > 0 ? (
                  <Money cents={order.paidCents} currency={order.currency} locale={locale} />
                ) : undefined,
              ],
            ]}
          />
        </div>
      </Card>
    </div>
  )
}

const unitTones: Record<UnitView['state'], Tone> = {
  ordered: 'neutral',
  preparing: 'info',
  prepared: 'neutral',
  producing: 'info',
  produced: 'success',
  retrying: 'info',
  needs_operator: 'info',
  refused: 'danger',
  skipped: 'success',
  cancelled: 'neutral',
  released: 'neutral',
  revoked: 'neutral',
}

/** What was said of these no longer holds. */
const over: ReadonlySet<UnitView['state']> = new Set(['refused', 'cancelled', 'released', 'revoked'])

function Unit({ order, line, unit, face, locale }: OrderProps & { line: LineView; unit: UnitView }) {
  const t = orderTexts[locale]
  const products = order.products.filter((product) => product.unitId === unit.id)
  const person = personOf(face, line, unit)
  // the only one of its line stands right under the title of what was bought
  const name = person.name ?? (line.units.length > 1 ? t.unit(unit.position) : undefined)
  const paid = order.paidAt !== null || order.trust !== null
  return (
    <li id={unitId(unit)} class="order-unit">
      <div class="row apart">
        {name && (
          <div>
            <p class="strong">{name}</p>
            {person.email && <p class="soft small">{person.email}</p>}
          </div>
        )}
        <Badge tone={unitTones[unit.state]}>{t.unitStates[unit.state]}</Badge>
      </div>
      {(unit.state === 'needs_operator' || unit.state === 'retrying') && (
        <p class="soft">{paid ? t.unitHelp[unit.state] : t.unitHelp.unpaid}</p>
      )}
      {unit.feedback && !over.has(unit.state) && <p>{pick(unit.feedback, locale)}</p>}
      {products.some(({ handler }) => seatHandlers(face.shop).includes(handler)) ? (
        <div>
          <ButtonLink href={routes.account.pack(unit.id)}>
            {packTexts[locale].openPack}
            <Icon name="right" />
          </ButtonLink>
        </div>
      ) : (
        [...Map.groupBy(products, ({ link, reference }) => link ?? reference).values()].map((together) => (
          <Products products={together} title={pick(line.entry.title, locale)} locale={locale} />
        ))
      )}
    </li>
  )
}

/** Who or what a unit is for, from the answers that name a person, else from the first one typed. */
function personOf(face: Face, line: LineView, unit: UnitView): { name?: string; email?: string } {
  const own = parseElements(line.entry.fields)
  const { external, fields } = unitForms(face.shop, { ...line.entry, fields: own.ok ? own.elements : [] })
  const textOf = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined)
  const answer = (element: FormElement | undefined) => element && textOf(unit.external[element.name])
  const ofMe = (role: FormElement['forMe']) => answer(external.find((element) => element.forMe === role))
  const email = ofMe('email')
  const full = [ofMe('firstname'), ofMe('lastname')].filter(Boolean).join(' ')
  const isText = (element: FormElement) => element.type === 'text'
  const ofOperator = fields.find(isText)
  const name =
    full || answer(external.find(isText)) || (ofOperator && textOf(unit.fields[ofOperator.name])) || undefined
  return name ? { name, email } : { name: email }
}
