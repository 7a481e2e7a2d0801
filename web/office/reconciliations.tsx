import {
  countByKind,
  faultKinds,
  type ListedDifference,
  lastReconciliation,
  listDifferences,
  type Reconciliation,
} from '../../shop/list-differences.ts'
import { repairDifferences, startReconciliation } from '../../shop/reconcile.ts'
import { sayDifference, sayPlace } from '../../shop/say-difference.ts'
import type { Shop } from '../../shop/shop.ts'
import type { Face } from '../face.ts'
import { routes } from '../routes.ts'
import { csrfToken, readBody } from '../security.ts'
import { Badge } from '../ui/badge.tsx'
import { Button, ButtonForm, CsrfField } from '../ui/button.tsx'
import { Card, EmptyState, PageHead } from '../ui/card.tsx'
import { formatNumber, type Locale, pick } from '../ui/locale.ts'
import { Moment } from '../ui/moment.tsx'
import { Notice } from '../ui/notice.tsx'
import { Refreshed, refreshing } from '../ui/refreshed.tsx'
import { Pager, Table } from '../ui/table.tsx'
import { Tabs } from '../ui/tabs.tsx'
import { textOf } from './field.tsx'
import { asked, askedOneOf, type OfficeContext, readId, whoOf } from './office-route.ts'
import { mayChange, officePage, redirectTo, withQuery } from './page.tsx'
import { reconciliationsTexts } from './reconciliations-texts.ts'
import { sayWho } from './say.ts'

const path = routes.office.reconciliations.show()

/** The last comparison of products with the site: how far it is, what it found, and what repairs did. */
export async function showReconciliation(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = reconciliationsTexts[locale]
  const { shop } = face
  const { site } = shop.site
  const last = await lastReconciliation(shop.db, site)
  const moving = last?.state === 'running' || (last?.repairs.asked ?? 0) > 0
  return await officePage(
    c,
    face,
    { title: t.title, section: 'reconciliations', head: moving ? refreshing : undefined },
    <Refreshed id="reconciliation" while={moving}>
      <PageHead
        title={t.title}
        lead={t.lead}
        actions={
          mayChange(c) &&
          last?.state !== 'running' && (
            <ButtonForm action={path} csrf={csrfToken(c)} look="primary">
              {last ? t.startAgain : t.start}
            </ButtonForm>
          )
        }
      />
      {last ? (
        <>
          <Progress {...{ last, shop, locale }} />
          {(last.state === 'done' || last.differences > 0) && (await differences(c, face, last))}
        </>
      ) : (
        <Card>
          <EmptyState title={t.never}>
            <p>{t.neverText}</p>
          </EmptyState>
        </Card>
      )}
    </Refreshed>,
  )
}

/** Starts a comparison, in a worker. */
export async function startThisReconciliation(c: OfficeContext, face: Face) {
  const { fresh } = await startReconciliation(face.shop, { who: whoOf(c) })
  return redirectTo(c, path, fresh ? undefined : 'alreadyUnderWay')
}

/** Has the ticked differences repaired, or all of them, or all of one kind. */
export async function repairThese(c: OfficeContext, face: Face) {
  const body = await readBody(c)
  const kind = faultKinds.find((one) => one === textOf(body.kind))
  const ticked = [body.difference ?? []].flat().flatMap((id) => readId(id) ?? [])
  const which = body.all === undefined ? ticked : kind ? { kind } : 'all'
  const count = await repairDifferences(face.shop, which, { who: whoOf(c) })
  return redirectTo(c, withQuery(path, { kind }), count > 0 ? 'repairing' : 'nothingToRepair')
}

function Progress({ last, shop, locale }: { last: Reconciliation; shop: Shop; locale: Locale }) {
  const t = reconciliationsTexts[locale]
  const number = (count: number) => formatNumber(count, locale)
  const { state, checked, total, repairs } = last
  const tone =
    state === 'failed'
      ? 'danger'
      : state === 'running'
        ? 'info'
        : last.differences > 0
          ? 'warning'
          : 'success'
  return (
    <Card>
      <div class="stack" role="status">
        <p>
          <Badge tone={tone}>{t.states[state]}</Badge> {sayWho(last.askedBy, shop, locale)},{' '}
          <Moment at={last.startedAt} locale={locale} />
        </p>
        {state === 'running' && (
          <progress value={Math.min(checked, total)} max={Math.max(total, 1)} aria-label={t.progress} />
        )}
        <p>
          {t.compared(checked, number(checked), number(Math.max(total, checked)))}{' '}
          {(state !== 'running' || last.differences > 0) && (
            <strong>{t.found(last.differences, number(last.differences))}</strong>
          )}{' '}
          {repairs.repaired > 0 && t.repaired(repairs.repaired, number(repairs.repaired))}{' '}
          {repairs.refused > 0 && t.refused(repairs.refused, number(repairs.refused))}{' '}
          {repairs.asked > 0 && t.beingRepaired(repairs.asked, number(repairs.asked))}
        </p>
        {last.cause && (
          <Notice tone={state === 'failed' ? 'error' : 'warning'} locale={locale}>
            <p>{state === 'failed' ? t.failedBecause : t.waits}</p>
            <p>{last.cause}</p>
          </Notice>
        )}
      </div>
    </Card>
  )
}

