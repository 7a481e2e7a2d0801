import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import type { Means, ReadNotification } from './means.ts'

export const testCardId = 'test_card'
/**
 * The header that carries a notification's signature, as Stripe writes its own: `t=<Unix seconds>,v1=<hex>`, the hex
 * being the HMAC-SHA256 of `<t>.<body>`.
 */
export const signatureHeader = 'Boutique-Signature'

const notification = z.object({
  id: z.string().min(1).max(100),
  type: z.enum(['payment.succeeded', 'payment.failed']),
  /** Unix seconds, to the year 9999. */
  created: z.int().positive().max(253_402_300_799),
  data: z.object({
    order: z.string().min(1).max(40),
    payment: z.string().min(1).max(100),
    amountCents: z.int().positive(),
    currency: z.string().regex(/^[A-Z]{3}$/),
  }),
})
/** What the test card's company sends to the shop. */
export type TestCardNotification = z.output<typeof notification>

/** Seconds between signing and arrival; an older notification could be one that somebody kept and sends again. */
const tolerance = 300

/**
 * A card that no bank knows, paid on a page of its own (`testCardPage`): for demos and tests, never for money.
 * `secrets`: any of them may have signed, so that a new one can be brought in before the old one is dropped.
 */
export function testCard({
  secrets,
  now = Date.now,
}: {
  secrets: string[]
  now?: () => number
}): Extract<Means, { kind: 'immediate' }> {
  return {
    id: testCardId,
    kind: 'immediate',
    title: { en: 'Test card', fr: 'Carte de test' },
    summary: {
      en: 'No money moves: you choose what the payment does. Access opens at once.',
      fr: 'Aucun argent ne circule : vous choisissez l’issue du paiement. L’accès s’ouvre aussitôt.',
    },
    async start(order) {
      return { redirectTo: `/test-card/${order.number}/${order.token}` }
    },
    async readNotification(headers, body) {
      const wrong = whyNotSigned(headers.get(signatureHeader) ?? '', body, secrets, now())
      return wrong ? { ok: false, status: 401, reason: wrong } : parse(body)
    },
  }
}

/** The signature of a body, for its header. */
export function signTestCard(body: string, secret: string, at = Date.now()): string {
  const seconds = Math.floor(at / 1000)
  return `t=${seconds},v1=${hmac(seconds, body, secret).toString('hex')}`
}

function hmac(seconds: number, body: string, secret: string): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest()
}

function whyNotSigned(header: string, body: string, secrets: string[], now: number): string | undefined {
  const [, seconds, hex] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) ?? []
  if (!seconds || !hex) return `the ${signatureHeader} header is missing or not understood`
  const given = Buffer.from(hex, 'hex')
  const right = secrets.some((secret) => timingSafeEqual(given, hmac(Number(seconds), body, secret)))
  if (!right) return 'the signature is wrong'
  if (Math.abs(now / 1000 - Number(seconds)) > tolerance) return 'the notification was signed too long ago'
  return undefined
}

function parse(body: string): ReadNotification {
  const read = z
    .string()
    .transform((text, context) => {
      try {
        return JSON.parse(text)
      } catch {
        context.addIssue({ code: 'custom', message: 'not JSON' })
        return z.NEVER
      }
    })
    .pipe(notification)
    .safeParse(body)
  if (!read.success) return { ok: false, status: 400, reason: z.prettifyError(read.error) }
  const { id, type, created, data } = read.data
  return {
    ok: true,
    notification: {
      eventId: id,
      orderNumber: data.order,
      state: type === 'payment.succeeded' ? 'paid' : 'failed',
      reference: data.payment,
      amountCents: data.amountCents,
      currency: data.currency,
      paidOn: new Date(created * 1000).toISOString().slice(0, 10),
      body: read.data,
    },
  }
}
