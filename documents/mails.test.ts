import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { composeMail, type MailContext, type MailedOrder } from './mails.ts'

const order: MailedOrder = {
  number: '2611-AAAA-BBBB',
  state: 'awaiting_payment',
  locale: 'en',
  customer: { email: 'ada@example.org', firstname: 'Ada', lastname: 'Martin' },
  currency: 'EUR',
  totalCents: 24_000,
  vatCents: 4_000,
  paidCents: 0,
  payBefore: new Date('2026-12-22T12:00:00Z'),
  lines: [
    {
      entry: { title: { en: 'Spreadsheets', fr: 'Tableur' } },
      quantity: 2,
      totalCents: 24_000,
      bundle: null,
      units: [{ id: 7 }, { id: 8 }],
    },
  ],
  products: [],
}
const french: MailedOrder = { ...order, locale: 'fr' }
const context: MailContext = { shopName: 'Atelier', orderUrl: 'https://shop.example/orders/2611/abc' }
const byTransfer: MailContext = {
  ...context,
  toPay: {
    instructions: [
      { label: { en: 'IBAN', fr: 'IBAN' }, value: 'FR76 3000' },
      { label: { en: 'Reference to quote', fr: 'Référence à indiquer' }, value: 'RF18 2611' },
    ],
  },
}

describe('mails', () => {
  it('greet by a name, and carry no message that somebody typed for one', () => {
    const greeting = (firstname: string, of = order) =>
      composeMail('order_placed', {}, { ...of, customer: { ...of.customer, firstname } }, context).text.split(
        '\n',
      )[0]
    for (const name of ['Anne-Lise', 'J. R.', 'Zoé d’Arc', 'Łukasz', '山田', 'St. John']) {
      assert.equal(greeting(name), `Hello ${name},`)
    }
    for (const name of [
      'your account is blocked: https://evil.example',
      'evil.example',
      'write to eve@evil',
      'Ada,\n\nclick',
      'Ada\u202e',
      'a word '.repeat(10),
    ]) {
      assert.equal(greeting(name), 'Hello,', name)
      assert.equal(greeting(name, french), 'Bonjour,', name)
    }
  })

  it('tell how to pay by transfer: amount, account, reference and deadline', () => {
    const { subject, text } = composeMail('order_placed', {}, order, byTransfer)
    assert.equal(subject, 'Your order 2611-AAAA-BBBB: how to pay')
    for (const part of [
      'Hello Ada,',
      '2 × Spreadsheets: €240.00',
      '€40.00',
      'FR76 3000',
      'RF18 2611',
      '22 December 2026',
    ]) {
      assert.ok(text.includes(part), part)
    }
    assert.ok(text.includes(context.orderUrl))
  })

  it('list the parts of a bundle under its price', () => {
    const bundle = { code: 'LOT', title: { en: 'Both', fr: 'Les deux' }, cents: 10_000, quantity: 2 }
    const line = (en: string, totalCents: number) => ({
      entry: { title: { en, fr: en } },
      quantity: 2,
      totalCents,
      bundle,
      units: [],
    })
    const parts = [line('Spreadsheets', 15_000), line('SQL', 5_000)]
    const { text } = composeMail('order_placed', {}, { ...order, lines: [...order.lines, ...parts] }, context)
    assert.ok(
      text.includes(
        [
          '- 2 × Spreadsheets: €240.00',
          '- 2 × Both: €200.00',
          '  - 2 × Spreadsheets',
          '  - 2 × SQL',
          'Total: ',
        ].join('\n'),
      ),
      text,
    )
  })

  it('are in the language of the order', () => {
    const { subject, text } = composeMail('order_placed', {}, french, byTransfer)
    assert.equal(subject, 'Votre commande 2611-AAAA-BBBB\u00a0: comment payer')
    assert.match(text, /Bonjour Ada,/)
    assert.match(text, /Tableur\u00a0: 240,00\u00a0€/)
    assert.match(text, /22 décembre 2026/)
  })

  it('ask for no payment when there is none to make', () => {
    const { text } = composeMail('order_placed', {}, { ...order, state: 'paid' }, context)
    assert.doesNotMatch(text, /pay/i)
  })

  it('name the products that are there already, each with its way in', () => {
    const holder = { email: 'luc@example.org', firstname: 'Luc', lastname: 'Roy' }
    const product = {
      title: { en: 'Spreadsheets', fr: 'Tableur' },
      reference: 'AH06-YQJM-VNZP-N991',
      link: 'https://moodle.example/course/view.php?id=4',
      holder,
    }
    const { text } = composeMail('order_paid', {}, { ...order, products: [product] }, context)
    assert.match(text, /- Spreadsheets \(Luc Roy\), AH06-YQJM-VNZP-N991\n {2}https:\/\/moodle/)
  })

  it('say why an order was refused, and what becomes of money that came', () => {
    const told = { en: 'The masterclass is full.', fr: 'La masterclass est complète.' }
    const refused = composeMail('order_closed', { state: 'refused', told }, french, context)
    assert.match(refused.text, /La masterclass est complète\./)
    assert.match(refused.text, /rien payé/)
    const expired = composeMail('order_closed', { state: 'expired' }, { ...order, paidCents: 5_000 }, context)
    assert.match(expired.text, /€50\.00 that you have paid will be returned/)
  })

  it('name what is missing after a part was paid', () => {
    const { text } = composeMail(
      'payment_partial',
      { missingCents: 4_000 },
      { ...order, paidCents: 20_000 },
      byTransfer,
    )
    assert.match(text, /€40\.00 is still missing/)
    assert.match(text, /Amount: €40\.00/)
  })

  it('reassure whoever waits, and pass on what a handler has to say', () => {
    assert.match(
      composeMail('unit_delayed', { unit: 8 }, order, context).text,
      /“Spreadsheets”.*nothing to do/s,
    )
    const text = { en: 'Bring a jacket.', fr: 'Prenez une veste.' }
    assert.match(composeMail('feedback', { text }, french, context).text, /Prenez une veste\./)
  })
})
