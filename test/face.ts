import { readConfig } from '../config.ts'
import type { Face } from '../web/face.ts'
import type { TestShop } from './shop.ts'

/** What a face of the shop works with, around a shop for tests. `env`: settings, as in the environment. */
export function testFace({ shop, engine, pool, site }: TestShop, env: Record<string, string> = {}): Face {
  const read = readConfig({ PUBLIC_URL: shop.settings.publicUrl, ...env })
  if (!read.ok) throw new Error(read.errors.join('\n'))
  return { shop, engine, pool, config: read.config, log: shop.log, secret: 'x'.repeat(32), site }
}
