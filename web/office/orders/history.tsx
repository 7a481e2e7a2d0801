import type { OrderState, ProductionState, UnitState } from '../../../db/schema.ts'
import type { Shop } from '../../../shop/shop.ts'
import type { HistoryLine, LineView } from '../../../shop/view-order.ts'
import { stateText, type Tone } from '../../ui/badge.tsx'
import { type Locale, pick } from '../../ui/locale.ts'
import { Timeline, type TimelineItem } from '../../ui/timeline.tsx'
import { sayWho, sayWhy } from '../say.ts'
import { texts } from '../texts.ts'
import { orderTexts } from './order-texts.ts'

type Props = {
  history: HistoryLine[]
  lines: LineView[]
  shop: Pick<Shop, 'means'>
  locale: Locale
}

/** Who did what, when and why, newest first; the same done to many units at once is one line. */
export function OrderHistory({ history, lines, shop, locale }: Props) {
  const items = grouped(history).reverse()
  return (
    <Timeline
      locale={locale}
      items={items.map((group): TimelineItem => {
        const [line] = group
        const what = sayWhich(group, lines, locale)
        return {
          at: line.at,
          title: `${what ? `${what}${texts[locale].colon} ` : ''}${titleOf(line, locale)}`,
          who: sayWho(line.who, shop, locale),
          detail: line.why ? sayWhy(line.why, locale) : undefined,
          tone: toneOf(line),
        }
      })}
    />
  )
}

type Group = [HistoryLine, ...HistoryLine[]]

function grouped(history: HistoryLine[]): Group[] {
  const groups: Group[] = []
  for (const line of history) {
    const last = groups.at(-1)
    if (last && isSame(last[0], line)) last.push(line)
    else groups.push([line])
  }
  return groups
}

function isSame(one: HistoryLine, other: HistoryLine): boolean {
  return (
    one.unitId !== null &&
    other.unitId !== null &&
    one.event === other.event &&
    one.to === other.to &&
    one.who === other.who &&
    one.why === other.why &&
    other.at.getTime() - one.at.getTime() < 60_000
  )
}

/** Which units a group is about: "Units 1, 2", with the title of their line where there are several. */
function sayWhich(group: Group, lines: LineView[], locale: Locale): string {
  const t = orderTexts[locale]
  const ids = new Set(group.flatMap(({ unitId }) => (unitId === null ? [] : [unitId])))
  if (lines.length > 1 && ids.size === lines.flatMap(({ units }) => units).length) return t.allUnits
  if (ids.size > 12) return t.someUnits(ids.size)
  return lines
    .flatMap((line) => {
      const positions = line.units.filter(({ id }) => ids.has(id)).map(({ position }) => position)
      if (positions.length === 0) return []
      const listed = positions.join(', ')
      return lines.length === 1
        ? [t.unitsNamed(listed, positions.length)]
        : [t.unitsOf(pick(line.entry.title, locale), listed, positions.length)]
    })
    .join(locale === 'fr' ? '\u00a0; ' : '; ')
}

function titleOf(line: HistoryLine, locale: Locale): string {
  const t = texts[locale]
  if (line.event === 'order' && line.to)
    return stateText({ kind: 'order', state: line.to as OrderState }, locale) // written by moveOrder
  if (line.event === 'unit' && line.to)
    return stateText({ kind: 'unit', state: line.to as UnitState }, locale) // written by moveUnits
  const events: Record<string, string> = t.events
  const title = events[line.event] ?? line.event
  const state = line.to as ProductionState | null // the outcome of a production that moved no unit
  return state ? `${title}, ${stateText({ kind: 'production', state }, locale).toLowerCase()}` : title
}

function toneOf(line: HistoryLine): Tone {
  if (line.event === 'payment' || line.event === 'trusted') return 'success'
  if (line.to === 'needs_operator' || line.to === 'refused') return 'danger'
  if (
    line.to === 'retrying' ||
    line.event === 'give_back_due' ||
    line.event === 'payment_failed' ||
    line.event === 'credits_missing'
  )
    return 'warning'
  if (line.to === 'paid' || line.to === 'produced' || line.to === 'completed') return 'success'
  return 'neutral'
}
