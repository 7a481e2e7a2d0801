import { type Kysely, sql } from 'kysely'
import type { Database } from '../db/schema.ts'
import { type AccessTarget, touchAccess } from './access.ts'

/** Times are Unix seconds; `endsAt` null means no end. `enrols` false: the role or the group alone. */
export type Given = { user: number; startsAt?: number; endsAt?: number | null } & (
  | { course: number; role?: number | null; group?: number; enrols?: boolean }
  | { membership: string }
)

export const defaultStart = 1_767_225_600
export const defaultEnd = 4_102_444_800

/** Gives one product on `site` that entitles to all that is named, with the dates of the first. Returns its id. */
export type Give = (site: string, ...given: Given[]) => Promise<number>

/** For tests: gives products as the shop does, rows and touch in one transaction. Once for each database. */
export async function giver(db: Kysely<Database>): Promise<Give> {
  const unitId = await sellOne(db)
  let products = 0
  return async (site, ...given) => {
    const { startsAt = defaultStart, endsAt = defaultEnd } = given[0] ?? {}
    const number = ++products
    return await db.transaction().execute(async (trx) => {
      const { id } = await trx
        .insertInto('products')
        .values({
          reference: `AAAA-BBBB-CCCC-${String(number).padStart(4, '0')}`,
          order_id: sql`(select order_id from units where id = ${unitId})`,
          unit_id: unitId,
          key: `p${number}`,
          handler: 'std_test',
          title: '{}',
          starts_at: new Date(startsAt * 1000),
          ends_at: endsAt === null ? null : new Date(endsAt * 1000),
          data: '{}',
        })
        .returning('id')
        .executeTakeFirstOrThrow()
      for (const one of given) {
        const of = { product_id: id, site, user_id: one.user }
        if ('membership' in one) {
          await trx
            .insertInto('membership_entitlements')
            .values({ ...of, target: one.membership })
            .execute()
        } else {
          const { course, role = 5, group = null, enrols = true } = one
          await trx
            .insertInto('entitlements')
            .values({ ...of, course_id: course, role_id: role, group_id: group, enrols })
            .execute()
        }
      }
      await touchAccess(trx, site, given.map(targetOf))
      return id
    })
  }
}

function targetOf(given: Given): AccessTarget {
  const { user } = given
  return 'course' in given ? { course: given.course, user } : { membership: given.membership, user }
}

/** An order of one unit, to hang products on. */
async function sellOne(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ id: number }>`
    with entry as (
      insert into entries (code, title, summary, description, category, price_cents, currency, vat_basis_points)
      values ('TEST', '{}', '{}', '{}', '{}', 0, 'EUR', 0) returning id),
    sold as (
      insert into orders (number, token, state, locale, customer, customer_email, currency, total_cents, vat_cents,
                          means, payment_reference, terms_accepted_at)
      values ('1', 't', 'paid', 'en', '{}', 'a@example.org', 'EUR', 0, 0, 'card', 'r', now()) returning id),
    line as (
      insert into order_lines (order_id, position, entry_id, entry, quantity, unit_cents, total_cents, vat_cents)
      select sold.id, 1, entry.id, '{}', 1, 0, 0, 0 from sold, entry returning id, order_id)
    insert into units (order_id, line_id, position, state, external)
    select order_id, id, 1, 'produced', '{}' from line returning id`.execute(db)
  const [unit] = rows
  if (!unit) throw new Error('no unit was made')
  return unit.id
}
