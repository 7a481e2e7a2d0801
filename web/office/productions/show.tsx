import { findJournal, type Journal } from '../../../production/journal.ts'
import { endProduction, retryProduction } from '../../../production/operate.ts'
import { elementsOf } from '../../../sdk/form.ts'
import type { Handler } from '../../../sdk/index.ts'
import { composeHands } from '../../../shop/compose.ts'
import { hideSecrets } from '../../../shop/hide-secrets.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken, readBody } from '../../security.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { ButtonForm } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { ErrorSummary } from '../../ui/error-summary.tsx'
import { KeyValue } from '../../ui/key-value.tsx'
import { formatDuration, pick } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Notice } from '../../ui/notice.tsx'
import { Table } from '../../ui/table.tsx'
import { Timeline } from '../../ui/timeline.tsx'
import { CauseText } from '../cause-text.tsx'
import { officePath } from '../door.ts'
import { idParameter, notFound, type OfficeContext, whoOf } from '../office-route.ts'
import { mayChange, officePage, redirectTo } from '../page.tsx'
import { ReasonForm, readReason, type SentForm, sentErrors } from '../reason-form.tsx'
import { sayCause, sayScript } from '../say.ts'
import { productionsTexts } from './productions-texts.ts'

export async function showProduction(c: OfficeContext, face: Face) {
  return await journalPage(c, face, await journalOf(c, face))
}

/** Runs it again now. */
export async function retryThis(c: OfficeContext, face: Face) {
  const id = idParameter(c)
  const body = await readBody(c)
  const retried = await retryProduction(composeHands(face.shop), id)
  const back = body.back === undefined ? routes.office.productions.show(id) : officePath(body.back)
  return redirectTo(c, back, retried.ok ? 'retried' : 'tooLate')
}

/** Ends it by an operator's decision: it was done by hand, or isn't needed. */
export async function skipThis(c: OfficeContext, face: Face) {
  return await end(c, face, 'skipped')
}

/** Ends it by an operator's decision: it won't be done. */
export async function cancelThis(c: OfficeContext, face: Face) {
  return await end(c, face, 'cancelled')
}

async function end(c: OfficeContext, face: Face, state: 'skipped' | 'cancelled') {
  const journal = await journalOf(c, face)
  const reason = readReason(await readBody(c), state)
  if (!reason.ok) return await journalPage(c, face, journal, reason.sent)
  const decision = { state, who: whoOf(c), why: reason.why }
  const ended = await endProduction(composeHands(face.shop), journal.id, decision)
  return redirectTo(c, routes.office.productions.show(journal.id), ended.ok ? state : 'tooLate')
}

async function journalOf(c: OfficeContext, face: Face): Promise<Journal> {
  return (await findJournal(face.shop.db, idParameter(c))) ?? notFound()
}

