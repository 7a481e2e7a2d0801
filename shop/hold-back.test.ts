import assert from 'node:assert/strict'
import http from 'node:http'
import net, { type AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import { HeldBack, type HeldCall, holdBack, letOut } from './hold-back.ts'

describe('work that is held back', () => {
  let requests = 0
  const server = http.createServer((_, response) => {
    requests++
    response.end('here')
  })
  let url = ''
  before(async () => {
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/place?secret=1`
  })
  after(() => {
    server.closeAllConnections()
    server.close()
  })

  const request = () =>
    new Promise<string>((resolve, reject) => {
      const sent = http.request(url, { method: 'PUT' }, (reply) => {
        reply.resume()
        resolve('answered')
      })
      sent.on('error', reject)
      sent.end()
    })
  const connect = () =>
    new Promise<string>((resolve, reject) => {
      const socket = net.connect(Number(new URL(url).port), '127.0.0.1', () => {
        socket.destroy()
        resolve('connected')
      })
      socket.on('error', reject)
    })

  it('gets no call out, whatever it calls with, and tells where it would have gone', async () => {
    const calls: HeldCall[] = []
    await fetch(url, { method: 'POST' }).then((reply) => reply.text()) // a connection is open, and could be used
    const before = requests
    await holdBack(
      (call) => calls.push(call),
      async () => {
        await assert.rejects(fetch(url, { method: 'POST' }), HeldBack)
        await assert.rejects(request(), HeldBack)
        await assert.rejects(connect(), HeldBack)
        await new Promise((done) => setImmediate(done))
        await assert.rejects(fetch(new URL(url)), HeldBack)
      },
    )
    const place = url.replace('?secret=1', '')
    assert.deepEqual(calls, [
      { method: 'POST', url: place },
      { method: 'PUT', url: place },
      { method: 'GET', url: place },
    ])
    assert.equal(requests, before)
  })

  it('leaves alone what others do, and what it is let out for', async () => {
    const answers = await holdBack(
      () => {},
      async () =>
        await Promise.all([letOut(request), letOut(() => fetch(url).then((reply) => reply.text()))]),
    )
    assert.deepEqual(answers, ['answered', 'here'])
    assert.deepEqual([await request(), await connect()], ['answered', 'connected'])
  })
})
