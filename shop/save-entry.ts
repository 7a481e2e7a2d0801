import { sql } from 'kysely'
import type { EntryState } from '../db/schema.ts'
import { handlerOf } from '../production/registry.ts'
import { elementsOf } from '../sdk/form.ts'
import type { Finding } from '../sdk/index.ts'
import { checkEntry, type EntryDraft, type EntryErrors } from './check-entry.ts'
import { type Entry, toEntries } from './entry.ts'
import { closeSecrets } from './seal.ts'
import type { Shop } from './shop.ts'

export type SavedEntry =
  | { ok: true; entry: Entry; findings: Finding[] }
  /** `stale`: somebody saved it meanwhile. `code_taken`: another entry has this code. */
  | { ok: false; reason: 'invalid' | 'stale' | 'code_taken'; errors: EntryErrors; findings: Finding[] }

/**
 * Saves an entry. Its own fields must be sound; a draft may keep internal parameters that are not, and then can't be
 * put on sale. `check` of the handler runs against the live site, outside any transaction, and its findings come back
 * either way. An entry on sale stays so only if it is sound.
 */
export async function saveEntry(
  shop: Shop,
  draft: EntryDraft,
  want: { state: EntryState; revision?: number },
): Promise<SavedEntry> {
  const checked = await checkEntry(shop, draft)
  const { errors, findings } = checked
  if (!(want.state === 'on_sale' ? checked.sellable : checked.savable)) {
    return { ok: false, reason: 'invalid', errors, findings }
  }
  const values = {
    code: draft.code,
    state: want.state,
    title: JSON.stringify(draft.title),
    summary: JSON.stringify(draft.summary),
    description: JSON.stringify(draft.description),
    category: JSON.stringify(draft.category),
    price_cents: draft.priceCents,
    currency: shop.settings.currency,
    vat_basis_points: draft.vatBasisPoints,
    handler: draft.handler,
    internal: JSON.stringify(sealInternal(shop, draft, checked.internal)),
    fields: JSON.stringify(checked.fields),
    parts: JSON.stringify((draft.parts ?? []).map(({ code, quantity }) => ({ code, quantity }))),
    max_quantity: draft.maxQuantity,
    position: draft.position,
  }
  const saved =
    want.revision === undefined
      ? await shop.db
          .insertInto('entries')
          .values(values)
          .onConflict((conflict) => conflict.column('code').doNothing())
          .returningAll()
          .executeTakeFirst()
      : await shop.db
          .updateTable('entries')
          .set({ ...values, revision: sql`revision + 1`, updated_at: sql`now()` })
          .where('code', '=', draft.code)
          .where('revision', '=', want.revision)
          .returningAll()
          .executeTakeFirst()
  const [entry] = await toEntries(shop.db, saved ? [saved] : [])
  if (!entry) {
    return { ok: false, reason: want.revision === undefined ? 'code_taken' : 'stale', errors, findings }
  }
  return { ok: true, entry, findings }
}

function sealInternal(
  shop: Shop,
  entry: Pick<EntryDraft, 'code' | 'handler'>,
  internal: Record<string, unknown>,
) {
  const found = handlerOf(shop.registry(), entry)
  if (!found || found === 'missing') return internal
  return closeSecrets(shop.seal, elementsOf(found.handler.internal), internal)
}
