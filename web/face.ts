import type pg from 'pg'
import type { Logger } from 'pino'
import type { Config } from '../config.ts'
import type { Engine } from '../production/run.ts'
import type { Shop } from '../shop/shop.ts'

/** What the health of a site looks like to the office and to `/readyz`. */
export type SiteHealth = { state: 'up' | 'down' | 'paused'; cause?: string; since: Date }

/** What every face of the shop (storefront, office, API) works with: made once, in the composition root. */
export type Face = {
  shop: Shop
  engine: Engine
  /** For what keeps its own tables, such as the rate limits. */
  pool: pg.Pool
  config: Config
  log: Logger
  /** Signs CSRF tokens, cookies and links. */
  secret: string
  site: {
    health: () => SiteHealth | Promise<SiteHealth>
    /** Calls the site now, and runs again what waited for it when it answers. */
    probe: () => Promise<SiteHealth>
  }
  /** The sandbox's own page, when it stands in for Moodle. */
  sandboxUrl?: string
}
