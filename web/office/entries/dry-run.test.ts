import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { findEntry } from '../../../shop/entry.ts'
import { testOffice } from '../../../test/office.ts'
import { testShop } from '../../../test/shop.ts'
import { routes } from '../../routes.ts'

const paths = routes.office.entries

describe('a dry run from the form of an entry', async () => {
  const t = await testShop()
  const house = testOffice(t)
  let marie: Awaited<ReturnType<typeof house.as>>
  const code = await t.sell({
    code: 'TRY-ME',
    handler: 'std_enroloncourse',
    internal: { course: 2, durationDays: 30 },
  })

  before(async () => {
    marie = await house.as('operator')
  })

  /** Sends the entry's form to be tried, as its button does. */
  async function tryOut(more: Record<string, string> = {}, from: string = paths.show(code)) {
    await marie.open(from)
    const form = marie.page().html
    const action = paths.dryRun(from === paths.new() ? 'new' : code)
    assert.match(form, new RegExp(`formaction="${action}"`))
    return await marie.send(from, more, action)
  }

  it('says what a sale of the unsaved form would do, and saves nothing', async () => {
    const kept = await findEntry(t.db, code)
    const page = await tryOut({ 'internal.durationDays': '77', titleEn: 'Another title' })
    assert.equal(page.status, 200)
    assert.match(page.html, /Another title/)
    assert.match(page.html, /Makes an account for Ada Martin/)
    assert.match(page.html, /enrol_manual_enrol_users/)
    assert.match(page.html, /Nothing was done/)
    assert.deepEqual(await findEntry(t.db, code), kept)
    assert.equal((await t.sandboxState('ada.1@learners.example')).accounts.length, 0)

    // With other answers, for two units, from the page itself.
    const again = await marie.send(paths.dryRun(code), {
      'sample.1.external.email': 'zoe@learners.example',
      'sample.units': '2',
    })
    assert.match(again.html, /zoe@learners\.example/)
    assert.match(again.html, /Unit 2/)
    assert.match(again.html, /name="internal\.durationDays" value="77"/)

    const back = await marie.send(paths.show(code), { intent: 'refresh' })
    assert.match(back.html, /value="Another title"/)
    assert.deepEqual(await findEntry(t.db, code), kept)
  })

  it('says at its answer what would keep the order from being taken', async () => {
    await tryOut()
    const page = await marie.send(paths.dryRun(code), { 'sample.1.external.email': 'nobody' })
    assert.equal(page.status, 422)
    assert.match(page.html, /id="field-sample-1-external-email-error"/)
    assert.match(page.html, /value="nobody"/)
  })

  it('says which parameters must be put right first, and what the price lacks', async () => {
    const wrong = await tryOut({ 'internal.course': '' })
    assert.equal(wrong.status, 422)
    assert.match(wrong.html, /Put the handler’s parameters right first/)
    const price = await tryOut({ price: 'a lot' })
    assert.equal(price.status, 422)
    assert.match(price.html, /id="field-price-error"/)
  })

  it('takes an entry that was never saved', async () => {
    const page = await tryOut(
      { code: 'NEW-1', price: '10', handler: 'std_registeredproduct', titleFr: 'Une licence' },
      paths.new(),
    )
    assert.equal(page.status, 200)
    assert.match(page.html, /Une licence/)
    assert.equal(await findEntry(t.db, 'NEW-1'), undefined)
  })

  it('leads from a bundle to its parts, which can be tried', async () => {
    const bundle = await t.sell({ handler: null, parts: [{ code, quantity: 1 }] })
    await marie.open(paths.show(bundle))
    const page = await marie.send(paths.show(bundle), {}, paths.dryRun(bundle))
    assert.match(page.html, new RegExp(`one by one \\(${code}\\)`))
    assert.match(page.html, new RegExp(`href="${paths.show(code)}"`))
    assert.doesNotMatch(page.html, /With these answers/)
  })

  it('is not for viewers', async () => {
    const viewer = await house.as('viewer')
    const page = await viewer.open(paths.show(code))
    assert.doesNotMatch(page.html, /dry-run/)
  })
})
