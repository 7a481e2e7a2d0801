import {
  countWaiting,
  mostCounted,
  nearDeadline,
  partPaidOrders,
  refusedAccess,
  retryingByCause,
  stuckUnits,
  unsellableEntries,
} from '../../../shop/attention.ts'
import { countDifferences } from '../../../shop/list-differences.ts'
import { mailsInTrouble } from '../../../shop/list-mails.ts'
import { listGiveBacks } from '../../../shop/list-payments.ts'
import type { Shop } from '../../../shop/shop.ts'

const shown = 8
const daysAhead = 3

export type Waits = Awaited<ReturnType<typeof readWaits>>

/** What waits for somebody: the first rows of each list, and the counts of those that may be longer. */
export async function readWaits(shop: Shop, now: Date) {
  const { db } = shop
  const soon = new Date(now.getTime() + daysAhead * 86_400_000)
  const [counts, stuck, retrying, refused, { giveBacks }, partPaid, near, mails, unsellable, differing] =
    await Promise.all([
      countWaiting(db),
      stuckUnits(db, shown),
      retryingByCause(db),
      refusedAccess(db, shown),
      listGiveBacks(db, { limit: shown }),
      partPaidOrders(db, shown),
      nearDeadline(shop, soon, shown),
      mailsInTrouble(db, shown),
      unsellableEntries(shop),
      countDifferences(db, shop.site.site, mostCounted),
    ])
  const setAside = giveBacks.filter(({ payment }) => payment?.setAside)
  const owed = giveBacks.filter(({ payment }) => !payment?.setAside)
  const { faults } = shop.registry()
  return {
    counts,
    differing,
    lists: { stuck, retrying, refused, owed, setAside, partPaid, near, mails, unsellable, faults },
  }
}

/** Whether nothing waits for anybody, as far as the shop itself can tell. */
export function nothingWaits({ lists, differing }: Waits): boolean {
  return differing === 0 && Object.values(lists).every((list) => list.length === 0)
}
