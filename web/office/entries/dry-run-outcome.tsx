import type { DryLine, DryRun, DryUnit } from '../../../shop/dry-run.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { Card } from '../../ui/card.tsx'
import { formatDate, formatMoney, type Locale, pick } from '../../ui/locale.ts'
import { Notice } from '../../ui/notice.tsx'
import { texts } from '../texts.ts'
import { dryRunTexts } from './dry-run-texts.ts'

type Tried = Extract<DryRun, { ok: true }>

/** How the whole order would end, and what its handler says of its parameters. */
export function Outcome({ run, currency, locale }: { run: Tried; currency: string; locale: Locale }) {
  const t = dryRunTexts[locale]
  const mails = run.mails.map((kind) => texts[locale].mailKinds[kind])
  return (
    <>
      {run.findings.map(({ level, text }) => (
        <Notice tone={level === 'error' ? 'error' : 'warning'} locale={locale}>
          <p>{pick(text, locale)}</p>
        </Notice>
      ))}
      <Card>
        <p>
          {t.ends(formatMoney(run.totalCents, currency, locale))}{' '}
          <StateBadge kind="order" state={run.order} locale={locale} />
        </p>
        {mails.length > 0 && (
          <p>
            {t.mails}
            {texts[locale].colon} {mails.join(', ')}
          </p>
        )}
        <p class="soft small">{t.nothingDone}</p>
      </Card>
    </>
  )
}

/** What one unit goes through, and what its customer owns and reads then. */
export function UnitCard({ unit, locale }: { unit: DryUnit; locale: Locale }) {
  const t = dryRunTexts[locale]
  const { position, state, why, lines, products, feedback } = unit
  return (
    <Card title={t.unit(position)} aside={<StateBadge kind="unit" state={state} locale={locale} />}>
      <div class="stack">
        {why && (
          <Notice tone="warning" locale={locale}>
            <p>{pick(why, locale)}</p>
          </Notice>
        )}
        {(['ordered', 'paid'] as const).map((when) => (
          <Lines title={t.when[when]} lines={lines.filter((line) => line.when === when)} locale={locale} />
        ))}
        {products.length > 0 && (
          <section class="tried">
            <h3>{t.products}</h3>
            <ul class="dry-run">
              {products.map(({ title, holder, startsAt, endsAt }) => (
                <li>
                  {pick(title, locale)}
                  {holder && ` · ${holder.email}`}
                  <div class="soft small">
                    {endsAt
                      ? t.fromTo(formatDate(startsAt, locale), formatDate(endsAt, locale))
                      : t.from(formatDate(startsAt, locale))}
                  </div>
                </li>
              ))}
            </ul>
          </section>
        )}
        {feedback && (
          <section class="tried">
            <h3>{t.feedback}</h3>
            <p>{pick(feedback, locale)}</p>
          </section>
        )}
      </div>
    </Card>
  )
}

function Lines({ title, lines, locale }: { title: string; lines: DryLine[]; locale: Locale }) {
  const t = dryRunTexts[locale]
  if (lines.length === 0) return null
  return (
    <section class="tried">
      <h3>{title}</h3>
      <ol class="dry-run">
        {lines.map(({ says, call }) => (
          <li>
            {pick(says, locale)}
            {call && (
              <details class="answers">
                <summary class="small">
                  {t.call} <span class="mono">{call.function}</span>
                </summary>
                <pre class="small">{JSON.stringify(call.parameters, null, 2)}</pre>
              </details>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}
