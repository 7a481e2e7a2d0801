import type { Kysely } from 'kysely'
import { z } from 'zod'
import type { Database } from '../db/schema.ts'
import type { Text } from '../sdk/index.ts'

const told = z.object({ told: z.object({ en: z.string(), fr: z.string() }) })

/** Why an order was refused, as its customer was told by mail; undefined when nothing was said. */
export async function refusalOf(db: Kysely<Database>, orderId: number): Promise<Text | undefined> {
  const mail = await db
    .selectFrom('mails')
    .select('data')
    .where('order_id', '=', orderId)
    .where('kind', '=', 'order_closed')
    .executeTakeFirst()
  return told.safeParse(mail?.data).data?.told
}
