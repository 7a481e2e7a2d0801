import type { Text } from '../sdk/index.ts'

/** An order as a means of payment sees it. */
export type Payable = {
  number: string
  token: string
  amountCents: number
  currency: string
  /** What the payer writes on a transfer: an ISO 11649 creditor reference. */
  reference: string
  payBefore: Date | null
  locale: 'en' | 'fr'
  /** Where the payer comes back to. Coming back validates nothing. */
  returnUrl: string
}

/** What a verified notification says. `eventId` is unique within its means. */
export type Notification = {
  eventId: string
  orderNumber: string
  state: 'paid' | 'failed'
  /** The payment's own reference at the provider: unique within the means. */
  reference: string
  amountCents: number
  currency: string
  /** YYYY-MM-DD */
  paidOn: string
  body: unknown
}

export type ReadNotification =
  | { ok: true; notification: Notification }
  /** 400: not understood; 401: the signature is wrong. */
  | { ok: false; status: 400 | 401; reason: string }

/**
 * One means of payment. Immediate: the customer is sent to pay now and the provider notifies us. Deferred: the
 * customer gets instructions and an operator validates the money when it comes. Credits: the shop takes what is due off
 * the customer's account with it (shop/spend-credits.ts); it needs to know who they are.
 */
export type Means = { id: string; title: Text; summary: Text } & (
  | {
      kind: 'immediate'
      /** Where `start` leads outside the shop, such as `https://pay.example`: our pages let forms lead nowhere else. */
      origins?: readonly string[]
      /** Where to send the customer to pay. */
      start: (order: Payable) => Promise<{ redirectTo: string }>
      /** Checks the signature and reads what a provider sent us. */
      readNotification: (headers: Headers, body: string) => Promise<ReadNotification>
    }
  | {
      kind: 'deferred'
      /** What the customer must know to pay, label by label. */
      instructions: (order: Payable) => { label: Text; value: string }[]
    }
  | { kind: 'credits' }
)
