import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { testOffice } from '../../test/office.ts'
import { testShop } from '../../test/shop.ts'
import { rateLimit } from '../rate-limit.ts'
import { routes } from '../routes.ts'

const door = routes.office.signIn()

describe('signing in to the office', async () => {
  const test = await testShop()
  const house = testOffice(test)

  async function attempt(email: string, password: string) {
    const person = house.stranger()
    await person.open(door)
    return { person, page: await person.send(door, { email, password }) }
  }

  it('opens a session that scripts and other sites can’t use, and leads to the page that was asked for', async () => {
    const { email } = await house.operator('operator')
    const person = house.stranger()
    await person.open('/office/orders?state=paid')
    assert.match(person.page().url, /^\/office\/sign-in/)
    const page = await person.send(door, { email, password: house.password })
    assert.equal(page.url, '/office/orders?state=paid')
    assert.equal(page.status, 200)
    assert.match(page.html, /The operator/)
  })

  it('sends the cookie of the session over https only, where the shop is', async () => {
    const { email } = await house.operator('operator')
    for (const [publicUrl, secure] of [
      ['https://shop.example', true],
      ['http://127.0.0.1', false],
    ] as const) {
      const { app } = testOffice(test, { publicUrl })
      const page = await app.request(door)
      const visitor = /(?:__Host-)?visitor=([^;]*)/.exec(page.headers.getSetCookie().join())?.[0] ?? ''
      const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())?.[1] ?? ''
      const answer = await app.request(door, {
        method: 'POST',
        body: new URLSearchParams({ csrf, email, password: house.password }).toString(),
        headers: { cookie: visitor, 'content-type': 'application/x-www-form-urlencoded' },
      })
      const cookie = answer.headers.getSetCookie().find((one) => /^(__Secure-)?session=/.test(one)) ?? ''
      assert.match(cookie, /HttpOnly/)
      assert.match(cookie, /SameSite=Lax/)
      assert.match(cookie, /Path=\/office/)
      assert.equal(/Secure/.test(cookie), secure)
    }
  })

  it('answers the same for an unknown e-mail, a wrong password and a disabled operator', async () => {
    const { email } = await house.operator('operator')
    const gone = await house.operator('operator')
    await test.db
      .updateTable('operators')
      .set({ disabled_at: new Date() })
      .where('id', '=', gone.id)
      .execute()
    const answers = []
    for (const [who, password] of [
      [email, 'a wrong password'],
      ['nobody@atelier.example', 'a wrong password'],
      [gone.email, house.password],
    ] as const) {
      const { page } = await attempt(who, password)
      assert.equal(page.status, 422)
      answers.push(page.html.replaceAll(who, '').replaceAll(/name="csrf" value="[^"]*"/g, ''))
    }
    assert.equal(answers[1], answers[0])
    assert.equal(answers[2], answers[0])
  })

  it('makes whoever tries too often wait, even with the right password', async () => {
    const { email } = await house.operator('operator')
    for (let i = 0; i < 8; i++) assert.equal((await attempt(email, 'a wrong password')).page.status, 422)
    const { page } = await attempt(email, house.password)
    assert.equal(page.status, 429)
    assert.ok(Number(page.headers.get('retry-after')) > 60)
    assert.match(page.html, /too many attempts/)
    const { page: unknown } = await attempt('someone.else@atelier.example', 'a wrong password')
    assert.equal(unknown.status, 422)
  })

  it('lets nobody lock an operator out by trying their e-mail from everywhere', async () => {
    const { email } = await house.operator('operator')
    const everywhere = rateLimit(test.pool, { name: 'sign-in-email', attempts: 60, seconds: 3600 })
    await everywhere.take(email, 1000)
    assert.equal((await attempt(email, house.password)).page.status, 200)
  })

  it('forgets the failures of those who get in', async () => {
    const { email } = await house.operator('operator')
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < 5; i++) await attempt(email, 'a wrong password')
      assert.equal((await attempt(email, house.password)).page.status, 200)
    }
  })

  it('ends the session when the operator leaves', async () => {
    const person = await house.as('operator')
    await person.open('/office')
    const session = person.cookies.get('session') ?? ''
    const left = await person.send(routes.office.signOut())
    assert.equal(left.url, door)
    assert.equal(person.cookies.has('session'), false)
    person.cookies.set('session', session)
    assert.match((await person.open('/office')).url, /sign-in/)
  })
})
