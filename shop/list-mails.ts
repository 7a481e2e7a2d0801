import type { Kysely, Selectable } from 'kysely'
import type { Database, MailKind } from '../db/schema.ts'

export type MailState = Database['mails']['state']

export type MailRow = {
  id: number
  orderNumber: string | null
  kind: MailKind
  recipient: string
  subject: string | null
  state: MailState
  cause: string | null
  createdAt: Date
  sentAt: Date | null
}

const mails = (db: Kysely<Database>) =>
  db
    .selectFrom('mails as m')
    .leftJoin('orders as o', 'o.id', 'm.order_id')
    .select([
      'm.id',
      'o.number as orderNumber',
      'm.kind',
      'm.recipient',
      'm.subject',
      'm.state',
      'm.cause',
      'm.created_at as createdAt',
      'm.sent_at as sentAt',
    ])

/** Mails that could not be sent, the oldest first. */
export async function mailsInTrouble(db: Kysely<Database>, limit = 8): Promise<MailRow[]> {
  return await mails(db).where('m.state', '=', 'failed').orderBy('m.id').limit(limit).execute()
}

/**
 * A page of mails, newest first. `search`: an order's number, or the start of its customer's e-mail, or of the
 * recipient's when it belongs to no order.
 */
export async function listMails(
  db: Kysely<Database>,
  {
    before,
    limit = 50,
    state,
    search,
  }: { before?: number; limit?: number; state?: MailState; search?: string } = {},
): Promise<{ mails: MailRow[]; next: number | undefined }> {
  let page = mails(db)
    .orderBy('m.id', 'desc')
    .limit(limit + 1)
  if (before !== undefined) page = page.where('m.id', '<', before)
  if (state) page = page.where('m.state', '=', state)
  if (search) {
    const from = search.toLowerCase()
    page = page.where('m.id', 'in', (of) =>
      of
        .selectFrom('mails')
        .innerJoin('orders', 'orders.id', 'mails.order_id')
        .select('mails.id')
        .where((where) =>
          where.or([
            where('number', '=', search.toUpperCase()),
            where.and([where('customer_email', '>=', from), where('customer_email', '<', `${from}\uffff`)]),
          ]),
        )
        .unionAll((and) =>
          and
            .selectFrom('mails')
            .select('mails.id')
            .where('order_id', 'is', null)
            .where('recipient', '>=', from)
            .where('recipient', '<', `${from}\uffff`),
        ),
    )
  }
  const rows = await page.execute()
  const found = rows.slice(0, limit)
  return { mails: found, next: rows.length > limit ? found.at(-1)?.id : undefined }
}

/** One mail, as the database keeps it, with the number of its order. */
export async function findMail(
  db: Kysely<Database>,
  id: number,
): Promise<(Selectable<Database['mails']> & { orderNumber: string | null }) | undefined> {
  return await db
    .selectFrom('mails as m')
    .leftJoin('orders as o', 'o.id', 'm.order_id')
    .selectAll('m')
    .select('o.number as orderNumber')
    .where('m.id', '=', id)
    .executeTakeFirst()
}
