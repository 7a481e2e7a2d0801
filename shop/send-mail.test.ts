import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { after, describe, it } from 'node:test'
import { testShop, until } from '../test/shop.ts'
import { cartOf, placeOrder } from './place-order.ts'
import { composeMail, mailTransport, openMailQueue, sendAgain, startMailer } from './send-mail.ts'
import type { Shop } from './shop.ts'

type Taken = { to: string; message: string }

/** A mail server that takes everything but what `refuse` names, and what comes while it is down. */
async function smtpServer() {
  const taken: Taken[] = []
  const state = { down: false }
  const server = createServer((socket) => {
    let to = ''
    let message: string[] | undefined
    const say = (line: string) => socket.write(`${line}\r\n`)
    say(state.down ? '421 not now' : '220 mail.test')
    let rest = ''
    socket.on('error', () => {})
    socket.on('data', (data) => {
      const lines = (rest + data.toString()).split('\r\n')
      rest = lines.pop() ?? ''
      for (const line of lines) {
        if (message) {
          if (line !== '.') message.push(line)
          else {
            taken.push({ to, message: message.join('\n') })
            message = undefined
            say('250 taken')
          }
        } else if (line.startsWith('RCPT')) {
          to = /<(.*)>/.exec(line)?.[1] ?? ''
          say(to.startsWith('nobody') ? '550 no such mailbox' : '250 fine')
        } else if (line === 'DATA') {
          message = []
          say('354 go on')
        } else if (line === 'QUIT') {
          say('221 bye')
          socket.end()
        } else say('250 mail.test')
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  after(() => server.close())
  return {
    taken,
    state,
    url: `smtp://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
  }
}

describe('sending mails', async () => {
  const smtp = await smtpServer()
  const { shop: quiet, db, sell, engine } = await testShop({ handlers: [] })
  const shop: Shop = { ...quiet, settings: { ...quiet.settings, mailing: true } }
  await openMailQueue(shop.queue)
  const config = { SMTP_URL: smtp.url, MAIL_FROM: 'shop@atelier.example' }
  await startMailer(shop, config, mailTransport(smtp.url))
  const code = await sell({ handler: null })

  async function order(email: string, by = shop) {
    const result = await placeOrder(
      by,
      engine,
      { content: cartOf([{ code, units: [{ external: {}, fields: {} }] }]) },
      {
        customer: { email, firstname: 'Ada', lastname: 'Martin' },
        means: 'transfer',
        termsAccepted: true,
        locale: 'en',
      },
    )
    assert.ok(result.ok)
    return await db
      .selectFrom('mails')
      .innerJoin('orders', 'orders.id', 'mails.order_id')
      .selectAll('mails')
      .where('orders.number', '=', result.order.number)
      .executeTakeFirstOrThrow()
  }
  const mailOf = (id: number) =>
    db.selectFrom('mails').selectAll().where('id', '=', id).executeTakeFirstOrThrow()

  it('sends what was decided, once, and keeps what it sent', async () => {
    const { id } = await order('ada@example.org')
    const sent = await until('the mail', async () => {
      const mail = await mailOf(id)
      return mail.state === 'sent' && mail
    })
    await shop.queue.send('mail', { mail: id })
    await order('second@example.org')
    await until('the next mail', async () => smtp.taken.some((one) => one.to === 'second@example.org'))
    const mine = smtp.taken.filter((one) => one.to === 'ada@example.org')
    assert.equal(mine.length, 1)
    assert.match(
      mine[0]?.message ?? '',
      new RegExp(`Message-ID: <boutique\\.${id}\\.\\d+@atelier\\.example>`, 'i'),
    )
    assert.match(sent.subject ?? '', /how to pay/)
    assert.match(sent.body ?? '', /Hello Ada/)
    assert.ok(sent.sent_at)
  })

  it('gives up on what the server refuses for good, and says why', async () => {
    const { id } = await order('nobody@example.org')
    const failed = await until('the refusal', async () => {
      const mail = await mailOf(id)
      return mail.state === 'failed' && mail
    })
    assert.match(failed.cause ?? '', /550 no such mailbox/)
    await db.updateTable('mails').set({ recipient: 'moved@example.org' }).where('id', '=', id).execute()
    const lost = Object.create(shop.queue, { send: { value: () => Promise.reject(new Error('no queue')) } })
    await assert.rejects(sendAgain({ ...shop, queue: lost }, id), /no queue/)
    assert.equal((await mailOf(id)).state, 'failed') // and not on its way for ever
    assert.equal(await sendAgain(shop, id), true)
    await until('the mail to the new address', async () => (await mailOf(id)).state === 'sent')
    assert.equal(await sendAgain(shop, id), false)
  })

  it('tries again while the server is away', async () => {
    smtp.state.down = true
    const { id } = await order('later@example.org')
    const waiting = await until('the first try', async () => {
      const mail = await mailOf(id)
      return mail.cause !== null && mail
    })
    assert.equal(waiting.state, 'queued')
    smtp.state.down = false
    await shop.queue.send('mail', { mail: id })
    await until('the mail', async () => (await mailOf(id)).state === 'sent')
  })

  it('sends the instructions only once there is something to pay', async () => {
    const { id, order_id } = await order('early@example.org', { ...shop, settings: quiet.settings })
    await db.updateTable('orders').set({ state: 'placed' }).where('id', '=', order_id).execute()
    await db.updateTable('mails').set({ state: 'queued' }).where('id', '=', id).execute()
    await shop.queue.send('mail', { mail: id })
    const later = await until('the mail to be put off', async () => {
      const jobs = await shop.queue.findJobs('mail', { data: { mail: id }, queued: true })
      return jobs.find((job) => job.startAfter > new Date())
    })
    assert.ok(later)
    assert.equal((await mailOf(id)).state, 'queued')
    await db.updateTable('orders').set({ state: 'awaiting_payment' }).where('id', '=', order_id).execute()
  })

  it('shows the office a mail that is kept, as it would be sent now', async () => {
    const kept = await order('kept@example.org', quiet)
    assert.equal(kept.state, 'kept')
    const mail = await composeMail(quiet, kept)
    assert.match(mail?.text ?? '', /http:\/\/127\.0\.0\.1\/orders\//)
    assert.equal(await sendAgain(quiet, kept.id), false)
  })
})
