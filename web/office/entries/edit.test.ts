import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { findEntry } from '../../../shop/entry.ts'
import { testOffice } from '../../../test/office.ts'
import { testShop } from '../../../test/shop.ts'
import { routes } from '../../routes.ts'

const paths = routes.office.entries
const texts = {
  titleEn: 'Excel',
  titleFr: 'Excel',
  categoryEn: 'Office',
  categoryFr: 'Bureautique',
  summaryEn: 'Tables',
  summaryFr: 'Tableaux',
}

describe('the form of an entry', async () => {
  const test = await testShop()
  const { db, shop } = test
  const house = testOffice(test)
  let marie: Awaited<ReturnType<typeof house.as>>
  const course = (await shop.site.course('DATA-101'))?.id ?? 0
  const enrol = { handler: 'std_enroloncourse', 'internal.role': 'student', 'internal.startsOn': 'purchase' }
  let made = 0

  before(async () => {
    marie = await house.as('operator')
  })

  /** Sends the form of a new entry; its code. */
  async function create(answers: Record<string, string>) {
    const code = `NEW-${++made}`
    await marie.open(paths.new())
    const page = await marie.send(paths.new(), { ...texts, code, price: '49,50', ...answers })
    return { code, page }
  }

  it('puts an entry on sale, its price read as it is typed in French', async () => {
    const { code, page } = await create({ ...enrol, 'internal.course': String(course), intent: 'sale' })
    assert.equal(page.status, 200)
    assert.match(page.html, /Saved, and on sale/)
    const entry = await findEntry(db, code)
    assert.equal(entry?.state, 'on_sale')
    assert.equal(entry?.priceCents, 4950)
    assert.equal(entry?.internal.course, course)
    assert.deepEqual(entry?.title, { en: 'Excel', fr: 'Excel' })
  })

  it('keeps an entry with an error as a draft, shows the error at its field, and refuses to sell it', async () => {
    const wrong = { ...enrol, 'internal.course': '99999' }
    const { code, page } = await create({ ...wrong, intent: 'draft' })
    assert.match(page.html, /Saved as a draft/)
    assert.match(page.html, /id="field-internal-course-error"[^>]*>.*?There is no such course on the site/s)
    assert.equal((await findEntry(db, code))?.state, 'draft')

    const refused = await marie.send(paths.show(code), { intent: 'sale' })
    assert.equal(refused.status, 422)
    assert.match(refused.html, /It can’t be put on sale like this/)
    assert.match(refused.html, /href="#field-internal-course"/)
    assert.equal((await findEntry(db, code))?.state, 'draft')

    const mended = await marie.send(paths.show(code), { 'internal.course': String(course), intent: 'sale' })
    assert.equal(mended.status, 200)
    assert.equal((await findEntry(db, code))?.state, 'on_sale')
  })

  it('keeps what was typed and saves nothing when the entry’s own fields are wrong', async () => {
    const { code, page } = await create({
      titleFr: '',
      price: '12,345',
      fields: '[{"name":"A"}]',
      intent: 'draft',
    })
    assert.equal(page.status, 422)
    assert.match(page.html, /value="12,345"|value="12.345"/)
    assert.match(page.html, /href="#field-titleFr"/)
    assert.match(page.html, /\[0\]\.name/)
    assert.equal(await findEntry(db, code), undefined)
  })

  it('takes two decimals of a price, and no more', async () => {
    const { code, page } = await create({ price: '12,345', intent: 'draft' })
    assert.equal(page.status, 422)
    assert.match(page.html, /Two decimals at the most/)
    assert.equal(await findEntry(db, code), undefined)
  })

  it('says that a code is taken', async () => {
    const { code } = await create({ intent: 'draft' })
    await marie.open(paths.new())
    const page = await marie.send(paths.new(), { ...texts, code, price: '1', intent: 'draft' })
    assert.equal(page.status, 422)
    assert.match(page.html, /Another entry has this code/)
  })

  it('lets nobody write over what somebody else has saved meanwhile without seeing it', async () => {
    const { code } = await create({ intent: 'draft' })
    const paul = await house.as('operator')
    await marie.open(paths.show(code))
    await paul.open(paths.show(code))
    await paul.send(paths.show(code), { titleEn: 'Paul’s', intent: 'draft' })
    const page = await marie.send(paths.show(code), { titleEn: 'Marie’s', intent: 'draft' })
    assert.equal(page.status, 409)
    assert.match(page.html, /Somebody else has saved this entry meanwhile/)
    assert.match(page.html, /Yours differs in: Title, English/)
    assert.match(page.html, /value="Marie’s"/)
    assert.equal((await findEntry(db, code))?.title.en, 'Paul’s')
    await marie.send(paths.show(code), { intent: 'draft' })
    assert.equal((await findEntry(db, code))?.title.en, 'Marie’s')
  })

  it('shows the parameters of another handler without script, keeping all that was typed', async () => {
    await marie.open(paths.new())
    const page = await marie.send(paths.new(), {
      ...texts,
      code: 'KEPT-1',
      price: '7',
      fields: '[]',
      handler: 'std_enroloncourse',
      intent: 'refresh',
    })
    assert.equal(page.status, 200)
    assert.match(page.html, /name="internal\.course"/)
    assert.match(page.html, /value="KEPT-1"/)
    assert.match(page.html, /value="Bureautique"/)
    assert.match(page.html, /Each unit enrols one learner in the course/)
    assert.equal(await findEntry(db, 'KEPT-1'), undefined)
  })

  it('has one part of each name, so that each is replaced when the handler is changed', async () => {
    const { code } = await create({ ...enrol, 'internal.course': String(course), intent: 'draft' })
    const { html } = await marie.open(paths.show(code))
    const ids = [...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
    )
    const replaced = [...html.matchAll(/ data-refreshes="([^"]+)"/g)].flatMap(([, names = '']) =>
      names.split(' '),
    )
    assert.ok(replaced.includes('handler-readme'))
    assert.deepEqual(
      replaced.filter((id) => !ids.includes(id)),
      [],
    )
  })

  it('offers the courses of the live site', async () => {
    await marie.open(paths.new())
    const page = await marie.send(paths.new(), { handler: 'std_enroloncourse', intent: 'refresh' })
    assert.match(page.html, new RegExp(`<option value="${course}">[^<]*DATA-101`))
  })

  it('offers a specific handler only to the entry of its code', async () => {
    const { code, page } = await create({ handler: 'specific', intent: 'sale' })
    assert.equal(page.status, 422)
    assert.match(page.html, new RegExp(`No specific handler ${code} is installed`))
    await marie.open(paths.new())
    const served = await marie.send(paths.new(), {
      code: 'DEMO-MASTERCLASS',
      handler: 'specific',
      intent: 'refresh',
    })
    assert.match(served.html, /name="internal\.seats"/)
    assert.doesNotMatch(served.html, /<option value="DEMO-MASTERCLASS"/)
  })

  it('takes an entry off sale, retires it and puts it back', async () => {
    const { code } = await create({ intent: 'sale' })
    const states = []
    for (const intent of ['draft', 'sale', 'retire', 'draft']) {
      await marie.send(paths.show(code), { intent })
      states.push((await findEntry(db, code))?.state)
    }
    assert.deepEqual(states, ['draft', 'on_sale', 'retired', 'draft'])
  })

  it('makes a bundle without script, shows what its parts are and saves, and what keeps them from being sold', async () => {
    const one = await test.sell({ handler: 'std_enroloncourse', internal: { course }, priceCents: 30_000 })
    const two = await test.sell({ handler: null, priceCents: 10_000, state: 'draft' })
    const parts = { handler: 'bundle', price: '350', 'part.0.code': one, 'part.2.code': two.toLowerCase() }
    await marie.open(paths.new())
    const shown = await marie.send(paths.new(), { ...texts, ...parts, code: 'BUN-1', intent: 'refresh' })
    assert.match(shown.html, /Bought one by one: €400\.00/)
    assert.match(shown.html, /saves €50\.00 \(13%\)/)
    assert.match(shown.html, new RegExp(`href="[^"]*/${two}"`))
    assert.doesNotMatch(shown.html, /<textarea[^>]*name="fields"/, 'a bundle asks nothing itself')

    const { code, page } = await create({ ...parts, 'part.1.code': 'NOWHERE', intent: 'sale' })
    assert.equal(page.status, 422)
    assert.match(page.html, /There is no entry NOWHERE/)
    assert.match(page.html, new RegExp(`value="${one}"`))
    const sold = await marie.send(paths.new(), { 'part.1.code': '', 'part.0.quantity': '2', intent: 'sale' })
    assert.match(sold.html, /Saved, and on sale/)
    const entry = await findEntry(db, code)
    assert.deepEqual(
      entry?.parts.map((part) => [part.code, part.quantity]),
      [
        [one, 2],
        [two, 1],
      ],
    )
    assert.equal(entry?.vatBasisPoints, 2000, 'its own rate waits for the day when it is no bundle')
    assert.match((await marie.open(paths.show(one))).html, new RegExp(`It is a part of.*${code}`, 's'))
    assert.match((await marie.open(paths.index())).html, /Bundle of 3/)

    await marie.open(paths.show(code))
    await marie.send(paths.show(code), { handler: '', intent: 'draft' })
    assert.deepEqual((await findEntry(db, code))?.parts, [])
  })

  it('wants a bundle to have parts', async () => {
    const { code, page } = await create({ handler: 'bundle', intent: 'draft' })
    assert.equal(page.status, 422)
    assert.match(page.html, /Name what the bundle is made of/)
    assert.equal(await findEntry(db, code), undefined)
  })

  it('keeps an entry on sale when the Enter key saves it', async () => {
    const { code } = await create({ intent: 'sale' })
    await marie.send(paths.show(code), { titleEn: 'Excel, better', intent: 'save' })
    const entry = await findEntry(db, code)
    assert.equal(entry?.state, 'on_sale')
    assert.equal(entry?.title.en, 'Excel, better')
  })

  it('shows the questions of an entry as the customer will see them', async () => {
    const fields = '[{"name":"size","type":"text","label":{"en":"Size","fr":"Taille"}}]'
    const { code } = await create({ fields, intent: 'draft' })
    assert.match(marie.page().html, /name="preview\.size"[^>]*disabled/)
    const preview = await marie.open(paths.preview(code))
    assert.equal(preview.status, 200)
    assert.match(preview.html, /Size/)
    assert.match(preview.html, /€49\.50/)
  })

  it('shows a viewer the form, and lets them change nothing', async () => {
    const { code } = await create({ intent: 'draft' })
    const viewer = await house.as('viewer')
    const page = await viewer.open(paths.show(code))
    assert.match(page.html, /<fieldset class="cards" disabled/)
    assert.doesNotMatch(page.html, /Save draft/)
  })
})

describe('the form of an entry while the site is down', async () => {
  const test = await testShop()
  const house = testOffice(test)
  before(async () => {
    await test.faults({ fault: 'down' })
  })

  it('takes identifiers that are typed, and keeps them in a draft that can’t be sold yet', async () => {
    const marie = await house.as('operator')
    await marie.open(paths.new())
    const shown = await marie.send(paths.new(), { handler: 'std_enroloncourse', intent: 'refresh' })
    assert.equal(shown.status, 200)
    assert.match(shown.html, /The site can’t be asked right now/)
    assert.match(shown.html, /<input type="text"[^>]*name="internal\.course"/)
    const page = await marie.send(paths.new(), {
      ...texts,
      code: 'DOWN-1',
      price: '10',
      'internal.course': '4',
      intent: 'draft',
    })
    assert.match(page.html, /Saved as a draft/)
    assert.match(page.html, /value="4"[^>]*name="internal\.course"/)
    assert.equal((await findEntry(test.db, 'DOWN-1'))?.internal.course, 4)
    const sold = await marie.send(paths.show('DOWN-1'), { intent: 'sale' })
    assert.equal(sold.status, 422)
    assert.equal((await findEntry(test.db, 'DOWN-1'))?.state, 'draft')
  })
})
