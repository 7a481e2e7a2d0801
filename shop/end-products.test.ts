import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { type TestShop, testShop, until } from '../test/shop.ts'
import { endProducts, tellDue } from './end-products.ts'
import { keepHouse } from './housekeeping.ts'
import { productHistory } from './product.ts'

describe('products end by themselves', async () => {
  const shop = await testShop()
  const { db } = shop
  const course = 2
  const long = await shop.sell({ handler: 'std_enroloncourse', internal: { course, durationDays: 300 } })
  const short = await shop.sell({
    handler: 'std_enroloncourse',
    internal: { course, durationDays: 30, role: 'teacher', group: 1, again: 'allow' },
  })

  const buy = async (code: string, email: string) => {
    const { number } = await shop.placed(code, [{ email, firstname: 'Lea', lastname: 'End' }])
    await shop.pay(number)
    await shop.takeOver()
    return await db
      .selectFrom('products')
      .innerJoin('orders', 'orders.id', 'products.order_id')
      .select('products.id')
      .where('number', '=', number)
      .executeTakeFirstOrThrow()
  }
  const pass = (id: number) =>
    sql`update products set starts_at = starts_at - interval '60 days', ends_at = now() - interval '1 second'
         where id = ${id}`.execute(db)
  const stateOf = async (id: number) =>
    (await db.selectFrom('products').select('state').where('id', '=', id).executeTakeFirstOrThrow()).state
  const enrolmentOf = (email: string) => enrolmentIn(shop, course, email)

  it('and lose what only they gave, while another goes on', async () => {
    const email = 'two@learners.example'
    await buy(long, email)
    const { id } = await buy(short, email)
    assert.deepEqual(await rolesAndGroups(shop, course, email), [['teacher', 'student'], 1])
    await pass(id)
    await keepHouse(shop.shop)
    assert.equal(await stateOf(id), 'ended')
    assert.deepEqual(
      (await productHistory(db, id)).map(({ event, who }) => `${event} ${who}`),
      ['delivered shop', 'ended shop'],
    )
    assert.deepEqual(await rolesAndGroups(shop, course, email), [['student'], 0])
    assert.equal((await enrolmentOf(email))?.open, true)
    await keepHouse(shop.shop)
    assert.equal((await productHistory(db, id)).length, 2)
  })

  it('with Moodle’s own end, and are not suspended in it', async () => {
    const email = 'one@learners.example'
    const { id } = await buy(short, email)
    await pass(id)
    await keepHouse(shop.shop)
    const enrolment = await enrolmentOf(email)
    assert.deepEqual([enrolment?.status, enrolment?.open], ['active', false])
  })

  it('though Moodle is down: nothing is lost, and it hears of it when it is up', async () => {
    const email = 'down@learners.example'
    await buy(long, email)
    const { id } = await buy(short, email)
    await pass(id)
    await shop.faults({ fault: 'down' })
    await keepHouse(shop.shop)
    await keepHouse(shop.shop)
    assert.equal(await stateOf(id), 'ended')
    assert.deepEqual((await enrolmentOf(email))?.roles, ['teacher', 'student'])
    await shop.faults()
    await until('Moodle was told', async () => (await tellDue(shop.shop)) > 0)
    assert.deepEqual((await enrolmentOf(email))?.roles, ['student'])
    assert.equal(await tellDue(shop.shop), 0)
  })

  it('but not the suspended ones, which end once they are resumed', async () => {
    const { id } = await buy(short, 'pause@learners.example')
    await db.updateTable('products').set({ state: 'suspended' }).where('id', '=', id).execute()
    await pass(id)
    await endProducts(shop.shop)
    assert.equal(await stateOf(id), 'suspended')
    await db.updateTable('products').set({ state: 'active' }).where('id', '=', id).execute()
    assert.equal(await endProducts(shop.shop), 1)
    await tellDue(shop.shop)
  })

  it('thousands at the same midnight, in batches, each once though two processes do it', async () => {
    const { id } = await buy(long, 'many@learners.example')
    await sql`
      insert into products (reference, order_id, unit_id, key, handler, title, starts_at, ends_at, data)
      select 'MANY-0000-0000-' || lpad(n::text, 4, '0'), order_id, unit_id, 'many' || n, handler, title,
             now() - interval '9 days', now() - interval '1 hour', '{}'
        from products, generate_series(1, 1300) n where id = ${id}`.execute(db)
    const ended = await Promise.all([endProducts(shop.shop), endProducts(shop.shop)])
    assert.equal((ended[0] ?? 0) + (ended[1] ?? 0) + (await endProducts(shop.shop)), 1300)
    const { rows } = await sql<{ count: number }>`
      select count(*) from product_history h join products p on p.id = h.product_id
       where p.key like 'many%' and event = 'ended'`.execute(db)
    assert.equal(rows[0]?.count, 1300)
  })
})

async function enrolmentIn(shop: TestShop, course: number, email: string) {
  const { courses } = await shop.sandboxState(email)
  return courses.find(({ id }) => id === course)?.enrolments.find((one) => one.email === email)
}

async function rolesAndGroups(shop: TestShop, course: number, email: string) {
  const enrolment = await enrolmentIn(shop, course, email)
  return [enrolment?.roles, enrolment?.groups.length]
}
