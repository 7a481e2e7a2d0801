// Another process of the shop, beside that of the test: it hears of a payment, or works. Started by startProcess.
import { connect } from '../../db/connect.ts'
import type { Notification } from '../../payments/means.ts'
import { startWorker } from '../../production/worker.ts'
import { applyNotification } from '../../shop/payment.ts'
import { openShop } from '../open-shop.ts'

export type Second = {
  url: string
  sandbox: { url: string; token: string }
  task: { do: 'notify'; notification: Notification; times: number } | { do: 'work' }
}

const { url, sandbox, task }: Second = JSON.parse(process.argv[2] ?? '')
const { db } = await connect(url, { max: 20 })
const { shop, engine } = await openShop({ db, url, sandbox, worker: `second:${process.pid}` })

switch (task.do) {
  case 'notify': {
    const outcomes = await Promise.all(
      Array.from({ length: task.times }, () => applyNotification(shop, 'test_card', task.notification)),
    )
    process.stdout.write(JSON.stringify(outcomes), () => process.exit())
    break
  }
  case 'work':
    // It works until it is killed.
    await startWorker(engine, shop.log)
    process.stdout.write('working')
    break
}
