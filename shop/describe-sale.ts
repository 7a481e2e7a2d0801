import type { Kysely } from 'kysely'
import type { Database } from '../db/schema.ts'
import type { DryLine, DryProduct, DryUnit } from './dry-run.ts'
import type { Noted, Stage } from './dry-stage.ts'
import { refusalOf } from './refusal.ts'
import { openNames, sayCall } from './say-call.ts'

const unknown = {
  en: 'The rest depends on an answer that a dry run can’t know.',
  fr: 'La suite dépend d’une réponse qu’un essai à blanc ne peut connaître.',
}

/** What came of a sale that was played on a stage, read where it was written for the while. */
export async function describeSale({ shop, noted }: Stage, number: string) {
  const { db } = shop
  const sold = await readSale(db, number)
  const names = openNames(shop, db, noted)
  const describeUnit = async ({ id, ...unit }: (typeof sold.units)[number]): Promise<DryUnit> => {
    const lines = noted.filter((one) => one.unit === id)
    const why = unit.state === 'produced' ? undefined : whyNot(sold, { id, state: unit.state }, lines)
    return {
      ...unit,
      ...(why && { why }),
      lines: await Promise.all(lines.map((one) => describeLine(one, names))),
      products: sold.products.flatMap(({ unit_id, ...product }): DryProduct[] =>
        unit_id === id ? [product] : [],
      ),
    }
  }
  return {
    ok: true as const,
    order: sold.order.state,
    totalCents: sold.order.total_cents,
    units: await Promise.all(sold.units.map(describeUnit)),
    mails: sold.mails.map(({ kind }) => kind),
  }
}

type Sold = Awaited<ReturnType<typeof readSale>>

async function readSale(db: Kysely<Database>, number: string) {
  const order = await db
    .selectFrom('orders')
    .select(['id', 'state', 'total_cents'])
    .where('number', '=', number)
    .executeTakeFirstOrThrow()
  const units = await db
    .selectFrom('units')
    .select(['id', 'position', 'external', 'state', 'feedback'])
    .where('order_id', '=', order.id)
    .orderBy('id')
    .execute()
  const products = await db
    .selectFrom('products')
    .select(['unit_id', 'title', 'holder', 'link', 'starts_at as startsAt', 'ends_at as endsAt'])
    .where('order_id', '=', order.id)
    .orderBy('id')
    .execute()
  const causes = await db
    .selectFrom('productions')
    .select(['unit_id', 'cause'])
    .where('order_id', '=', order.id)
    .where('cause', 'is not', null)
    .execute()
  const mails = await db
    .selectFrom('mails')
    .select('kind')
    .where('order_id', '=', order.id)
    .orderBy('id')
    .execute()
  return { order, units, products, causes, mails, refusal: await refusalOf(db, order.id) }
}

/** What keeps a unit from being produced; undefined when nothing is known of it. */
function whyNot(
  { causes, refusal }: Pick<Sold, 'causes' | 'refusal'>,
  { id, state }: Pick<Sold['units'][number], 'id' | 'state'>,
  lines: Noted[],
): DryUnit['why'] {
  if (state === 'refused') return refusal
  if (lines.some((one) => 'held' in one)) return unknown
  const cause = causes.find(({ unit_id }) => unit_id === id)?.cause
  return cause ? { en: cause.message, fr: cause.message } : undefined
}

async function describeLine(one: Noted, names: ReturnType<typeof openNames>): Promise<DryLine> {
  if ('says' in one) return { when: one.when, says: one.says }
  const { function: name, parameters } = one.call
  return { when: one.when, says: await sayCall(one.call, names), call: { function: name, parameters } }
}
