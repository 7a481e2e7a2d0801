import { mostRows } from '../../../shop/batch.ts'
import { countProducts, listProducts } from '../../../shop/list-products.ts'
import type { OwnedProduct } from '../../../shop/product.ts'
import type { Shop } from '../../../shop/shop.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import { stateText } from '../../ui/badge.tsx'
import { Button, ButtonLink } from '../../ui/button.tsx'
import { Card, EmptyState, PageHead } from '../../ui/card.tsx'
import { formatNumber, type Locale, pick } from '../../ui/locale.ts'
import { Moment } from '../../ui/moment.tsx'
import { Pager, Table } from '../../ui/table.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Filters } from '../filters.tsx'
import { asked, type OfficeContext, readId } from '../office-route.ts'
import { mayChange, officePage, withQuery } from '../page.tsx'
import { texts } from '../texts.ts'
import { type AskedProducts, endingWithin, filterOf, readAsked, states } from './product-filter.ts'
import { ProductStateBadge } from './product-state.tsx'
import { productsTexts } from './products-texts.ts'

export async function productList(c: OfficeContext, face: Face) {
  const { locale } = c.var
  const t = productsTexts[locale]
  const { shop } = face
  const path = routes.office.products.index()
  const wanted = readAsked(c)
  const after = readId(asked(c, 'after'))
  const filter = filterOf(wanted)
  const [{ products, next }, count] = await Promise.all([
    listProducts(shop.db, { ...filter, after }),
    mayChange(c) ? countProducts(shop.db, filter, mostRows + 1) : 0,
  ])
  const narrowed = Object.values(wanted).some((value) => value !== undefined)
  const empty = narrowed ? texts[locale].list.noneFound : t.none
  const soon = endingWithin(30)
  const { state, from, to, ...rest } = wanted
  const isSoon = state === soon.state && from === soon.from && to === soon.to
  const kept = isSoon ? rest : { ...rest, from, to }
  return await officePage(
    c,
    face,
    { title: t.title, section: 'products' },
    <>
      <PageHead
        title={t.title}
        actions={
          products.length > 0 && (
            <ButtonLink href={withQuery(routes.office.products.csv(), wanted)}>{t.csv}</ButtonLink>
          )
        }
      />
      <Tabs
        label={t.title}
        current={withQuery(path, isSoon ? { ...rest, ...soon } : { state, ...kept })}
        tabs={[
          ...[undefined, ...states].map((one) => ({
            text: one ? stateText({ kind: 'product', state: one }, locale) : texts[locale].list.all,
            href: withQuery(path, { state: one, ...kept }),
          })),
          { text: t.endsSoon(30), href: withQuery(path, { ...rest, ...soon }) },
        ]}
      />
      <Filters
        path={path}
        label={t.search}
        hint={t.searchHint}
        search={wanted.search}
        kept={{ state }}
        narrowed={narrowed}
        locale={locale}
      >
        <NarrowFields {...{ shop, wanted, locale }} />
      </Filters>
      <form method="get" action={routes.office.batches.new()}>
        {Object.entries(wanted).map(
          ([name, value]) => value !== undefined && <input type="hidden" name={name} value={value} />,
        )}
        <Card flush>
          <Products {...{ products, empty, locale }} selectable={mayChange(c)} />
          {products.length > 0 && mayChange(c) && <Choice {...{ count, locale }} />}
          <Pager
            next={next === undefined ? undefined : withQuery(path, { ...wanted, after: next })}
            first={after === undefined ? undefined : withQuery(path, wanted)}
            locale={locale}
          />
        </Card>
      </form>
    </>,
  )
}

type NarrowProps = { shop: Shop; wanted: AskedProducts; locale: Locale }

/** What a list of products is narrowed by besides its search. */
function NarrowFields({ shop, wanted, locale }: NarrowProps) {
  const t = productsTexts[locale]
  return (
    <>
      <label class="field code">
        {t.entry}
        <input type="text" name="entry" value={wanted.entry} size={14} autocomplete="off" />
      </label>
      <label class="field">
        {t.handler}
        <select name="handler">
          <option value="">{texts[locale].list.all}</option>
          {[...shop.registry().handlers.values()].map(({ id, handler }) => (
            <option value={id} selected={id === wanted.handler}>
              {pick(handler.title, locale)}
            </option>
          ))}
        </select>
      </label>
      <fieldset class="field days">
        <legend>{t.endsBetween}</legend>
        <input type="date" name="from" value={wanted.from} aria-label={t.endsFrom} />
        <input type="date" name="to" value={wanted.to} aria-label={t.endsTo} />
      </fieldset>
    </>
  )
}

type ProductsProps = { products: OwnedProduct[]; empty: string; selectable: boolean; locale: Locale }

function Products({ products, empty, selectable, locale }: ProductsProps) {
  const t = productsTexts[locale]
  return (
    <Table
      caption={t.title}
      locale={locale}
      rows={products}
      empty={<EmptyState title={empty} />}
      columns={[
        ...(selectable
          ? [
              {
                label: '',
                narrow: true,
                cell: (product: OwnedProduct) => (
                  <input
                    type="checkbox"
                    name="product"
                    value={product.reference}
                    aria-label={t.select(product.reference)}
                  />
                ),
              },
            ]
          : []),
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
          cell: (product) => (product.endsAt ? <Moment at={product.endsAt} day locale={locale} /> : t.noEnd),
        },
        {
          label: t.state,
          narrow: true,
          cell: (product) => <ProductStateBadge product={product} locale={locale} />,
        },
      ]}
    />
  )
}

/** What to act on: the products that are ticked, or all that the filters let through. */
function Choice({ count, locale }: { count: number; locale: Locale }) {
  const t = productsTexts[locale]
  return (
    <div class="card-foot actions">
      <Button>{t.actOnTicked}</Button>
      {count > mostRows ? (
        <span class="soft small">{t.tooMany(formatNumber(mostRows, locale))}</span>
      ) : (
        <Button name="all" value="yes" look="quiet">
          {t.actOnAll(count, formatNumber(count, locale))}
        </Button>
      )}
    </div>
  )
}
