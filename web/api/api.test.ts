import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { before, describe, it } from 'node:test'
import { defineHandler, z } from '../../sdk/index.ts'
import { openSecrets } from '../../shop/seal.ts'
import { testApi } from '../../test/api.ts'
import { buyer, testShop, until } from '../../test/shop.ts'

const leo = { email: 'leo@learners.example', firstname: 'Léo', lastname: 'Petit' }
const mia = { email: 'mia@learners.example', firstname: 'Mia', lastname: 'Roy' }

describe('the API, from the catalog to the product', async () => {
  const shop = await testShop()
  const api = await testApi(shop)
  let course = 0
  let as = ''
  let code = ''
  before(async () => {
    const found = (await shop.sandboxState()).courses.find(({ id }) => id > 1)
    assert.ok(found)
    course = found.id
    as = await api.program('operator')
    code = await shop.sell({
      handler: 'std_enroloncourse',
      internal: { course },
      priceCents: 20_000,
      maxQuantity: 5,
      fields: [
        {
          name: 'diet',
          type: 'select',
          label: { en: 'Diet', fr: 'Régime' },
          required: true,
          options: [
            { value: 'all', label: { en: 'Everything', fr: 'Tout' } },
            { value: 'plants', label: { en: 'Plants', fr: 'Végétal' } },
          ],
        },
      ],
    })
  })

  const unit = (person: object) => ({ external: person, fields: { diet: 'all' } })
  const place = async (units: object[], more: object = {}) => {
    const body = {
      lines: [{ code, units }],
      customer: buyer,
      means: 'transfer',
      termsAccepted: true,
      ...more,
    }
    return await api.post('/orders', body, { key: randomUUID() })
  }
  const pay = (number: string, amountCents: number, more: object = {}) =>
    api.post(
      `/orders/${number}/payments`,
      { amountCents, currency: 'EUR', paidOn: '2026-01-01', reference: randomUUID(), ...more },
      { as, key: randomUUID() },
    )

  it('describes the forms of an entry’s units, by JSON Schema and by field', async () => {
    const { body } = await api.get(`/catalog/${code}`, { headers: { 'accept-language': 'fr' } })
    assert.equal(body.priceCents, 20_000)
    assert.equal(body.mostUnits, 5)
    assert.deepEqual(body.availability, { available: true, why: null })
    const { external, fields } = body.unit
    assert.deepEqual(external.schema.required.sort(), ['email', 'firstname', 'lastname'])
    assert.equal(external.schema.properties.firstname.title, 'Prénom')
    assert.equal(external.elements[0].forMe, 'email')
    assert.deepEqual(fields.schema.properties.diet.enum, ['all', 'plants'])
    assert.equal(body.internal, undefined)
  })

  it('hides entries that are drafts or whose handler is not there', async () => {
    const draft = await shop.sell({ handler: null })
    await shop.db.updateTable('entries').set({ state: 'draft' }).where('code', '=', draft).execute()
    const lost = await shop.sell({ handler: 'ext_nowhere' })
    for (const hidden of [draft, 'NONE-1']) assert.equal((await api.get(`/catalog/${hidden}`)).status, 404)
    const listed = await api.get('/catalog?limit=200')
    const codes = listed.body.items.map((one: { code: string }) => one.code)
    assert.ok(codes.includes(code))
    assert.ok(!codes.includes(draft) && !codes.includes(lost))
    assert.equal((await api.get(`/catalog/${lost}`)).body?.availability?.available ?? false, false)
  })

  it('keeps a cart, says what is wrong in it by unit and field, and orders it once it is complete', async () => {
    const opened = await api.post('/carts', {
      lines: [
        { code, units: [{ external: { ...leo, email: 'leo@' } }, { forMe: true, fields: { diet: 'meat' } }] },
      ],
    })
    assert.equal(opened.status, 201)
    const path = `/carts/${opened.body.id}`
    assert.equal(opened.headers.get('location'), `/api/v1${path}`)
    const cart = { as: `Cart ${opened.body.token}` }
    const [first, second] = opened.body.lines[0].units
    assert.deepEqual(Object.keys(first.errors.external), ['email'])
    assert.deepEqual(Object.keys(first.errors.fields), ['diet'])
    assert.deepEqual(Object.keys(second.errors.external), [])
    assert.deepEqual(Object.keys(second.errors.fields), ['diet'])
    assert.equal(opened.body.complete, false)
    assert.equal(opened.body.totalCents, 40_000)

    const refused = await api.post(
      '/orders',
      { customer: buyer, means: 'transfer', termsAccepted: true },
      { ...cart, key: randomUUID() },
    )
    assert.equal(refused.status, 422)
    assert.deepEqual(
      refused.body.errors.map((one: { pointer: string }) => one.pointer),
      ['/lines/0/units/0/external/email', '/lines/0/units/0/fields/diet', '/lines/0/units/1/fields/diet'],
    )

    await api.put(`${path}/units/${first.key}`, unit(leo), cart)
    const fixed = await api.put(`${path}/units/${second.key}`, { forMe: true, fields: { diet: 'all' } }, cart)
    assert.equal(fixed.body.complete, true)
    assert.equal(fixed.body.revision, 3)
    assert.deepEqual((await api.get(path, cart)).body, fixed.body)

    const placed = await api.post(
      '/orders',
      { customer: buyer, means: 'transfer', termsAccepted: true },
      { ...cart, key: randomUUID() },
    )
    assert.equal(placed.status, 201, placed.text)
    const emails = placed.body.lines[0].units.map(
      (one: { external: { email: string } }) => one.external.email,
    )
    assert.deepEqual(emails, [leo.email, buyer.email])
    assert.equal((await api.get(path, cart)).status, 404)
  })

  it('keeps no cart that is larger than any order', async () => {
    const other = await shop.sell({ handler: null })
    const units = (count: number) => Array.from({ length: count }, () => ({}))
    const lines = [
      { code, units: units(300) },
      { code: other, units: units(201) },
    ]
    const refused = await api.post('/carts', { lines })
    assert.equal(refused.status, 422)
    assert.deepEqual(
      refused.body.errors.map((one: { pointer: string }) => one.pointer),
      ['/lines'],
    )
    assert.match(refused.text, /500 units at the most, in all lines together/)
    const opened = await api.post('/carts', { lines: lines.slice(0, 1) })
    const line = (count: number) =>
      api.put(
        `/carts/${opened.body.id}/lines/${other}`,
        { units: units(count) },
        { as: `Cart ${opened.body.token}` },
      )
    assert.equal((await line(201)).status, 422)
    assert.equal((await line(200)).status, 200)
    const external = Object.fromEntries(Array.from({ length: 101 }, (_, index) => [`a${index}`, '']))
    assert.equal((await api.post('/carts', { lines: [{ code, units: [{ external }] }] })).status, 422)
  })

  it('changes a cart line by line, and tells who comes too late', async () => {
    const opened = await api.post('/carts', { lines: [] })
    const path = `/carts/${opened.body.id}`
    const cart = { as: `Cart ${opened.body.token}` }
    const added = await api.put(`${path}/lines/${code}`, { units: [unit(leo), unit(mia)] }, cart)
    assert.equal(added.body.units, 2)
    const [, second] = added.body.lines[0].units
    const less = await api.delete(`${path}/units/${second.key}`, cart)
    assert.equal(less.body.units, 1)
    assert.equal((await api.delete(`${path}/units/${second.key}`, cart)).status, 404)
    const stale = await api.put(path, { lines: [], revision: 1 }, cart)
    assert.equal(stale.status, 409)
    assert.equal(stale.body.code, 'stale')
    const many = await api.put(
      `${path}/lines/${code}`,
      { units: Array.from({ length: 6 }, () => unit(leo)) },
      cart,
    )
    assert.equal(many.body.complete, false)
    assert.equal(many.body.lines[0].why.en, '5 units at the most.')
    const emptied = await api.put(path, { lines: [] }, cart)
    assert.deepEqual(emptied.body.lines, [])
    const other = await api.post('/carts', { lines: [] })
    assert.equal((await api.get(path, { as: `Cart ${other.body.token}` })).status, 404)
  })

  it('places in one call, waits for the whole payment, produces, and shows the product', async () => {
    await shop.work()
    const placed = await place([unit(leo)])
    assert.equal(placed.status, 201, placed.text)
    const { number, token, payment } = placed.body
    assert.equal(placed.body.state, 'awaiting_payment')
    assert.equal(payment.immediate, false)
    assert.ok(payment.instructions.some((one: { value: string }) => one.value === payment.reference))
    const own = { as: `Order ${token}` }
    assert.equal((await api.get(`/orders/${number}`, own)).body.trust, undefined)
    assert.equal((await api.get(`/orders/${number}`, { as: `Order ${'x'.repeat(22)}` })).status, 404)

    const part = await pay(number, 5_000)
    assert.deepEqual(part.body, { outcome: 'part_paid', missingCents: 15_000 })
    const rest = await pay(number, 16_000)
    assert.deepEqual(rest.body, { outcome: 'paid', surplusCents: 1_000 })

    const order = await until('the order is produced', async () => {
      const { body } = await api.get(`/orders/${number}`, own)
      return body.state === 'completed' && body
    })
    assert.equal(order.lines[0].units[0].state, 'produced')
    assert.match(order.lines[0].units[0].feedback.en, /Léo Petit is enrolled/)
    const [product] = order.products
    assert.deepEqual(product.holder, leo)

    const productions = await api.get(`/orders/${number}/productions`, { as })
    const [production] = productions.body.items
    const journal = await api.get(`/productions/${production.id}`, { as })
    assert.equal(journal.body.state, 'done')
    assert.ok(journal.body.steps.some((one: { name: string }) => one.name === 'account'))
    assert.equal(journal.body.input.external.email, leo.email)
    const history = await api.get(`/orders/${number}/history`, { as })
    const [validated] = history.body.items.filter((one: { event: string }) => one.event === 'payment')
    assert.match(validated.who, /^api:.*@staff\.example\/test$/)

    const read = await api.get(`/products/${product.reference.toLowerCase()}`, { as })
    const names = read.body.actions.map((one: { name: string }) => one.name)
    assert.ok(names.includes('suspend') && !names.includes('resume'), names.join())
    assert.equal(read.body.enrolments[0].course, course)
    const offered = (await api.get(`/products/${product.reference}`, own)).body.actions
    assert.ok(offered.every((one: { name: string }) => one.name !== 'suspend'))
    const suspended = await api.post(
      `/products/${product.reference}/actions/suspend`,
      {},
      { as, key: randomUUID() },
    )
    assert.equal(suspended.body.state, 'done', suspended.text)
    assert.equal((await api.get(`/products/${product.reference}`, own)).body.state, 'suspended')
    const again = await api.post(`/products/${product.reference}/actions/suspend`, {}, { as })
    assert.equal(again.status, 409)
    assert.equal((await api.post(`/products/${product.reference}/actions/resume`, {}, own)).status, 409)

    const due = await api.get('/give-backs', { as })
    assert.equal(due.body.items[0].amountCents, 1_000)
    const settled = await api.post(
      `/give-backs/${due.body.items[0].id}/done`,
      { note: 'sent back by transfer' },
      { as },
    )
    assert.equal(settled.body.state, 'done')
    assert.equal(
      (await api.post(`/give-backs/${due.body.items[0].id}/done`, { note: 'again' }, { as })).status,
      404,
    )
    assert.equal(
      (await api.get('/give-backs?state=done', { as })).body.items[0].done.note,
      'sent back by transfer',
    )

    const [line] = order.lines
    const revoke = `/orders/${number}/units/${line.units[0].id}/revoke`
    assert.equal((await api.post(revoke, { why: 'withdrawn', giveBack: true }, { as })).status, 200)
    await until('the unit is revoked', async () => (await shop.unitStates(number))[0] === 'revoked')
    assert.equal((await api.post(revoke, { why: 'withdrawn', giveBack: true }, { as })).status, 409)
    await shop.rest()
  })

  it('lets an operator trust an order, in their own name, and a customer cancel theirs', async () => {
    const trusted = (await place([unit(mia)])).body
    const why = 'purchase order 4711'
    const answer = await api.post(`/orders/${trusted.number}/trust`, { why }, { as })
    assert.equal(answer.body.trust.why, why)
    assert.match(answer.body.trust.by, /@staff\.example$/)
    assert.equal((await api.post(`/orders/${trusted.number}/trust`, { why }, { as })).status, 409)
    const cancelled = (await place([unit(mia)])).body
    const own = { as: `Order ${cancelled.token}` }
    assert.equal((await api.post(`/orders/${trusted.number}/cancel`, {}, own)).status, 404)
    assert.equal((await api.post(`/orders/${cancelled.number}/cancel`, {}, own)).body.state, 'cancelled')
    assert.equal((await api.post(`/orders/${cancelled.number}/cancel`, {}, own)).status, 409)
    const late = await pay(cancelled.number, 20_000)
    assert.equal(late.body.outcome, 'set_aside')
    const aside = await api.get('/payments/set-aside', { as })
    assert.equal(aside.body.items[0].orderNumber, cancelled.number)
  })

  it('says at which member a payment is wrong, and counts a reference once', async () => {
    const { number } = (await place([unit(leo)])).body
    const reference = randomUUID()
    for (const [more, pointer] of [
      [{ amountCents: -1 }, '/amountCents'],
      [{ amountCents: 1.5 }, '/amountCents'],
      [{ paidOn: '2999-01-01' }, '/paidOn'],
      [{ paidOn: '2026-02-30' }, '/paidOn'],
      [{ reference: '  ' }, '/reference'],
      [{ means: 'promises' }, '/means'],
    ] as const) {
      const answer = await pay(number, 100, more)
      assert.equal(answer.status, 422, answer.text)
      assert.deepEqual(
        answer.body.errors.map((one: { pointer: string }) => one.pointer),
        [pointer],
      )
    }
    assert.equal((await pay(number, 100, { reference })).body.outcome, 'part_paid')
    const repeated = await pay(number, 100, { reference })
    assert.equal(repeated.status, 409)
    assert.equal((await pay('2611-0000-0000', 100)).status, 404)
    const wanted = await api.get(`/payments/awaited?search=${number}`, { as })
    assert.equal(wanted.body.items[0].paidCents, 100)
  })

  it('finds orders by number, e-mail and state, page by page', async () => {
    const all: string[] = []
    let address: string | undefined = '/api/v1/orders?limit=2'
    let pages = 0
    while (address) {
      const page = await api.call('GET', address, { as })
      assert.ok(page.body.items.length <= 2)
      all.push(...page.body.items.map((one: { number: string }) => one.number))
      address = /<([^>]+)>; rel="next"/.exec(page.headers.get('link') ?? '')?.[1]
      assert.equal(page.body.next === null, address === undefined)
      pages++
    }
    const whole = await api.get('/orders?limit=200', { as })
    assert.deepEqual(
      all,
      whole.body.items.map((one: { number: string }) => one.number),
    )
    assert.ok(pages >= 3)
    assert.equal((await api.get(`/orders?search=${all[0]}`, { as })).body.items.length, 1)
    assert.equal((await api.get('/orders?search=ALICE@buyers', { as })).body.items.length, all.length)
    for (const { state } of (await api.get('/orders?state=cancelled', { as })).body.items)
      assert.equal(state, 'cancelled')
    const many = await api.get('/orders?limit=100000', { as })
    assert.equal(many.status, 422)
    assert.equal(many.body.errors[0].parameter, 'limit')
  })

  it('lets an operator retry, skip and cancel productions, with a reason', async () => {
    const waiting = async () => (await api.get('/site', { as })).body.attention.needsOperator
    const before = await waiting()
    const wild = await shop.sell({ handler: 'ext_wild', priceCents: 100 })
    const lines = [{ code: wild, units: ['throws', 'throws'].map((postpay) => ({ external: { postpay } })) }]
    const placed = await place([], { lines })
    const { number } = placed.body
    await pay(number, 200)
    await shop.takeOver(9)
    const { items } = (await api.get(`/orders/${number}/productions`, { as })).body
    const stuck = items.filter((one: { script: string }) => one.script === 'postpay')
    assert.deepEqual(
      stuck.map((one: { state: string }) => one.state),
      ['needs_operator', 'needs_operator'],
    )
    const [first, second] = stuck
    assert.equal(await waiting(), before + 2)
    const retried = await api.post(`/productions/${first.id}/retry`, undefined, { as })
    assert.equal(retried.body.state, 'retrying')
    const mute = await api.post(`/productions/${first.id}/skip`, { why: '  ' }, { as })
    assert.deepEqual(
      mute.body.errors.map((one: { pointer: string }) => one.pointer),
      ['/why'],
    )
    const skipped = await api.post(`/productions/${first.id}/skip`, { why: 'done by hand' }, { as })
    assert.equal(skipped.body.state, 'skipped')
    assert.equal((await api.post(`/productions/${first.id}/retry`, undefined, { as })).status, 409)
    assert.equal((await api.post('/productions/999999/retry', undefined, { as })).status, 404)
    const cancelled = await api.post(`/productions/${second.id}/cancel`, { why: 'no longer taught' }, { as })
    assert.equal(cancelled.body.state, 'cancelled')
    const due = (await api.get('/give-backs', { as })).body.items
    assert.ok(
      due.some(
        (one: { orderNumber: string; amountCents: number }) =>
          one.orderNumber === number && one.amountCents === 100,
      ),
    )
    const retriedAll = await api.post('/productions/retry', { which: 'needs_operator' }, { as })
    assert.deepEqual(retriedAll.body, { retried: before })
  })

  it('lists handlers with the forms that they ask', async () => {
    const { body } = await api.get('/handlers', { as })
    const one = body.items.find(({ id }: { id: string }) => id === 'std_enroloncourse')
    assert.equal(one.internal.elements[0].picker, 'course')
    assert.ok(one.scripts.includes('postpay'))
    assert.ok(one.actions.some(({ name }: { name: string }) => name === 'suspend'))
    assert.equal((await api.get('/handlers/ext_nowhere', { as })).status, 404)
    const courses = await api.get('/site/choices/course', { as })
    assert.ok(courses.body.items.some(({ value }: { value: number }) => value === course))
    assert.equal((await api.get('/site/choices/weather', { as })).status, 404)
  })
})

