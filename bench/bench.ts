// Measures the budgets of the design and prints them as a table, with the machine they came from. Figures, not tests.
//   npm run bench                     everything but the long history
//   npm run bench -- --history 1000000   also with so many past orders in the database
import { cpus, totalmem } from 'node:os'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { startEmbedded } from '../db/embedded.ts'
import { fillHistory } from './history.ts'
import { largeOrder } from './large-order.ts'
import { pay, place } from './order.ts'
import { reconciling } from './reconcile.ts'
import { remove, type Server, startServer, temporaryFolder } from './server.ts'

const { values } = parseArgs({
  options: { history: { type: 'string', default: '0' }, orders: { type: 'string', default: '10000' } },
})

type Row = { what: string; budget: string; reached: string }
const rows: Row[] = []
const note = (what: string, budget: string, reached: string) => {
  rows.push({ what, budget, reached })
  console.error(`${what}: ${reached}`)
}
const one = (number: number, digits = 1) => number.toFixed(digits)

/** Places and pays `count` orders of one unit, `parallel` at a time, and waits until all are produced. */
async function orders(
  server: Server,
  database: pg.Client,
  count: number,
  parallel: number,
  code = 'SQL-201',
) {
  const tag = Math.random().toString(36).slice(2, 8)
  let next = 0
  const before = await produced(database)
  const started = performance.now()
  await Promise.all(
    Array.from({ length: parallel }, async () => {
      while (next < count) await pay(server, await place(server, code, [`${tag}-${next++}`]))
    }),
  )
  while ((await produced(database)) < before + count) await wait(20)
  return { perSecond: (count * 1000) / (performance.now() - started) }
}

async function produced(database: pg.Client): Promise<number> {
  const { rows: found } = await database.query(
    "select count(*)::int as n from orders where state = 'completed'",
  )
  return found[0]?.n ?? 0
}

/** Those that were sent, but for begin and commit; without the checks of foreign keys that PostgreSQL makes itself. */
async function statements(database: pg.Client): Promise<number> {
  const { rows: found } = await database.query(
    `select sum(calls)::int as n from pg_stat_statements
      where query not like '%pg_stat_statements%' and query not like '%FOR KEY SHARE OF x'`,
  )
  return found[0]?.n ?? 0
}

/** Milliseconds from a validated payment to its unit produced, at a steady rate. */
async function latency(server: Server, database: pg.Client, rate: number, seconds: number, code = 'SQL-201') {
  const from = new Date()
  const tag = Math.random().toString(36).slice(2, 8)
  const under: Promise<void>[] = []
  const started = performance.now()
  for (let i = 0; i < rate * seconds; i++) {
    await wait(Math.max(0, started + (i * 1000) / rate - performance.now()))
    under.push(place(server, code, [`${tag}-${i}`]).then((order) => pay(server, order)))
  }
  await Promise.all(under)
  const find = async () =>
    await database.query(
      `select count(*) filter (where produced_at is null)::int as waiting,
              percentile_cont(array[0.5, 0.99]) within group (order by extract(epoch from e.ended_at - o.paid_at) * 1000) as ms
         from orders o join productions e on e.order_id = o.id where o.placed_at >= $1`,
      [from],
    )
  let found = await find()
  while (found.rows[0]?.waiting > 0) {
    await wait(50)
    found = await find()
  }
  const [p50, p99] = found.rows[0]?.ms ?? [0, 0]
  return { p50: Number(p50), p99: Number(p99) }
}

/** CPU of the server for one page, in milliseconds, once its code is compiled. */
async function page(server: Server, path: string, count = 2000): Promise<number> {
  for (let i = 0; i < count; i++) await (await fetch(server.url + path)).arrayBuffer()
  const before = await server.cpu()
  for (let i = 0; i < count; i++) await (await fetch(server.url + path)).arrayBuffer()
  return ((await server.cpu()) - before) / count
}

const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}`

const fresh = await temporaryFolder()
const first = await startServer(fresh)
note('start to first answer, first time', '≤ 4 s', `${one(first.startedIn / 1000)} s`)
await first.stop()
const second = await startServer(fresh)
note('start to first answer, database ready', '≤ 1.5 s', `${one(second.startedIn / 1000)} s`)
await second.stop()
await remove(fresh)

const folder = await temporaryFolder()
const embedded = await startEmbedded({
  folder,
  settings: { shared_preload_libraries: 'pg_stat_statements', 'pg_stat_statements.track': 'top' },
})
const server = await startServer(folder, { DATABASE_URL: embedded.url })
const database = new pg.Client({ connectionString: embedded.url })
await database.connect()
try {
  await database.query('create extension if not exists pg_stat_statements')
  await orders(server, database, 300, 16)

  const before = await statements(database)
  await orders(server, database, 500, 16)
  note('SQL statements an order', '≤ 20', one(((await statements(database)) - before) / 500))

  const full = await orders(server, database, 2000, 32)
  note('full order over HTTP, one unit', '≥ 150 a second', `${one(full.perSecond)} a second`)
  note('the same as a multiple of Vendure 3.7 (2.8 a second)', '≥ 50', one(full.perSecond / 2.8))

  const speed = await latency(server, database, 20, 30)
  note(
    'payment validated → produced, at 20 orders a second',
    '≤ 15 ms p50, ≤ 60 ms p99',
    `${one(speed.p50)} ms p50, ${one(speed.p99)} ms p99`,
  )

  const large = await largeOrder(embedded.url)
  note(
    '200 units of one order, Moodle at 35 ms',
    '≥ 4 × one call at a time',
    `${one(large.times)} × (${one(large.together / 1000)} s, one at a time ${one(large.apart / 1000)} s)`,
  )

  note('catalog page, CPU of the server', '≤ 0.5 ms', `${one(await page(server, '/'), 2)} ms`)
  note('entry page, CPU of the server', '≤ 0.5 ms', `${one(await page(server, '/entries/SQL-201'), 2)} ms`)

  const more = Math.max(0, Number(values.orders) - (await produced(database)))
  await orders(server, database, more, 32)
  note(
    `memory of the process after ${await produced(database)} orders`,
    '≤ 200 MB',
    `${one(await server.memory(), 0)} MB`,
  )

  const past = Number(values.history)
  if (past > 0) {
    const empty = await orders(server, database, 2000, 32)
    await fillHistory(database, past)
    await orders(server, database, 300, 16)
    const filled = await orders(server, database, 2000, 32)
    const change = (100 * filled.perSecond) / empty.perSecond - 100
    note(
      `orders a second with ${past} past orders`,
      'within 10 %',
      `${one(filled.perSecond)} against ${one(empty.perSecond)} (${one(change)} %)`,
    )
    const late = await latency(server, database, 20, 20)
    note('… and payment → produced', 'within 10 %', `${one(late.p50)} ms p50, ${one(late.p99)} ms p99`)
  }

  const compared = await reconciling(embedded.url)
  note(
    'boutique reconcile, 10,000 products, Moodle at 35 ms',
    '≤ 30 s, ≤ 250 MB',
    `${one(compared.seconds)} s, ${one(compared.megabytes, 0)} MB`,
  )
} finally {
  await database.end()
  await server.stop()
  await embedded.stop()
  await remove(folder)
}

const width = (key: keyof Row) => Math.max(...rows.map((row) => row[key].length))
console.log(`\n${machine}\n`)
for (const row of [{ what: 'what', budget: 'budget', reached: 'reached' }, ...rows]) {
  console.log(
    `| ${row.what.padEnd(width('what'))} | ${row.budget.padEnd(width('budget'))} | ${row.reached.padEnd(width('reached'))} |`,
  )
}
