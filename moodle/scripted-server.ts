import http from 'node:http'
import type { AddressInfo } from 'node:net'

/** A call as it came. */
export type ReceivedCall = {
  wsfunction: string
  form: URLSearchParams
  /** The elements of a list: `enrolments[0][userid]=5` is `{ userid: '5' }`. */
  elements(list: string): Record<string, string>[]
  /** True once the caller has hung up. */
  hungUp(): boolean
}

/** An answer that is not a JSON reply with HTTP 200. */
export type RawAnswer = { status: number; body: string; headers?: Record<string, string> }

/** For tests: a Moodle that answers each call as `answer` says, at once or when that is ready. */
export async function startScripted(answer: (call: ReceivedCall) => unknown) {
  const received: ReceivedCall[] = []
  const server = http.createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => {
      body += chunk
    })
    request.on('end', async () => {
      const form = new URLSearchParams(body)
      const call: ReceivedCall = {
        wsfunction: form.get('wsfunction') ?? '',
        form,
        elements: (list) => readElements(form, list),
        hungUp: () => request.socket.destroyed,
      }
      received.push(call)
      const reply = await answer(call)
      if (isRaw(reply)) response.writeHead(reply.status, reply.headers).end(reply.body)
      else response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply ?? null))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  // It listens on a port, so its address is of this kind.
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The error object of Moodle 4.5 for a code. */
export function refusal(errorcode: string, message = errorcode) {
  return { exception: 'core\\exception\\moodle_exception', errorcode, message }
}

function isRaw(reply: unknown): reply is RawAnswer {
  return typeof reply === 'object' && reply !== null && 'status' in reply && 'body' in reply
}

function readElements(form: URLSearchParams, list: string): Record<string, string>[] {
  const elements: Record<string, string>[] = []
  for (const [name, value] of form) {
    const [, of, index, key] = /^(\w+)\[(\d+)\]\[(\w+)\]$/.exec(name) ?? []
    if (of !== list || key === undefined) continue
    elements[Number(index)] ??= {}
    Object.assign(elements[Number(index)] ?? {}, { [key]: value })
  }
  return elements
}
