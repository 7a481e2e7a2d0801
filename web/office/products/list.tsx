import type { ProductState } from '../../../db/schema.ts'
import { listProducts } from '../../../shop/product.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { stateText } from '../../ui/badge.tsx'
import { Card, EmptyState, PageHead } from '../../ui/card.tsx'
import { pick } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Filters } from '../filters.tsx'
import { asked, askedOneOf, type OfficeContext, readId } from '../office-route.ts'
import { officePage, withQuery } from '../page.tsx'
import { texts } from '../texts.ts'
import { ProductStateBadge } from './product-state.tsx'

const states = ['active', 'suspended', 'ended', 'revoked'] as const satisfies ProductState[]

export async function productList(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = texts[locale].products
  const path = routes.office.products.index()
  const state = askedOneOf(c, 'state', states)
  const search = asked(c, 'search')
  const before = readId(asked(c, 'before'))
  const { products, next } = await listProducts(face.shop.db, { state, search, before })
  return await officePage(
    c,
    face,
    { title: t.title, section: 'products' },
    <>
      <PageHead title={t.title} />
      <Tabs
        label={t.title}
        current={withQuery(path, { state, search })}
        tabs={[undefined, ...states].map((one) => ({
          text: one ? stateText({ kind: 'product', state: one }, locale) : texts[locale].list.all,
          href: withQuery(path, { state: one, search }),
        }))}
      />
      <Filters
        path={path}
        label={t.search}
        hint={t.searchHint}
        search={search}
        kept={{ state }}
        locale={locale}
      />
      <Card flush>
        <Table
          caption={t.title}
          locale={locale}
          rows={products}
          empty={<EmptyState title={search || state ? texts[locale].list.noneFound : t.none} />}
          columns={[
            {
              label: t.reference,
              heading: true,
              narrow: true,
              cell: (product) => (
                <a class="mono" href={routes.office.products.show(product.reference)}>
                  {product.reference}
                </a>
              ),
            },
            { label: t.product, cell: (product) => pick(product.title, locale) },
            {
              label: t.holder,
              cell: (product) =>
                product.holder ? (
                  <>
                    {product.holder.firstname} {product.holder.lastname}
                    <div class="soft small">{product.holder.email}</div>
                  </>
                ) : (
                  '–'
                ),
            },
            {
              label: t.order,
              narrow: true,
              cell: (product) => (
                <a href={routes.office.orders.show(product.orderNumber)}>{product.orderNumber}</a>
              ),
            },
            {
              label: t.ends,
              narrow: true,
              cell: (product) =>
                product.endsAt ? <Moment at={product.endsAt} day locale={locale} /> : t.noEnd,
            },
            {
              label: t.state,
              narrow: true,
              cell: (product) => <ProductStateBadge product={product} locale={locale} />,
            },
          ]}
        />
        <Pager
          next={next === undefined ? undefined : withQuery(path, { state, search, before: next })}
          first={before === undefined ? undefined : withQuery(path, { state, search })}
          locale={locale}
        />
      </Card>
    </>,
  )
}
