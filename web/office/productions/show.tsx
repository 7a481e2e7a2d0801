import { z } from 'zod'
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
import { formatDuration, type Locale, pick } from '../../ui/locale.ts'
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
import { texts } from '../texts.ts'
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
  const handler = face.shop.registry().handlers.get(journal.handler)?.handler
  const title = `${sayScript(journal.script, locale)} #${journal.id}`
  return await officePage(
    c,
    face,
    { title, section: 'productions', status: sent ? 422 : 200 },
    <>
      <PageHead
        title={title}
        lead={sayUnit(journal.input, locale)}
        back={{ href: routes.office.productions.index(), text: t.title }}
        actions={
          <>
            <StateBadge kind="production" state={journal.state} locale={locale} />
            {waits(journal) && mayChange(c) && (
              <ButtonForm action={routes.office.productions.retry(journal.id)} csrf={csrf} look="primary">
                {t.retryNow}
              </ButtonForm>
            )}
          </>
        }
      />
      <ErrorSummary locale={locale} errors={sentErrors(sent, locale)} />
      <Stopped journal={journal} locale={locale} />
      <div class="columns">
        <div>
          <Steps journal={journal} locale={locale} />
          <Failures journal={journal} locale={locale} />
          <Feedback journal={journal} locale={locale} />
          <Card title={t.input}>
            <pre>{JSON.stringify(withoutSecrets(journal.input, handler), null, 2)}</pre>
          </Card>
        </div>
        <div>
          <Facts journal={journal} handler={handler} locale={locale} />
          {canEnd(journal) && mayChange(c) && <Endings {...{ c, csrf, sent }} id={journal.id} />}
        </div>
      </div>
    </>,
  )
}

function waits({ state }: Journal): boolean {
  return state === 'needs_operator' || state === 'retrying'
}

/** Whether an operator's decision may end it. */
function canEnd(journal: Journal): boolean {
  return waits(journal) || journal.state === 'queued'
}

type PartProps = { journal: Journal; locale: Locale }

/** Why it doesn't go on, and what to do. */
function Stopped({ journal, locale }: PartProps) {
  const t = productionsTexts[locale]
  if (!waits(journal) || !journal.cause) return null
  const said = sayCause(journal.cause, locale)
  return (
    <Notice tone={journal.state === 'needs_operator' ? 'error' : 'warning'} title={said.kind} locale={locale}>
      <p>{said.message}</p>
      {said.detail && <p class="small mono">{said.detail}</p>}
      <p class="soft">{t.advice[journal.cause.kind]}</p>
      {journal.state === 'retrying' && (
        <p>
          {t.nextTry} <Moment at={journal.dueAt} locale={locale} />
        </p>
      )}
    </Notice>
  )
}

function Steps({ journal, locale }: PartProps) {
  const t = productionsTexts[locale]
  return (
    <Card flush title={t.steps}>
      <Table
        caption={t.steps}
        locale={locale}
        rows={journal.steps}
        empty={<p>{journal.state === 'done' ? t.hadNoSteps : t.noSteps}</p>}
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
  )
}

function Failures({ journal, locale }: PartProps) {
  const t = productionsTexts[locale]
  if (journal.failed.length === 0) return null
  return (
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
  )
}

function Feedback({ journal: { feedback }, locale }: PartProps) {
  const t = productionsTexts[locale]
  if (!feedback) return null
  return (
    <Card title={t.feedback}>
      <KeyValue
        rows={[
          [t.shown, feedback.shown && pick(feedback.shown, locale)],
          [t.mailed, feedback.mailed && pick(feedback.mailed, locale)],
          [t.kept, feedback.kept],
        ]}
      />
    </Card>
  )
}

function Facts({ journal, handler, locale }: PartProps & { handler?: Handler }) {
  const t = productionsTexts[locale]
  return (
    <Card title={t.facts}>
      <KeyValue
        rows={[
          [t.order, <a href={routes.office.orders.show(journal.orderNumber)}>{journal.orderNumber}</a>],
          [
            t.handler,
            <>
              {handler && pick(handler.title, locale)}
              <div class="soft mono small">{journal.handler}</div>
            </>,
          ],
          [t.attempt, String(journal.attempt)],
          [t.inARow, journal.failures > 0 ? String(journal.failures) : undefined],
          [t.worker, journal.worker ? <span class="mono small">{journal.worker}</span> : undefined],
          [t.askedAt, <Moment at={journal.createdAt} locale={locale} />],
          [t.startedAt, journal.startedAt ? <Moment at={journal.startedAt} locale={locale} /> : undefined],
          [
            t.endedAt,
            journal.endedAt && !canEnd(journal) ? <Moment at={journal.endedAt} locale={locale} /> : undefined,
          ],
        ]}
      />
    </Card>
  )
}

/** The two decisions that end it without its script. */
function Endings(props: { c: OfficeContext; csrf: string; sent?: SentForm; id: number }) {
  const { id, ...form } = props
  const t = productionsTexts[form.c.var.locale]
  return (
    <Card title={t.otherwise}>
      <div class="actions">
        <ReasonForm
          {...form}
          form="skipped"
          action={routes.office.productions.skip(id)}
          label={t.skip}
          help={t.skipHelp}
        />
        <ReasonForm
          {...form}
          form="cancelled"
          action={routes.office.productions.cancel(id)}
          label={t.cancel}
          look="danger"
          help={t.cancelHelp}
        />
      </div>
    </Card>
  )
}

const ofUnit = z.object({
  unit: z.object({
    position: z.number(),
    entry: z.object({ title: z.object({ en: z.string(), fr: z.string() }) }),
  }),
})

/** What it is run for: "GDPR in practice, unit 2". */
function sayUnit(input: unknown, locale: Locale): string | undefined {
  const { data } = ofUnit.safeParse(input)
  return data && `${pick(data.unit.entry.title, locale)}, ${texts[locale].unitOf(data.unit.position)}`
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
