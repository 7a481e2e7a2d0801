import type { PgBoss } from 'pg-boss'
import { signatureHeader, signTestCard, type TestCardNotification } from './test-card.ts'

const queueName = 'test_card'

/** A notification on its way, and what is to be wrong with it. */
export type TestCardDelivery = { notification: TestCardNotification; forged?: boolean }

/** Hands a notification over to the sender. `after`: seconds to wait. */
export async function notifyLater(
  queue: Pick<PgBoss, 'send'>,
  delivery: TestCardDelivery,
  after = 0,
): Promise<void> {
  await queue.send(queueName, delivery, { startAfter: after })
}

/**
 * Plays the test card's company: sends its notifications to `url`, signed when they leave, and again for an hour while
 * the shop doesn't take them. A forged one is sent once. Stops with the queue.
 */
export async function startTestCardSender(queue: PgBoss, url: string, secret: string): Promise<void> {
  await queue.createQueue(queueName, {
    notify: true,
    expireInSeconds: 60,
    retryLimit: 30,
    retryDelay: 1,
    retryBackoff: true,
    retryDelayMax: 120,
    deleteAfterSeconds: 3600,
  })
  // NOTIFY wakes for what is due at once; a late one, or a retry, is found by asking
  const asking = { pollingIntervalSeconds: 1, notifyPollingIntervalSeconds: 1 }
  await queue.work<TestCardDelivery>(queueName, { localConcurrency: 2, ...asking }, async ([job]) => {
    if (!job) return
    const body = JSON.stringify(job.data.notification)
    const answer = await fetch(url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        [signatureHeader]: signTestCard(body, job.data.forged ? `${secret}, guessed` : secret),
      },
      body,
      signal: AbortSignal.timeout(30_000),
    })
    await answer.body?.cancel()
    if (!answer.ok && !job.data.forged) throw new Error(`the shop answered ${answer.status}`)
  })
}
