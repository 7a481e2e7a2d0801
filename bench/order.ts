import { randomUUID } from 'node:crypto'
import http, { Agent } from 'node:http'
import { z } from 'zod'
import { signatureHeader, signTestCard } from '../payments/test-card.ts'
import type { Server } from './server.ts'

// Given up before the server's own five seconds: a call must not meet a closing socket.
const agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 4000 })

/** Sends JSON and reads JSON, over connections that are kept: the client must not be what is measured. */
async function send(
  method: string,
  url: string,
  headers: Record<string, string>,
  body: string,
): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    const request = http.request(
      url,
      {
        method,
        agent,
        headers: {
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(body),
          ...headers,
        },
      },
      (reply) => {
        const chunks: Buffer[] = []
        reply.on('data', (chunk: Buffer) => chunks.push(chunk))
        reply.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if ((reply.statusCode ?? 500) >= 300)
            reject(new Error(`${method} ${url}: ${reply.statusCode} ${text}`))
          else resolve(text === '' ? undefined : JSON.parse(text))
        })
      },
    )
    request.on('error', reject)
    request.end(body)
  })
}

const opened = z.object({ id: z.string(), token: z.string() })
const placed = z.object({ number: z.string(), totalCents: z.int() })

/** One learner's order over HTTP: cart, unit form, place. Returns what its payment needs. */
export async function place(
  server: Server,
  code: string,
  learners: string[],
): Promise<z.output<typeof placed>> {
  const api = `${server.url}/api/v1`
  const empty = learners.map(() => ({ external: {} }))
  const cart = opened.parse(
    await send('POST', `${api}/carts`, {}, JSON.stringify({ lines: [{ code, units: empty }] })),
  )
  const authorization = `Cart ${cart.token}`
  const units = learners.map((name) => ({
    external: { email: `${name}@learners.example`, firstname: 'Léo', lastname: name },
  }))
  await send('PUT', `${api}/carts/${cart.id}/lines/${code}`, { authorization }, JSON.stringify({ units }))
  const order = {
    cart: cart.id,
    customer: { email: `buyer-${learners[0]}@buyers.example`, firstname: 'Alice', lastname: 'Martin' },
    means: 'test_card',
    termsAccepted: true,
  }
  return placed.parse(
    await send(
      'POST',
      `${api}/orders`,
      { authorization, 'idempotency-key': randomUUID() },
      JSON.stringify(order),
    ),
  )
}

/** The provider's notification that an order was paid: what validates it. */
export async function pay(server: Server, order: { number: string; totalCents: number }): Promise<void> {
  const body = JSON.stringify({
    id: randomUUID(),
    type: 'payment.succeeded',
    created: Math.floor(Date.now() / 1000),
    data: { order: order.number, payment: randomUUID(), amountCents: order.totalCents, currency: 'EUR' },
  })
  const headers = { [signatureHeader]: signTestCard(body, server.secret) }
  await send('POST', `${server.url}/payments/test_card/notifications`, headers, body)
}
