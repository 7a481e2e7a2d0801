import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Payable } from './means.ts'
import { signatureHeader, signTestCard, type TestCardNotification, testCard } from './test-card.ts'
import { testCardPage } from './test-card-page.tsx'
import type { TestCardDelivery } from './test-card-sender.ts'

const secret = 'the secret of this shop'
const at = Date.UTC(2026, 10, 22, 12)
const event: TestCardNotification = {
  id: 'evt_1',
  type: 'payment.succeeded',
  created: at / 1000,
  data: { order: '2611-AAAA-BBBB', payment: 'pay_1', amountCents: 12_000, currency: 'EUR' },
}
const body = JSON.stringify(event)

async function read(text: string, header: string | undefined, { secrets = [secret], now = at } = {}) {
  const headers = new Headers(header === undefined ? {} : { [signatureHeader]: header })
  return await testCard({ secrets, now: () => now }).readNotification(headers, text)
}

describe('a notification of the test card', () => {
  it('is read when its signature is right', async () => {
    const result = await read(body, signTestCard(body, secret, at))
    assert.ok(result.ok)
    assert.deepEqual(
      { ...result.notification, body: undefined },
      {
        eventId: 'evt_1',
        orderNumber: '2611-AAAA-BBBB',
        state: 'paid',
        reference: 'pay_1',
        amountCents: 12_000,
        currency: 'EUR',
        paidOn: '2026-11-22',
        body: undefined,
      },
    )
  })

  it('is refused when a single character of it was changed', async () => {
    const forged = body.replace('12000', '92000')
    const result = await read(forged, signTestCard(body, secret, at))
    assert.deepEqual(result, { ok: false, status: 401, reason: 'the signature is wrong' })
  })

  it('is refused without a signature, or with half of one', async () => {
    for (const header of [
      undefined,
      '',
      't=1',
      `t=${at / 1000},v1=abc`,
      signTestCard(body, 'another secret', at),
    ]) {
      const result = await read(body, header)
      assert.equal(result.ok || result.status, 401, String(header))
    }
  })

  it('is refused five minutes after it was signed, and before', async () => {
    const header = signTestCard(body, secret, at)
    assert.equal((await read(body, header, { now: at + 299_000 })).ok, true)
    assert.equal((await read(body, header, { now: at + 301_000 })).ok, false)
    assert.equal((await read(body, header, { now: at - 301_000 })).ok, false)
  })

  it('is read with the old secret and with the new one while one replaces the other', async () => {
    for (const one of ['old', 'new']) {
      assert.equal((await read(body, signTestCard(body, one, at), { secrets: ['new', 'old'] })).ok, true)
    }
  })

  it('is not understood when it is signed and says something else', async () => {
    for (const text of [
      '',
      'null',
      '{',
      '{"id":"evt_1"}',
      body.replace('12000', '-5'),
      body.replace('EUR', 'euro'),
    ]) {
      const result = await read(text, signTestCard(text, secret, at))
      assert.equal(result.ok || result.status, 400, text)
    }
  })
})

describe('the page of the test card', () => {
  const order: Payable = {
    number: '2611-AAAA-BBBB',
    token: 'token',
    amountCents: 12_000,
    currency: 'EUR',
    reference: 'RF00',
    payBefore: null,
    locale: 'en',
    returnUrl: 'https://shop.example/orders/2611-AAAA-BBBB/token?returned=0',
  }

  function open() {
    const sent: { delivery: TestCardDelivery; after: number }[] = []
    const app = testCardPage({
      findPayable: async (number, token) =>
        number === order.number && token === 'token' ? order : undefined,
      notify: async (delivery, after) => {
        sent.push({ delivery, after })
      },
    })
    const press = (behaviour: string, path = `/test-card/${order.number}/token`) =>
      app.request(path, { method: 'POST', body: new URLSearchParams({ behaviour }) })
    return { app, sent, press }
  }

  it('shows what is to be paid', async () => {
    const html = await (await open().app.request(`/test-card/${order.number}/token`)).text()
    assert.match(html, /€120\.00/)
  })

  it('is closed to a wrong token, and to an order that awaits no payment', async () => {
    const { app, press, sent } = open()
    assert.equal((await app.request(`/test-card/${order.number}/guess`)).status, 404)
    assert.equal((await press('pay', `/test-card/${order.number}/guess`)).status, 404)
    assert.equal(sent.length, 0)
  })

  it('sends the payer back, whatever was pressed, by the path of the shop alone', async () => {
    const answer = await open().press('decline')
    assert.equal(answer.status, 303)
    assert.equal(answer.headers.get('location'), '/orders/2611-AAAA-BBBB/token?returned=0')
  })

  it('notifies as it is told to', async () => {
    const told = async (behaviour: string) => {
      const { press, sent } = open()
      await press(behaviour)
      return sent.map(({ delivery, after }) => ({
        ...{ type: delivery.notification.type, amount: delivery.notification.data.amountCents, after },
        ...(delivery.forged && { forged: true }),
      }))
    }
    const paid = { type: 'payment.succeeded', amount: 12_000, after: 0 }
    assert.deepEqual(await told('pay'), [paid])
    assert.deepEqual(await told('twice'), [paid, paid])
    assert.deepEqual(await told('late'), [{ ...paid, after: 10 }])
    assert.deepEqual(await told('decline'), [{ ...paid, type: 'payment.failed' }])
    assert.deepEqual(await told('less'), [{ ...paid, amount: 11_900 }])
    assert.deepEqual(await told('more'), [{ ...paid, amount: 12_100 }])
    assert.deepEqual(await told('forged'), [{ ...paid, forged: true }])
    assert.deepEqual(await told('nonsense'), [])
  })

  it('gives each payment an identity of its own, and both of two notifications the same', async () => {
    const { press, sent } = open()
    await press('twice')
    await press('pay')
    const [first, second, third] = sent.map(({ delivery }) => delivery.notification)
    assert.equal(first?.id, second?.id)
    assert.notEqual(first?.id, third?.id)
    assert.notEqual(first?.data.payment, third?.data.payment)
  })
})
