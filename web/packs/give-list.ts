import { randomUUID } from 'node:crypto'
import type { Text } from '../../sdk/index.ts'
import { type LearnerRow, readLearnerList, wrongRows } from '../../sdk/learner-list.ts'
import { type Learner, learnerListFrom } from '../../sdk/learner-text.ts'
import { giveSeats, hasSeat, type Pack, roomIn } from '../../shop/pack.ts'
import type { Shop } from '../../shop/shop.ts'
import { packTexts } from './pack-texts.ts'

/**
 * A list that can't be given seats as it is. `fault`: what is wrong with it as a whole; `retryAfter`: in how many seconds
 * it may be sent again.
 */
export type WrongList = { text: string; rows: LearnerRow[]; fault?: Text; retryAfter?: number }

/** A list to be confirmed. `once` names the request that gives its seats. */
export type CheckedList = { text: string; learners: Learner[]; left: number; once: string }

export type ListSent =
  | { step: 'wrong'; wrong: WrongList }
  | { step: 'confirm'; checked: CheckedList }
  | { step: 'started'; batch: number }

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** The name of the request that a form makes, as our pages give it: any other could be one that the shop makes itself. */
export const readOnce = ({ once }: Record<string, string | string[]>): string | undefined =>
  typeof once === 'string' && uuid.test(once) ? once : undefined

/**
 * What a form with a list of learners comes to: the list is checked row by row against itself and the pack, then shown to
 * be confirmed (the form comes again with `step=give`), then its seats are given out.
 */
export async function giveList(
  shop: Shop,
  pack: Pack,
  body: Record<string, string | string[]>,
  by: { who: string; audience: 'operator' | 'customer' },
): Promise<ListSent> {
  const text = learnerListFrom(body, 'learners')
  const once = readOnce(body) ?? randomUUID()
  const read = readLearnerList(text)
  if (body.step === 'give' && wrongRows(read).length === 0) {
    const learners = read.map(({ values }) => values)
    const given = learners.length > 0 ? await giveSeats(shop, pack, learners, by, once) : undefined
    if (given?.ok) return { step: 'started', batch: given.batch }
    if (given?.reason === 'moved') {
      return { step: 'wrong', wrong: { text, rows: [], fault: inBoth('moved') } }
    }
    if (given?.reason === 'too_often') {
      return { step: 'wrong', wrong: { text, rows: [], fault: given.why, retryAfter: given.seconds } }
    }
  }
  const { free, learners: known } = await roomIn(shop.db, pack.unitId)
  const rows = read.map((row) =>
    known.has(row.values.email.toLowerCase()) && !row.errors.email
      ? { ...row, errors: { ...row.errors, email: hasSeat } }
      : row,
  )
  const fault =
    rows.length === 0
      ? inBoth('empty')
      : rows.length > free.length
        ? {
            en: packTexts.en.tooMany(rows.length, free.length),
            fr: packTexts.fr.tooMany(rows.length, free.length),
          }
        : undefined
  if (fault || wrongRows(rows).length > 0) return { step: 'wrong', wrong: { text, rows, fault } }
  const learners = rows.map(({ values }) => values)
  return { step: 'confirm', checked: { text, learners, left: free.length - learners.length, once } }
}

const inBoth = (which: 'empty' | 'moved'): Text => ({ en: packTexts.en[which], fr: packTexts.fr[which] })
