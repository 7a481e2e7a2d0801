import type { Kysely, Transaction } from 'kysely'
import type { Logger } from 'pino'
import type { Cause, Database } from '../db/schema.ts'
import type {
  Delivery,
  Feedback,
  Handler,
  Moodle,
  Product,
  ProductChange,
  ScriptContext,
  Step,
  Unit,
} from '../sdk/index.ts'
import { Refused } from '../sdk/index.ts'
import { failuresBeforeOperator, judge } from './cause.ts'
import type { Ending, Outcome, Production, StoredProduct } from './production.ts'
import { newJobId, type Queue, sendProductions } from './queue.ts'
import { readActed, readChange, readDelivery, readPrepared } from './read-returned.ts'
import type { Registry } from './registry.ts'
import { openSteps, type Steps, Superseded } from './step.ts'
import { storable } from './storable.ts'
import { isLastTurn } from './turn.ts'

/** In seconds: how long one run of a script may take, and how long a fetch of units waits for its last ones. */
export type Patience = { script: number; fetch: number }

export const defaultPatience: Patience = { script: 300, fetch: 10 }

/** What the shop hands to the engine, which itself knows nothing of shops. */
export type Engine = {
  db: Kysely<Database>
  queue: Queue
  registry: () => Registry
  moodle: Moodle
  log: Logger
  /** Opens the sealed secrets among internal parameters: inputs and journal keep them sealed. */
  open: (internal: Record<string, unknown>) => Record<string, unknown>
  /** Names this process in the journal. */
  worker: string
  patience?: Patience
  /** Records and applies what a delivery promised; runs after `postpay` as the last part of its production. */
  deliver: (production: Production, delivery: Delivery) => Promise<void>
  /** Withdraws what a delivery gave; runs after `revoke` as the last part of its production. */
  withdraw: (production: Production) => Promise<void>
  /** What a script may ask of the shop for its unit: see `ScriptContext`. */
  owned: ScriptContext<unknown, unknown>['owned']
  reserve: (unitId: number, name: string) => Promise<boolean>
  free: (unitId: number, name: string) => Promise<void>
  findProduct: ScriptContext<unknown, unknown>['findProduct']
  /**
   * Makes a change that a script asks for, of the product with this reference; or that an after-sale action asks for, of
   * its own product: then it is the last part of its production. Once for each production and product.
   */
  change: (production: Production, change: ProductChange, reference?: string) => Promise<Product>
  /**
   * The shop's reaction to an outcome, in the transaction that records it. Locks what it must first, and writes the
   * ending with what follows from it: of the outcome that was reached, or of another, since the shop may end what would
   * be tried again for nothing. Undefined when another attempt has the production: then nothing was written. `last`:
   * the transaction has nothing more to do.
   */
  settle: (
    trx: Transaction<Database>,
    production: Production,
    reached: Outcome,
    recording: { end: (outcome: Outcome) => Ending; last: boolean },
  ) => Promise<Ending | undefined>
}

/**
 * Runs a claimed production to its outcome and records that. Never throws for what the script did: the outcome says
 * it. Throws only when the record itself could not be made (the database is away); the queue then gives it out again.
 */
export async function run(
  engine: Engine,
  production: Production,
  signal: AbortSignal,
): Promise<Outcome | 'superseded'> {
  const log = engine.log.child({
    order: production.input.unit.order.number,
    unit: production.unitId,
    production: production.id,
    script: production.script,
    attempt: production.attempt,
  })
  log.info('production started')
  const { error, ...reached } = await attempt(engine, production, signal, log)
  const { outcome, failedStep } = storable(reached)
  if (outcome === 'superseded') {
    log.warn('another worker has taken this production over')
    return outcome
  }
  try {
    await record(engine, production, outcome, failedStep)
  } catch (recordError) {
    // What a lost attempt wants of the order may no longer make sense.
    if (!(recordError instanceof Superseded) && (await isOurs(engine, production))) throw recordError
    log.warn('another worker has taken this production over')
    return 'superseded'
  }
  if ('cause' in outcome) {
    const details = {
      cause: outcome.cause,
      step: failedStep,
      err: outcome.cause.kind === 'handler' ? error : undefined,
    }
    if (outcome.state === 'needs_operator') log.error(details, 'production needs an operator')
    else log.warn(details, `production ${outcome.state}`)
  } else log.info('production done')
  return outcome
}

async function isOurs({ db }: Engine, { id, attempt }: Production): Promise<boolean> {
  const found = await db
    .selectFrom('productions')
    .select('id')
    .where('id', '=', id)
    .where('attempt', '=', attempt)
    .where('state', '=', 'running')
    .executeTakeFirst()
  return found !== undefined
}

type Attempt = { outcome: Outcome | 'superseded'; failedStep?: string; error?: unknown }

