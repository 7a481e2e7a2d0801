import { randomUUID } from 'node:crypto'
import { z } from 'zod'
import { elementsOf, type FormErrors, type FormValues } from '../../sdk/form.ts'
import { learnerFields } from '../../sdk/index.ts'
import type { Pack, Seat, SeatFilter } from '../../shop/pack.ts'
import { Badge, StateBadge } from '../ui/badge.tsx'
import { Button, ButtonLink, CsrfField } from '../ui/button.tsx'
import { Card } from '../ui/card.tsx'
import { ErrorSummary, type SummaryError, summaryOf } from '../ui/error-summary.tsx'
import { FormElements } from '../ui/form-elements.tsx'
import { Icon } from '../ui/icon.tsx'
import { LearnerListInput, LearnerNames, summaryOfRows } from '../ui/learner-list.tsx'
import { formatDate, formatNumber, type Locale, pick } from '../ui/locale.ts'
import { Refreshed } from '../ui/refreshed.tsx'
import { Pager, Table } from '../ui/table.tsx'
import { Tabs } from '../ui/tabs.tsx'
import type { CheckedList, WrongList } from './give-list.ts'
import { packTexts } from './pack-texts.ts'

/** The form of one learner. */
export const learnerForm = z.object(learnerFields)

/** Where the parts of a pack's page lead. */
export type PackUrls = { show: string; give: string; list: string; seat: (reference: string) => string }

/** What the page of a pack shows of its seats. */
export type SeatsShown = {
  seats: Seat[]
  next: number | undefined
  after?: number
  only?: SeatFilter
  search?: string
}

type Props = {
  pack: Pack
  shown: SeatsShown
  urls: PackUrls
  csrf: string
  /** Without it, seats are only looked at. */
  mayGive: boolean
  /** What was wrong with the form of one learner, or with the list. */
  wrong?: { values: FormValues; errors: FormErrors }
  wrongList?: WrongList
  locale: Locale
}

const listId = 'learners'

/** A pack: how many seats are given out, the forms that give some, and its seats. */
export function PackView({ pack, shown, urls, csrf, mayGive, wrong, wrongList, locale }: Props) {
  const t = packTexts[locale]
  const number = (count: number) => formatNumber(count, locale)
  const { total, held, free, over } = pack
  const moving = shown.seats.some(({ underway }) => underway?.state === 'waiting')
  return (
    <div class="stack large">
      <ErrorSummary locale={locale} errors={errorsOf({ wrong, wrongList, locale })} />
      <Card>
        <div class="stack">
          <p class="strong" id="seats-used">
            {t.used(held, number(held), number(total))}
          </p>
          <progress value={held} max={total} aria-labelledby="seats-used" />
          <p class="soft">
            {free > 0 ? t.freeSeats(free, number(free)) : t.noneFree}
            {over > 0 && ` ${t.overSeats(over, number(over))}`}
          </p>
        </div>
      </Card>
      {mayGive && (free > 0 || wrong || wrongList) && (
        <div class="columns even">
          <div>
            <Card title={t.give}>
              <form method="post" action={urls.give} class="stack" novalidate>
                <CsrfField csrf={csrf} />
                <input type="hidden" name="once" value={randomUUID()} />
                <p class="soft">{t.giveHelp}</p>
                <FormElements
                  elements={elementsOf(learnerForm)}
                  values={wrong?.values}
                  errors={wrong?.errors}
                  prefix="learner."
                  locale={locale}
                />
                <div>
                  <Button look={wrongList ? 'plain' : 'primary'}>{t.giveButton}</Button>
                </div>
              </form>
            </Card>
          </div>
          <div>
            <Card title={t.many} id="many">
              <ListForm {...{ urls, csrf, wrongList, locale }} />
            </Card>
          </div>
        </div>
      )}
      <Refreshed id="pack-seats" while={moving}>
        <Seats {...{ pack, shown, urls, locale }} />
      </Refreshed>
    </div>
  )
}

function errorsOf({
  wrong,
  wrongList,
  locale,
}: Pick<Props, 'wrong' | 'wrongList' | 'locale'>): SummaryError[] {
  if (wrong) return summaryOf(elementsOf(learnerForm), wrong.errors, { locale, prefix: 'learner.' })
  if (!wrongList) return []
  const { fault, rows } = wrongList
  const whole = fault ? [{ text: pick(fault, locale), id: listId }] : []
  return [...whole, ...summaryOfRows(rows, { id: listId, label: packTexts[locale].list, locale })]
}

function ListForm({ urls, csrf, wrongList, locale }: Pick<Props, 'urls' | 'csrf' | 'wrongList' | 'locale'>) {
  const t = packTexts[locale]
  const error = wrongList?.fault
  const described = `${listId}-help${error ? ` ${listId}-error` : ''}`
  return (
    <form method="post" action={urls.list} class="stack" enctype="multipart/form-data" novalidate>
      <CsrfField csrf={csrf} />
      <div class={`field learners${error ? ' wrong' : ''}`}>
        <label for={listId}>{t.list}</label>
        <LearnerListInput
          id={listId}
          name="learners"
          text={wrongList?.text ?? ''}
          rows={wrongList?.rows}
          files
          aria-invalid={error ? 'true' : undefined}
          aria-describedby={described}
          locale={locale}
        >
          <p class="help" id={`${listId}-help`}>
            {t.manyHelp}
          </p>
          {error && (
            <p class="field-error" id={`${listId}-error`}>
              <Icon name="error" size={14} />
              {pick(error, locale)}
            </p>
          )}
        </LearnerListInput>
      </div>
      <div>
        <Button look={wrongList ? 'primary' : 'plain'}>{t.check}</Button>
      </div>
    </form>
  )
}

