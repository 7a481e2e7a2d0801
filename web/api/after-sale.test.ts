import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { findProduct, type OwnedProduct, productsOfOrder } from '../../shop/product.ts'
import { openReconciliationQueue, startReconciler } from '../../shop/reconcile.ts'
import { findOrder, giveBacksOfOrder } from '../../shop/view-order.ts'
import { testApi } from '../../test/api.ts'
import { testShop, until } from '../../test/shop.ts'

describe('what a program does after a sale', async () => {
  const shop = await testShop()
  const { db } = shop
  const api = await testApi(shop)
  let as: string
  const course = await shop.sell({
    code: 'COURSE',
    handler: 'std_enroloncourse',
    internal: { course: 2, durationDays: 20 },
  })
  const two = await shop.sell({
    code: 'TWO',
    handler: 'std_enroloncourses',
    internal: { courses: [3, 4] },
    priceCents: 9000,
  })

  before(async () => {
    as = await api.program('operator')
    await openReconciliationQueue(shop.shop.queue)
  })

  async function bought(code: string, ...names: string[]): Promise<OwnedProduct[]> {
    const { number } = await shop.placed(
      code,
      names.map((name) => ({ email: `${name}@api.example`, firstname: name, lastname: 'A' })),
    )
    await shop.pay(number)
    await shop.takeOver()
    return await productsOfOrder(db, (await findOrder(db, number))?.id ?? 0)
  }

  const post = (path: string, body?: unknown) => api.call('POST', `/api/v1${path}`, { as, body })
  const read = (path: string) => api.call('GET', `/api/v1${path}`, { as })

  it('narrows products to an entry, a handler and their end, page by page', async () => {
    const made = await bought(course, 'ann', 'bea')
    await bought(two, 'cid')
    const to = new Date(Date.now() + 25 * 86_400_000).toISOString().slice(0, 10)
    for (const query of ['entry=COURSE', 'handler=std_enroloncourse', `endsTo=${to}`]) {
      const first = await read(`/products?${query}&limit=1`)
      assert.equal(first.status, 200, first.text)
      const second = await read(`/products?${query}&limit=1&after=${first.body.next}`)
      assert.equal(second.body.next, null)
      const found = [...first.body.items, ...second.body.items].map(({ reference }) => reference)
      assert.deepEqual(found.sort(), made.map(({ reference }) => reference).sort(), query)
    }
    assert.equal((await read('/products?endsTo=tomorrow')).status, 422)
  })

  it('refunds one product of a unit, once', async () => {
    const [first] = await bought(two, 'dan')
    assert.ok(first)
    const refund = (amountCents: number) =>
      post(`/products/${first.reference}/refund`, { amountCents, why: 'it was called off' })
    const much = await refund(9001)
    assert.deepEqual([much.status, much.body.errors[0].pointer], [422, '/amountCents'])
    const done = await refund(4500)
    assert.deepEqual([done.status, done.body.state], [200, 'revoked'])
    assert.equal((await refund(4500)).status, 409)
    const [due] = await giveBacksOfOrder(db, first.orderId)
    assert.deepEqual([due?.product_id, due?.amount_cents], [first.id, 4500])
  })

  it('takes a misspelt answer for no answer left out, which would mean access without an end', async () => {
    const [product] = await bought(course, 'ida')
    assert.ok(product)
    const action = `/products/${product.reference}/actions/changeEnd`
    for (const body of [{ endsAt: '2031-01-01' }, { input: { endsOn: '2031-01-01' } }]) {
      const answer = await post(action, body)
      assert.equal(answer.status, 422)
      assert.deepEqual(answer.body.errors[0].pointer, `/${Object.keys(body)}`)
      assert.match(answer.body.errors[0].detail, /endsOn/)
    }
    const rows = [{ reference: product.reference, values: { endson: '2031-01-01' } }]
    const many = await post('/batches', { action: 'changeEnd', rows })
    assert.deepEqual([many.status, many.body.errors[0].pointer], [422, '/rows/0/values/endson'])
    assert.deepEqual((await findProduct(db, product.reference))?.endsAt, product.endsAt)
    // The document's own example does what it says.
    const { paths } = (await api.call('GET', '/api/openapi.json')).body
    const { requestBody, parameters } = paths['/api/v1/products/{reference}/actions/{action}'].post
    const { example } = requestBody.content['application/json']
    const { schema } = parameters.find((one: { name: string }) => one.name === 'action')
    const name = schema.example
    assert.equal((await post(`/products/${product.reference}/actions/${name}`, example)).body.state, 'done')
    const end = (await findProduct(db, product.reference))?.endsAt
    assert.equal(end?.toISOString(), `${example.endsOn}T23:59:59.000Z`)
  })

  it('acts on many products, with a result for each', async () => {
    const products = await bought(course, 'eve', 'fay')
    const rows = products.map(({ reference }) => ({ reference, values: {} }))
    const gone = await post('/batches', {
      action: 'suspend',
      rows: [...rows, { reference: '0000-0000-0000-0000' }, rows[0]],
    })
    assert.equal(gone.status, 422)
    assert.deepEqual(
      gone.body.errors.map(({ pointer }: { pointer: string }) => pointer),
      ['/rows/2/reference', '/rows/3/reference'],
    )
    const wrong = await post('/batches', {
      action: 'changeEnd',
      rows: rows.map((row) => ({ ...row, values: { endsOn: 'x' } })),
    })
    assert.equal(wrong.body.errors[0].pointer, '/rows/0/values/endsOn')
    const started = await post('/batches', { action: 'suspend', rows })
    assert.equal(started.status, 201)
    const batch = async () => (await read(`/batches/${started.body.batch}`)).body
    assert.deepEqual((await batch()).counts, { waiting: 2, done: 0, refused: 0, needs_operator: 0 })
    await shop.takeOver()
    const over = await batch()
    assert.deepEqual(over.counts, { waiting: 0, done: 2, refused: 0, needs_operator: 0 })
    assert.deepEqual(
      over.rows.map(({ state }: { state: string }) => state),
      ['done', 'done'],
    )
    for (const { reference } of products) {
      assert.equal((await findProduct(db, reference))?.state, 'suspended')
    }
    assert.equal((await read('/batches/999999')).status, 404)
  })

  it('compares products with the site, and repairs what it is asked for', async () => {
    assert.equal((await read('/reconciliations/last')).status, 404)
    const [product] = await bought(course, 'gus')
    assert.ok(product)
    const started = await post('/reconciliations')
    assert.equal(started.body.fresh, true)
    assert.deepEqual((await post('/reconciliations')).body, { id: started.body.id, fresh: false })
    // Our rows move on, and Moodle is not told.
    await db.transaction().execute(async (trx) => {
      const access = await trx
        .selectFrom('entitlements')
        .select(['course_id as course', 'user_id as user'])
        .where('product_id', '=', product.id)
        .execute()
      await shop.site.touchAccess(trx, access)
    })
    await startReconciler(shop.shop)
    const last = async () => (await read('/reconciliations/last')).body
    await until('it is compared', async () => (await last()).state === 'done')
    const found = await read('/reconciliations/last/differences?kind=behind')
    assert.equal(found.status, 200, found.text)
    const [one] = found.body.items
    assert.deepEqual([one.products.includes(product.reference), one.kinds], [true, ['behind']])
    assert.deepEqual((await read('/reconciliations/last/differences?repaired=true')).body.items, [])
    assert.equal((await post('/reconciliations/last/repairs', {})).status, 422)
    assert.deepEqual((await post('/reconciliations/last/repairs', { differences: [one.id] })).body, {
      asked: 1,
    })
    await until('it is repaired', async () => (await last()).repairs.repaired === 1)
    assert.deepEqual((await post('/reconciliations/last/repairs', { differences: [one.id] })).body, {
      asked: 0,
    })
  })

  it('tells what a sale would do', async () => {
    const external = { email: 'zoe@api.example', firstname: 'Zoe', lastname: 'A' }
    const tried = await post('/dry-runs', { code: course, units: [{ external }] })
    assert.equal(tried.status, 200, tried.text)
    assert.equal(tried.body.order, 'completed')
    assert.match(tried.body.units[0].lines[0].says.en, /Makes an account for Zoe/)
    assert.equal(tried.body.units[0].lines[0].call.function, 'core_user_create_users')
    const wrong = await post('/dry-runs', { code: course, units: [{ external: { email: 'zoe' } }] })
    assert.equal(wrong.status, 422)
    const pointers = wrong.body.errors.map(({ pointer }: { pointer: string }) => pointer)
    assert.deepEqual(
      pointers.sort(),
      ['email', 'firstname', 'lastname'].map((field) => `/units/0/external/${field}`),
    )
    const other = await post('/dry-runs', { code: course, internal: { course: 'Excel' } })
    assert.equal(other.body.errors[0].pointer, '/internal/course')
    assert.equal((await post('/dry-runs', { code: 'GONE' })).status, 404)
  })
})
