import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, describe, it } from 'node:test'
import { openQueue } from '../production/queue.ts'
import { testDatabase } from '../test/database.ts'
import { until } from '../test/shop.ts'
import { signatureHeader, type TestCardNotification, testCard } from './test-card.ts'
import { notifyLater, startTestCardSender } from './test-card-sender.ts'

const secret = 'the secret of this shop'
const means = testCard({ secrets: [secret] })

const notification = (id: string): TestCardNotification => ({
  id,
  type: 'payment.succeeded',
  created: Math.floor(Date.now() / 1000),
  data: { order: '2611-AAAA-BBBB', payment: `pay_${id}`, amountCents: 100, currency: 'EUR' },
})

describe('the sender of the test card', async () => {
  const received: { id: string; verdict: string }[] = []
  let answer = 200
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const headers = new Headers({ [signatureHeader]: String(request.headers[signatureHeader.toLowerCase()]) })
    const read = await means.readNotification(headers, body)
    received.push({ id: JSON.parse(body).id, verdict: read.ok ? 'signed' : String(read.status) })
    response.writeHead(answer).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const { url } = await testDatabase()
  const queue = await openQueue(url, () => {})
  await startTestCardSender(queue, `http://127.0.0.1:${port}/`, secret)
  after(async () => {
    await queue.stop({ graceful: false })
    server.closeAllConnections()
    server.close()
  })
  const seen = (id: string) => received.filter((one) => one.id === id)

  it('delivers a signed notification', async () => {
    await notifyLater(queue, { notification: notification('a') })
    await until('the notification', async () => seen('a').length > 0)
    assert.deepEqual(seen('a'), [{ id: 'a', verdict: 'signed' }])
  })

  it('sends again what the shop did not take', async () => {
    answer = 500
    await notifyLater(queue, { notification: notification('b') })
    await until('the first try', async () => seen('b').length > 0)
    answer = 200
    await until('the second try', async () => seen('b').length > 1)
    assert.deepEqual(seen('b').at(-1), { id: 'b', verdict: 'signed' })
  })

  it('sends a forged one once, with a signature that is not ours', async () => {
    answer = 401
    await notifyLater(queue, { notification: notification('c'), forged: true })
    await until('the forged one', async () => seen('c').length > 0)
    assert.deepEqual(seen('c'), [{ id: 'c', verdict: '401' }])
  })

  it('waits as long as it is told to', async () => {
    answer = 200
    const start = Date.now()
    await notifyLater(queue, { notification: notification('d') }, 1)
    await until('the late one', async () => seen('d').length > 0)
    assert.ok(Date.now() - start >= 900)
  })
})
