import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { emptyLog } from './call-log.ts'
import type { Release } from './failure.ts'
import { openJournal } from './journal.ts'
import { sandboxPages } from './pages/sandbox-pages.tsx'
import { type Form, readForm } from './read-form.ts'
import { answer, type Reply, type Site, type TokenKind } from './rest.ts'
import { seed } from './seed.ts'

export type SandboxOptions = {
  /** 0, the default: any free port. */
  port?: number
  host?: string
  /** The address that browsers use, when it isn't the server's own. Without a trailing slash. */
  publicUrl?: string
  /** A file that keeps what was changed, through a crash too. Unset: the memory only. */
  journal?: string
  /** Milliseconds that every call takes. */
  latency?: number
  /** The token of the shop's service account; a random one unless given. */
  token?: string
  /** Tokens of others, for tests. */
  tokens?: Record<string, TokenKind>
  release?: Release
  /** Stands around each call of the web services: it may look on, wait, or drop the answer. For tests. */
  around?: (form: Form, answer: () => Promise<Reply | undefined>) => Promise<Reply | undefined>
  /** Where warnings go; the console unless given. */
  warn?: (message: string) => void
}

export type Sandbox = {
  url: string
  token: string
  /** What it holds and how it misbehaves, for who runs it in the same process. */
  site: Site
  close(): Promise<void>
}

/**
 * Starts a server that speaks Moodle's REST protocol for the site of a training organisation, with pages that
 * show it. It is no Moodle: it stands in for one in demos, development and tests.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 0, host = '127.0.0.1' } = options
  const token = options.token ?? randomBytes(16).toString('hex')
  const server = createServer()
  // A client's idle connection must outlive the client's own patience, or its next call may meet a closing socket.
  server.keepAliveTimeout = 75_000
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(port, host, done)
  })
  const address = server.address()
  const bound = typeof address === 'object' && address ? address.port : port
  const url = `http://${host.includes(':') ? `[${host}]` : host === '0.0.0.0' ? '127.0.0.1' : host}:${bound}`

  try {
    // Only now that the port is ours: two sandboxes must not write one journal.
    const site = openSite(options, token, options.publicUrl ?? url)
    const pages = getRequestListener(sandboxPages(site, token).fetch)
    const { around } = options
    const respond = (form: Form) => (around ? around(form, () => answer(site, form)) : answer(site, form))
    server.on('request', (request, response) => {
      if (isRest(request.url ?? '')) answerRest(respond, request, response)
      else pages(request, response)
    })
    return {
      url,
      token,
      site,
      async close() {
        await closeServer(server)
        site.journal?.close()
      },
    }
  } catch (error) {
    await closeServer(server)
    throw error
  }
}

function openSite(options: SandboxOptions, token: string, url: string): Site {
  const { latency = 0, release = '4.5', warn = console.warn } = options
  const opened = options.journal
    ? openJournal(options.journal, { fresh: () => seed(release), url, warn })
    : { state: seed(release), journal: undefined }
  opened.state.release = release
  return {
    ...opened,
    url,
    tokens: new Map([...Object.entries(options.tokens ?? {}), [token, 'shop']]),
    faults: [],
    log: emptyLog(),
    latency,
  }
}

const closeServer = (server: Server) =>
  new Promise((done) => {
    server.close(done)
    server.closeAllConnections()
  })

const restPath = '/webservice/rest/server.php'
const isRest = (url: string) =>
  url.startsWith(restPath) && (url.length === restPath.length || url[restPath.length] === '?')

/** Answered straight from Node's server: this is what benches measure. */
function answerRest(
  respond: (form: Form) => Promise<Reply | undefined>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    respond(formOf(request, chunks))
      .then((reply) => {
        if (!reply) {
          request.socket.destroy()
          return
        }
        response.writeHead(reply.status, {
          'Content-Type': reply.type,
          'Content-Length': Buffer.byteLength(reply.body),
          ...reply.headers,
        })
        response.end(reply.body)
      })
      .catch((error: unknown) => {
        response.writeHead(500, { 'Content-Type': 'text/plain; charset=utf-8' })
        response.end(`The sandbox itself failed: ${error instanceof Error ? error.stack : String(error)}`)
      })
  })
}

/** The query string's fields, and the body's when it is a form: a JSON body is not read. */
function formOf(request: IncomingMessage, chunks: Buffer[]): Form {
  const query = (request.url ?? '').slice(restPath.length + 1)
  const form = query ? readForm(query) : undefined
  const type = request.headers['content-type'] ?? ''
  if (!type.startsWith('application/x-www-form-urlencoded')) return form ?? readForm('')
  return readForm(Buffer.concat(chunks).toString('utf8'), form)
}
