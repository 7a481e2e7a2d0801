import { AsyncLocalStorage } from 'node:async_hooks'
import diagnostics from 'node:diagnostics_channel'
import type { ClientRequest } from 'node:http'
import type { Socket } from 'node:net'

/** A call that was not let out of this process. */
export type HeldCall = { method: string; url: string }

/** What a caller gets instead of an answer. */
export class HeldBack extends Error {
  override readonly name = 'HeldBack'
}

const within = new AsyncLocalStorage<(call: HeldCall) => void>()
let watching = false

/**
 * Runs `work`, and lets nothing that it does out of this process: no HTTP, no socket. `onCall` is told each try. It
 * follows the work and whatever that starts; others in this process go on undisturbed.
 */
export async function holdBack<T>(onCall: (call: HeldCall) => void, work: () => Promise<T>): Promise<T> {
  if (!watching) watch()
  watching = true
  return await within.run(onCall, work)
}

/** Lets this part of the work out all the same. */
export function letOut<T>(work: () => T): T {
  return within.exit(work)
}

function watch(): void {
  const { fetch } = globalThis
  globalThis.fetch = async (input, init) => {
    const tell = within.getStore()
    if (!tell) return await fetch(input, init)
    const { method, url } = new Request(input, init)
    throw held(tell, method, url)
  }
  diagnostics.subscribe('http.client.request.created', (message) => {
    const tell = within.getStore()
    if (!tell) return
    const { request } = message as { request: ClientRequest } // as Node documents this channel
    const host = request.getHeader('host') ?? request.host
    request.destroy(held(tell, request.method, `${request.protocol}//${host}${request.path}`))
  })
  diagnostics.subscribe('net.client.socket', (message) => {
    if (!within.getStore()) return
    const { socket } = message as { socket: Socket } // likewise
    // Who asks for a socket is not done with it yet. Nothing is sent before the next turn.
    process.nextTick(() => socket.destroy(new HeldBack('a dry run opens no connection')))
  })
}

/** Queries may hold secrets: only where a call goes is told. */
function held(tell: (call: HeldCall) => void, method: string, address: string): HeldBack {
  const { origin, pathname } = new URL(address)
  const call = { method, url: `${origin}${pathname}` }
  tell(call)
  return new HeldBack(`a dry run does not call ${call.url}, and can't know its answer`)
}
