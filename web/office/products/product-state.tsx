import { isUndelivered, type OwnedProduct } from '../../../shop/product.ts'
import { Badge, StateBadge } from '../../ui/badge.tsx'
import type { Locale } from '../../ui/locale.ts'
import { productsTexts } from './products-texts.ts'

/**
 * The state of a product as it is: one whose end has passed says so, though nobody changed it, and one of a unit that is
 * not produced says that Moodle is yet to be told.
 */
export function ProductStateBadge({ product, locale }: { product: OwnedProduct; locale: Locale }) {
  if (product.state === 'active' && isUndelivered(product)) {
    return <Badge tone="warning">{productsTexts[locale].undelivered}</Badge>
  }
  const over = product.state === 'active' && product.endsAt !== null && product.endsAt < new Date()
  return <StateBadge kind="product" state={over ? 'ended' : product.state} locale={locale} />
}
