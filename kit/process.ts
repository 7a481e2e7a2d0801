import type { Kysely, KyselyPlugin } from 'kysely'
import type { Database } from '../db/schema.ts'
import { connectSite } from '../moodle/site.ts'
import type { Registered } from '../production/registry.ts'
import type { Engine } from '../production/run.ts'
import type { Handler, ScriptContext, Step } from '../sdk/index.ts'
import { composeEngine } from '../shop/compose.ts'
import type { Shop } from '../shop/shop.ts'
import type { World } from './world.ts'

/**
 * A point at which a process may die, sleep or meet a fault. `call`: it is about to call; `answer`: that was done, and
 * the answer is on its way; `effect`: a step's effect is made and not recorded; `step`: it is recorded; `end`: the
 * script has returned; `kept`: the shop has kept what it returned, and Moodle knows; only the outcome is not recorded.
 */
export type Moment = { kind: 'call' | 'answer' | 'effect' | 'step' | 'end' | 'kept'; name: string }

/** Looks on at each moment. What it returns holds the process up. */
export type Watch = (moment: Moment, process: Process) => Promise<void> | void

/**
 * A process of the shop, played within this one: an engine with a connection to Moodle of its own. When it dies its
 * scripts stand still, its connections break and the database takes nothing more from it: it leaves exactly what a
 * killed one leaves.
 */
export type Process = {
  shop: Shop
  engine: Engine
  die: () => void
  /** Resolves when it is dead. */
  gone: Promise<void>
  /** Asks Moodle at once, whatever its state: an answer ends the process's wait. */
  probe: () => Promise<unknown>
  /** For a process that is no longer needed. */
  close: () => Promise<void>
}

const never = new Promise<never>(() => {})

class Died extends Error {
  override readonly name = 'Died'
}

