import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mailSignInLink } from '../../../shop/customer-session.ts'
import { openMailQueue } from '../../../shop/send-mail.ts'
import { testOffice } from '../../../test/office.ts'
import { testShop } from '../../../test/shop.ts'
import { routes } from '../../routes.ts'

const paths = routes.office.mails

describe('the mails in the office', async () => {
  const test = await testShop()
  const { db, shop } = test
  const house = testOffice(test)
  const { number } = await test.placed(await test.sell({ handler: null }), [{}])
  const { id } = await db.selectFrom('mails').select('id').executeTakeFirstOrThrow()

  it('are found by order and by e-mail, and read as they would be sent', async () => {
    const marie = await house.as('viewer')
    for (const search of [number, 'ALICE@buy']) {
      const list = await marie.open(`${paths.index()}?${new URLSearchParams({ search })}`)
      assert.match(list.html, new RegExp(`href="${paths.show(id)}"`), search)
    }
    assert.match((await marie.open(`${paths.index()}?search=nobody`)).html, /Nothing is found/)
    const page = await marie.open(paths.show(id))
    assert.match(page.html, /Kept, not sent/)
    assert.match(page.html, new RegExp(`Thank you: we have your order ${number}`))
  })

  it('that sign a customer in are found by e-mail, and show their link to nobody', async () => {
    const key = (await mailSignInLink(shop, { email: 'alice@buyers.example', locale: 'en' })) ?? ''
    const mail = await db
      .selectFrom('mails')
      .select('id')
      .where('kind', '=', 'sign_in')
      .executeTakeFirstOrThrow()
    const admin = await house.as('admin')
    const list = await admin.open(`${paths.index()}?search=ALICE%40buy`)
    assert.match(list.html, new RegExp(`href="${paths.show(mail.id)}"`))
    assert.match(list.html, new RegExp(`href="${paths.show(id)}"`))
    const page = await admin.open(paths.show(mail.id))
    assert.match(page.html, /\/account\/sign-in\/…/)
    assert.ok(key.length === 22 && !page.html.includes(key))
  })

  it('are sent again once they have failed, and only then', async () => {
    await openMailQueue(shop.queue)
    shop.settings.mailing = true
    const marie = await house.as('operator')
    await marie.open(paths.show(id))
    assert.doesNotMatch(marie.page().html, new RegExp(`action="${paths.resend(id)}"`))
    await db
      .updateTable('mails')
      .set({ state: 'failed', cause: 'mailbox full' })
      .where('id', '=', id)
      .execute()
    const home = await marie.open(routes.office.home())
    assert.match(home.html, /Mails that could not be sent/)
    assert.match(home.html, /mailbox full/)
    await marie.open(paths.show(id))
    const sent = await marie.send(paths.resend(id))
    assert.match(sent.html, /The mail is sent again/)
    const row = await db.selectFrom('mails').select('state').where('id', '=', id).executeTakeFirstOrThrow()
    assert.equal(row.state, 'queued')
  })
})
