import type { Context } from 'hono'
import { streamSSE } from 'hono/streaming'
import type { Following } from '../../../shop/follow-orders.ts'
import type { Face } from '../../face.ts'
import { csrfToken, type WebEnv } from '../../security.ts'
import { orderFragments } from './order-page.tsx'
import type { TrackedOrder } from './tracked-order.ts'

/** Milliseconds between two signs of life on a silent stream: proxies close those that say nothing for a minute. */
const heartbeat = 20_000
/** Milliseconds after which a stream ends and the browser opens another, on whichever process is there by then. */
const streamLife = 15 * 60_000

/**
 * Sends the parts of an order's page that changed, whenever the order moved, until nothing more may happen or the browser
 * is gone. `track` reads where the order stands.
 */
export function streamOrder(
  c: Context<WebEnv>,
  face: Face,
  following: Following,
  track: () => Promise<TrackedOrder | undefined>,
): Response {
  const shown = { face, csrf: csrfToken(c), locale: c.var.locale }
  return streamSSE(c, async (stream) => {
    stream.onAbort(() => following.stop())
    const end = Date.now() + streamLife
    const sent = new Map<string, string>()
    try {
      while (!stream.aborted && Date.now() < end) {
        const moved = await following.next(heartbeat)
        if (stream.aborted) break
        if (moved === undefined) {
          await stream.write(': waiting\n\n')
          continue
        }
        const tracked = await track()
        if (!tracked) break
        const news = []
        for (const [id, fragment] of orderFragments({ ...tracked, ...shown })) {
          const html = String(await fragment.toString())
          if (sent.get(id) !== html) news.push(html)
          sent.set(id, html)
        }
        await stream.writeSSE({ event: 'fragment', id: String(moved), data: news.join('\n') })
        if (!tracked.live) {
          await stream.writeSSE({ event: 'end', data: '' })
          break
        }
      }
    } catch (error) {
      // the browser opens the stream again, from the last event that it got
      face.log.warn({ err: error, order: c.req.param('number') }, 'a live page was cut off')
    } finally {
      following.stop()
    }
  })
}
