import { sql } from 'kysely'
import { type Text, z } from '../sdk/index.ts'
import { type Entry, unitForms } from './entry.ts'
import { openSecrets } from './seal.ts'
import type { Shop } from './shop.ts'
import { handlerIdOf } from './start-scripts.ts'

/** Milliseconds that a handler may take: by then more was typed, or the order says it. */
const patience = 3000

/**
 * What a handler says of an answer while it is typed: whether it can be taken, and if not why. Undefined when nothing can
 * be said: no such check, no answer in time, or not yet what the field asks for. It reserves nothing.
 */
export async function checkAnswer(
  shop: Pick<Shop, 'db' | 'registry' | 'seal' | 'site' | 'log'>,
  entry: Entry,
  { field, typed }: { field: string; typed: string },
): Promise<{ ok: true } | { ok: false; why: Text } | undefined> {
  const { handler, schema, external } = unitForms(shop, entry)
  const asked = external.some(({ name, checkWhileTyping }) => name === field && checkWhileTyping)
  const internal = handler?.internal.safeParse(openSecrets(shop.seal, entry.internal))
  const shape = schema?.shape[field]
  if (!handler?.checkField || !asked || !shape || !internal?.success) return undefined
  const value = z.safeParse(shape, typed).data
  if (typeof value !== 'string') return undefined
  const reserved = async (name: string) => {
    const { rows } = await sql`
      select from reservations where name = ${`${handlerIdOf(entry)}:${name}`}`.execute(shop.db)
    return rows.length > 0
  }
  const late = Promise.withResolvers<'late'>()
  const timer = setTimeout(() => late.resolve('late'), patience)
  try {
    const checked = handler.checkField({ field, value, internal: internal.data, moodle: shop.site, reserved })
    const why = await Promise.race([checked, late.promise])
    if (why === 'late') return undefined
    return why ? { ok: false, why } : { ok: true }
  } catch (error) {
    shop.log.info(
      { err: error, entry: entry.code, field },
      'an answer could not be checked while it was typed',
    )
    return undefined
  } finally {
    clearTimeout(timer)
  }
}
