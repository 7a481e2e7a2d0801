import type { Child } from 'hono/jsx'
import {
  countWaiting,
  dayFigures,
  mostCounted,
  nearDeadline,
  partPaidOrders,
  refusedAccess,
  retryingByCause,
  stuckUnits,
  unsellableEntries,
} from '../../../shop/attention.ts'
import { countDifferences } from '../../../shop/list-differences.ts'
import { mailsInTrouble } from '../../../shop/list-mails.ts'
import { listGiveBacks } from '../../../shop/list-payments.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken } from '../../security.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { Icon } from '../../ui/icon.tsx'
import { formatDate, formatDuration, formatMoney, formatNumber, pick } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Notice } from '../../ui/notice.tsx'
import { handlersTexts } from '../handlers-texts.ts'
import type { OfficeContext } from '../office-route.ts'
import { officePage } from '../page.tsx'
import { reconciliationsTexts } from '../reconciliations-texts.ts'
import { texts } from '../texts.ts'
import { homeTexts } from './home-texts.ts'
import { AwaitedOrders, GiveBacks, RefusedProducts, RetryingUnits, StuckUnits } from './waiting-lists.tsx'

const shown = 8
const daysAhead = 3

/** What waits for somebody first, each with what can be done about it; then what the day gave. */
export async function home(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = homeTexts[locale]
  const now = new Date()
  const { shop } = face
  const [
    site,
    waiting,
    stuck,
    retrying,
    refused,
    giveBacks,
    partPaid,
    near,
    mails,
    unsellable,
    figures,
    differing,
  ] = await Promise.all([
    face.site.health(),
    countWaiting(shop.db),
    stuckUnits(shop.db, shown),
    retryingByCause(shop.db),
    refusedAccess(shop.db, shown),
    listGiveBacks(shop.db, { limit: shown }),
    partPaidOrders(shop.db, shown),
    nearDeadline(shop, new Date(now.getTime() + daysAhead * 86_400_000), shown),
    mailsInTrouble(shop.db, shown),
    unsellableEntries(shop),
    dayFigures(shop, startOfDay(now)),
    countDifferences(shop.db, shop.site.site, mostCounted),
  ])
  const { faults } = shop.registry()
  const busy = { c, face, csrf: csrfToken(c) }
  const asides = giveBacks.giveBacks.filter((giveBack) => giveBack.payment?.setAside)
  const others = giveBacks.giveBacks.filter((giveBack) => !giveBack.payment?.setAside)
  const calm =
    site.state === 'up' &&
    differing === 0 &&
    [stuck, retrying, refused, giveBacks.giveBacks, partPaid, near, mails, unsellable, faults].every(
      (list) => list.length === 0,
    )
  return await officePage(
    c,
    face,
    { title: t.title, section: 'home' },
    <>
      <PageHead title={t.title} lead={formatDate(now, locale)} />
      {site.state !== 'up' && (
        <Notice
          tone={site.state === 'paused' ? 'warning' : 'error'}
          title={t.site[site.state]}
          locale={locale}
        >
          {site.cause && <p>{site.cause}</p>}
          <p>
            {t.since} <Moment at={site.since} locale={locale} />. {t.siteHelp[site.state]}{' '}
            <a href={routes.office.site()}>{t.siteLink}</a>
          </p>
        </Notice>
      )}
      {calm && (
        <Card>
          <div class="calm">
            <Icon name="success" size={28} />
            <div>
              <h2>{t.calm}</h2>
              <p class="soft">{t.calmText}</p>
            </div>
          </div>
        </Card>
      )}
      {stuck.length > 0 && (
        <Waiting
          title={t.stuck}
          count={waiting.needsOperator}
          tone="danger"
          all={`${routes.office.productions.index()}?state=needs_operator`}
          locale={locale}
        >
          <StuckUnits {...busy} units={stuck} />
        </Waiting>
      )}
      {retrying.length > 0 && (
        <Waiting
          title={t.retrying}
          count={retrying.reduce((sum, one) => sum + one.count, 0)}
          tone="warning"
          all={`${routes.office.productions.index()}?state=retrying`}
          locale={locale}
        >
          <RetryingUnits {...busy} retrying={retrying} />
        </Waiting>
      )}
      {refused.length > 0 && (
        <Waiting
          title={t.refused}
          count={refused.length}
          tone="warning"
          all={routes.office.products.index()}
          locale={locale}
        >
          <RefusedProducts {...busy} refused={refused} />
        </Waiting>
      )}
      {differing > 0 && (
        <Waiting
          title={reconciliationsTexts[locale].homeTitle}
          count={differing}
          tone="warning"
          all={routes.office.reconciliations.show()}
          locale={locale}
        >
          <ul class="plain-list">
            <li>
              {reconciliationsTexts[locale].homeText(differing, formatNumber(differing, locale))}{' '}
              <a href={routes.office.reconciliations.show()}>{reconciliationsTexts[locale].see}</a>
            </li>
          </ul>
        </Waiting>
      )}
      {others.length > 0 && (
        <Waiting
          title={t.giveBacks}
          count={Math.max(others.length, waiting.giveBacks - asides.length)}
          tone="warning"
          all={routes.office.payments.giveBacks()}
          locale={locale}
        >
          <GiveBacks {...busy} giveBacks={others} />
        </Waiting>
      )}
      {asides.length > 0 && (
        <Waiting
          title={t.setAside}
          count={asides.length}
          tone="warning"
          all={routes.office.payments.setAside()}
          locale={locale}
        >
          <GiveBacks {...busy} giveBacks={asides} />
        </Waiting>
      )}
      {partPaid.length > 0 && (
        <Waiting
          title={t.partPaid}
          count={partPaid.length}
          tone="warning"
          all={routes.office.payments.index()}
          locale={locale}
        >
          <AwaitedOrders {...busy} orders={partPaid} />
        </Waiting>
      )}
      {near.length > 0 && (
        <Waiting
          title={t.nearDeadline}
          count={near.length}
          tone="info"
          all={routes.office.payments.index()}
          locale={locale}
        >
          <AwaitedOrders {...busy} orders={near} />
        </Waiting>
      )}
      {(faults.length > 0 || unsellable.length > 0) && (
        <Waiting
          title={t.handlers}
          count={faults.length + unsellable.length}
          tone="danger"
          all={routes.office.handlers()}
          locale={locale}
        >
          <ul class="plain-list">
            {faults.map((fault) => (
              <li>
                <strong class="mono">{fault.id}</strong> {fault.reason}
                <br />
                <span class="soft small mono">{fault.file}</span>
                {fault.kept && <div class="small">{handlersTexts[locale].kept}</div>}
              </li>
            ))}
            {unsellable.map((entry) => (
              <li>
                <a href={routes.office.entries.show(entry.code)}>{pick(entry.title, locale)}</a>{' '}
                {t.unsellable(entry.handler)}
              </li>
            ))}
          </ul>
        </Waiting>
      )}
      {mails.length > 0 && (
        <Waiting
          title={t.mails}
          count={waiting.failedMails}
          tone="warning"
          all={`${routes.office.mails.index()}?state=failed`}
          locale={locale}
        >
          <ul class="plain-list">
            {mails.map((mail) => (
              <li>
                <a href={routes.office.mails.show(mail.id)}>{texts[locale].mailKinds[mail.kind]}</a>{' '}
                {mail.recipient} <span class="soft">{mail.cause}</span>
              </li>
            ))}
          </ul>
        </Waiting>
      )}
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
          detail={
            figures.paid > 0 ? formatMoney(figures.paidCents, shop.settings.currency, locale) : undefined
          }
        />
        <Tile label={t.produced} value={formatNumber(figures.produced, locale)} />
        <Tile
          label={t.median}
          value={figures.medianMs === null ? '–' : formatDuration(figures.medianMs, locale)}
          detail={figures.medianMs === null ? undefined : t.medianText}
        />
      </div>
    </>,
  )
}

function startOfDay(now: Date): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate())
}

type WaitingProps = {
  title: string
  count: number
  tone: Tone
  all: string
  locale: 'en' | 'fr'
  children: Child
}

function Waiting({ title, count, tone, all, locale, children }: WaitingProps) {
  const t = homeTexts[locale]
  const number = count >= mostCounted ? `${mostCounted}+` : count
  return (
    <Card
      flush
      title={
        <>
          {title} <Badge tone={tone}>{number}</Badge>
        </>
      }
      aside={<a href={all}>{t.all}</a>}
    >
      {children}
    </Card>
  )
}

function Tile({
  label,
  value,
  detail,
  href,
}: {
  label: string
  value: string
  detail?: string
  href?: string
}) {
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
