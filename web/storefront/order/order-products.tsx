import type { Person } from '../../../sdk/moodle.ts'
import { isUndelivered, type OwnedProduct } from '../../../shop/product.ts'
import { routes } from '../../routes.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { ButtonLink } from '../../ui/button.tsx'
import { Icon } from '../../ui/icon.tsx'
import { sayPeople } from '../../ui/learner-list.tsx'
import { formatDate, type Locale, pick } from '../../ui/locale.ts'
import { orderTexts } from './order-texts.ts'

type ProductsProps = { products: OwnedProduct[]; title: string; locale: Locale }

/** What is used at one place: of several people's products, the place once and then who has them. */
export function Products({ products, title, locale }: ProductsProps) {
  const [first, ...others] = products
  if (!first) return null
  if (others.length === 0) return <Product product={first} title={title} locale={locale} />
  const t = orderTexts[locale].product
  const own = pick(first.title, locale)
  const periods = new Set(products.map((product) => validity(product, locale)))
  return (
    <div class="order-product shared">
      <div>
        <p class="strong">{own}</p>
        {periods.size === 1 && <p class="soft small">{validity(first, locale)}</p>}
      </div>
      {first.link && products.some(leadsIn) && (
        <ButtonLink href={first.link}>
          {t.open}
          <Icon name="right" />
        </ButtonLink>
      )}
      <details open={products.length <= 12}>
        <summary>{sayPeople(products.length, locale)}</summary>
        <ul>
          {products.map((product) => (
            <li>
              <div>
                {product.holder && nameOf(product.holder)}
                {product.state !== 'active' && (
                  <>
                    {' '}
                    <StateBadge kind="product" state={product.state} locale={locale} />
                  </>
                )}
                {pick(product.title, locale) !== own && (
                  <p class="soft small">{pick(product.title, locale)}</p>
                )}
                {periods.size > 1 && <p class="soft small">{validity(product, locale)}</p>}
              </div>
              <span>
                <span class="mono small soft">{product.reference}</span>{' '}
                <a
                  class="small"
                  href={routes.account.product(product.reference)}
                  aria-label={t.manageOf(product.reference)}
                >
                  {t.manage}
                </a>
              </span>
            </li>
          ))}
        </ul>
      </details>
    </div>
  )
}

/** Whether its link is of use: Moodle has been told of it. */
const leadsIn = (product: OwnedProduct) => product.state === 'active' && !isUndelivered(product)

const nameOf = ({ firstname, lastname, email }: Person) => `${firstname} ${lastname}`.trim() || email

function Product({ product, title, locale }: { product: OwnedProduct; title: string; locale: Locale }) {
  const t = orderTexts[locale].product
  const own = pick(product.title, locale)
  const active = product.state === 'active'
  return (
    <div class="order-product">
      <div>
        {own !== title && <p class="strong">{own}</p>}
        <p>
          <span class="mono">{product.reference}</span>
          {!active && (
            <>
              {' '}
              <StateBadge kind="product" state={product.state} locale={locale} />
            </>
          )}
        </p>
        <p class="soft small">
          {validity(product, locale)}
          {' · '}
          <a href={routes.account.product(product.reference)} aria-label={t.manageOf(product.reference)}>
            {t.manage}
          </a>
        </p>
      </div>
      {product.link && leadsIn(product) && (
        <ButtonLink href={product.link}>
          {t.open}
          <Icon name="right" />
        </ButtonLink>
      )}
    </div>
  )
}

function validity({ startsAt, endsAt }: OwnedProduct, locale: Locale): string {
  const t = orderTexts[locale].product
  const start = formatDate(startsAt, locale)
  return endsAt ? t.period(start, formatDate(endsAt, locale)) : t.from(start)
}