describe('entries over the API', async () => {
  const shop = await testShop()
  // A handler with a secret among its internal parameters.
  const keeper = defineHandler({
    title: { en: 'Keeper', fr: 'Gardien' },
    internal: z.object({ key: z.string().min(3).meta({ type: 'secret' }), room: z.string() }),
    external: z.object({ pin: z.string().optional().meta({ type: 'secret' }) }),
  })
  const { handlers, faults } = shop.shop.registry()
  const registered = { id: 'ext_keeper', kind: 'extension' as const, folder: '/nowhere', handler: keeper }
  const registry = () => ({ handlers: new Map([...handlers, ['ext_keeper', registered]]), faults })
  const api = await testApi(shop, { face: { shop: { ...shop.shop, registry } } })
  let as = ''
  before(async () => {
    as = await api.program('operator')
  })
  const text = { en: 'A', fr: 'B' }
  const draft = { title: text, summary: text, category: text, priceCents: 100, vatBasisPoints: 2000 }
  const pointers = (answer: { body: { errors: { pointer: string }[] } }) =>
    answer.body.errors.map((one) => one.pointer)

  it('keeps a draft that is not sound, with what the check found, and refuses to sell it', async () => {
    const sent = { ...draft, code: 'API-1', handler: 'std_enroloncourse', internal: { course: 999_999 } }
    const made = await api.post('/entries', sent, { as })
    assert.equal(made.status, 201, made.text)
    assert.equal(made.headers.get('location'), '/api/v1/entries/API-1')
    assert.equal(made.body.state, 'draft')
    assert.equal(made.body.findings[0].field, 'course')
    assert.equal(made.body.findings[0].level, 'error')
    const sold = await api.put('/entries/API-1', { ...draft, ...sent, state: 'on_sale', revision: 1 }, { as })
    assert.equal(sold.status, 422)
    assert.deepEqual(pointers(sold), ['/internal/course'])
    assert.equal((await api.get('/entries/API-1', { as })).body.state, 'draft')
  })

  it('says what is wrong, and where, without saving anything', async () => {
    const wrong = {
      ...draft,
      code: 'API-2',
      title: { en: '', fr: 'B' },
      priceCents: -5,
      vatBasisPoints: 99_999,
      handler: 'std_enroloncourse',
      internal: { course: 'maths' },
      fields: [{ name: 'size', type: 'select', label: { en: 'Size' } }],
    }
    const checked = await api.post('/entries/check', wrong, { as })
    assert.equal(checked.status, 200)
    assert.equal(checked.body.savable, false)
    assert.equal(checked.body.sellable, false)
    assert.deepEqual(pointers(checked).sort(), [
      '/fields/0/label/fr',
      '/internal/course',
      '/priceCents',
      '/title',
      '/vatBasisPoints',
    ])
    assert.equal((await api.get('/entries/API-2', { as })).status, 404)
    assert.deepEqual(pointers(await api.post('/entries', wrong, { as })).sort(), pointers(checked).sort())
  })

  it('refuses an internal parameter that the handler doesn’t have: misspelt, it would pass for one left out', async () => {
    const internal = { course: 2, durationDay: 30 }
    const sent = { ...draft, code: 'API-9', handler: 'std_enroloncourse', internal }
    const refused = await api.post('/entries', sent, { as })
    assert.deepEqual([refused.status, pointers(refused)], [422, ['/internal/durationDay']])
    const checked = await api.post('/entries/check', sent, { as })
    assert.deepEqual([checked.body.savable, pointers(checked)], [false, ['/internal/durationDay']])
    const sound = { ...sent, internal: { course: 2, durationDays: 30 } }
    assert.equal((await api.post('/entries', sound, { as })).status, 201)
    const changed = await api.put('/entries/API-9', { ...sent, revision: 1 }, { as })
    assert.deepEqual([changed.status, pointers(changed)], [422, ['/internal/durationDay']])
  })

  it('refuses a code that is taken and a revision that is old', async () => {
    assert.equal((await api.post('/entries', { ...draft, code: 'API-3' }, { as })).status, 201)
    assert.equal((await api.post('/entries', { ...draft, code: 'API-3' }, { as })).status, 409)
    const saved = await api.put('/entries/API-3', { ...draft, state: 'on_sale', revision: 1 }, { as })
    assert.equal(saved.body.revision, 2)
    const stale = await api.put('/entries/API-3', { ...draft, revision: 1 }, { as })
    assert.equal(stale.status, 409)
    assert.equal(stale.body.code, 'stale')
    assert.equal((await api.put('/entries/API-0', { ...draft, revision: 1 }, { as })).status, 404)
    const listed = await api.get('/entries?state=on_sale&search=api-3', { as })
    assert.deepEqual(
      listed.body.items.map(({ code }: { code: string }) => code),
      ['API-3'],
    )
  })

  it('never shows a secret, and keeps it when it is not sent again', async () => {
    const sent = {
      ...draft,
      code: 'API-4',
      handler: 'ext_keeper',
      internal: { key: 'hush-hush', room: 'blue' },
    }
    const made = await api.post('/entries', sent, { as })
    assert.deepEqual(made.body.internal, { room: 'blue' })
    const changed = {
      ...draft,
      state: 'on_sale',
      handler: 'ext_keeper',
      internal: { room: 'red' },
      revision: 1,
    }
    const saved = await api.put('/entries/API-4', changed, { as })
    assert.equal(saved.status, 200, saved.text)
    assert.deepEqual(saved.body.internal, { room: 'red' })
    const row = await shop.db
      .selectFrom('entries')
      .select('internal')
      .where('code', '=', 'API-4')
      .executeTakeFirst()
    assert.deepEqual(openSecrets(shop.shop.seal, row?.internal ?? {}), { key: 'hush-hush', room: 'red' })

    // another SECRET_KEY, or a forged text: as if it had not been sent
    const forged = { ...changed, internal: { key: 'sealed:1:abcd', room: 'red' }, revision: 2 }
    const lost = await api.put('/entries/API-4', forged, { as })
    assert.equal(lost.status, 422)
    assert.deepEqual(pointers(lost), ['/internal/key'])

    const lines = [{ code: 'API-4', units: [{ external: { pin: '1234-5678' } }] }]
    const cart = await api.post('/carts', { lines })
    const order = { lines, customer: buyer, means: 'transfer', termsAccepted: true }
    const placed = await api.post('/orders', order, { key: randomUUID() })
    assert.equal(placed.status, 201, placed.text)
    const read = await api.get(`/orders/${placed.body.number}`, { as })
    for (const answer of [cart, placed, read, made, saved, await api.get('/entries/API-4', { as })]) {
      assert.doesNotMatch(answer.text, /hush-hush|1234-5678/)
    }
  })
})
