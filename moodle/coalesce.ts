import { MoodleError } from '../sdk/index.ts'
import { createLimit, type Limit } from './limit.ts'

type Waiting<Item, Result> = PromiseWithResolvers<Result> & { item: Item; key: string | undefined }

/**
 * Turns many calls of one element into few calls of many. A lone call leaves at once: those made in the same turn of
 * the event loop leave together, and so do those that gather while no slot of `limit` is free. Nothing waits for company.
 *
 * When a batch is refused for what it contains, its halves are sent, so that one bad element harms no other; any other
 * failure is everyone's.
 */
export function coalesce<Item, Result>(options: {
  /** Sends the elements in one call; the results in the same order. */
  send: (items: Item[]) => Promise<Result[]>
  /** The most elements of a call. */
  max?: number
  /** The most form fields of all elements of a call, and how many one takes. */
  fields?: { most: number; of: (item: Item) => number }
  /** Elements with the same key that wait at the same time are sent once. */
  key?: (item: Item) => string
  /** Without it, one call at a time. */
  limit?: Limit
  /** Whether a failure may be one element's fault. */
  splits?: (error: unknown) => boolean
}): (item: Item) => Promise<Result> {
  const {
    send,
    max = Number.POSITIVE_INFINITY,
    fields,
    key,
    limit = createLimit(1),
    splits = isRefusal,
  } = options
  const waiting: Waiting<Item, Result>[] = []
  const byKey = new Map<string, Waiting<Item, Result>>()
  let asked = false

  function ask() {
    asked = true
    // After the replies that this turn of the event loop has brought: what they cause leaves in the same call.
    setImmediate(() => void limit(leave))
  }

  async function leave() {
    const batch = take()
    asked = false
    if (waiting.length > 0) ask()
    await deliver(batch)
  }

  function take(): Waiting<Item, Result>[] {
    let count = 0
    let taken = 0
    for (const { item } of waiting) {
      taken += fields?.of(item) ?? 0
      if (count > 0 && (count >= max || (fields && taken > fields.most))) break
      count++
    }
    const batch = waiting.splice(0, count)
    for (const { key } of batch) if (key !== undefined) byKey.delete(key)
    return batch
  }

  async function deliver(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await send(batch.map(({ item }) => item))
      if (results.length !== batch.length) {
        throw new Error(`a call of ${batch.length} elements brought ${results.length} results`)
      }
      // Proof for the cast: the lengths are equal.
      batch.forEach(({ resolve }, i) => {
        resolve(results[i] as Result)
      })
    } catch (error) {
      if (batch.length > 1 && splits(error)) {
        const half = Math.ceil(batch.length / 2)
        await deliver(batch.slice(0, half))
        await deliver(batch.slice(half))
      } else for (const { reject } of batch) reject(error)
    }
  }

  return (item) => {
    const itemKey = key?.(item)
    const same = itemKey === undefined ? undefined : byKey.get(itemKey)
    if (same) return same.promise
    const entry = { ...Promise.withResolvers<Result>(), item, key: itemKey }
    waiting.push(entry)
    if (itemKey !== undefined) byKey.set(itemKey, entry)
    if (!asked) ask()
    return entry.promise
  }
}

/** A reply that can't be read came after the effect: sending the halves would tell no more. */
function isRefusal(error: unknown): boolean {
  return error instanceof MoodleError && error.kind === 'request' && error.code !== 'badreply'
}
