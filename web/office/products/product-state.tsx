import type { OwnedProduct } from '../../../shop/product.ts'
import { StateBadge } from '../../ui/badge.tsx'
import type { Locale } from '../../ui/locale.ts'

/** A product whose end has passed says so, though nobody changed it. */
export function ProductStateBadge({ product, locale }: { product: OwnedProduct; locale: Locale }) {
  const over = product.state === 'active' && product.endsAt !== null && product.endsAt < new Date()
  return <StateBadge kind="product" state={over ? 'ended' : product.state} locale={locale} />
}