async function attempt(
  engine: Engine,
  production: Production,
  signal: AbortSignal,
  log: Logger,
): Promise<Attempt> {
  const registered = engine.registry().handlers.get(production.handler)
  if (!registered) {
    const message = `the handler ${production.handler} is not installed, or can't be loaded: see the office's handlers page`
    return { outcome: { state: 'needs_operator', cause: { kind: 'handler', message, code: 'nohandler' } } }
  }
  if (production.interruptions >= failuresBeforeOperator) {
    const message = `the process that ran it died ${production.interruptions} times in a row: the script itself may kill it`
    return { outcome: { state: 'needs_operator', cause: { kind: 'interrupted', message } } }
  }
  let steps: Steps | undefined
  try {
    const seconds = (engine.patience ?? defaultPatience).script
    const outcome = await withinTime(signal, seconds, async (ending) => {
      steps = await openSteps(engine.db, production, ending)
      return await runScript(engine, production, registered.handler, steps.step, ending, log)
    })
    return { outcome }
  } catch (error) {
    const failedStep = steps?.failedStep()
    if (error instanceof Superseded || signal.aborted) return { outcome: 'superseded' }
    const verdict = judge(error, production.script, production.lastFailure)
    if (verdict.state === 'retrying') {
      const dueAt = new Date(Date.now() + verdict.seconds * 1000)
      return { outcome: { state: 'retrying', cause: verdict.cause, dueAt }, failedStep, error }
    }
    if (verdict.state === 'refused' && error instanceof Refused) {
      return { outcome: { ...verdict, text: error.text, state: 'refused' }, failedStep, error }
    }
    return { outcome: { state: 'needs_operator', cause: verdict.cause }, failedStep, error }
  }
}

/**
 * Lets a script work until it ends, its time is over, or `signal` aborts; in the last two cases its own signal aborts.
 * A script that heeds no signal is left to itself: its attempt is over, so that nothing it still does is recorded.
 */