/** Opens a process. `timeoutMs`: how long it waits for an answer of Moodle. */
export function openProcess(
  world: World,
  proven: Registered,
  { watch, timeoutMs }: { watch?: Watch; timeoutMs?: number } = {},
): Process {
  const { promise: gone, resolve: tellGone } = Promise.withResolvers<void>()
  const death = gone.then(() => {
    throw new Died('this process is dead')
  })
  death.catch(() => {}) // it is no failure when nothing was running
  let dead = false
  const db = severable(world.ground.db, () => dead)
  const { token, release } = world.letIn((moment) => pass(moment))
  const connected = connectSite({ id: 'main', url: world.url, token, db, log: world.ground.log, timeoutMs })

  async function pass(moment: Moment): Promise<void> {
    if (!dead) await watch?.(moment, opened)
    if (dead) await never
  }

  /** What a dead process was waiting for never comes, be it a result or an error. */
  function mortal<Arguments extends unknown[], Result>(
    work: (...args: Arguments) => Promise<Result>,
  ): (...args: Arguments) => Promise<Result> {
    return async (...args) => {
      if (dead) return await never
      try {
        return await work(...args)
      } finally {
        if (dead) await never
      }
    }
  }

  const watched =
    (step: Step): Step =>
    (name, effect) =>
      mortal(async () => {
        let made = false
        const result = await step(name, async () => {
          const effected = await effect()
          made = true
          await pass({ kind: 'effect', name })
          return effected
        })
        if (made) await pass({ kind: 'step', name })
        return result
      })()

  const watchedContext = <Context extends ScriptContext<unknown, unknown>>(context: Context): Context => ({
    ...context,
    step: watched(context.step),
    owned: mortal(context.owned),
    findProduct: mortal(context.findProduct),
    changeProduct: mortal(context.changeProduct),
    reserve: mortal(context.reserve),
    free: mortal(context.free),
  })

  /** Lets the engine, whose hands are tied once the process is dead, unwind instead of standing still. */
  const untilDeath = <Result>(work: Promise<Result>): Promise<Result> => Promise.race([work, death])

  async function played<Result>(moment: Moment, script: Promise<Result> | Result): Promise<Result> {
    const result = await untilDeath(Promise.resolve(script))
    await untilDeath(pass(moment))
    return result
  }

  function watchedHandler(handler: Handler): Handler {
    const { prepay, release, postpay, revoke, revokeOne, ended, revived, actions } = handler
    return {
      ...handler,
      ...(prepay && {
        prepay: (context) => played({ kind: 'end', name: 'prepay' }, prepay(watchedContext(context))),
      }),
      ...(release && {
        release: (context) => played({ kind: 'end', name: 'release' }, release(watchedContext(context))),
      }),
      ...(postpay && {
        postpay: (context) => played({ kind: 'end', name: 'postpay' }, postpay(watchedContext(context))),
      }),
      ...(revoke && {
        revoke: (context) =>
          played(
            { kind: 'end', name: 'revoke' },
            revoke({ ...watchedContext(context), products: context.products }),
          ),
      }),
      ...(revokeOne && {
        revokeOne: (context) =>
          played(
            { kind: 'end', name: 'revokeOne' },
            revokeOne({ ...watchedContext(context), product: context.product }),
          ),
      }),
      ...(ended && {
        ended: (context) =>
          played(
            { kind: 'end', name: 'ended' },
            ended({ ...watchedContext(context), product: context.product }),
          ),
      }),
      ...(revived && {
        revived: (context) =>
          played(
            { kind: 'end', name: 'revived' },
            revived({ ...watchedContext(context), product: context.product }),
          ),
      }),
      actions: Object.fromEntries(
        Object.entries(actions ?? {}).map(([name, action]) => [
          name,
          {
            ...action,
            run: (context) =>
              played({ kind: 'effect', name }, action.run({ ...context, step: watched(context.step) })),
          },
        ]),
      ),
    }
  }

  const handlers = new Map([[proven.id, { ...proven, handler: watchedHandler(proven.handler) }]])
  const site = {
    ...connected,
    siteInfo: mortal(connected.siteInfo),
    course: mortal(connected.course),
    courses: mortal(connected.courses),
    categories: mortal(connected.categories),
    groups: mortal(connected.groups),
    cohorts: mortal(connected.cohorts),
    roles: mortal(connected.roles),
    roleId: mortal(connected.roleId),
    findAccounts: mortal(connected.findAccounts),
    ensureAccount: mortal(connected.ensureAccount),
    call: ((...args) => mortal(() => connected.call(...args))()) as typeof connected.call, // it forwards its arguments
  }
  const shop: Shop = { ...world.ground, db, site, registry: () => ({ handlers, faults: [] }) }
  const engine = composeEngine(shop, token)

  const close = async () => {
    release()
    await connected.close()
  }
  const opened: Process = {
    shop,
    engine: {
      ...engine,
      async deliver(production, delivery) {
        await engine.deliver(production, delivery)
        await untilDeath(pass({ kind: 'kept', name: 'postpay' }))
      },
      async withdraw(production) {
        await engine.withdraw(production)
        await untilDeath(pass({ kind: 'kept', name: 'revoke' }))
      },
      async change(production, ...asked) {
        await untilDeath(pass({ kind: 'step', name: 'change' }))
        const changed = await engine.change(production, ...asked)
        await untilDeath(pass({ kind: 'kept', name: production.input.action?.name ?? 'action' }))
        return changed
      },
    },
    die() {
      dead = true
      tellGone()
      void close()
    },
    gone,
    probe: connected.probe,
    close,
  }
  return opened
}

/** A database that takes nothing more once `dead`: what was begun is rolled back. */
function severable(db: Kysely<Database>, dead: () => boolean): Kysely<Database> {
  const severed: KyselyPlugin = {
    transformQuery({ node }) {
      if (dead()) throw new Died('a dead process writes nothing')
      return node
    },
    transformResult: async ({ result }) => result,
  }
  return db.withPlugin(severed)
}
