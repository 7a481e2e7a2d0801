import type { OfferedAction } from '../../../shop/product.ts'
import type { ProductProduction } from '../../../shop/product-productions.ts'
import type { Shop } from '../../../shop/shop.ts'
import { routes } from '../../routes.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { type Locale, pick } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Table } from '../../ui/table.tsx'
import { CauseText } from '../cause-text.tsx'
import { sayScript, sayWho } from '../say.ts'
import { productsTexts } from './products-texts.ts'

type Props = {
  productions: ProductProduction[]
  actions: Record<string, OfferedAction>
  shop: Pick<Shop, 'means'>
  locale: Locale
}

/** What ran for a product: who asked, where it stands, and what it said. */
export function Productions({ productions, actions, shop, locale }: Props) {
  const t = productsTexts[locale]
  return (
    <Table
      caption={t.productions}
      locale={locale}
      rows={productions}
      columns={[
        {
          label: t.script,
          heading: true,
          cell: ({ id, script, action }) => {
            const known = action !== null && Object.hasOwn(actions, action) ? actions[action] : undefined
            return (
              <a href={routes.office.productions.show(id)}>
                {known ? pick(known.title, locale) : (action ?? sayScript(script, locale))}
              </a>
            )
          },
        },
        { label: t.askedBy, cell: ({ who }) => sayWho(who ?? 'shop', shop, locale) },
        {
          label: t.state,
          cell: ({ state, cause, feedback }) => (
            <>
              <StateBadge kind="production" state={state} locale={locale} />
              {cause && state !== 'done' && <CauseText cause={cause} locale={locale} />}
              {feedback?.shown && <div class="soft small">{pick(feedback.shown, locale)}</div>}
            </>
          ),
        },
        {
          label: t.toldAt,
          narrow: true,
          cell: ({ endedAt, createdAt }) => <Moment at={endedAt ?? createdAt} locale={locale} />,
        },
      ]}
    />
  )
}