async function differences(c: OfficeContext, face: Face, last: Reconciliation) {
  const { locale } = c.var
  const t = reconciliationsTexts[locale]
  const { shop } = face
  const kind = askedOneOf(c, 'kind', faultKinds)
  const repaired = asked(c, 'repaired') !== undefined
  const after = readId(asked(c, 'after'))
  const [{ differences: rows, next }, counts] = await Promise.all([
    listDifferences(shop.db, shop.site.site, { reconciliation: last.id, after, repaired, kind }),
    countByKind(shop.db, shop.site.site),
  ])
  const open = last.differences - last.repairs.repaired
  const number = (count: number) => formatNumber(count, locale)
  const here = { kind, repaired: repaired ? 'yes' : undefined }
  const left = kind ? (counts.find((one) => one.kind === kind)?.count ?? 0) : open - last.repairs.asked
  const repairable = !repaired && last.state !== 'running' && mayChange(c)
  const list = (
    <Card flush>
      <Differences {...{ rows, repairable, locale, shop }} empty={repaired ? t.noneRepaired : t.none} />
      {repairable && rows.some(isRepairable) && (
        <div class="card-foot actions">
          <Button>{t.repairTicked}</Button>
          <Button name="all" value="yes" look="quiet">
            {kind ? t.repairKind(left, number(left)) : t.repairAll(left, number(left))}
          </Button>
          <span class="soft small">{t.repairHelp}</span>
        </div>
      )}
      <Pager
        next={next === undefined ? undefined : withQuery(path, { ...here, after: next })}
        first={after === undefined ? undefined : withQuery(path, here)}
        locale={locale}
      />
    </Card>
  )
  return (
    <>
      <Tabs
        label={t.differences}
        current={withQuery(path, here)}
        tabs={[
          { text: t.open, href: path, count: open || undefined },
          ...counts.map((one) => ({
            text: t.kinds[one.kind],
            href: withQuery(path, { kind: one.kind }),
            count: one.count,
          })),
          {
            text: t.repairedTab,
            href: withQuery(path, { repaired: 'yes' }),
            count: last.repairs.repaired || undefined,
          },
        ]}
      />
      {repairable ? (
        <form method="post" action={routes.office.reconciliations.repair()} novalidate>
          <CsrfField csrf={csrfToken(c)} />
          {kind && <input type="hidden" name="kind" value={kind} />}
          {list}
        </form>
      ) : (
        list
      )}
    </>
  )
}

type DifferencesProps = {
  rows: ListedDifference[]
  repairable: boolean
  empty: string
  shop: Shop
  locale: Locale
}

function Differences({ rows, repairable, empty, shop, locale }: DifferencesProps) {
  const t = reconciliationsTexts[locale]
  return (
    <Table
      caption={t.differences}
      locale={locale}
      rows={rows}
      empty={<EmptyState title={empty} />}
      columns={[
        ...(repairable
          ? [
              {
                label: '',
                narrow: true,
                cell: (one: ListedDifference) =>
                  isRepairable(one) && (
                    <input
                      type="checkbox"
                      name="difference"
                      value={String(one.id)}
                      aria-label={t.select(pick(sayPlace(one), locale), personOf(one) ?? '')}
                    />
                  ),
              },
            ]
          : []),
        {
          label: t.where,
          heading: true,
          narrow: true,
          cell: (one) => <Place {...{ one, locale }} siteUrl={shop.site.url} />,
        },
        { label: t.person, cell: (one) => <Person {...{ one, locale }} /> },
        {
          label: t.what,
          cell: (one) => sayDifference(one).map((text) => <div>{pick(text, locale)}</div>),
        },
        { label: t.repair, cell: (one) => <Repair {...{ one, shop, locale }} /> },
      ]}
    />
  )
}

/** Whether Moodle can be told again: it names a person, and was not asked for before unless Moodle refused. */
const isRepairable = ({ user, repair }: ListedDifference) =>
  user !== null && (repair === null || repair === 'refused')

function personOf({ products, user }: ListedDifference): string | undefined {
  return products[0]?.holder?.email ?? (user === null ? undefined : String(user))
}

function Place({ one, siteUrl, locale }: { one: ListedDifference; siteUrl: string; locale: Locale }) {
  const place = pick(sayPlace(one), locale)
  const said = place.charAt(0).toUpperCase() + place.slice(1)
  if (one.course === null) return said
  return <a href={`${siteUrl}/course/view.php?id=${one.course}`}>{said}</a>
}

function Person({ one, locale }: { one: ListedDifference; locale: Locale }) {
  const t = reconciliationsTexts[locale]
  if (one.user === null) return t.everyone
  const { products, production } = one
  return (
    <>
      {products[0]?.holder?.email ?? t.account(one.user)}
      {products.map(({ reference }) => (
        <div class="small">
          <a class="mono" href={routes.office.products.show(reference)}>
            {reference}
          </a>
        </div>
      ))}
      {production && (
        <div class="small">
          <a href={routes.office.productions.show(production.id)}>{t.production(production.id)}</a>
        </div>
      )}
    </>
  )
}

function Repair({ one, shop, locale }: { one: ListedDifference; shop: Shop; locale: Locale }) {
  const t = reconciliationsTexts[locale]
  if (one.repair === null) return one.user === null ? <span class="soft small">{t.byHand}</span> : '–'
  const tones = { asked: 'info', repaired: 'success', refused: 'danger' } as const
  return (
    <>
      <Badge tone={tones[one.repair]}>{t.repairs[one.repair]}</Badge>
      {one.repair === 'repaired' && <div class="small">{t.didRepair}</div>}
      {one.trouble && <div class="small">{one.trouble}</div>}
      <div class="soft small">
        {one.repairBy && sayWho(one.repairBy, shop, locale)}
        {one.repairedAt && (
          <>
            , <Moment at={one.repairedAt} locale={locale} />
          </>
        )}
      </div>
    </>
  )
}
