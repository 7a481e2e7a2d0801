import type { ShopSettings } from './shop.ts'

/** The address of an order's own page, for mails and for those who send the payer back. */
export function orderUrl(
  settings: Pick<ShopSettings, 'publicUrl'>,
  order: { number: string; token: string },
): string {
  return `${settings.publicUrl}/orders/${order.number}/${order.token}`
}

/** The page of a catalog entry. */
export function entryUrl(settings: Pick<ShopSettings, 'publicUrl'>, code: string): string {
  return `${settings.publicUrl}/entries/${code}`
}
