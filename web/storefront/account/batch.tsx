import { type BatchRow, type RowState, viewBatch } from '../../../shop/batch.ts'
import type { Face } from '../../face.ts'
import { packTexts } from '../../packs/pack-texts.ts'
import { routes } from '../../routes.ts'
import { Badge, type Tone } from '../../ui/badge.tsx'
import { ButtonLink } from '../../ui/button.tsx'
import { Card, PageHead } from '../../ui/card.tsx'
import { formatNumber, type Locale, pick } from '../../ui/locale.ts'
import { Refreshed, refreshing } from '../../ui/refreshed.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { notFound } from '../failure-pages.tsx'
import { cartCount, shopPage } from '../page.tsx'
import { type AccountContext, readKey } from './account-page.tsx'

const tones: Record<RowState, Tone> = {
  waiting: 'info',
  done: 'success',
  refused: 'danger',
  needs_operator: 'warning',
}

/** How far seats that a customer gives out to a list are, and what became of each. */
export async function showOwnBatch(c: AccountContext, face: Face) {
  const { locale, customer } = c.var
  const t = packTexts[locale]
  const id = readKey(c.req.param('id'))
  const after = readKey(c.req.query('after'))
  const own = { after, limit: 100, ownedBy: customer.email }
  const batch = id === undefined ? undefined : await viewBatch(face.shop.db, id, own)
  if (!batch) return await notFound(c, face)
  const { total, counts, rows, next } = batch
  const over = counts.waiting === 0
  const number = (count: number) => formatNumber(count, locale)
  const [row] = rows
  const action = row && face.shop.registry().handlers.get(row.handler)?.handler.actions?.[batch.action]
  const title = action ? t.batchAction(pick(action.title, locale), number(total)) : t.batch
  const here = routes.account.batch(batch.id)
  return shopPage(
    c,
    face,
    { title, cartCount: await cartCount(c, face), head: over ? undefined : refreshing },
    <>
      <PageHead title={title} />
      <Refreshed id="batch" while={!over}>
        <Card>
          <div class="stack">
            <p role="status">
              {!over
                ? t.batchUnderWay(number(counts.done), number(total))
                : counts.done === total
                  ? t.batchDone
                  : t.batchMostly(number(counts.done), number(total))}
            </p>
            <progress value={total - counts.waiting} max={total} aria-label={t.results} />
            {row && (
              <div>
                <ButtonLink href={routes.account.pack(row.unitId)} look={over ? 'primary' : 'plain'}>
                  {t.backToPack}
                </ButtonLink>
              </div>
            )}
          </div>
        </Card>
        <Card flush title={t.results}>
          <Table
            caption={t.results}
            locale={locale}
            rows={rows}
            columns={[
              { label: '№', narrow: true, numeric: true, cell: ({ position }) => position },
              { label: t.learner, heading: true, cell: ({ values }) => sayLearner(values) },
              { label: t.result, cell: (one) => <Result row={one} locale={locale} /> },
            ]}
          />
          <Pager
            locale={locale}
            next={next === undefined ? undefined : `${here}?after=${next}`}
            first={after === undefined ? undefined : here}
          />
        </Card>
      </Refreshed>
    </>,
  )
}

/** Who a row is for. Nothing once they were erased. */
function sayLearner(values: BatchRow['values']) {
  const { firstname, lastname, email } = values ?? {}
  if (typeof email !== 'string') return '—'
  return (
    <>
      {String(firstname ?? '')} {String(lastname ?? '')}
      <div class="soft small">{email}</div>
    </>
  )
}

function Result({ row, locale }: { row: BatchRow; locale: Locale }) {
  return (
    <>
      <Badge tone={tones[row.state]}>{packTexts[locale].states[row.state]}</Badge>
      {row.says && <div class="small">{pick(row.says, locale)}</div>}
    </>
  )
}
