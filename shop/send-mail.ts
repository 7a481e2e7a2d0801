import { type Selectable, sql } from 'kysely'
import nodemailer, { type Transporter } from 'nodemailer'
import { fromKysely, type JobResult, type JobWithMetadata } from 'pg-boss'
import type { z } from 'zod'
import type { Database, MailKind } from '../db/schema.ts'
import {
  composeMail as compose,
  composeSignIn,
  endingMail,
  type Mail,
  type MailContext,
  signInMail,
} from '../documents/mails.ts'
import type { Queue } from '../production/queue.ts'
import { mailQueue } from './change-order.ts'
import { linkMinutes } from './customer-session.ts'
import { extensionsOf } from './extensions.ts'
import { entryUrl, orderUrl, signInUrl } from './order-url.ts'
import { meansToPay, payableOf } from './payable.ts'
import type { Shop } from './shop.ts'
import { findOrder, type OrderView } from './view-order.ts'

export type MailRow = Selectable<Database['mails']>
/** A mail about an order. */
type OrderMailRow = MailRow & { kind: Exclude<MailKind, 'sign_in'> }
type MailJob = { mail: number }
export type MailTransport = Pick<Transporter, 'sendMail'>

/** Makes the queue that `mail` sends to: in every process that may decide a mail, before it does. */
export async function openMailQueue(queue: Queue): Promise<void> {
  await queue.createQueue(mailQueue, {
    notify: true,
    // longer than the transport's own timeouts, so that no second worker sends what a first one still sends
    expireInSeconds: 180,
    // with the growing delay, about two days of a mail server being away
    retryLimit: 20,
    retryDelay: 5,
    retryBackoff: true,
    retryDelayMax: 4 * 3600,
    retentionSeconds: 365 * 86_400,
    deleteAfterSeconds: 3600,
  })
}

/** A connection to the mail server that gives up rather than hang. */
export function mailTransport(smtpUrl: string): MailTransport {
  return nodemailer.createTransport({
    url: smtpUrl,
    connectionTimeout: 20_000,
    greetingTimeout: 20_000,
    socketTimeout: 60_000,
  })
}

/**
 * Sends the mails that the shop decided, each once: it is composed when it leaves. One that the mail server refuses
 * for good, or has not taken after all retries, is marked failed with its cause. Its queue must be open. Without
 * SMTP_URL it does nothing: mails are then kept for the office.
 */
export async function startMailer(
  shop: Shop,
  { SMTP_URL, MAIL_FROM }: { SMTP_URL?: string; MAIL_FROM: string },
  transport: MailTransport | undefined = SMTP_URL ? mailTransport(SMTP_URL) : undefined,
): Promise<void> {
  if (!transport) return
  await shop.queue.work(
    mailQueue,
    {
      includeMetadata: true,
      perJobResults: true,
      batchSize: atATime,
      // What has gathered goes on at once; no NOTIFY tells when a retry is due.
      burstWhenBatchFull: true,
      notifyPollingIntervalSeconds: 5,
    },
    async (jobs: JobWithMetadata<MailJob>[]): Promise<JobResult[]> =>
      await Promise.all(
        jobs.map(async ({ id, data, retryCount, retryLimit }) => {
          try {
            await sendMail(shop, transport, MAIL_FROM, data.mail, retryCount >= retryLimit)
            return { id, status: 'completed' }
          } catch (error) {
            const output = { message: error instanceof Error ? error.message : String(error) }
            return { id, status: 'failed', output }
          }
        }),
      ),
  )
}

/** Mails on their way to the mail server. */
const atATime = 4

/** Seconds to wait for the payment instructions of an order that is still being prepared, and for how long. */
const preparing = { wait: 20, most: 900 }

