import type { Hands } from '../production/operate.ts'
import type { Engine } from '../production/run.ts'
import { changeProduct } from './change-product.ts'
import { deliver, withdraw } from './deliver.ts'
import { findAnyProduct, ownedProducts } from './product.ts'
import { free, reserve } from './reserve.ts'
import { openSecrets } from './seal.ts'
import { settle } from './settle.ts'
import type { Shop } from './shop.ts'

/** Gives the engine, which knows nothing of shops, what this shop does with what it produces. */
export function composeEngine(shop: Shop, worker: string): Engine {
  return {
    db: shop.db,
    queue: shop.queue,
    registry: shop.registry,
    moodle: shop.site,
    log: shop.log,
    open: (internal) => openSecrets(shop.seal, internal),
    worker,
    deliver: (production, delivery) => deliver(shop, production, delivery),
    withdraw: (production) => withdraw(shop, production),
    change: (production, change, reference) => changeProduct(shop, production, change, reference),
    owned: (email, course) => ownedProducts(shop.db, email, course),
    findProduct: (reference) => findAnyProduct(shop.db, reference),
    reserve: (unitId, name) => reserve(shop.db, unitId, name),
    free: (unitId, name) => free(shop.db, unitId, name),
    settle: (trx, ...ended) => settle(shop, trx, ...ended),
  }
}

/** What an operator's hand on a production takes: see production/operate.ts. */
export function composeHands(shop: Shop): Hands {
  return {
    db: shop.db,
    queue: shop.queue,
    site: shop.site.site,
    settle: (trx, production, outcome) => settle(shop, trx, production, outcome),
  }
}
