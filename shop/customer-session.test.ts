import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { testShop, until } from '../test/shop.ts'
import {
  findSignedIn,
  isSignInLink,
  mailSignInLink,
  pruneSignIns,
  sessionDays,
  signIn,
  signOut,
} from './customer-session.ts'
import { erasePerson } from './erase-person.ts'
import { composeMail, type MailTransport, openMailQueue, startMailer } from './send-mail.ts'

describe('signing a customer in', async () => {
  const test = await testShop()
  const { db, shop } = test
  await openMailQueue(shop.queue)
  const code = await test.sell({ handler: null })

  /** Somebody who has ordered here. */
  async function customer() {
    const { number } = await test.placed(code, [{}])
    const email = `${number.toLowerCase()}@buyers.example`
    await db.updateTable('orders').set({ customer_email: email }).where('number', '=', number).execute()
    return email
  }

  async function linkOf(email: string, next?: string) {
    const key = await mailSignInLink(shop, { email, locale: 'en', next })
    assert.ok(key)
    return key
  }

  const mailsTo = (email: string) =>
    db.selectFrom('mails').selectAll().where('recipient', '=', email).where('kind', '=', 'sign_in').execute()

  it('mails a link to whoever has ordered or holds something, in any case of letters, and to nobody else', async () => {
    const email = await customer()
    assert.ok(await linkOf(`  ${email.toUpperCase()} `))
    assert.equal((await mailsTo(email)).length, 1)
    for (const nobody of ['nobody@buyers.example', '', 'erased@erased.invalid', '%']) {
      assert.equal(await mailSignInLink(shop, { email: nobody, locale: 'en' }), undefined, nobody)
      assert.deepEqual(await mailsTo(nobody), [])
    }
  })

  it('lets a link in once, and leaves the others that were sent as they are', async () => {
    const email = await customer()
    const first = await linkOf(email)
    const second = await linkOf(email)
    assert.ok(await isSignInLink(db, first))
    const sessions = await Promise.all([signIn(db, first), signIn(db, first), signIn(db, first)])
    const opened = sessions.filter((session) => session !== undefined)
    assert.equal(opened.length, 1)
    assert.deepEqual(await findSignedIn(db, opened[0] ?? ''), { email })
    assert.equal(await isSignInLink(db, first), false)
    assert.ok(await signIn(db, second))
  })

  it('lets no link in after half an hour', async () => {
    const key = await linkOf(await customer())
    await db
      .updateTable('customer_links')
      .set({ expires_at: new Date(Date.now() - 1) })
      .execute()
    assert.equal(await isSignInLink(db, key), false)
    assert.equal(await signIn(db, key), undefined)
  })

  it('keeps a browser signed in for a month, or until it signs out', async () => {
    const email = await customer()
    const session = (await signIn(db, await linkOf(email))) ?? ''
    const other = (await signIn(db, await linkOf(email))) ?? ''
    const row = await db
      .selectFrom('customer_sessions')
      .selectAll()
      .where('email', '=', email)
      .executeTakeFirstOrThrow()
    const days = (row.expires_at.getTime() - row.created_at.getTime()) / 86_400_000
    assert.equal(Math.round(days), sessionDays)
    await signOut(db, session)
    assert.equal(await findSignedIn(db, session), undefined)
    assert.deepEqual(await findSignedIn(db, other), { email })
    await sql`update customer_sessions set expires_at = now()`.execute(db)
    assert.equal(await findSignedIn(db, other), undefined)
    assert.ok((await pruneSignIns(db)) >= 1)
    assert.deepEqual(await db.selectFrom('customer_sessions').selectAll().execute(), [])
  })

  it('keeps no key that could be read, neither of a link nor of a session', async () => {
    const email = await customer()
    const key = await linkOf(email)
    const kept = await mailsTo(email)
    assert.ok(kept[0])
    const session = (await signIn(db, await linkOf(email))) ?? ''
    for (const secret of [key, session]) {
      assert.equal(Buffer.from(secret, 'base64url').length, 16)
      for (const table of ['mails', 'customer_links', 'customer_sessions']) {
        const { rows } = await sql<{
          text: string
        }>`select t::text as text from ${sql.table(table)} t`.execute(db)
        for (const { text } of rows) {
          assert.ok(!text.includes(secret), table)
          assert.ok(!text.includes(Buffer.from(secret).toString('hex')), table)
        }
      }
    }
    const read = await composeMail(shop, kept[0])
    assert.match(read?.text ?? '', /\/account\/sign-in\/…/)
    assert.ok(!read?.text.includes(key))
  })

  it('sends the link, and keeps the mail without it; an old one is not sent at all', async () => {
    const email = await customer()
    const sent: { to: string; text: string }[] = []
    const transport = {
      sendMail: async (mail: { to: string; text: string }) => void sent.push(mail),
    } as unknown as MailTransport // only what the mailer calls
    const mailing = { ...shop, settings: { ...shop.settings, mailing: true } }
    const old = await mailSignInLink(mailing, { email, locale: 'en' })
    await db
      .updateTable('mails')
      .set({ created_at: new Date(Date.now() - 31 * 60_000) } as object)
      .where('recipient', '=', email)
      .execute()
    const key = await mailSignInLink(mailing, { email, locale: 'fr', next: '/account/orders' })
    await startMailer(mailing, { MAIL_FROM: 'shop@atelier.example' }, transport)
    const mails = await until('both are done with', async () => {
      const rows = await mailsTo(email)
      return rows.every((row) => row.state !== 'queued') && rows
    })
    assert.deepEqual(mails.map((row) => row.state).sort(), ['kept', 'sent'])
    assert.equal(sent.length, 1)
    assert.equal(sent[0]?.to, email)
    assert.ok(sent[0]?.text.includes(`http://127.0.0.1/account/sign-in/${key}?next=%2Faccount%2Forders`))
    assert.ok(!sent[0]?.text.includes(`${old}`))
    const after = mails.find((row) => row.state === 'sent')
    assert.ok(after?.body?.includes('/account/sign-in/…'))
    assert.ok(!JSON.stringify(after).includes('sealed:'))
  })

  it('is undone for whoever is erased', async () => {
    const email = await customer()
    const key = await linkOf(email)
    const session = (await signIn(db, await linkOf(email))) ?? ''
    await erasePerson(db, email)
    assert.equal(await signIn(db, key), undefined)
    assert.equal(await findSignedIn(db, session), undefined)
    assert.deepEqual(await mailsTo(email), [])
  })
})
