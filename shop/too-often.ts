import { type Kysely, sql } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { Text } from '../sdk/index.ts'

/** A customer has asked for so much of a unit that they have to wait. `seconds`: for how long; `why` tells it. */
export type TooOften = { ok: false; reason: 'too_often'; seconds: number; why: Text }

/** What a customer may ask of one unit within a day, and for each of its products: to give all its seats, and again. */
const aDay = { unit: 30, product: 3 }

/**
 * Whether a customer has asked for so many actions on a unit within a day that `more` are too many: each makes calls to
 * Moodle, accounts and mails. Exact for whoever has locked the order.
 */
export async function askedTooOften(
  db: Kysely<Database>,
  unitId: number,
  more: number,
): Promise<TooOften | undefined> {
  const { rows } = await sql<{ seconds: number }>`
    with asked as (
      select created_at, row_number() over (order by created_at desc) as nth
        from productions
       where unit_id = ${unitId} and script = 'action' and created_at > now() - interval '1 day'
         and input #>> '{action,audience}' = 'customer'
    )
    select extract(epoch from created_at + interval '1 day' - now())::float8 as seconds from asked
     where nth = (select ${aDay.unit}::integer + ${aDay.product}::integer * count(*) from products
                   where unit_id = ${unitId}) - ${more}::integer + 1`.execute(db)
  const [row] = rows
  if (!row) return undefined
  const seconds = Math.max(1, Math.ceil(row.seconds))
  return { ok: false, reason: 'too_often', seconds, why: sayWhen(seconds) }
}

function sayWhen(seconds: number): Text {
  const minutes = Math.ceil(seconds / 60)
  const hours = Math.ceil(minutes / 60)
  const [count, en, fr] = minutes < 60 ? [minutes, 'minute', 'minute'] : [hours, 'hour', 'heure']
  return {
    en: `These are very many changes for one day. You can go on in ${count} ${en}${count === 1 ? '' : 's'}; if it can’t wait, please ask us.`,
    fr: `Cela fait beaucoup de changements en une journée. Vous pourrez continuer dans ${count} ${fr}${count < 2 ? '' : 's'}\u00a0; si cela ne peut attendre, écrivez-nous.`,
  }
}
