import type { ProductionState } from '../../../db/schema.ts'
import { countProductions, type JournalRow, listProductions } from '../../../production/journal.ts'
import { retryStuck, retryWaiting } from '../../../production/operate.ts'
import { composeHands } from '../../../shop/compose.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { csrfToken, readBody } from '../../security.ts'
import { StateBadge, stateText } from '../../ui/badge.tsx'
import { ButtonForm } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import type { Locale } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { CauseText } from '../cause-text.tsx'
import { officePath } from '../door.ts'
import { asked, askedOneOf, type OfficeContext, readId } from '../office-route.ts'
import { mayChange, officePage, redirectTo, withQuery } from '../page.tsx'
import { sayScript } from '../say.ts'
import { texts } from '../texts.ts'
import { productionsTexts } from './productions-texts.ts'

const states = [
  'needs_operator',
  'retrying',
  'running',
  'queued',
  'done',
  'refused',
  'skipped',
  'cancelled',
] as const satisfies ProductionState[]

export async function productionList(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = productionsTexts[locale]
  const path = routes.office.productions.index()
  const state = askedOneOf(c, 'state', states)
  const before = readId(asked(c, 'before'))
  const [{ productions, next }, counts] = await Promise.all([
    listProductions(face.shop.db, { state, before }),
    countProductions(face.shop.db),
  ])
  const counted: Partial<Record<ProductionState, number>> = counts
  const bulk = state === 'retrying' ? 'site' : state === 'needs_operator' ? 'stuck' : undefined
  return await officePage(
    c,
    face,
    { title: t.title, section: 'productions' },
    <>
      <PageHead
        title={t.title}
        actions={
          bulk &&
          productions.length > 0 &&
          mayChange(c) && (
            <ButtonForm
              action={routes.office.productions.retryAll()}
              csrf={csrfToken(c)}
              fields={{ which: bulk, back: withQuery(path, { state }) }}
            >
              {bulk === 'site' ? t.retrySite : t.retryStuck}
            </ButtonForm>
          )
        }
      />
      <Tabs
        label={t.title}
        current={withQuery(path, { state })}
        tabs={[
          { text: texts[locale].list.all, href: path },
          ...states.map((one) => ({
            text: stateText({ kind: 'production', state: one }, locale),
            href: withQuery(path, { state: one }),
            count: counted[one] || undefined,
          })),
        ]}
      />
      <Card flush>
        <Productions {...{ productions, locale }} empty={state === 'needs_operator' ? t.noneStuck : t.none} />
        <Pager
          next={next === undefined ? undefined : withQuery(path, { state, before: next })}
          first={before === undefined ? undefined : withQuery(path, { state })}
          locale={locale}
        />
      </Card>
    </>,
  )
}

function Productions(props: { productions: JournalRow[]; empty: string; locale: Locale }) {
  const { productions, empty, locale } = props
  const t = productionsTexts[locale]
  return (
    <Table
      caption={t.title}
      locale={locale}
      rows={productions}
      empty={<p class="empty-title">{empty}</p>}
      columns={[
        {
          label: t.production,
          heading: true,
          narrow: true,
          cell: (row) => (
            <>
              <a href={routes.office.productions.show(row.id)}>{sayScript(row.script, locale)}</a>
              <div class="soft small mono">{row.handler}</div>
            </>
          ),
        },
        {
          label: t.order,
          narrow: true,
          cell: (row) => <a href={routes.office.orders.show(row.orderNumber)}>{row.orderNumber}</a>,
        },
        {
          label: t.state,
          narrow: true,
          cell: (row) => <StateBadge kind="production" state={row.state} locale={locale} />,
        },
        {
          label: t.cause,
          cell: (row) =>
            row.cause && row.state !== 'done' ? <CauseText cause={row.cause} locale={locale} /> : null,
        },
        {
          label: t.last,
          narrow: true,
          cell: (row) => (
            <>
              <Moment at={row.endedAt ?? row.startedAt ?? row.createdAt} locale={locale} />
              {row.attempt > 1 && <div class="soft small">{t.attemptOf(row.attempt)}</div>}
            </>
          ),
        },
      ]}
    />
  )
}

/** Runs again at once all that waits for the site, or all that needs an operator. */
export async function retryAllOf(c: OfficeContext, face: Face) {
  const body = await readBody(c)
  const hands = composeHands(face.shop)
  const count = body.which === 'stuck' ? await retryStuck(hands) : await retryWaiting(hands)
  return redirectTo(c, officePath(body.back), count > 0 ? 'retriedAll' : 'nothingToRetry')
}
