import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import nodemailer from 'nodemailer'
import { buyer, testShop, until } from '../test/shop.ts'
import { composeMail, openMailQueue, startMailer } from './send-mail.ts'
import type { Shop } from './shop.ts'
import { tellEndings } from './tell-endings.ts'

describe('the end of a product is announced', async () => {
  const shop = await testShop()
  const { db } = shop
  await openMailQueue(shop.shop.queue)
  const code = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2, durationDays: 365 } })
  const learner = (name: string) => ({ email: `${name}@learners.example`, firstname: name, lastname: 'L' })

  async function buy(...people: { email: string; firstname: string; lastname: string }[]) {
    const { number } = await shop.placed(code, people)
    await shop.pay(number)
    await shop.takeOver()
    const { id } = await db
      .selectFrom('orders')
      .select('id')
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
    await sql`update products set created_at = now() - interval '1 year', starts_at = now() - interval '1 year'
               where order_id = ${id}`.execute(db)
    return id
  }
  const endIn = (order: number, days: number) =>
    sql`update products set ends_at = now() + make_interval(days => ${days}) where order_id = ${order}`.execute(
      db,
    )
  const mailsOf = async (order: number) =>
    await db
      .selectFrom('mails')
      .selectAll()
      .where('order_id', '=', order)
      .where('kind', '=', 'product_ending')
      .orderBy('id')
      .execute()
  const recipients = async (order: number) =>
    (await mailsOf(order)).map(({ recipient, data }) => `${recipient} ${data.days}`)

  it('30 and 7 days before, once each, to the customer and to a holder who is another', async () => {
    const order = await buy(learner('lea'))
    await endIn(order, 31)
    assert.equal(await tellEndings(shop.shop), 0)
    await endIn(order, 30)
    assert.equal(await tellEndings(shop.shop), 1)
    assert.equal(await tellEndings(shop.shop), 0)
    assert.deepEqual(await recipients(order), [`${buyer.email} 30`, 'lea@learners.example 30'])
    await endIn(order, 7)
    await Promise.all([tellEndings(shop.shop), tellEndings(shop.shop)])
    assert.deepEqual((await recipients(order)).slice(2), [`${buyer.email} 7`, 'lea@learners.example 7'])
    await endIn(order, 6)
    assert.equal(await tellEndings(shop.shop), 1, 'another end is told anew')
  })

  it('to the customer alone who bought it for themselves', async () => {
    const order = await buy({ ...buyer, email: buyer.email.toUpperCase() })
    await endIn(order, 30)
    await tellEndings(shop.shop)
    assert.deepEqual(await recipients(order), [`${buyer.email} 30`])
  })

  it('in one mail for all products of an order that end that day', async () => {
    const order = await buy(learner('g1'), learner('g2'), learner('g3'))
    await endIn(order, 20)
    assert.equal(await tellEndings(shop.shop), 3)
    const [customer, ...holders] = await mailsOf(order)
    assert.ok(Array.isArray(customer?.data.references) && customer.data.references.length === 3)
    assert.equal(holders.length, 3)
    const mail = customer && (await composeMail(shop.shop, customer))
    assert.match(mail?.subject ?? '', /^3 accesses end on /)
    for (const name of ['g1', 'g2', 'g3']) assert.ok(mail?.text.includes(`(${name} L)`))
  })

  it('with the page to buy it again, and with the order’s own page for the customer only', async () => {
    const order = await buy(learner('page'))
    await endIn(order, 5)
    await tellEndings(shop.shop)
    const [customer, holder] = await mailsOf(order)
    assert.ok(customer && holder)
    const { token } = await db
      .selectFrom('orders')
      .select('token')
      .where('id', '=', order)
      .executeTakeFirstOrThrow()
    const toCustomer = await composeMail(shop.shop, customer)
    const toHolder = await composeMail(shop.shop, holder)
    for (const mail of [toCustomer, toHolder])
      assert.match(mail?.text ?? '', new RegExp(`/entries/${code}\\n`))
    assert.match(toCustomer?.text ?? '', /^Hello Alice,/)
    assert.ok(toCustomer?.text.includes(token))
    assert.match(toHolder?.text ?? '', /^Hello page,/)
    assert.ok(!toHolder?.text.includes(token))
    await db.updateTable('entries').set({ state: 'retired' }).where('code', '=', code).execute()
    assert.doesNotMatch((await composeMail(shop.shop, customer))?.text ?? '', /\/entries\//)
    await db.updateTable('entries').set({ state: 'on_sale' }).where('code', '=', code).execute()
  })

  it('not when it is revoked, suspended, ended or without an end, nor when it never lasted that long', async () => {
    for (const state of ['revoked', 'suspended', 'ended'] as const) {
      const order = await buy(learner(state))
      await endIn(order, 5)
      await db.updateTable('products').set({ state }).where('order_id', '=', order).execute()
    }
    const endless = await buy(learner('endless'))
    await db.updateTable('products').set({ ends_at: null }).where('order_id', '=', endless).execute()
    const short = await buy(learner('short'))
    await endIn(short, 5)
    await sql`update products set starts_at = now(), created_at = now() where order_id = ${short}`.execute(db)
    assert.equal(await tellEndings(shop.shop), 0)
  })

  it('not when it was extended between the decision and the sending', async () => {
    const mailing: Shop = { ...shop.shop, settings: { ...shop.shop.settings, mailing: true } }
    const extended = await buy(learner('extended'))
    const ending = await buy(learner('ending'))
    await endIn(extended, 20)
    await endIn(ending, 20)
    await tellEndings(mailing)
    await endIn(extended, 200)
    const transport = nodemailer.createTransport({ jsonTransport: true })
    await startMailer(mailing, { MAIL_FROM: 'shop@shop.example' }, transport)
    const states = async (order: number) => (await mailsOf(order)).map(({ state }) => state)
    await until('all mails are done with', async () => {
      const all = [...(await states(extended)), ...(await states(ending))]
      return all.length === 4 && !all.includes('queued')
    })
    assert.deepEqual(await states(extended), ['kept', 'kept'])
    assert.match((await mailsOf(extended))[0]?.cause ?? '', /extended or taken back meanwhile/)
    assert.deepEqual(await states(ending), ['sent', 'sent'])
  })

  it('not when another product of the holder goes on where it ends', async () => {
    const order = await buy(learner('again'))
    await endIn(order, 20)
    const more = await buy(learner('again'))
    await sql`update products set starts_at = now() + interval '20 days', ends_at = now() + interval '200 days'
               where order_id = ${more}`.execute(db)
    assert.equal(await tellEndings(shop.shop), 0)
    await sql`update products set state = 'revoked' where order_id = ${more}`.execute(db)
    assert.equal(await tellEndings(shop.shop), 1)
  })
})
