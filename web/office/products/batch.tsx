import { type Batch, type BatchRow, type RowState, viewBatch } from '../../../shop/batch.ts'
import type { Shop } from '../../../shop/shop.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { formatNumber, type Locale, pick } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Refreshed, refreshing } from '../../ui/refreshed.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { CauseText } from '../cause-text.tsx'
import { asked, askedOneOf, idParameter, notFound, type OfficeContext, readId } from '../office-route.ts'
import { officePage, withQuery } from '../page.tsx'
import { sayWho } from '../say.ts'
import { texts } from '../texts.ts'
import { batchTexts } from './batch-texts.ts'
import { productsTexts } from './products-texts.ts'

const states = ['waiting', 'done', 'refused', 'needs_operator'] as const satisfies RowState[]
const tones: Record<RowState, Tone> = {
  waiting: 'info',
  done: 'success',
  refused: 'warning',
  needs_operator: 'danger',
}

/** What became of an action on many products: how far it is, and a result for each. */
export async function showBatch(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const { shop } = face
  const only = askedOneOf(c, 'state', states)
  const after = readId(asked(c, 'after'))
  const batch = (await viewBatch(shop.db, idParameter(c), { after, limit: 100, only })) ?? notFound()
  const t = batchTexts[locale]
  const path = routes.office.batches.show(batch.id)
  const { total, counts, next } = batch
  const over = counts.waiting === 0
  return await officePage(
    c,
    face,
    { title: t.title, section: 'products', head: over ? undefined : refreshing },
    <>
      <PageHead
        title={t.actOn(sayAction(shop, batch, locale), total, formatNumber(total, locale))}
        lead={
          <>
            {sayWho(batch.who, shop, locale)}, <Moment at={batch.createdAt} locale={locale} />
          </>
        }
        back={{ href: routes.office.products.index(), text: productsTexts[locale].title }}
      />
      <Refreshed id="batch" while={!over}>
        <Card>
          <div class="stack">
            <p role="status">
              {over
                ? t.over
                : t.underWay(formatNumber(total - counts.waiting, locale), formatNumber(total, locale))}
            </p>
            {!over && <progress value={total - counts.waiting} max={total} aria-label={t.progress} />}
          </div>
        </Card>
        <Tabs
          label={t.results}
          current={withQuery(path, { state: only })}
          tabs={[
            { text: texts[locale].list.all, href: path, count: total },
            ...states.map((state) => ({
              text: t.states[state],
              href: withQuery(path, { state }),
              count: counts[state] || undefined,
            })),
          ]}
        />
        <Card flush>
          <Table
            caption={t.results}
            locale={locale}
            rows={batch.rows}
            columns={[
              { label: '№', narrow: true, numeric: true, cell: ({ position }) => position },
              {
                label: productsTexts[locale].reference,
                heading: true,
                narrow: true,
                cell: ({ reference }) => (
                  <a class="mono" href={routes.office.products.show(reference)}>
                    {reference}
                  </a>
                ),
              },
              { label: productsTexts[locale].product, cell: ({ title }) => pick(title, locale) },
              { label: t.result, cell: (row) => <Result {...{ row, locale }} /> },
              {
                label: t.production,
                narrow: true,
                cell: ({ production }) => (
                  <a href={routes.office.productions.show(production)}>{production}</a>
                ),
              },
            ]}
          />
          <Pager
            next={next === undefined ? undefined : withQuery(path, { state: only, after: next })}
            first={after === undefined ? undefined : withQuery(path, { state: only })}
            locale={locale}
          />
        </Card>
      </Refreshed>
    </>,
  )
}

function Result({ row, locale }: { row: BatchRow; locale: Locale }) {
  return (
    <>
      <Badge tone={tones[row.state]}>{batchTexts[locale].states[row.state]}</Badge>
      {row.says && <div class="small">{pick(row.says, locale)}</div>}
      {row.cause && row.state !== 'done' && !row.says && <CauseText cause={row.cause} locale={locale} />}
    </>
  )
}

/** The title of the action, as the handler of the first row has it. */
function sayAction(shop: Shop, { action, rows }: Batch, locale: Locale): string {
  const found = rows[0] && shop.registry().handlers.get(rows[0].handler)?.handler.actions?.[action]
  return found ? pick(found.title, locale) : action
}
