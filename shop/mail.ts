import type { Transaction } from 'kysely'
import { fromKysely } from 'pg-boss'
import type { Database, MailKind } from '../db/schema.ts'
import type { Shop } from './shop.ts'

export const mailQueue = 'mail'

/**
 * Decides a mail, in the transaction of what it tells about: it will be composed and sent once, whatever happens.
 * `key` makes it unique. A shop without a mail server keeps it for the office to read.
 */
export async function mail(
  shop: Pick<Shop, 'queue' | 'settings'>,
  trx: Transaction<Database>,
  letter: { key: string; kind: MailKind; orderId: number; recipient: string; data?: Record<string, unknown> },
): Promise<void> {
  const made = await trx
    .insertInto('mails')
    .values({
      key: letter.key,
      kind: letter.kind,
      order_id: letter.orderId,
      recipient: letter.recipient,
      data: JSON.stringify(letter.data ?? {}),
      state: shop.settings.mailing ? 'queued' : 'kept',
    })
    .onConflict((conflict) => conflict.column('key').doNothing())
    .returning('id')
    .executeTakeFirst()
  if (made && shop.settings.mailing) {
    await shop.queue.send(mailQueue, { mail: made.id }, { db: fromKysely(trx) })
  }
}
