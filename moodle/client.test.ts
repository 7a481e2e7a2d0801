import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { z } from 'zod'
import { MoodleError, type MoodleErrorKind } from '../sdk/index.ts'
import { createClient } from './client.ts'
import { type RawAnswer, type ReceivedCall, refusal, startScripted } from './scripted-server.ts'

const token = 'bbbbbbbb0000000000000000000000bb'
const siteInfo = 'core_webservice_get_site_info'

/** A client and the Moodle it talks to, both gone at the end of the suite. */
async function pair(
  answer: (call: ReceivedCall) => unknown,
  options: Partial<Parameters<typeof createClient>[0]> = {},
) {
  const server = await startScripted(answer)
  const client = createClient({ url: server.url, token, ...options })
  after(() => {
    client.close()
    return server.close()
  })
  return { ...server, client }
}

const caught = async (promise: Promise<unknown>): Promise<MoodleError> => {
  const error = await promise.then(
    () => assert.fail('the call went well'),
    (reason: unknown) => reason,
  )
  assert.ok(error instanceof MoodleError, String(error))
  return error
}

describe('a call', () => {
  it('posts the token, the function and the parameters as a form, and parses the reply', async () => {
    const { client, received } = await pair(() => [{ id: 5, username: 'u1a62f55' }])
    const users = [{ username: 'u1a62f55', createpassword: true, firstname: 'Élodie' }]
    const reply = await client.call('core_user_create_users', { users }, z.array(z.object({ id: z.int() })))
    assert.deepEqual(reply, [{ id: 5 }])
    assert.deepEqual(Object.fromEntries(received[0]?.form ?? []), {
      wstoken: token,
      wsfunction: 'core_user_create_users',
      moodlewsrestformat: 'json',
      'users[0][username]': 'u1a62f55',
      'users[0][createpassword]': '1',
      'users[0][firstname]': 'Élodie',
    })
  })

  it('takes null for a function that returns nothing', async () => {
    const { client } = await pair(() => null)
    assert.equal(await client.call('enrol_manual_enrol_users', {}, z.null()), null)
  })

  it('has no more calls under way than the site may bear, over connections that are kept', async () => {
    let under = 0
    let most = 0
    const sockets = new Set<string>()
    const server = http.createServer((request, response) => {
      sockets.add(`${request.socket.remotePort}`)
      request.resume()
      request.on('end', () => {
        under++
        most = Math.max(most, under)
        setImmediate(() => {
          under--
          response.end('null')
        })
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const client = createClient({ url: `http://127.0.0.1:${port}`, token, concurrency: 3 })
    await Promise.all(Array.from({ length: 30 }, () => client.call('f', {}, z.null())))
    client.close()
    server.close()
    assert.ok(most <= 3, `${most} at a time`)
    assert.ok(sockets.size <= 3, `${sockets.size} connections`)
  })

  it('is sent again when the server closed the idle connection it took', async () => {
    let calls = 0
    const server = http.createServer((request, response) => {
      request.resume()
      request.on('end', () => {
        calls++
        if (calls === 2) request.socket.resetAndDestroy()
        else response.end('null')
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const client = createClient({ url: `http://127.0.0.1:${port}`, token, concurrency: 1 })
    await client.call('f', {}, z.null())
    assert.equal(await client.call('f', {}, z.null()), null)
    assert.equal(calls, 3)
    client.close()
    server.close()
  })

  it('is not sent again when its connection breaks under the work', async (t) => {
    let calls = 0
    const now = performance.now.bind(performance)
    const server = http.createServer((request, response) => {
      request.resume()
      request.on('end', () => {
        calls++
        if (calls === 1) return response.end('null')
        t.mock.method(performance, 'now', () => now() + 5_000)
        request.socket.resetAndDestroy()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const client = createClient({ url: `http://127.0.0.1:${port}`, token, concurrency: 1 })
    t.after(() => {
      client.close()
      server.closeAllConnections()
      server.close()
    })
    await client.call('f', {}, z.null())
    const error = await caught(client.call('f', {}, z.null()))
    assert.deepEqual([error.code, error.unanswered, calls], ['unreachable', true, 2])
  })

  it('stops when its signal says so, waiting or under way', async () => {
    const gate = Promise.withResolvers<void>()
    const { client, received } = await pair(() => gate.promise, { concurrency: 1 })
    const stop = new AbortController()
    const calls = [1, 2].map(() => client.call('f', {}, z.null(), { signal: stop.signal }))
    const outcomes = Promise.allSettled(calls)
    while (received.length === 0) await new Promise((resolve) => setImmediate(resolve))
    stop.abort(new Error('the shop stops'))
    for (const outcome of await outcomes) {
      assert.ok(outcome.status === 'rejected' && outcome.reason.message === 'the shop stops')
    }
    gate.resolve()
    assert.equal(await client.call('f', {}, z.null()), null, 'the slot is free again')
    assert.equal(client.trouble(), undefined, 'a call given up says nothing about the site')
  })
})

// What two real sites answered, 4.1.10 and 4.5.6: error classes differ, codes don't.
const recorded: [name: string, answer: unknown, kind: MoodleErrorKind, code: string][] = [
  [
    'an unknown token',
    { exception: 'moodle_exception', errorcode: 'invalidtoken', message: 'Invalid token - token not found' },
    'token',
    'invalidtoken',
  ],
  [
    'an expired token',
    {
      exception: 'webservice_access_exception',
      errorcode: 'accessexception',
      message: 'Access control exception',
    },
    'token',
    'accessexception',
  ],
  [
    'a suspended user behind the token',
    {
      exception: 'core\\exception\\moodle_exception',
      errorcode: 'wsaccessusersuspended',
      message: 'Refused web service access for suspended username: wsboutique',
    },
    'token',
    'wsaccessusersuspended',
  ],
  [
    'web services switched off',
    { status: 403, body: '', headers: { 'content-type': 'text/html; charset=utf-8' } },
    'token',
    'http403',
  ],
  [
    'maintenance set in the browser',
    {
      exception: 'core\\exception\\moodle_exception',
      errorcode: 'sitemaintenance',
      message: 'The site is undergoing maintenance and is currently not available',
    },
    'maintenance',
    'sitemaintenance',
  ],
  [
    'maintenance set on the command line',
    { status: 503, body: '<html>maintenance</html>', headers: { 'retry-after': '300' } },
    'maintenance',
    'http503',
  ],
  ['PHP being down', { status: 502, body: '<html>Bad Gateway</html>' }, 'outage', 'http502'],
  [
    "Moodle's database being down",
    {
      exception: 'dml_connection_exception',
      errorcode: 'dbconnectionfailed',
      message: 'Error: Database connection failed',
    },
    'outage',
    'dbconnectionfailed',
  ],
  [
    'a call that breaks PHP on a site that breaks on any',
    { status: 500, body: '', headers: { 'content-type': 'text/html; charset=utf-8' } },
    'outage',
    'http500',
  ],
  [
    'a redirection',
    { status: 301, body: '', headers: { location: 'https://x.example/' } },
    'outage',
    'http301',
  ],
  ['an address without Moodle', { status: 404, body: '<html>Not found</html>' }, 'outage', 'http404'],
  [
    'XML, which an address that drops parameters brings',
    { status: 200, body: '<?xml version="1.0" encoding="UTF-8" ?>\n<EXCEPTION class="moodle_exception">' },
    'outage',
    'badreply',
  ],
  [
    'no rights',
    {
      exception: 'required_capability_exception',
      errorcode: 'nopermissions',
      message: 'Sorry, but you do not currently have permissions to do that (Create users).',
    },
    'request',
    'nopermissions',
  ],
  [
    'an unknown function',
    {
      exception: 'dml_missing_record_exception',
      errorcode: 'invalidrecord',
      message: "Can't find data record in database table external_functions.",
    },
    'request',
    'invalidrecord',
  ],
  [
    'a refused value, old class',
    {
      exception: 'invalid_parameter_exception',
      errorcode: 'invalidparameter',
      message: 'Invalid parameter value detected',
    },
    'request',
    'invalidparameter',
  ],
  [
    'a refused value, new class',
    {
      exception: 'core\\exception\\invalid_parameter_exception',
      errorcode: 'invalidparameter',
      message: 'Invalid parameter value detected',
    },
    'request',
    'invalidparameter',
  ],
  [
    'a weak password, whose code is HTML',
    {
      exception: 'moodle_exception',
      errorcode:
        '<div>Passwords must be at least 8 characters long.</div><div>Passwords must have at least 1 digit(s).</div>',
      message:
        'error/<div>Passwords must be at least 8 characters long.</div><div>Passwords must have at least 1 digit(s).</div>',
    },
    'request',
    'passwordpolicy',
  ],
]

describe('an error', () => {
  for (const [name, answer, kind, code] of recorded) {
    it(`is of kind ${kind} for ${name}`, async () => {
      const { client } = await pair(() => answer)
      const error = await caught(client.call('core_user_create_users', {}, z.unknown()))
      assert.deepEqual([error.kind, error.code, error.call], [kind, code, 'core_user_create_users'])
      assert.match(error.message, /^core_user_create_users: [^<>]{10,}$/)
      assert.equal(error.retryAfter, code === 'http503' ? 300 : undefined)
    })
  }

  it('names the place where the reply is not as expected', async () => {
    const { client } = await pair(() => [{ id: 5 }, { id: 'six' }])
    const error = await caught(client.call('f', {}, z.array(z.object({ id: z.int() }))))
    assert.deepEqual([error.kind, error.code], ['request', 'badreply'])
    assert.match(error.message, /at 1\.id: /)
    assert.equal(client.trouble(), undefined)
  })

  it('says that the site is out of reach, and where', async () => {
    const { client, close, url } = await pair(() => null)
    await close()
    const error = await caught(client.call('f', {}, z.null()))
    assert.deepEqual([error.kind, error.code], ['outage', 'unreachable'])
    assert.ok(error.message.includes(new URL(url).host))
  })

  it('says that the answer takes too long', async () => {
    const gate = Promise.withResolvers<void>()
    const { client } = await pair(() => gate.promise, { timeoutMs: 40 })
    const error = await caught(client.call('f', {}, z.null()))
    assert.deepEqual([error.kind, error.code], ['outage', 'timeout'])
    gate.resolve()
  })

  for (const [name, answer, unanswered] of [
    ['a gateway that has given up waiting', { status: 504, body: '<h1>504 Gateway Time-out</h1>' }, true],
    ['a server that has lost PHP', { status: 502, body: '<h1>502 Bad Gateway</h1>' }, true],
    ['an overloaded server', { status: 503, body: '' }, true],
    ['Moodle’s maintenance page', { status: 503, body: '', headers: { 'retry-after': '300' } }, false],
    ['PHP that broke', { status: 500, body: '' }, false],
    ['a wrong address', { status: 404, body: '' }, false],
    ['Moodle itself', refusal('dbconnectionfailed'), false],
  ] as const) {
    it(`says whether the call may still be done: after ${name} it ${unanswered ? 'may' : 'may not'}`, async () => {
      const { client } = await pair(() => answer)
      assert.equal((await caught(client.call('f', {}, z.null()))).unanswered, unanswered)
      // Nothing of what is kept away from a site in trouble was ever sent.
      const again = await client.call('f', {}, z.null()).catch((error: unknown) => error)
      if (client.trouble()) assert.equal(again instanceof MoodleError && again.unanswered, false)
    })
  }

  for (const [name, kill, code] of [
    ['stops halfway and hangs', false, 'timeout'],
    ['breaks off halfway', true, 'unreachable'],
  ] as const) {
    it(`is told of an answer that ${name}, and the call is not sent again`, async () => {
      let calls = 0
      const server = http.createServer((request, response) => {
        request.resume()
        request.on('end', () => {
          calls++
          if (calls === 1) return response.end('null')
          response.writeHead(200, { 'content-length': '100' })
          response.write('[{"id":', () => kill && request.socket.destroy())
        })
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const client = createClient({ url: `http://127.0.0.1:${port}`, token, concurrency: 1, timeoutMs: 100 })
      await client.call('f', {}, z.null())
      const error = await caught(client.call('f', {}, z.null()))
      assert.deepEqual([error.kind, error.code, calls], ['outage', code, 2])
      client.close()
      server.closeAllConnections()
      server.close()
    })
  }

  it('never shows the token', async () => {
    const { client } = await pair(() => ({
      ...refusal('invalidparameter', `Bad value for ${token}`),
      debuginfo: `wstoken=${token}&…`,
    }))
    const error = await caught(client.call('f', {}, z.null()))
    for (let at: unknown = error; at instanceof Error; at = at.cause) {
      assert.ok(!`${at.message}${at.stack}${JSON.stringify(at)}`.includes(token))
    }
    assert.match(error.message, /Bad value for …/)
  })
})

describe('a failure that may be of one call only', () => {
  const cases: [name: string, answer: unknown, code: string, calls: number][] = [
    ['a function that is not in the service', refusal('accessexception'), 'accessexception', 2],
    ['a call that a firewall refuses', { status: 403, body: '<h1>Blocked</h1>' }, 'http403', 2],
    ['a page of PHP', { status: 200, body: '<b>Fatal error</b>' } satisfies RawAnswer, 'badreply', 2],
    ['a call that breaks PHP, twice', { status: 500, body: '' }, 'http500', 4],
  ]
  for (const [name, answer, code, calls] of cases) {
    it(`keeps no other call away: ${name}`, async () => {
      const { client, received } = await pair(({ wsfunction }) =>
        wsfunction === siteInfo ? { sitename: 'A site' } : answer,
      )
      const error = await caught(client.call('f', {}, z.null()))
      assert.deepEqual([error.kind, error.code], ['request', code])
      assert.equal(client.trouble(), undefined)
      assert.equal(received.length, calls)
    })
  }

  it('is made once more when what broke it may have passed', async () => {
    let calls = 0
    const { client } = await pair(() => (++calls === 1 ? refusal('dmlwriteexception') : null))
    assert.equal(await client.call('enrol_manual_enrol_users', {}, z.null()), null)
    assert.equal(calls, 2)
  })
})

describe('trouble', () => {
  it('keeps later calls away, tells when it begins and ends, and a probe ends it', async () => {
    let down = true
    const heard: (string | undefined)[] = []
    const { client, received } = await pair(
      () => (down ? { status: 502, body: '' } : { sitename: 'A site' }),
      {
        onChange: (trouble) => heard.push(trouble?.kind),
      },
    )
    await caught(client.call('f', {}, z.unknown()))
    const error = await caught(client.call('g', {}, z.unknown()))
    assert.deepEqual([error.kind, error.call, error.retryAfter], ['outage', 'g', 1])
    assert.equal(received.length, 1, 'the second call never left')
    await caught(client.probe(siteInfo, {}, z.unknown()))
    assert.equal(received.length, 2)
    down = false
    await client.probe(siteInfo, {}, z.unknown())
    assert.deepEqual(await client.call('g', {}, z.unknown()), { sitename: 'A site' })
    assert.deepEqual(heard, ['outage', undefined])
  })

  it('ends for this process when another has seen the site answer', async () => {
    let down = true
    let elsewhere = false
    const { client } = await pair(() => (down ? { status: 502, body: '' } : null), {
      recovered: async () => elsewhere,
    })
    await caught(client.call('f', {}, z.null()))
    await caught(client.call('f', {}, z.null()))
    down = false
    elsewhere = true
    assert.equal(await client.call('f', {}, z.null()), null)
  })
})
