// A process of the shop that is to die. It does one task and kills itself with SIGKILL at one boundary: before a
// statement, before a call to Moodle, or when the answer to one has come. Without a boundary to die at, it does its
// whole task and prints the boundaries that it passed. Started by killed.test.ts.
import http from 'node:http'
import pg from 'pg'
import { connect } from '../../db/connect.ts'
import type { CartContent } from '../../db/schema.ts'
import { claimAtOnce } from '../../production/production.ts'
import { run } from '../../production/run.ts'
import { type BatchAsked, startBatch } from '../../shop/batch.ts'
import { type Checkout, placeOrder } from '../../shop/place-order.ts'
import { actOnProduct } from '../../shop/product.ts'
import { spendCredits } from '../../shop/spend-credits.ts'
import { openShop } from '../open-shop.ts'

export type Doomed = {
  url: string
  sandbox: { url: string; token: string }
  task:
    | { do: 'run'; production: number }
    | { do: 'place'; cart: { id: string; content: CartContent }; checkout: Checkout }
    | { do: 'spend'; number: string; signedIn: string }
    | { do: 'batch'; batch: BatchAsked; asked: string }
    | { do: 'act'; reference: string; action: string; asked: string; values?: Record<string, unknown> }
  /** Which boundary to die at, counted from 0. */
  dieAt?: number
}

const { url, sandbox, task, dieAt }: Doomed = JSON.parse(process.argv[2] ?? '')
let armed = false
const passed: string[] = []

function boundary(name: string) {
  if (!armed) return
  if (passed.length === dieAt) process.kill(process.pid, 'SIGKILL')
  passed.push(name)
}

const { query } = pg.Client.prototype
pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
  const [asked] = given
  const text = typeof asked === 'string' ? asked : String(Object(asked).text)
  boundary(`before ${text.trim().replaceAll(/\s+/g, ' ').slice(0, 60)}`)
  return Reflect.apply(query, this, given)
} as typeof query

const { request } = http
http.request = ((...given: Parameters<typeof request>) => {
  const outgoing = request(...given)
  const { end } = outgoing
  outgoing.end = ((form: string) => {
    const call = new URLSearchParams(form).get('wsfunction')
    boundary(`before ${call}`)
    outgoing.once('response', () => boundary(`after ${call}`))
    return Reflect.apply(end, outgoing, [form])
  }) as typeof end
  return outgoing
}) as typeof request

const { db } = await connect(url)
const { shop, engine } = await openShop({ db, url, sandbox, worker: 'doomed' })

armed = true
switch (task.do) {
  case 'run': {
    const claimed = await claimAtOnce(db, 'doomed', [task.production])
    for (const production of claimed) await run(engine, production, new AbortController().signal)
    break
  }
  case 'place':
    await placeOrder(shop, engine, task.cart, task.checkout)
    break
  case 'spend':
    await spendCredits(shop, task.number, task.signedIn)
    break
  case 'batch':
    await startBatch(shop, task.batch, task.asked)
    break
  case 'act': {
    const by = { who: 'operator:olga', audience: 'operator' as const }
    await actOnProduct(shop, engine, task.reference, task.action, task.values ?? {}, by, task.asked)
    break
  }
}
boundary('the end')
process.stdout.write(JSON.stringify(passed), () => process.exit())
