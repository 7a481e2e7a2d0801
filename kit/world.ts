import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { sql } from 'kysely'
import { pino } from 'pino'
import { addFault, type FaultRule, liftFaults } from '../moodle/sandbox/faults.ts'
import { type Sandbox, startSandbox } from '../moodle/sandbox/sandbox.ts'
import { seed } from '../moodle/sandbox/seed.ts'
import { transfer } from '../payments/transfer.ts'
import { openQueue } from '../production/queue.ts'
import { sealWith } from '../shop/seal.ts'
import type { Shop } from '../shop/shop.ts'
import { openScratchDatabase } from './database.ts'
import type { Moment } from './process.ts'
import type { Service } from './samples.ts'

type Pass = (moment: Moment) => Promise<void>

/** A call that reached Moodle. */
export type SeenCall = { function: string; parameters: unknown }

/**
 * All that is outside the processes of a shop: a database, a Moodle (the sandbox), and the service of somebody else
 * that a handler may call. Everything is as new after `reset`.
 */
export type World = {
  /** What every process of the shop builds on. */
  ground: Omit<Shop, 'site' | 'registry'>
  sandbox: Sandbox
  /** The address of Moodle, and of the other service. */
  url: string
  serviceUrl: string
  service: Service | undefined
  /** Calls that reached Moodle since the reset. */
  calls: SeenCall[]
  /** Lets a process call: its token, and the way to shut it out. `pass` is asked at each call. */
  letIn: (pass: Pass) => { token: string; release: () => void }
  /** Lets something go wrong in Moodle, or in the other service, until all is lifted. */
  breakMoodle: (rule: FaultRule) => void
  breakService: (fault: ServiceFault, calls?: number) => void
  mend: () => void
  /** Resolves when no call is under way any more in Moodle. */
  quiet: () => Promise<void>
  reset: (service?: () => Service) => Promise<void>
  close: () => Promise<void>
}

/** What the other service can be told to do instead of answering well. */
export type ServiceFault = 'down' | 'unavailable' | 'broken' | 'lostReply'

/** Worlds to prove handlers in. */
export type Worlds = { worlds: [World, ...World[]]; close: () => Promise<void> }

/**
 * Opens two worlds, since a machine has at least two cores: each spends half of its time waiting for its database.
 * `databaseUrls`: scratch databases, else an embedded PostgreSQL is started, once a process.
 */
export async function openWorlds(databaseUrls?: [string, ...string[]]): Promise<Worlds> {
  const [first = undefined, ...others] = databaseUrls ?? [undefined, undefined]
  const worlds: Worlds['worlds'] = [await openWorld(first)]
  worlds.push(...(await Promise.all(others.map(openWorld))))
  return {
    worlds,
    async close() {
      await Promise.all(worlds.map((world) => world.close()))
    },
  }
}

