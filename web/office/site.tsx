import { countProductions, oldestWaiting } from '../../production/journal.ts'
import type { Registry } from '../../production/registry.ts'
import type { Face } from '../face.ts'
import { routes } from '../routes.ts'
import { csrfToken } from '../security.ts'
import { StateBadge } from '../ui/badge.tsx'
import { ButtonForm, ButtonLink } from '../ui/button.tsx'
import { Card, PageHead } from '../ui/card.tsx'
import { KeyValue } from '../ui/key-value.tsx'
import { formatDuration, formatNumber, type Locale, pick } from '../ui/locale.ts'
import { Moment } from '../ui/moment.tsx'
import { Notice } from '../ui/notice.tsx'
import { FunctionLine } from './handlers.tsx'
import { homeTexts } from './home/home-texts.ts'
import type { OfficeContext } from './office-route.ts'
import { mayChange, officePage, redirectTo } from './page.tsx'
import { reconciliationsTexts } from './reconciliations-texts.ts'
import { siteTexts } from './site-texts.ts'
import { texts } from './texts.ts'
import { within } from './within.ts'

/** Whether Moodle answers, what it lacks, and what waits for it. */
export async function showSite(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = siteTexts[locale]
  const { shop } = face
  const [info, counts, oldest] = await Promise.all([
    within(4000, shop.site.siteInfo(), undefined),
    countProductions(shop.db),
    oldestWaiting(shop.db),
  ])
  // after the call, which may itself have found the site away
  const health = await face.site.health()
  const needed = functionsNeeded(shop.registry(), locale)
  const missing = info ? [...needed].filter(([name]) => !info.functions.has(name)) : []
  return await officePage(
    c,
    face,
    { title: t.title, section: 'site' },
    <>
      <PageHead
        title={t.title}
        lead={shop.site.url}
        actions={
          <>
            <StateBadge kind="site" state={health.state} locale={locale} />
            {mayChange(c) && (
              <ButtonForm action={routes.office.site()} csrf={csrfToken(c)} look="primary">
                {t.probe}
              </ButtonForm>
            )}
            {face.sandboxUrl && (
              <ButtonLink href={face.sandboxUrl} icon="external">
                {t.sandbox}
              </ButtonLink>
            )}
          </>
        }
      />
      {health.state !== 'up' && (
        <Notice
          tone={health.state === 'paused' ? 'warning' : 'error'}
          title={homeTexts[locale].site[health.state]}
          locale={locale}
        >
          {health.cause && <p>{health.cause}</p>}
          <p>{homeTexts[locale].siteHelp[health.state]}</p>
        </Notice>
      )}
      <Missing missing={missing} locale={locale} />
      <Queue {...{ counts, oldest, locale }} />
      <div class="columns even">
        <div>
          <Card title={t.facts}>
            <KeyValue
              rows={[
                [t.state, <StateBadge kind="site" state={health.state} locale={locale} />],
                [t.since, <Moment at={health.since} locale={locale} />],
                [t.cause, health.cause],
                [t.name, info?.name],
                [t.release, info ? info.release || '–' : t.unknown],
                [t.url, <a href={shop.site.url}>{shop.site.url}</a>],
                [t.kind, face.sandboxUrl ? t.isSandbox : t.isReal],
              ]}
            />
          </Card>
          <Card title={reconciliationsTexts[locale].title}>
            <p>
              {reconciliationsTexts[locale].siteText}{' '}
              <a href={routes.office.reconciliations.show()}>{reconciliationsTexts[locale].title}</a>
            </p>
          </Card>
        </div>
        <div>
          <Card title={t.functions}>
            {needed.size > 0 ? (
              <ul class="functions">
                {[...needed.keys()].sort().map((name) => (
                  <FunctionLine name={name} site={info} locale={locale} />
                ))}
              </ul>
            ) : (
              <p class="soft">{t.noFunctions}</p>
            )}
          </Card>
        </div>
      </div>
    </>,
  )
}

/** The functions of Moodle that handlers need, each with the handlers' titles. */
function functionsNeeded({ handlers }: Registry, locale: Locale): Map<string, string[]> {
  const needed = new Map<string, string[]>()
  for (const { handler } of handlers.values()) {
    for (const name of handler.functions ?? []) {
      needed.set(name, [...(needed.get(name) ?? []), pick(handler.title, locale)])
    }
  }
  return needed
}

/** The functions that handlers need and Moodle doesn't offer, each with who needs it. */
function Missing({ missing, locale }: { missing: [string, string[]][]; locale: Locale }) {
  const t = siteTexts[locale]
  if (missing.length === 0) return null
  return (
    <Notice tone="error" title={t.missing(missing.length)} locale={locale}>
      <ul>
        {missing.map(([name, handlers]) => (
          <li>
            <span class="mono">{name}</span>
            {texts[locale].colon} {handlers.join(', ')}
          </li>
        ))}
      </ul>
      <p>{t.missingText}</p>
    </Notice>
  )
}

type QueueProps = { counts: Awaited<ReturnType<typeof countProductions>>; oldest: number; locale: Locale }

function Queue({ counts, oldest, locale }: QueueProps) {
  const t = siteTexts[locale]
  return (
    <div class="tiles">
      {(['queued', 'running', 'retrying', 'needs_operator'] as const).map((state) => (
        <a class="tile" href={`${routes.office.productions.index()}?state=${state}`}>
          <span class="tile-label">{t.queue[state]}</span>
          <span class="tile-value">{formatNumber(counts[state], locale)}</span>
        </a>
      ))}
      <div class="tile">
        <span class="tile-label">{t.oldest}</span>
        <span class="tile-value">{oldest > 0 ? formatDuration(oldest * 1000, locale) : '–'}</span>
      </div>
    </div>
  )
}

/** Calls the site now; what waited for it runs again when it answers. */
export async function probeSite(c: OfficeContext, face: Face) {
  const health = await face.site.probe()
  return redirectTo(c, routes.office.site(), health.state === 'up' ? 'siteUp' : 'siteAway')
}
