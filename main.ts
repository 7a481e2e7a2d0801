import { hostname } from 'node:os'
import type { Logger } from 'pino'
import type { Config } from './config.ts'
import { connect } from './db/connect.ts'
import { startEmbedded } from './db/embedded.ts'
import { migrate } from './db/migrate.ts'
import { loadDemo } from './demo/demo.ts'
import { listen } from './listen.ts'
import { openHandlers } from './open-handlers.ts'
import { holdSandbox, openSite } from './open-site.ts'
import { meansOf } from './payments/means-of.ts'
import { testCardId } from './payments/test-card.ts'
import { startTestCardSender } from './payments/test-card-sender.ts'
import { openQueue } from './production/queue.ts'
import { startWorker } from './production/worker.ts'
import { readSecret } from './secret.ts'
import { composeEngine } from './shop/compose.ts'
import { startHousekeeping } from './shop/housekeeping.ts'
import { firstOperator } from './shop/operator.ts'
import { openReconciliationQueue, startReconciler } from './shop/reconcile.ts'
import { sealWith } from './shop/seal.ts'
import { openMailQueue, startMailer } from './shop/send-mail.ts'
import type { Shop } from './shop/shop.ts'
import { createApp } from './web/app.ts'
import { routes } from './web/routes.ts'

export type Running = {
  /** Unset in a process that serves no pages. */
  url?: string
  sandboxUrl?: string
  /** The first operator, when this start made them: the password is shown this once. */
  firstOperator?: { email: string; password: string }
  stop(): Promise<void>
}

/** The composition root: database → site → queue → shop → worker → web → listening. `stop` undoes it in reverse. */
export async function start(config: Config, log: Logger): Promise<Running> {
  await using opened = new AsyncDisposableStack()
  const embedded = config.DATABASE_URL ? undefined : await startEmbedded({ folder: config.DATA_DIR })
  if (embedded) opened.defer(() => embedded.stop())
  const databaseUrl = config.DATABASE_URL ?? embedded?.url ?? ''
  const { db, pool } = await connect(databaseUrl)
  opened.defer(() => db.destroy())
  const migrations = await migrate(pool)
  if (migrations.length > 0) log.info({ migrations }, 'the database was migrated')

  const secret = await readSecret(config)
  if (config.sandboxed && config.ROLE !== 'worker') opened.defer(await holdSandbox(pool))
  const { site, sandbox } = await openSite(config, secret, db, log)
  if (sandbox) opened.defer(() => sandbox.close())
  opened.defer(() => site.close())
  // Not waited for: a shop whose Moodle is away opens all the same, and says so from the start.
  if (!config.sandboxed)
    site.probe().catch((error) => log.error({ err: error }, 'the site could not be asked'))
  const queue = await openQueue(databaseUrl, (error) => log.error({ err: error }, 'the queue met an error'))
  opened.defer(() => queue.stop({ graceful: true, timeout: 10_000 }))
  await openMailQueue(queue)
  await openReconciliationQueue(queue)
  const handlers = await openHandlers(config, log)
  opened.defer(() => handlers.close())

  const shop: Shop = {
    db,
    queue,
    registry: handlers.current,
    site,
    means: meansOf(config, secret),
    settings: {
      name: config.SHOP_NAME,
      publicUrl: config.PUBLIC_URL,
      currency: config.CURRENCY,
      paymentDays: config.PAYMENT_DAYS,
      mailing: config.SMTP_URL !== undefined,
    },
    seal: sealWith(secret),
    log,
  }
  const engine = composeEngine(shop, `${hostname()}:${process.pid}`)
  if (config.sandboxed) await loadDemo(shop)
  if (config.ROLE !== 'web') {
    await startWorker(engine, log)
    await startHousekeeping(shop)
    await startReconciler(shop)
    await startMailer(shop, config)
  }
  if (config.ROLE === 'worker') return { sandboxUrl: sandbox?.url, stop: closing(opened) }

  const first = await firstOperator(db)
  const app = createApp({ shop, engine, pool, config, log, secret, site, sandboxUrl: sandbox?.url })
  const listening = await listen(app, { port: config.PORT, host: config.HOST })
  opened.defer(() => listening.close())
  if (config.TEST_MODE) {
    const host = ['0.0.0.0', '::'].includes(config.HOST) ? '127.0.0.1' : config.HOST
    const notifications = `http://${host}:${listening.port}${routes.payments.notifications(testCardId)}`
    await startTestCardSender(queue, notifications, secret)
  }
  return { url: config.PUBLIC_URL, sandboxUrl: sandbox?.url, firstOperator: first, stop: closing(opened) }
}

/** Keeps what was opened open beyond `start`, and gives the way to close it. */
function closing(opened: AsyncDisposableStack): () => Promise<void> {
  const kept = opened.move()
  return () => kept.disposeAsync()
}
