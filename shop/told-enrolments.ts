import { type Kysely, sql } from 'kysely'
import type { Database, Enrolment } from '../db/schema.ts'

/** What a product opens in one course of Moodle, and what Moodle was told of that course and person. */
export type ToldEnrolment = {
  site: string
  course: number
  user: number
  role: number
  group: number | null
  told: Enrolment | null
  toldAt: Date | null
  /** Our rows have changed since: Moodle is yet to be told. */
  behind: boolean
  /** Why Moodle could not be told, at the last try of the shop's own. */
  trouble: string | null
}

/** The entitlements of a product with the enrolments that they are part of. */
export async function enrolmentsOfProduct(db: Kysely<Database>, productId: number): Promise<ToldEnrolment[]> {
  return await db
    .selectFrom('entitlements as n')
    .leftJoin('enrolments as e', (join) =>
      join
        .onRef('e.site', '=', 'n.site')
        .onRef('e.course_id', '=', 'n.course_id')
        .onRef('e.user_id', '=', 'n.user_id'),
    )
    .select([
      'n.site',
      'n.course_id as course',
      'n.user_id as user',
      sql<number>`n.role_id`.as('role'), // never null where there is an enrolment: the table checks it
      'n.group_id as group',
      'e.applied as told',
      'e.applied_at as toldAt',
      'e.trouble',
      sql<boolean>`coalesce(e.applied_revision < e.revision, true)`.as('behind'),
    ])
    .where('n.product_id', '=', productId)
    .where('n.enrols', '=', true)
    .where('n.withdrawn_at', 'is', null)
    .orderBy('n.course_id')
    .execute()
}