/** Opens a world on a scratch database: see `openScratchDatabase`. */
async function openWorld(databaseUrl?: string): Promise<World> {
  await using opened = new AsyncDisposableStack()
  const { db, url } = await openScratchDatabase(databaseUrl)
  opened.defer(() => db.destroy())
  const log = pino({ level: process.env.KIT_LOG ?? 'silent' })
  const queue = await openQueue(url, (error) => log.error(error))
  opened.defer(() => queue.stop({ graceful: false }))

  const passes = new Map<string, Pass>()
  /** The calls under way, and whose they are. */
  const underWay = new Map<Promise<unknown>, string>()
  const calls: SeenCall[] = []
  let opening = 0
  let latest: Pass | undefined

  const sandbox = await startSandbox({
    async around({ wstoken, wsfunction, moodlewsrestformat: _format, ...parameters }, answer) {
      const name = String(wsfunction)
      const token = String(wstoken)
      const pass = passes.get(token)
      // A process that is gone calls no more.
      if (!pass) return undefined
      const work = (async () => {
        await pass({ kind: 'call', name })
        calls.push({ function: name, parameters })
        const reply = await answer()
        await pass({ kind: 'answer', name })
        return reply
      })()
      // It may have died at the first moment already.
      if (passes.has(token)) underWay.set(work, token)
      return await work.finally(() => underWay.delete(work))
    },
  })
  opened.defer(() => sandbox.close())

  let service: Service | undefined
  let serviceFault: { fault: ServiceFault; calls: number } | undefined
  const server = await serve(async (request, socket) => {
    const pass = latest
    const name = `${request.method} ${new URL(request.url).pathname}`
    await pass?.({ kind: 'call', name })
    const fault = serviceFault && serviceFault.calls-- > 0 ? serviceFault.fault : undefined
    if (fault === 'unavailable') return new Response('unavailable', { status: 503 })
    if (fault === 'broken') return new Response('broken', { status: 500 })
    if (fault === 'down') socket.destroy()
    const response = fault === 'down' ? undefined : await service?.answer(request)
    if (fault === 'lostReply') socket.destroy()
    await pass?.({ kind: 'answer', name })
    return response ?? new Response('nothing here', { status: 404 })
  })
  opened.defer(() => closeServer(server))
  const { port } = server.address() as AddressInfo // it listens on a port

  const mend = () => {
    liftFaults(sandbox.site.faults)
    serviceFault = undefined
  }
  const kept = opened.move()
  return {
    ground: {
      db,
      queue,
      means: new Map([['transfer', transfer({ holder: 'Atelier', iban: 'FR76', bic: 'AGRI' })]]),
      settings: {
        name: 'Atelier Formation',
        publicUrl: 'http://shop.example',
        currency: 'EUR',
        paymentDays: 30,
        mailing: false,
      },
      seal: sealWith('x'.repeat(32)),
      log,
    },
    sandbox,
    url: sandbox.url,
    serviceUrl: `http://127.0.0.1:${port}`,
    get service() {
      return service
    },
    calls,
    letIn(pass) {
      const token = `process-${++opening}`
      sandbox.site.tokens.set(token, 'shop')
      passes.set(token, pass)
      latest = pass
      return {
        token,
        release() {
          sandbox.site.tokens.delete(token)
          passes.delete(token)
          for (const [work, caller] of underWay) if (caller === token) underWay.delete(work)
        },
      }
    },
    breakMoodle: (rule) => addFault(sandbox.site.faults, rule),
    breakService(fault, calls = Number.POSITIVE_INFINITY) {
      serviceFault = { fault, calls }
    },
    mend,
    async quiet() {
      while (underWay.size > 0) await Promise.allSettled(underWay.keys())
    },
    async reset(open) {
      mend()
      Object.assign(sandbox.site.state, seed(sandbox.site.state.release))
      calls.length = 0
      service = open?.()
      server.closeAllConnections()
      await emptyDatabase.execute(db)
    },
    close: () => kept.disposeAsync(),
  }
}

async function serve(
  answer: (request: Request, socket: IncomingMessage['socket']) => Promise<Response>,
): Promise<Server> {
  const listener = getRequestListener((request, env) => {
    const { incoming } = env as { incoming: IncomingMessage; outgoing: ServerResponse } // what Node's server gives
    return answer(request, incoming.socket)
  })
  const server = createServer(listener)
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  return server
}

const closeServer = (server: Server) =>
  new Promise<void>((done) => {
    server.close(() => done())
    server.closeAllConnections()
  })

/**
 * Deletes every row and begins the numbers anew: thirty times as quick as truncating. The history's guards don't see
 * it, as on a replica.
 */
const emptyDatabase = sql`
  do $$
  declare one record;
  begin
    perform set_config('session_replication_role', 'replica', true);
    for one in select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'migrations' loop
      execute format('delete from %I', one.name);
    end loop;
    delete from pgboss.job;
    perform setval(oid, 1, false) from pg_class where relkind = 'S' and relnamespace = 'public'::regnamespace;
  end $$`
