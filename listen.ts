import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import type { Hono } from 'hono'
import { StartupError } from './startup-error.ts'
import type { WebEnv } from './web/security.ts'

/** Listens, and resolves with the port once it does. Throws a `StartupError` when the port can't be had. */
export async function listen(
  app: Hono<WebEnv>,
  { port, host }: { port: number; host: string },
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server // http, since no other factory is given
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why =
        error.code === 'EADDRINUSE'
          ? `Port ${port} is taken: stop what uses it, or choose another one with PORT=…`
          : error.code === 'EACCES'
            ? `Port ${port} may not be used by this user: choose one above 1023 with PORT=…`
            : `The shop could not listen on ${host}:${port}: ${error.message}`
      reject(new StartupError(why, { cause: error }))
    })
    server.listen(port, host, resolve)
  })
  const address = server.address()
  return {
    port: typeof address === 'object' && address ? address.port : port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeIdleConnections()
        // Live pages hold their connection open for ever: they reconnect to the next process.
        setTimeout(() => server.closeAllConnections(), 1000).unref()
      }),
  }
}