async function sendMail(shop: Shop, transport: MailTransport, from: string, id: number, last: boolean) {
  const row = await shop.db.selectFrom('mails').selectAll().where('id', '=', id).executeTakeFirst()
  if (row?.state !== 'queued') return
  try {
    const leaving = isOrderMail(row) ? await leavingMail(shop, row) : leavingSignIn(shop, row)
    if ('wait' in leaving) {
      await shop.queue.send(mailQueue, { mail: id } satisfies MailJob, { startAfter: leaving.wait })
      return
    }
    if ('cause' in leaving) {
      await shop.db
        .updateTable('mails')
        .set({ state: 'kept', cause: leaving.cause })
        .where('id', '=', id)
        .execute()
      return
    }
    const { mail, kept } = leaving
    await transport.sendMail({
      from: { name: shop.settings.name, address: from },
      to: row.recipient,
      subject: mail.subject,
      text: mail.text,
      // The same for every attempt: a mail that was sent by a process that died before it could say so arrives once.
      messageId: `<boutique.${row.id}.${row.created_at.getTime()}@${from.split('@')[1]}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
    await shop.db
      .updateTable('mails')
      .set({
        state: 'sent',
        sent_at: new Date(),
        cause: null,
        subject: mail.subject,
        body: mail.text,
        ...kept,
      })
      .where('id', '=', id)
      .execute()
  } catch (error) {
    const over = last || isRefusal(error)
    const cause = error instanceof Error ? error.message : String(error)
    await shop.db
      .updateTable('mails')
      .set({ cause, ...(over && { state: 'failed' }) })
      .where('id', '=', id)
      .execute()
    shop.log.warn({ err: error, mail: id, failed: over }, 'a mail could not be sent')
    if (!over) throw error
  }
}

/** What a mail becomes when its turn comes. `kept`: what the database keeps of it instead of its text. */
type Leaving = { mail: Mail; kept?: { body: string; data: string } } | { wait: number } | { cause: string }

async function leavingMail(shop: Shop, row: OrderMailRow): Promise<Leaving> {
  const order = await orderOf(shop, row)
  if (!order) throw new Error('its order is gone')
  if (row.kind === 'order_placed' && order.state === 'placed' && ageOf(row) < preparing.most) {
    return { wait: preparing.wait }
  }
  if (row.kind === 'product_ending' && endingsOf(row, order).length === 0) {
    return { cause: 'not sent: what it announces was extended or taken back meanwhile' }
  }
  return { mail: await composeFor(shop, row, order) }
}

/** The link leaves with the mail and stays nowhere. */
function leavingSignIn(shop: Shop, row: MailRow): Leaving {
  const { key, ...data } = signInMail.parse(row.data)
  if (key === undefined || ageOf(row) > linkMinutes * 60) {
    return { cause: 'not sent: its link no longer worked' }
  }
  const mail = signInText(shop, data, shop.seal.open(key))
  return { mail, kept: { body: signInText(shop, data).text, data: JSON.stringify(data) } }
}

/** Without a key, as everybody but its recipient reads it. */
function signInText(shop: Shop, { locale, next }: z.output<typeof signInMail>, key = '…'): Mail {
  const { name: shopName } = shop.settings
  return composeSignIn(locale, { shopName, url: signInUrl(shop.settings, key, next), minutes: linkMinutes })
}

const isOrderMail = (row: MailRow): row is OrderMailRow => row.kind !== 'sign_in'

/** Seconds. */
const ageOf = (row: MailRow) => (Date.now() - row.created_at.getTime()) / 1000

/** A 5xx of the mail server about this very mail: sending it again gets the same answer. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof Error) || !('code' in error) || !('responseCode' in error)) return false
  const aboutMail = error.code === 'EENVELOPE' || error.code === 'EMESSAGE'
  return aboutMail && Number(error.responseCode) >= 500
}

async function orderOf(shop: Shop, row: MailRow): Promise<OrderView | undefined> {
  if (row.order_id === null) return undefined
  const found = await shop.db
    .selectFrom('orders')
    .select('number')
    .where('id', '=', row.order_id)
    .executeTakeFirst()
  return found && (await findOrder(shop.db, found.number))
}

async function composeFor(shop: Shop, row: OrderMailRow, order: OrderView): Promise<Mail> {
  const means = meansToPay(shop, order)
  return compose(row.kind, row.data, order, {
    shopName: shop.settings.name,
    orderUrl: orderUrl(shop.settings, order),
    toPay: means && {
      instructions: means.kind === 'deferred' ? means.instructions(payableOf(shop, order)) : [],
    },
    ending: row.kind === 'product_ending' ? await endingFor(shop, row, order) : undefined,
  })
}

/** The products of an announcement that still end as it says. */
function endingsOf(row: MailRow, order: OrderView): OrderView['products'] {
  const { references, endsOn } = endingMail.parse(row.data)
  return order.products.filter(
    ({ reference, state, endsAt }) =>
      references.includes(reference) &&
      state === 'active' &&
      endsAt !== null &&
      new Date(endsAt.getTime() - 1000).toISOString().startsWith(endsOn),
  )
}

async function endingFor(shop: Shop, row: MailRow, order: OrderView): Promise<MailContext['ending']> {
  const still = endingsOf(row, order)
  const { references } = endingMail.parse(row.data)
  // Read in the office afterwards, it is as it was.
  const products =
    still.length > 0 ? still : order.products.filter(({ reference }) => references.includes(reference))
  const units = new Set(products.map(({ unitId }) => unitId))
  const codes = order.lines
    .filter((line) => line.units.some(({ id }) => units.has(id)))
    .map(({ entry }) => entry.code)
  const onSale = await shop.db
    .selectFrom('entries')
    .select('code')
    .where('code', 'in', codes.length > 0 ? codes : [''])
    .where('state', '=', 'on_sale')
    .orderBy('code')
    .execute()
  const again = onSale.map(({ code }) => entryUrl(shop.settings, code))
  const extensions = await Promise.all(
    products.map(async (product) => {
      const [first] = await extensionsOf(shop, product)
      return first && entryUrl(shop.settings, first.code, product.reference)
    }),
  )
  // What is sold to extend it comes before buying it again.
  const entryUrls = extensions.every((url) => url !== undefined) ? extensions : again
  return { products, entryUrls }
}

/** A mail as the office reads it: as it was sent, or as it would be sent now. Undefined when its order is gone. */
export async function composeMail(shop: Shop, row: MailRow): Promise<Mail | undefined> {
  if (row.subject !== null && row.body !== null) return { subject: row.subject, text: row.body }
  if (!isOrderMail(row)) return signInText(shop, signInMail.parse(row.data))
  const order = await orderOf(shop, row)
  return order && (await composeFor(shop, row, order))
}

/** Sends a failed mail again; false when it is not one, or when the shop has no mail server. */
export async function sendAgain(shop: Shop, id: number): Promise<boolean> {
  if (!shop.settings.mailing) return false
  return await shop.db.transaction().execute(async (trx) => {
    const { numUpdatedRows } = await trx
      .updateTable('mails')
      .set({ state: 'queued' })
      .where('id', '=', id)
      .where('state', '=', 'failed')
      .executeTakeFirst()
    if (numUpdatedRows === 0n) return false
    await shop.queue.send(mailQueue, { mail: id } satisfies MailJob, { db: fromKysely(trx) })
    return true
  })
}

/** Sends on the mails that wait and have lost their job, an hour after they were decided. Returns how many. */
export async function sendOnLost(shop: Shop): Promise<number> {
  if (!shop.settings.mailing) return 0
  return await shop.db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ id: number }>`
      select m.id from mails m
       where m.state = 'queued' and m.created_at < now() - interval '1 hour'
         and not exists (select from pgboss.job j
                          where j.name = ${mailQueue} and (j.data->>'mail')::bigint = m.id
                            and j.state in ('created', 'retry', 'active'))
       order by m.created_at limit 100 for update of m skip locked`.execute(trx)
    for (const { id } of rows) {
      await shop.queue.send(mailQueue, { mail: id } satisfies MailJob, { db: fromKysely(trx) })
    }
    return rows.length
  })
}