async function withinTime<T>(
  signal: AbortSignal,
  seconds: number,
  script: (ending: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController()
  const given = Promise.withResolvers<never>()
  const giveUp = (error: Error) => {
    given.reject(error)
    ending.abort(error)
  }
  const lose = () =>
    giveUp(new Superseded('another worker has taken this production over, or the shop stops'))
  const timer = setTimeout(
    () => giveUp(new Error(`the script did not end within ${seconds} s`)),
    seconds * 1000,
  )
  signal.addEventListener('abort', lose, { once: true })
  if (signal.aborted) lose()
  try {
    return await Promise.race([script(ending.signal), given.promise])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', lose)
  }
}

async function runScript(
  engine: Engine,
  production: Production,
  handler: Handler,
  step: Step,
  signal: AbortSignal,
  log: Logger,
): Promise<Outcome> {
  const context = contextOf(engine, production, handler, step, signal, log)
  switch (production.script) {
    case 'prepay': {
      const { feedback } = readPrepared(await handler.prepay?.(context))
      return { state: 'done', feedback }
    }
    case 'postpay': {
      const delivery = handler.postpay
        ? readDelivery(handler, await handler.postpay(context))
        : { products: [] }
      const frees = delivery.frees?.map((name) => ownName(production, name))
      await engine.deliver(production, storable({ ...delivery, frees }))
      return { state: 'done', feedback: delivery.feedback }
    }
    case 'release':
      await handler.release?.(context)
      return { state: 'done' }
    case 'revoke': {
      await handler.revoke?.({ ...context, products: (production.input.products ?? []).map(readProduct) })
      await engine.withdraw(production)
      return { state: 'done' }
    }
    case 'revokeOne': {
      const { product } = production.input
      if (!product) throw new Error('it names no product')
      await handler.revokeOne?.({ ...context, product: readProduct(product) })
      return { state: 'done' }
    }
    case 'ended':
    case 'revived': {
      const { product } = production.input
      if (!product) throw new Error('it names no product')
      if (!(await isLastTurn(engine.db, production))) return { state: 'done', feedback: { kept: passedOver } }
      await handler[production.script]?.({ ...context, product: readProduct(product) })
      return { state: 'done' }
    }
    case 'action':
      return await runAction(engine, production, handler, context)
    default:
      return production.script satisfies never
  }
}

const passedOver = 'The product’s end was moved again meanwhile: there was nothing left to do.'

async function runAction(
  engine: Engine,
  production: Production,
  handler: Handler,
  context: ScriptContext<Record<string, unknown>, Record<string, unknown>>,
): Promise<Outcome> {
  const asked = production.input.action
  const action = asked && handler.actions?.[asked.name]
  if (!asked || !action) throw new Error(`the handler has no action ${asked?.name ?? ''} (any more)`)
  const { internal, moodle, step, log, signal } = context
  const input: unknown = action.input.parse(asked.input)
  const stored = await step('change', async () => {
    const product = readProduct(asked.product)
    // What was asked for before the audience was kept came from the office.
    const by = asked.audience ?? 'operator'
    const returned = await action.run({ product, internal, input, by, moodle, step, log, signal })
    const { change, feedback } = readActed(asked.name, returned)
    return {
      feedback,
      change: change && {
        ...change,
        startsAt: change.startsAt?.toISOString(),
        endsAt: change.endsAt === null ? null : change.endsAt?.toISOString(),
      },
    }
  })
  if (stored.change) {
    const { startsAt, endsAt, ...change } = stored.change
    await engine.change(production, {
      ...change,
      ...(startsAt === undefined ? {} : { startsAt: new Date(startsAt) }),
      ...(endsAt === undefined ? {} : { endsAt: endsAt === null ? null : new Date(endsAt) }),
    })
  }
  return { state: 'done', feedback: stored.feedback }
}

/** Each handler reserves names among its own. */
const ownName = (production: Production, name: string) => `${production.handler}:${name}`

function readProduct(product: StoredProduct): Product {
  return {
    ...product,
    startsAt: new Date(product.startsAt),
    endsAt: product.endsAt === null ? null : new Date(product.endsAt),
    addedDays: product.addedDays ?? 0,
  }
}

function contextOf(
  engine: Engine,
  production: Production,
  handler: Handler,
  step: Step,
  signal: AbortSignal,
  log: Logger,
): ScriptContext<Record<string, unknown>, Record<string, unknown>> {
  const { input } = production
  const { order } = input.unit
  const unit: Unit = {
    ...input.unit,
    order: {
      ...order,
      placedAt: new Date(order.placedAt),
      paidAt: order.paidAt === null ? null : new Date(order.paidAt),
    },
  }
  return {
    unit,
    // Parsed again: a handler may have been edited since the sale, and its code trusts its schemas.
    internal: parse(handler.internal, engine.open(input.internal), 'internal'),
    external: answersOf(production, handler),
    fields: input.fields,
    moodle: engine.moodle,
    step,
    owned: engine.owned,
    findProduct: engine.findProduct,
    changeProduct: (reference, change) => engine.change(production, storable(readChange(change)), reference),
    reserve: (name) => engine.reserve(production.unitId, ownName(production, name)),
    free: (name) => engine.free(production.unitId, ownName(production, name)),
    log: (message, details) => log.info({ details }, message),
    signal,
  }
}

/**
 * What is left of erased answers has its shape, and may not fit any more; what is still to be undone is undone all the
 * same. An action gets no answers.
 */
function answersOf({ script, input }: Production, { external }: Handler): Record<string, unknown> {
  if (script === 'action') return {}
  if (!input.erased) return parse(external, input.external, 'external')
  return external.safeParse(input.external).data ?? input.external
}

function parse(schema: Handler['internal'], values: unknown, which: string): Record<string, unknown> {
  const read = schema.safeParse(values)
  if (read.success) return read.data
  const where = read.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')
  throw new Error(`the ${which} parameters no longer fit the handler (${where})`)
}

/**
 * Writes an outcome, in one short transaction with the shop's reaction and the job of a retry. The production's row
 * is written only under the attempt that made the outcome.
 */
async function record(
  engine: Engine,
  production: Production,
  reached: Outcome,
  failedStep: string | undefined,
) {
  const { id, attempt } = production
  await engine.db.transaction().execute(async (trx) => {
    const last = reached.state === 'done'
    const ending = await engine.settle(trx, production, reached, {
      end: (outcome) => endingOf(production, outcome),
      last,
    })
    if (!ending) throw new Superseded(`production ${id} was taken over before its end`)
    if ('cause' in reached) {
      const cause = JSON.stringify(reached.cause)
      await trx
        .insertInto('failures')
        .values({ production_id: id, attempt, step: failedStep ?? null, cause })
        .execute()
    }
    const { jobId, dueAt } = ending
    if (jobId) {
      const { site } = engine.moodle
      await sendProductions(engine.queue, trx, [{ id: jobId, production: id, startAfter: dueAt, site }])
    }
  })
}

function endingOf(production: Production, outcome: Outcome): Ending {
  const { id, attempt } = production
  const cause = 'cause' in outcome ? outcome.cause : undefined
  const retry =
    outcome.state === 'retrying'
      ? { jobId: newJobId(), dueAt: outcome.dueAt, failures: nextFailures(production, cause) }
      : undefined
  return { id, attempt, state: outcome.state, cause, feedback: feedbackOf(outcome), ...retry }
}

/** What those who look later are told: a refusal says why in both languages. */
function feedbackOf(outcome: Outcome): Feedback | undefined {
  if (outcome.state === 'refused') return { shown: outcome.text }
  return outcome.state === 'done' ? outcome.feedback : undefined
}

/** Failures are counted in a row of one kind: an outage says nothing about a bug that follows it. */
function nextFailures(production: Production, cause: Cause | undefined): number {
  if (!cause || cause.kind === 'wait') return 0
  return cause.kind === production.lastFailure?.kind ? production.lastFailure.count + 1 : 1
}
