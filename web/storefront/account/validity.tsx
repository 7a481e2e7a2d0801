import { isUndelivered, type OwnedProduct } from '../../../shop/product.ts'
import { Badge, StateBadge } from '../../ui/badge.tsx'
import { formatDate, type Locale } from '../../ui/locale.ts'
import { orderTexts } from '../order/order-texts.ts'
import { accountTexts } from './account-texts.ts'

/** Days before its end from which a product says so: when the first mail announces it. */
const soonDays = 30
const day = 86_400_000

/** A product whose end has passed is over, though nobody changed it yet. */
export function isRunning({ state, endsAt }: OwnedProduct): boolean {
  return (state === 'active' || state === 'suspended') && (endsAt === null || endsAt > new Date())
}

/** Whether its link leads in now: Moodle has been told. A handler's link may be no page: only http ones are. */
export function isOpen<P extends OwnedProduct>(product: P): product is P & { link: string } {
  const { state, startsAt, link } = product
  const begun = startsAt <= new Date() && !isUndelivered(product)
  return state === 'active' && isRunning(product) && begun && /^https?:/i.test(link ?? '')
}

/** Days until an active product ends, when they are few. */
function daysLeft(product: OwnedProduct): number | undefined {
  const { state, endsAt } = product
  if (state !== 'active' || endsAt === null || !isRunning(product)) return undefined
  const days = Math.floor((endsAt.getTime() - Date.now()) / day)
  return days < soonDays ? days : undefined
}

/** "From 1 March 2027 to 31 May 2027". */
export function sayPeriod({ startsAt, endsAt }: OwnedProduct, locale: Locale): string {
  const t = orderTexts[locale].product
  const start = formatDate(startsAt, locale)
  return endsAt ? t.period(start, formatDate(endsAt, locale)) : t.from(start)
}

/** What a customer should know of a product's state: nothing, when it simply runs. */
export function StateNote({ product, locale }: { product: OwnedProduct; locale: Locale }) {
  const t = accountTexts[locale]
  if (!isRunning(product)) {
    return (
      <StateBadge kind="product" state={product.state === 'revoked' ? 'revoked' : 'ended'} locale={locale} />
    )
  }
  if (product.state === 'suspended') return <StateBadge kind="product" state="suspended" locale={locale} />
  if (isUndelivered(product)) return <Badge tone="info">{t.undelivered}</Badge>
  if (product.startsAt > new Date()) {
    return <Badge tone="info">{t.startsLater(formatDate(product.startsAt, locale))}</Badge>
  }
  const left = daysLeft(product)
  return left === undefined ? null : <Badge tone="warning">{t.endsIn(left)}</Badge>
}
