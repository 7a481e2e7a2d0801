import type { ShopSettings } from './shop.ts'

/** The address of an order's own page, for mails and for those who send the payer back. */
export function orderUrl(
  settings: Pick<ShopSettings, 'publicUrl'>,
  order: { number: string; token: string },
): string {
  return `${settings.publicUrl}/orders/${order.number}/${order.token}`
}

/** The page of a catalog entry; `reference`: of the product that it is to extend. */
export function entryUrl(
  settings: Pick<ShopSettings, 'publicUrl'>,
  code: string,
  reference?: string,
): string {
  const query = reference === undefined ? '' : `?${new URLSearchParams({ reference })}`
  return `${settings.publicUrl}/entries/${code}${query}`
}

/** The address that signs a customer in, then leads to `next`, a path of the shop. */
export function signInUrl(settings: Pick<ShopSettings, 'publicUrl'>, key: string, next?: string): string {
  const query = next === undefined ? '' : `?${new URLSearchParams({ next })}`
  return `${settings.publicUrl}/account/sign-in/${key}${query}`
}

/** A text without the keys of orders in its addresses: a viewer of the office may read it, not act as the customer. */
export function hideOrderKeys(text: string): string {
  return text.replaceAll(/(\/orders\/[^/\s]+\/)[\w-]{22}/g, '$1…')
}
