import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sql } from 'kysely'
import { testShop } from '../test/shop.ts'
import { emptyCart, openCart } from './cart.ts'
import { erasePerson } from './erase-person.ts'

describe('erasing a person', async () => {
  const shop = await testShop()
  const { db } = shop
  const course = await shop.sell({ handler: 'std_enroloncourse', internal: { course: 2 } })
  const learner = (email: string) => ({ email, firstname: 'Inès', lastname: 'Roy' })

  /** The tables that still name an e-mail. */
  async function whereNamed(email: string): Promise<string[]> {
    const { rows: tables } = await sql<{ name: string }>`
      select table_name as name from information_schema.tables
       where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`.execute(db)
    const named = []
    for (const { name } of tables) {
      const { rows } = await sql`
        select from ${sql.table(name)} as t where strpos(to_jsonb(t)::text, ${email}) > 0 limit 1`.execute(db)
      if (rows.length > 0) named.push(name)
    }
    return named
  }

  it('leaves a learner named in no table, not even by what Moodle said of them', async () => {
    const email = 'erased@learners.example'
    const { number } = await shop.placed(course, [learner(email)])
    await shop.pay(number)
    await shop.takeOver()
    // What a failure to create the account leaves behind.
    await sql`
      insert into history (order_id, unit_id, who, event, why)
      select u.order_id, u.id, 'shop', 'unit', ${`Moodle refuses to create Inès Roy <${email}>`}
        from units u join orders o on o.id = u.order_id where o.number = ${number}`.execute(db)
    assert.equal(await shop.orderState(number), 'completed')
    await openCart(db, { ...emptyCart(), customer: learner(email) })
    assert.ok((await whereNamed(email)).includes('history'))
    const erased = await erasePerson(db, ` ${email.toUpperCase()} `)
    assert.deepEqual(erased.open, [])
    assert.deepEqual(await whereNamed(email), [])
  })

  it('names the open orders that still need a learner, and takes nothing from them', async () => {
    const email = 'still@learners.example'
    const { number } = await shop.placed(course, [learner(email)])
    assert.deepEqual((await erasePerson(db, email)).open, [number])
    await shop.pay(number)
    await shop.takeOver()
    assert.equal(await shop.orderState(number), 'completed')
  })

  it('lets nobody else change a history', async () => {
    await assert.rejects(sql`update history set why = null`.execute(db), /append-only/)
    await assert.rejects(
      db.transaction().execute(async (trx) => {
        await sql`select set_config('boutique.erasing', 'on', true)`.execute(trx)
        await sql`update history set who = 'nobody'`.execute(trx)
      }),
      /append-only/,
    )
  })
})
