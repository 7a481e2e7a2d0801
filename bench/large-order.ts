import { pino } from 'pino'
import { connect } from '../db/connect.ts'
import { startSandbox } from '../moodle/sandbox/sandbox.ts'
import { connectSite } from '../moodle/site.ts'

const units = 200
const latency = 35

/**
 * What 200 units of one order cost on a Moodle that takes 35 ms for a call: all at once, as the shop does them, and
 * the same calls one after the other. Milliseconds.
 */
export async function largeOrder(
  databaseUrl: string,
): Promise<{ together: number; apart: number; times: number }> {
  const sandbox = await startSandbox({ latency })
  const { db } = await connect(databaseUrl)
  const log = pino({ level: 'silent' })
  try {
    const tag = Math.random().toString(36).slice(2, 8)
    const site = connectSite({ id: `bench-${tag}`, url: sandbox.url, token: sandbox.token, db, log })
    const enrol = async (name: string) => {
      const email = `${name}@learners.example`
      const { id: user } = await site.ensureAccount({ email, firstname: 'Léo', lastname: name })
      await db.transaction().execute((trx) => site.touchAccess(trx, [{ course: 6, user }]))
      await site.applyAccess([{ course: 6, user }])
    }
    const names = (prefix: string) => Array.from({ length: units }, (_, i) => `${prefix}-${tag}-${i}`)
    const started = performance.now()
    await Promise.all(names('together').map(enrol))
    const together = performance.now() - started

    const again = performance.now()
    for (const name of names('apart')) await enrol(name)
    const apart = performance.now() - again
    return { together, apart, times: apart / together }
  } finally {
    await db.destroy()
    await sandbox.close()
  }
}
