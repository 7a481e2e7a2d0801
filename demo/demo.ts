import type { EntryDraft } from '../shop/check-entry.ts'
import { saveEntry } from '../shop/save-entry.ts'
import type { Shop } from '../shop/shop.ts'
import { demoEntries } from './entries.ts'

/** The entry of the demo whose handler is its own: the folder `handlers/DEMO-MASTERCLASS`. */
const specific = 'DEMO-MASTERCLASS'

/**
 * Fills an empty catalog with that of a training organisation, for the sandbox's courses. Does nothing when the shop
 * has an entry already. What the site or a handler keeps from being sold becomes a draft. Returns how many were made.
 */
export async function loadDemo(shop: Shop): Promise<number> {
  const any = await shop.db.selectFrom('entries').select('id').limit(1).executeTakeFirst()
  if (any) return 0
  let made = 0
  // A bundle can be sold once its parts are there.
  const bundlesLast = [...demoEntries.entries()].sort(
    ([, one], [, other]) => Number(one.parts !== undefined) - Number(other.parts !== undefined),
  )
  for (const [index, { course, onSale = true, ...entry }] of bundlesLast) {
    const draft: EntryDraft = {
      handler: course ? 'std_enroloncourse' : entry.code === specific ? 'specific' : null,
      maxQuantity: null,
      position: (index + 1) * 10,
      fields: [],
      ...entry,
      internal: { ...entry.internal, ...(course && { course: await courseId(shop, course) }) },
    }
    const saved = await saveEntry(shop, draft, { state: onSale ? 'on_sale' : 'draft' })
    if (saved.ok) made++
    else if (saved.reason === 'invalid') {
      shop.log.warn({ entry: draft.code, findings: saved.findings, errors: saved.errors }, 'kept as a draft')
      if ((await saveEntry(shop, draft, { state: 'draft' })).ok) made++
    }
  }
  return made
}

/** The sandbox's ids are its own business; its short names are what the demo knows. */
async function courseId(shop: Shop, shortname: string): Promise<number | undefined> {
  return (await shop.site.course(shortname))?.id
}
