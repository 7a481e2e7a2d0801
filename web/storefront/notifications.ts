import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { applyNotification } from '../../shop/payment.ts'
import { whyNotStorable } from '../api/storable.ts'
import type { Face } from '../face.ts'
import { routes } from '../routes.ts'
import type { WebEnv } from '../security.ts'

/** Bytes; a provider's notification is a tenth of that. */
const largest = 64 * 1024

/**
 * Where means of payment tell what became of a payment. A notification that is verified and stored is answered 200,
 * whatever it changes: a provider repeats what it isn't thanked for.
 */
export function notifications(face: Face): Hono<WebEnv> {
  const app = new Hono<WebEnv>()
  const limit = bodyLimit({
    maxSize: largest,
    onError: () => problem(413, 'Too large', `A notification has ${largest} bytes at the most.`),
  })

  app.post(routes.payments.notifications.pattern, limit, async (c) => {
    const means = face.shop.means.get(c.req.param('means'))
    if (means?.kind !== 'immediate') {
      return problem(404, 'Unknown means of payment', 'No means of this name notifies the shop.')
    }
    const log = face.log.child({ means: means.id })
    try {
      const read = await means.readNotification(c.req.raw.headers, await c.req.text())
      if (!read.ok) {
        log.warn({ status: read.status, reason: read.reason }, 'a notification was refused')
        return problem(read.status, read.status === 401 ? 'Not signed by us' : 'Not understood', read.reason)
      }
      // It would be sent again for ever.
      if (whyNotStorable(read.notification, 'body').length > 0) {
        return problem(400, 'Not understood', 'It holds a text that no database keeps.')
      }
      const { eventId, orderNumber } = read.notification
      const result = await applyNotification(face.shop, means.id, read.notification)
      const details = { event: eventId, order: orderNumber, ...result }
      if (result.outcome === 'unknown_order') log.error(details, 'a notification names no order of this shop')
      else log.info(details, 'a notification was taken')
      return c.json({ outcome: result.outcome })
    } catch (error) {
      // 500: the provider sends it again, and nothing of it is stored
      log.error({ err: error }, 'a notification could not be applied')
      return problem(500, 'Not applied', 'The shop could not record this now. Please send it again.')
    }
  })

  return app
}

/** RFC 9457. */
function problem(status: number, title: string, detail: string): Response {
  return Response.json(
    { title, status, detail },
    { status, headers: { 'content-type': 'application/problem+json' } },
  )
}
