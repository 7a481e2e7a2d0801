import { dayFigures } from '../../../shop/attention.ts'
import type { Face, SiteHealth } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken } from '../../security.ts'
import { Card, PageHead } from '../../ui/card.tsx'
import { Icon } from '../../ui/icon.tsx'
import { formatDate, type Locale } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Notice } from '../../ui/notice.tsx'
import type { OfficeContext } from '../office-route.ts'
import { officePage } from '../page.tsx'
import { homeTexts } from './home-texts.ts'
import { nothingWaits, readWaits } from './read-waits.ts'
import { Today } from './today.tsx'
import { WaitingCards } from './waiting-cards.tsx'

/** What waits for somebody first, each with what can be done about it; then what the day gave. */
export async function home(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const { title } = homeTexts[locale]
  const now = new Date()
  const [site, waits, figures] = await Promise.all([
    face.site.health(),
    readWaits(face.shop, now),
    dayFigures(face.shop, startOfDay(now)),
  ])
  return await officePage(
    c,
    face,
    { title, section: 'home' },
    <>
      <PageHead title={title} lead={formatDate(now, locale)} />
      <SiteAway site={site} locale={locale} />
      {site.state === 'up' && nothingWaits(waits) && <Calm locale={locale} />}
      <WaitingCards c={c} face={face} csrf={csrfToken(c)} waits={waits} />
      <Today figures={figures} currency={face.shop.settings.currency} locale={locale} />
    </>,
  )
}

function startOfDay(now: Date): Date {
  return new Date(now.getFullYear(), now.getMonth(), now.getDate())
}

function SiteAway({ site, locale }: { site: SiteHealth; locale: Locale }) {
  const t = homeTexts[locale]
  if (site.state === 'up') return null
  return (
    <Notice tone={site.state === 'paused' ? 'warning' : 'error'} title={t.site[site.state]} locale={locale}>
      {site.cause && <p>{site.cause}</p>}
      <p>
        {t.since} <Moment at={site.since} locale={locale} />. {t.siteHelp[site.state]}{' '}
        <a href={routes.office.site()}>{t.siteLink}</a>
      </p>
    </Notice>
  )
}

function Calm({ locale }: { locale: Locale }) {
  const t = homeTexts[locale]
  return (
    <Card>
      <div class="calm">
        <Icon name="success" size={28} />
        <div>
          <h2>{t.calm}</h2>
          <p class="soft">{t.calmText}</p>
        </div>
      </div>
    </Card>
  )
}
