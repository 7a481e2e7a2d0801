import path from 'node:path'
import { loadHandler } from '../production/registry.ts'
import { findPlaced } from '../shop/place-order.ts'
import { openProcess } from './process.ts'
import { begin, finish, newSale, productsOf, putOnSale, Stuck } from './sale.ts'
import type { Before } from './samples.ts'
import type { World } from './world.ts'

const shipped = path.join(import.meta.dirname, '../handlers')

/** Sells and delivers what the customer is to have already. Returns the references of its products. */
export async function sellBefore(world: World, before: Before | undefined): Promise<string[]> {
  if (!before) return []
  const registered = await loadHandler(path.join(shipped, before.handler))
  if ('reason' in registered) throw new Error(`${registered.file}: ${registered.reason}`)
  const process = openProcess(world, registered)
  try {
    const code = 'BEFORE'
    await putOnSale(world, { code, handler: before.handler, internal: before.internal })
    const sale = newSale({ code, units: before.external, action: () => ({}) })
    for (const phase of ['order', 'deliver'] as const) {
      await begin(process, sale, phase)
      await finish(process)
    }
    const placed = await findPlaced(process.shop, sale.request)
    if (!placed) throw new Stuck('what the customer has from before was never ordered')
    // What the handler calls that is being proven is another matter.
    world.calls.length = 0
    return await productsOf(process, placed.number)
  } finally {
    await process.close()
  }
}