type ConfirmProps = { checked: CheckedList; urls: PackUrls; csrf: string; locale: Locale }

/** What a checked list comes to, before any of its seats is given out. */
export function ConfirmList({ checked, urls, csrf, locale }: ConfirmProps) {
  const t = packTexts[locale]
  const { learners, left, text, once } = checked
  const count = formatNumber(learners.length, locale)
  return (
    <Card>
      <div class="stack">
        <p>{t.confirmText(left, formatNumber(left, locale))}</p>
        <LearnerNames learners={learners} locale={locale} />
        <form method="post" action={urls.list} class="row">
          <CsrfField csrf={csrf} />
          {/* names the request: sent twice, it is done once */}
          <input type="hidden" name="once" value={once} />
          <textarea name="learners" hidden>
            {text}
          </textarea>
          <Button look="primary" name="step" value="give">
            {learners.length === 1 ? t.confirmButtonOne : t.confirmButton(count)}
          </Button>
          <Button name="step" value="change">
            {t.change}
          </Button>
        </form>
      </div>
    </Card>
  )
}

/** The title of the page that asks to confirm a list. */
export function confirmTitle({ learners }: CheckedList, locale: Locale): string {
  const t = packTexts[locale]
  return learners.length === 1 ? t.confirmOne : t.confirmTitle(formatNumber(learners.length, locale))
}

function Seats({ pack, shown, urls, locale }: Pick<Props, 'pack' | 'shown' | 'urls' | 'locale'>) {
  const t = packTexts[locale]
  const { seats, next, after, only, search } = shown
  const at = (query: Record<string, string | number | undefined>) => {
    const given = Object.entries(query).flatMap(([name, value]) =>
      value ? [`${name}=${encodeURIComponent(value)}`] : [],
    )
    return given.length > 0 ? `${urls.show}?${given.join('&')}` : urls.show
  }
  const { total, held, free, over } = pack
  return (
    <>
      <div>
        <h2>{t.seats}</h2>
        <Tabs
          label={t.seats}
          current={at({ only })}
          tabs={[
            { text: t.all, href: at({}), count: total },
            { text: t.held, href: at({ only: 'held' }), count: held },
            { text: t.free, href: at({ only: 'free' }), count: free },
            ...(over > 0 ? [{ text: t.over, href: at({ only: 'over' }), count: over }] : []),
          ]}
        />
        {(total > 10 || search) && (
          <search>
            <form class="filters" method="get" action={urls.show}>
              {only && <input type="hidden" name="only" value={only} />}
              <input
                type="search"
                name="search"
                value={search}
                aria-label={t.searchLabel}
                placeholder={t.searchHint}
              />
              <Button>{t.search}</Button>
              {search && (
                <a class="button quiet" href={at({ only })}>
                  {t.clear}
                </a>
              )}
            </form>
          </search>
        )}
      </div>
      <Card flush>
        <Table
          caption={t.seats}
          locale={locale}
          rows={seats}
          empty={<p>{t.noSeats}</p>}
          columns={[
            { label: t.seat, narrow: true, heading: true, cell: (seat) => t.seatNumber(numberOf(seat)) },
            {
              label: t.learner,
              cell: ({ holder, underway }) =>
                holder ? (
                  <>
                    <div>
                      {holder.firstname} {holder.lastname}
                    </div>
                    <div class="soft small">{holder.email}</div>
                  </>
                ) : (
                  <span class="soft">{underway?.email ?? t.nobody}</span>
                ),
            },
            { label: t.period, cell: (seat) => sayPeriod(seat, locale) },
            { label: t.state, narrow: true, cell: (seat) => <SeatState {...{ seat, locale }} /> },
            {
              label: '',
              narrow: true,
              cell: (seat) => (
                <ButtonLink href={urls.seat(seat.reference)} size="small" look="quiet">
                  {t.manage}
                  <span class="visually-hidden"> {t.manageSeat(numberOf(seat))}</span>
                </ButtonLink>
              ),
            },
          ]}
        />
        <Pager
          locale={locale}
          next={next === undefined ? undefined : at({ only, search, after: next })}
          first={after ? at({ only, search }) : undefined}
        />
      </Card>
    </>
  )
}

/** A seat's number in its pack, by its key: `seat-007`. */
function numberOf({ key, id }: Seat): number {
  return Number(/(\d+)$/.exec(key)?.[1] ?? id)
}

function sayPeriod({ holder, startsAt, endsAt }: Seat, locale: Locale): string {
  const t = packTexts[locale]
  if (!holder) return endsAt ? t.until(formatDate(endsAt, locale)) : '–'
  const start = formatDate(startsAt, locale)
  return endsAt ? t.fromTo(start, formatDate(endsAt, locale)) : t.from(start)
}

function SeatState({ seat, locale }: { seat: Seat; locale: Locale }) {
  const t = packTexts[locale]
  const { underway, state, endsAt, holder } = seat
  if (underway) {
    return (
      <Badge tone={underway.state === 'waiting' ? 'info' : 'warning'}>{t.underway[underway.state]}</Badge>
    )
  }
  const past = state === 'active' && endsAt !== null && endsAt <= new Date()
  if (state === 'active' && !past && !holder) return <Badge>{t.freeSeat}</Badge>
  return <StateBadge kind="product" state={past ? 'ended' : state} locale={locale} />
}
