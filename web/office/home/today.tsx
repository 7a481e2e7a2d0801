import type { DayFigures } from '../../../shop/attention.ts'
import { routes } from '../../routes.ts'
import { formatDuration, formatMoney, formatNumber, type Locale } from '../../ui/locale.ts'
import { homeTexts } from './home-texts.ts'

/** What the day gave, in four figures. */
export function Today(props: { figures: DayFigures; currency: string; locale: Locale }) {
  const { figures, currency, locale } = props
  const t = homeTexts[locale]
  return (
    <>
      <h2 class="section">{t.today}</h2>
      <div class="tiles">
        <Tile
          label={t.placed}
          value={formatNumber(figures.placed, locale)}
          href={routes.office.orders.index()}
        />
        <Tile
          label={t.paid}
          value={formatNumber(figures.paid, locale)}
          detail={figures.paid > 0 ? formatMoney(figures.paidCents, currency, locale) : undefined}
        />
        <Tile label={t.produced} value={formatNumber(figures.produced, locale)} />
        <Tile
          label={t.median}
          value={figures.medianMs === null ? '–' : formatDuration(figures.medianMs, locale)}
          detail={figures.medianMs === null ? undefined : t.medianText}
        />
      </div>
    </>
  )
}

function Tile(props: { label: string; value: string; detail?: string; href?: string }) {
  const { label, value, detail, href } = props
  const content = (
    <>
      <span class="tile-label">{label}</span>
      <span class="tile-value">{value}</span>
      {detail && <span class="soft small">{detail}</span>}
    </>
  )
  return href ? (
    <a class="tile" href={href}>
      {content}
    </a>
  ) : (
    <div class="tile">{content}</div>
  )
}
