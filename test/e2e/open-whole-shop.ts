import { createServer } from 'node:net'
import { readConfig } from '../../config.ts'
import { signInMail } from '../../documents/mails.ts'
import { createLog } from '../../log.ts'
import { start } from '../../main.ts'
import { readSecret } from '../../secret.ts'
import { signInUrl } from '../../shop/order-url.ts'
import { sealWith } from '../../shop/seal.ts'
import { testDatabase } from '../database.ts'
import { temporaryFolder } from '../temporary-folder.ts'

export type WholeShop = {
  url: string
  sandboxUrl: string
  operator: { email: string; password: string }
  /** The address that the last mail to sign in, to this e-mail, leads to. */
  signInLink(email: string): Promise<string>
  stop(): Promise<void>
}

/** The shop as `npm start` opens it, with its sandbox and its demo catalog, on a database of its own. */
export async function openWholeShop(): Promise<WholeShop> {
  const { db, url: databaseUrl } = await testDatabase()
  const port = await twoFreePorts()
  const read = readConfig({
    PORT: String(port),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    HOST: '127.0.0.1',
    DATABASE_URL: databaseUrl,
    DATA_DIR: await temporaryFolder(),
  })
  if (!read.ok) throw new Error(read.errors.join('\n'))
  const running = await start(read.config, createLog('silent'))
  const { url, sandboxUrl, firstOperator } = running
  if (!url || !sandboxUrl || !firstOperator) throw new Error('the shop did not open as a new one does')
  const seal = sealWith(await readSecret(read.config))
  return {
    url,
    sandboxUrl,
    operator: firstOperator,
    async signInLink(email) {
      const { data } = await db
        .selectFrom('mails')
        .select('data')
        .where('kind', '=', 'sign_in')
        .where('recipient', '=', email)
        .orderBy('id', 'desc')
        .limit(1)
        .executeTakeFirstOrThrow()
      const { key, next } = signInMail.parse(data)
      return signInUrl({ publicUrl: url }, seal.open(key ?? ''), next)
    },
    stop: running.stop,
  }
}

/** A free port whose next one is free as well: the sandbox takes it. */
async function twoFreePorts(): Promise<number> {
  for (;;) {
    const port = await take(0)
    if ((await take(port + 1).catch(() => 0)) > 0) return port
  }
}

async function take(port: number): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', resolve)
  })
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}