/** All that is known of one production: what it was given, what it did, what went wrong, and what can be done. */
async function journalPage(c: OfficeContext, face: Face, journal: Journal, sent?: SentForm) {
  const { locale } = c.var
  const t = productionsTexts[locale]
  const csrf = csrfToken(c)
  const waits = journal.state === 'needs_operator' || journal.state === 'retrying'
  const mayEnd = waits || journal.state === 'queued'
  const handler = face.shop.registry().handlers.get(journal.handler)
  const said = sayCause(journal.cause, locale)
  const title = `${sayScript(journal.script, locale)} #${journal.id}`
  return await officePage(
    c,
    face,
    { title, section: 'productions', status: sent ? 422 : 200 },
    <>
      <PageHead
        title={title}
        back={{ href: routes.office.productions.index(), text: t.title }}
        actions={
          <>
            <StateBadge kind="production" state={journal.state} locale={locale} />
            {waits && mayChange(c) && (
              <ButtonForm action={routes.office.productions.retry(journal.id)} csrf={csrf} look="primary">
                {t.retryNow}
              </ButtonForm>
            )}
          </>
        }
      />
      <ErrorSummary locale={locale} errors={sentErrors(sent, locale)} />
      {waits && journal.cause && (
        <Notice
          tone={journal.state === 'needs_operator' ? 'error' : 'warning'}
          title={said.kind}
          locale={locale}
        >
          <p>{said.message}</p>
          {said.detail && <p class="small mono">{said.detail}</p>}
          <p class="soft">{t.advice[journal.cause.kind]}</p>
          {journal.state === 'retrying' && (
            <p>
              {t.nextTry} <Moment at={journal.dueAt} locale={locale} />
            </p>
          )}
        </Notice>
      )}
      <div class="columns">
        <div>
          <Card flush title={t.steps}>
            <Table
              caption={t.steps}
              locale={locale}
              rows={journal.steps}
              empty={<p>{t.noSteps}</p>}
              columns={[
                {
                  label: t.step,
                  heading: true,
                  narrow: true,
                  cell: (step) => <span class="mono">{step.name}</span>,
                },
                {
                  label: t.result,
                  cell: (step) => <span class="mono small">{short(JSON.stringify(step.result))}</span>,
                },
                { label: t.attempt, numeric: true, narrow: true, cell: (step) => step.attempt },
                {
                  label: t.duration,
                  numeric: true,
                  narrow: true,
                  cell: (step) => formatDuration(step.milliseconds, locale),
                },
                { label: t.at, narrow: true, cell: (step) => <Moment at={step.at} locale={locale} /> },
              ]}
            />
          </Card>
          {journal.failed.length > 0 && (
            <Card title={t.failures}>
              <Timeline
                locale={locale}
                items={journal.failed.toReversed().map((failure) => ({
                  at: failure.at,
                  tone: 'danger',
                  title: failure.step ? t.failedAt(failure.attempt, failure.step) : t.failed(failure.attempt),
                  detail: <CauseText cause={failure.cause} locale={locale} />,
                }))}
              />
            </Card>
          )}
          {journal.feedback && (
            <Card title={t.feedback}>
              <KeyValue
                rows={[
                  [t.shown, journal.feedback.shown && pick(journal.feedback.shown, locale)],
                  [t.mailed, journal.feedback.mailed && pick(journal.feedback.mailed, locale)],
                  [t.kept, journal.feedback.kept],
                ]}
              />
            </Card>
          )}
          <Card title={t.input}>
            <pre>{JSON.stringify(withoutSecrets(journal.input, handler?.handler), null, 2)}</pre>
          </Card>
        </div>
        <div>
          <Card title={t.facts}>
            <KeyValue
              rows={[
                [t.order, <a href={routes.office.orders.show(journal.orderNumber)}>{journal.orderNumber}</a>],
                [
                  t.handler,
                  <>
                    {handler && pick(handler.handler.title, locale)}
                    <div class="soft mono small">{journal.handler}</div>
                  </>,
                ],
                [t.attempt, String(journal.attempt)],
                [t.inARow, journal.failures > 0 ? String(journal.failures) : undefined],
                [t.worker, journal.worker ? <span class="mono small">{journal.worker}</span> : undefined],
                [t.askedAt, <Moment at={journal.createdAt} locale={locale} />],
                [
                  t.startedAt,
                  journal.startedAt ? <Moment at={journal.startedAt} locale={locale} /> : undefined,
                ],
                [
                  t.endedAt,
                  journal.endedAt && !mayEnd ? <Moment at={journal.endedAt} locale={locale} /> : undefined,
                ],
              ]}
            />
          </Card>
          {mayEnd && mayChange(c) && (
            <Card title={t.otherwise}>
              <div class="actions">
                <ReasonForm
                  {...{ c, csrf, sent }}
                  form="skipped"
                  action={routes.office.productions.skip(journal.id)}
                  label={t.skip}
                  help={t.skipHelp}
                />
                <ReasonForm
                  {...{ c, csrf, sent }}
                  form="cancelled"
                  action={routes.office.productions.cancel(journal.id)}
                  label={t.cancel}
                  look="danger"
                  help={t.cancelHelp}
                />
              </div>
            </Card>
          )}
        </div>
      </div>
    </>,
  )
}

/** The input of a script as it may be shown. */
function withoutSecrets(input: unknown, handler: Handler | undefined): unknown {
  if (!handler || !isRecord(input) || !isRecord(input.internal)) return input
  return { ...input, internal: hideSecrets(elementsOf(handler.internal), input.internal) }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

function short(text: string | undefined): string {
  if (text === undefined) return '–'
  return text.length > 300 ? `${text.slice(0, 300)}…` : text
}
