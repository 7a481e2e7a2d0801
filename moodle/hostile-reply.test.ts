import assert from 'node:assert/strict'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { z } from 'zod'
import { MoodleError } from '../sdk/index.ts'
import { createClient } from './client.ts'
import { refusal, startScripted } from './scripted-server.ts'

describe('an answer that no Moodle should give', () => {
  async function failureOf(reply: unknown): Promise<MoodleError> {
    const server = await startScripted(() => reply)
    const client = createClient({ url: server.url, token: 'token', concurrency: 1, timeoutMs: 5000 })
    const error = await client.call('f', {}, z.array(z.unknown())).catch((caught: unknown) => caught)
    client.close()
    await server.close()
    assert.ok(error instanceof MoodleError)
    return error
  }

  it('fills no journal, and keeps nobody busy', async () => {
    for (const message of ['x'.repeat(5_000_000), '<'.repeat(2_000_000), ' '.repeat(5_000_000)]) {
      const error = await failureOf(refusal('somecode', message))
      assert.equal(error.code, 'somecode')
      assert.ok(error.message.length < 3000)
    }
  })

  it('says nothing that no database keeps', async () => {
    const error = await failureOf(refusal('somecode', 'a\0b\ud800 <b>c</b>\r\nd'))
    assert.equal(error.message, 'f: a b\ufffd c d')
  })

  it('is given up when it has no end', async () => {
    const chunk = 'x'.repeat(1_000_000)
    const server = http.createServer((request, response) => {
      request.resume()
      const more = () => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more)
      more()
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo // it listens on a port
    const client = createClient({
      url: `http://127.0.0.1:${port}`,
      token: 'token',
      concurrency: 1,
      timeoutMs: 60_000,
    })
    await assert.rejects(client.call('f', {}, z.null()), /the answer has no end/)
    client.close()
    server.closeAllConnections()
    server.close()
  })

  it('changes nothing but itself', async () => {
    const body = '{"__proto__":{"polluted":1},"exception":"e","errorcode":"constructor","message":"m"}'
    assert.equal((await failureOf({ status: 200, body })).kind, 'request')
    assert.equal(({} as { polluted?: number }).polluted, undefined)
    const inherited = { status: 200, body: '{"exception":"e","errorcode":"toString"}' }
    assert.equal((await failureOf(inherited)).message, 'f: toString')
  })
})
