import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { sql } from 'kysely'
import { testShop } from '../test/shop.ts'
import { countProducts, listProducts, type ProductFilter, productsNamed } from './list-products.ts'
import { type OwnedProduct, productsOfOrder } from './product.ts'
import { findOrder } from './view-order.ts'

const day = 86_400_000

describe('the list of products', async () => {
  const t = await testShop()
  const { db } = t
  const month = await t.sell({
    code: 'MONTH',
    handler: 'std_enroloncourse',
    internal: { course: 2, durationDays: 30 },
  })
  const year = await t.sell({
    code: 'YEAR',
    handler: 'std_enroloncourses',
    internal: { courses: [3, 4], durationDays: 365 },
  })
  const endless = await t.sell({ code: 'ENDLESS', handler: 'std_enroloncourse', internal: { course: 5 } })
  let people = 0

  async function bought(code: string): Promise<OwnedProduct[]> {
    const learner = { email: `List.${++people}@Learners.example`, firstname: 'Li', lastname: 'St' }
    const { number } = await t.placed(code, [learner])
    await t.pay(number)
    await t.takeOver()
    return await productsOfOrder(db, (await findOrder(db, number))?.id ?? 0)
  }

  const all: Record<string, OwnedProduct[]> = {}
  before(async () => {
    for (const code of [month, year, endless, month]) {
      all[code] = [...(all[code] ?? []), ...(await bought(code))]
    }
  })

  async function found(filter: ProductFilter, limit = 50): Promise<string[]> {
    const references: string[] = []
    for (let after: number | undefined, first = true; first || after !== undefined; first = false) {
      const page = await listProducts(db, { ...filter, after, limit })
      references.push(...page.products.map(({ reference }) => reference))
      after = page.next
    }
    return references
  }

  const references = (code: string) => (all[code] ?? []).map(({ reference }) => reference)

  it('finds a product by its reference, its order and the beginning of its holder’s address', async () => {
    const [product] = all[endless] ?? []
    assert.ok(product)
    const { reference, orderNumber, holder } = product
    for (const search of [
      reference,
      reference.toLowerCase().replaceAll('-', ''),
      orderNumber,
      holder?.email.slice(0, 8).toLowerCase() ?? '',
    ]) {
      assert.deepEqual(await found({ search }), [reference], search)
    }
    assert.deepEqual(await found({ search: 'nobody@' }), [])
  })

  it('is narrowed to an entry, a handler and a state, page by page', async () => {
    assert.deepEqual((await found({ entry: month }, 1)).toSorted(), references(month).toSorted())
    assert.deepEqual((await found({ handler: 'std_enroloncourses' })).toSorted(), references(year).toSorted())
    assert.deepEqual(await found({ entry: month, handler: 'std_enroloncourses' }), [])
    assert.deepEqual(await found({ entry: 'GONE' }), [])
    assert.deepEqual(await found({ state: 'revoked' }), [])
    assert.equal((await found({ state: 'active' }, 2)).length, 5)
    assert.equal(await countProducts(db, { state: 'active' }, 1000), 5)
    assert.equal(await countProducts(db, { state: 'active' }, 3), 3)
  })

  it('shows by end what ends between two days, the soonest first', async () => {
    const soon = { endsFrom: new Date(), endsBefore: new Date(Date.now() + 31 * day) }
    assert.deepEqual(await found(soon, 1), references(month))
    assert.deepEqual(await found({ endsFrom: new Date() }, 1), [...references(month), ...references(year)])
    assert.deepEqual(await found({ endsBefore: new Date() }), [])
  })

  it('gives the products of some references', async () => {
    const wanted = [...references(year), '0000-0000-0000-0000']
    const named = (await productsNamed(db, wanted)).map(({ reference }) => reference)
    assert.deepEqual(named.toSorted(), references(year).toSorted())
    assert.deepEqual(await productsNamed(db, []), [])
  })

  it('never reads all products for a page of them', async () => {
    const [model] = all[month] ?? []
    await sql`
      with order_of as (
        insert into orders (number, token, state, locale, customer, customer_email, currency, total_cents, vat_cents,
                            paid_cents, means, payment_reference, terms_accepted_at, paid_at)
        select 'MANY-' || n, 'none', state, locale, customer, customer_email, currency, total_cents, vat_cents, paid_cents,
               means, 'MANY-' || n, terms_accepted_at, paid_at
          from orders, generate_series(1, 2000) n where id = ${model?.orderId} returning id
      ), line_of as (
        insert into order_lines (order_id, position, entry_id, entry, quantity, unit_cents, total_cents, vat_cents)
        select o.id, l.position, case when o.id % 4 = 0 then (select id from entries where code = ${year}) else entry_id end,
               entry, quantity, unit_cents, total_cents, vat_cents
          from order_of o, order_lines l where l.order_id = ${model?.orderId} returning id, order_id
      )
      insert into units (order_id, line_id, position, state, external)
      select order_id, id, 1, 'produced', '{}' from line_of`.execute(db)
    await sql`
      insert into products (reference, order_id, unit_id, key, handler, title, holder, starts_at, ends_at, state)
      select upper(to_char(u.id, 'FM0000') || '-' || to_char(n, 'FM0000') || '-0000-0000'), u.order_id, u.id,
             'many-' || n, case when n = 7 then 'std_joincohort' else p.handler end, p.title,
             jsonb_build_object('email', 'many' || u.id || '.' || n || '@learners.example'), now(),
             now() + make_interval(days => (u.id * 50 + n)::integer % 2000 - 1000),
             case n % 20 when 0 then 'suspended' when 1 then 'active' else 'ended' end
        from products p, units u, generate_series(1, 50) n
       where p.id = ${model?.id} and u.external = '{}' and u.order_id > ${model?.orderId}`.execute(db)
    assert.ok((await countProducts(db, {}, 200_000)) > 100_000)
    await sql`analyze`.execute(db)
    const soon = new Date(Date.now() + 30 * day)
    const cases: Record<string, ProductFilter> = {
      everything: {},
      reference: { search: references(month)[0] },
      email: { search: 'many47.11@' },
      order: { search: all[endless]?.[0]?.orderNumber },
      entry: { entry: month },
      'small entry': { entry: endless },
      handler: { handler: 'std_joincohort' },
      state: { state: 'suspended' },
      ends: { endsFrom: new Date(), endsBefore: soon },
      'entry that ends': { entry: endless, state: 'active', endsFrom: new Date(), endsBefore: soon },
    }
    for (const [name, filter] of Object.entries(cases)) {
      const read = await rowsRead((trx) => listProducts(trx, filter))
      assert.ok(read < 5000, `${name}: ${read} rows are read`)
    }
  })

  /** How many rows of products a query reads, by index or by scan, as PostgreSQL counts them. */
  async function rowsRead(query: (trx: typeof db) => Promise<unknown>): Promise<number> {
    return await db.transaction().execute(async (trx) => {
      const count = async () => {
        const { rows } = await sql<{ read: number }>`
          select (select coalesce(sum(pg_stat_get_xact_tuples_fetched(indexrelid)
                                      + pg_stat_get_xact_tuples_returned(indexrelid)), 0)
                    from pg_index where indrelid = 'products'::regclass)
                 + pg_stat_get_xact_tuples_returned('products'::regclass) as read`.execute(trx)
        return Number(rows[0]?.read)
      }
      const before = await count()
      await query(trx)
      return (await count()) - before
    })
  }
})
