import { Hono } from 'hono'
import { findEntry, type Offer as OfferRow, readCatalog } from '../../../shop/entry.ts'
import type { Face } from '../../face.ts'
import { routes } from '../../routes.ts'
import type { WebEnv } from '../../security.ts'
import { EmptyState } from '../../ui/card.tsx'
import { cover } from '../../ui/cover.ts'
import { Icon } from '../../ui/icon.tsx'
import { type Locale, pick } from '../../ui/locale.ts'
import { Pager } from '../../ui/table.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { cartCount, shopPage } from '../page.tsx'
import { PriceTag } from '../price-tag.tsx'
import { catalogTexts } from './catalog-texts.ts'

/** What is on sale, a page at a time, all of it or one category; and the covers of entries. */
export function catalog(face: Face): Hono<WebEnv> {
  const app = new Hono<WebEnv>()

  app.get(routes.catalog.pattern, async (c) => {
    const { locale } = c.var
    const t = catalogTexts[locale]
    const category = c.req.query('category')
    const [{ offers, next, categories }, count] = await Promise.all([
      readCatalog(face.shop, { category, after: readKey(c.req.query('after')) }),
      cartCount(c, face),
    ])
    const first = category === undefined && c.req.query('after') === undefined
    return shopPage(
      c,
      face,
      { title: first ? face.shop.settings.name : t.title, cartCount: count },
      <>
        {first ? <Hero locale={locale} /> : <h1 class="catalog-title">{t.title}</h1>}
        {categories.length > 1 && (
          <Tabs
            label={t.categories}
            current={address(category)}
            tabs={[
              { text: t.all, href: address() },
              ...categories.map((one) => ({ text: pick(one, locale), href: address(one.en) })),
            ]}
          />
        )}
        {offers.length === 0 ? (
          <EmptyState title={t.empty}>{!first && <a href={routes.catalog()}>{t.seeAll}</a>}</EmptyState>
        ) : (
          <ul class="catalog">
            {offers.map((offer, index) => (
              <Offer offer={offer} locale={locale} lazy={index > 5} />
            ))}
          </ul>
        )}
        <Pager
          locale={locale}
          next={next && address(category, `${next.position}.${next.id}`)}
          first={c.req.query('after') === undefined ? undefined : address(category)}
        />
      </>,
    )
  })

  app.get(routes.cover.pattern, async (c) => {
    const entry = await findEntry(face.shop.db, c.req.param('code'))
    if (entry?.state !== 'on_sale') return c.notFound()
    return c.body(cover(entry.code, ''), 200, {
      'content-type': 'image/svg+xml',
      'cache-control': 'public, max-age=86400',
    })
  })

  return app
}

function address(category?: string, after?: string): string {
  const query = new URLSearchParams({ ...(category !== undefined && { category }), ...(after && { after }) })
  return query.size > 0 ? `${routes.catalog()}?${query}` : routes.catalog()
}

function readKey(after: string | undefined): { position: number; id: number } | undefined {
  const [, position, id] = /^(-?\d{1,9})\.(\d{1,15})$/.exec(after ?? '') ?? []
  return position && id ? { position: Number(position), id: Number(id) } : undefined
}

function Hero({ locale }: { locale: Locale }) {
  const t = catalogTexts[locale]
  return (
    <header class="hero">
      <h1>{t.headline}</h1>
      <p class="lead">{t.lead}</p>
      <ul class="promises">
        {t.promises.map((promise) => (
          <li>
            <Icon name="check" size={18} />
            {promise}
          </li>
        ))}
      </ul>
    </header>
  )
}

function Offer({ offer, locale, lazy }: { offer: OfferRow; locale: Locale; lazy: boolean }) {
  return (
    <li class="offer">
      <img class="cover" src={routes.cover(offer.code)} alt="" loading={lazy ? 'lazy' : undefined} />
      <div class="offer-body">
        <p class="eyebrow">{pick(offer.category, locale)}</p>
        <h2>
          <a href={routes.entry(offer.code)}>{pick(offer.title, locale)}</a>
        </h2>
        <p class="offer-summary">{pick(offer.summary, locale)}</p>
        <p class="offer-foot">
          <PriceTag entry={offer} locale={locale} />
        </p>
      </div>
    </li>
  )
}
