import type { ShopSettings } from './shop.ts'

/** The address of an order's own page, for mails and for those who send the payer back. */
export function orderUrl(
  settings: Pick<ShopSettings, 'publicUrl'>,
  order: { number: string; token: string },
): string {
  return `${settings.publicUrl}/orders/${order.number}/${order.token}`
}
