import {
  type CustomerProduct,
  listCustomerProducts,
  type ProductList,
} from '../../../shop/customer-product.ts'
import { listPacks, type Pack } from '../../../shop/pack.ts'
import type { Face } from '../../face.ts'
import { packTexts } from '../../packs/pack-texts.ts'
import { routes } from '../../routes.ts'
import { ButtonLink } from '../../ui/button.tsx'
import { Card, EmptyState } from '../../ui/card.tsx'
import { Icon } from '../../ui/icon.tsx'
import { formatNumber, type Locale, pick } from '../../ui/locale.ts'
import { Pager } from '../../ui/table.tsx'
import { type AccountContext, accountPage, readKey } from './account-page.tsx'
import { accountTexts } from './account-texts.ts'
import { isOpen, StateNote, sayPeriod } from './validity.tsx'

const lists = ['mine', 'others', 'ended'] as const satisfies ProductList[]

/** All that a customer holds or has bought: the first of each list, or a page of one. */
export async function showProducts(c: AccountContext, face: Face) {
  const { locale, customer } = c.var
  const t = accountTexts[locale]
  const here = routes.account.show()
  const one = lists.find((list) => list === c.req.query('list'))
  const before = one && readKey(c.req.query('before'))
  const shown = await Promise.all(
    (one ? [one] : lists).map(async (list) => ({
      list,
      ...(await listCustomerProducts(face.shop, customer.email, { list, before, limit: one ? 30 : 10 })),
    })),
  )
  const { packs } = one ? { packs: [] } : await listPacks(face.shop, customer.email, { limit: 100 })
  const filled = shown.filter(({ products }) => products.length > 0)
  return await accountPage(
    c,
    face,
    { title: t.products, section: here },
    <div class="stack large">
      {one && (
        <p>
          <a href={here}>{t.allLists}</a>
        </p>
      )}
      {packs.length > 0 && <Packs packs={packs} locale={locale} />}
      {filled.length + packs.length === 0 && (
        <Card>
          <EmptyState title={t.none}>
            <p class="soft">{t.noneHelp}</p>
            <ButtonLink href={routes.catalog()}>{t.toCatalog}</ButtonLink>
          </EmptyState>
        </Card>
      )}
      {filled.map(({ list, products, next }) => (
        <Card title={t.lists[list]}>
          <ul class="order-units">
            {products.map((product) => (
              <ProductRow product={product} locale={locale} />
            ))}
          </ul>
          {!one && next !== undefined && (
            <p class="more">
              <a href={`${here}?list=${list}`}>{t.more}</a>
            </p>
          )}
          {one && (
            <Pager
              locale={locale}
              next={next === undefined ? undefined : `${here}?list=${list}&before=${next}`}
              first={before === undefined ? undefined : `${here}?list=${list}`}
            />
          )}
        </Card>
      ))}
    </div>,
  )
}

/** The packs that the customer bought, each with its seats. */
function Packs({ packs, locale }: { packs: Pack[]; locale: Locale }) {
  const t = packTexts[locale]
  return (
    <Card title={t.packs}>
      <ul class="order-units">
        {packs.map(({ unitId, title, held, total, free }) => (
          <li class="order-unit own-product">
            <div>
              <p class="strong">
                <a href={routes.account.pack(unitId)}>{pick(title, locale)}</a>
              </p>
              <p class="soft small">
                {t.seatsOf(held, formatNumber(held, locale), formatNumber(total, locale))}
              </p>
            </div>
            {free > 0 && (
              <ButtonLink href={routes.account.pack(unitId)}>
                {t.openPack}
                <Icon name="right" />
              </ButtonLink>
            )}
          </li>
        ))}
      </ul>
    </Card>
  )
}

function ProductRow({ product, locale }: { product: CustomerProduct; locale: Locale }) {
  const t = accountTexts[locale]
  const { holder, held, reference } = product
  const title = pick(product.title, locale)
  const mine = held || holder === null
  return (
    <li class="order-unit own-product">
      <div>
        <p class="strong">
          <a href={routes.account.product(reference)}>{title}</a>
        </p>
        <p class="soft small">
          {!mine && `${t.heldBy(`${holder.firstname} ${holder.lastname}`)} · `}
          {sayPeriod(product, locale)}
        </p>
      </div>
      <div class="row">
        <StateNote product={product} locale={locale} />
        {mine && isOpen(product) && (
          <ButtonLink href={product.link}>
            {t.open}
            <span class="visually-hidden"> {title}</span>
            <Icon name="right" />
          </ButtonLink>
        )}
      </div>
    </li>
  )
}
