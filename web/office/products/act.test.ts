import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { findProduct, productHistory, productsOfOrder } from '../../../shop/product.ts'
import { findOrder } from '../../../shop/view-order.ts'
import { testOffice } from '../../../test/office.ts'
import { testShop, until } from '../../../test/shop.ts'
import { routes } from '../../routes.ts'

const paths = routes.office.products

describe('what an operator does with a product', async () => {
  const test = await testShop()
  const { db } = test
  const house = testOffice(test)
  let marie: Awaited<ReturnType<typeof house.as>>
  const course = (await test.shop.site.course('DATA-101'))?.id
  const entry = await test.sell({
    handler: 'std_enroloncourse',
    internal: { course, role: 'student', durationDays: 30 },
  })

  before(async () => {
    marie = await house.as('operator')
    await test.work()
  })

  async function product(name: string) {
    const { number } = await test.placed(entry, [
      { email: `${name}@learners.example`, firstname: name, lastname: 'L' },
    ])
    await test.pay(number)
    await until('it is produced', async () => (await test.orderState(number)) === 'completed')
    const [made] = await productsOfOrder(db, (await findOrder(db, number))?.id ?? 0)
    assert.ok(made)
    return made
  }

  it('finds it by reference, however it is typed, by order and by e-mail', async () => {
    const made = await product('ada')
    for (const search of [
      made.reference,
      made.reference.toLowerCase().replaceAll('-', ' '),
      made.orderNumber,
      'ADA@learn',
    ]) {
      const page = await marie.open(`${paths.index()}?${new URLSearchParams({ search })}`)
      assert.match(page.html, new RegExp(made.reference), search)
    }
  })

  it('shows what it opens in Moodle, as Moodle was told', async () => {
    const made = await product('bob')
    const page = await marie.open(paths.show(made.reference))
    assert.match(page.html, new RegExp(`course/view\\.php\\?id=${course}`))
    assert.match(page.html, /open, /)
  })

  it('starts the form of a change with the end as it is, and makes the change', async () => {
    const made = await product('cleo')
    const page = await marie.open(paths.show(made.reference))
    const last = made.endsAt?.toISOString().slice(0, 10)
    assert.match(page.html, new RegExp(`value="${last}"[^>]*name="changeEnd\\.endsOn"`))
    const done = await marie.send(paths.act(made.reference, 'changeEnd'), {
      'changeEnd.endsOn': '2030-06-30',
    })
    assert.match(done.html, /Ends (30 June|1 July) 2030/)
    assert.equal((await findProduct(db, made.reference))?.endsAt?.toISOString().slice(0, 10), '2030-06-30')
  })

  it('says what is wrong with an answer at its field, and changes nothing', async () => {
    const made = await product('dan')
    await marie.open(paths.show(made.reference))
    const page = await marie.send(paths.act(made.reference, 'changeEnd'), { 'changeEnd.endsOn': 'tomorrow' })
    assert.equal(page.status, 422)
    assert.match(page.html, /id="field-changeEnd-endsOn-error"/)
    assert.deepEqual((await findProduct(db, made.reference))?.endsAt, made.endsAt)
  })

  it('does an action once, though its form is sent twice', async () => {
    const made = await product('eve')
    const action = paths.act(made.reference, 'suspend')
    const before = await marie.open(paths.show(made.reference))
    const form = before.html.split(`action="${action}"`)[1] ?? ''
    const body = new URLSearchParams({
      csrf: /name="csrf" value="([^"]+)"/.exec(form)?.[1] ?? '',
      once: /name="once" value="([^"]+)"/.exec(form)?.[1] ?? '',
    }).toString()
    const headers = {
      cookie: [...marie.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
      'content-type': 'application/x-www-form-urlencoded',
    }
    const send = async () => await house.app.request(action, { method: 'POST', body, headers })
    const answers = await Promise.all([send(), send()])
    assert.deepEqual(
      answers.map(({ status }) => status),
      [303, 303],
    )
    const history = await productHistory(db, made.id)
    assert.deepEqual(
      history.map(({ event }) => event),
      ['delivered', 'suspend'],
    )
    assert.equal((await findProduct(db, made.reference))?.state, 'suspended')
  })

  it('offers only what makes sense now', async () => {
    const made = await product('finn')
    const page = await marie.open(paths.show(made.reference))
    assert.match(page.html, new RegExp(`action="${paths.act(made.reference, 'suspend')}"`))
    assert.doesNotMatch(page.html, new RegExp(`action="${paths.act(made.reference, 'resume')}"`))
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.html)?.[1] ?? ''
    const answer = await house.app.request(paths.act(made.reference, 'resume'), {
      method: 'POST',
      body: new URLSearchParams({ csrf }).toString(),
      headers: {
        cookie: [...marie.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    assert.match(answer.headers.get('location') ?? '', /done=tooLate/)
  })
})
