import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { type Sandbox, startSandbox } from '../sandbox.ts'

describe('the pages of the sandbox', () => {
  let sandbox: Sandbox
  before(async () => {
    sandbox = await startSandbox()
  })
  after(() => sandbox.close())

  const get = (path: string, language = 'en') =>
    fetch(`${sandbox.url}${path}`, { headers: { 'Accept-Language': language } })
  const send = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${sandbox.url}${path}`, {
      method: 'POST',
      headers: { Origin: sandbox.url, ...headers },
      body: new URLSearchParams(fields),
      redirect: 'manual',
    })

  const call = (name: string, fields: Record<string, string>) => {
    const fixed = { wstoken: sandbox.token, wsfunction: name, moodlewsrestformat: 'json' }
    return send('/webservice/rest/server.php', { ...fixed, ...fields })
  }

  it('says that it is no real Moodle, in French or English as the reader asks', async () => {
    assert.match(await (await get('/')).text(), /This is a sandbox, not a real Moodle/)
    assert.match(await (await get('/', 'fr-FR,fr;q=0.9')).text(), /pas un vrai Moodle/)
    assert.match(await (await get('/?lang=fr')).text(), /<html lang="fr">/)
  })

  it('shows who is enrolled where, and finds people by e-mail, whatever its case', async () => {
    await call('core_user_create_users', {
      'users[0][username]': 'shown',
      'users[0][createpassword]': '1',
      'users[0][firstname]': 'Q & A',
      'users[0][lastname]': 'Test',
      'users[0][email]': 'shown@example.org',
    })
    await call('enrol_manual_enrol_users', {
      'enrolments[0][roleid]': '5',
      'enrolments[0][userid]': '11',
      'enrolments[0][courseid]': '4',
    })
    const page = await (await get('/?email=SHOWN%40example.org')).text()
    assert.match(page, /Q &amp; A Test/)
    assert.match(page, /Le RGPD en pratique/)
    assert.doesNotMatch(page, /Sauveteur secouriste/)
    assert.match(await (await get('/?email=%3Cb%3E')).text(), /No account has “&lt;b&gt;”/)
  })

  it('shows a course to whoever follows a link to it', async () => {
    const response = await get('/course/view.php?id=4')
    assert.equal(response.status, 200)
    assert.match(await response.text(), /<h1>Le RGPD en pratique<\/h1>/)
    for (const path of ['/course/view.php?id=999', '/course/view.php', '/mod/quiz/view.php?id=1']) {
      const missing = await get(path)
      assert.equal(missing.status, 404)
      assert.match(await missing.text(), /There is no such page/)
    }
  })

  it('has neither script nor inline style, and forbids them', async () => {
    const response = await get('/')
    assert.match(
      response.headers.get('content-security-policy') ?? '',
      /default-src 'none'; style-src 'self'/,
    )
    assert.doesNotMatch(await response.text(), /<script|<style|style=/)
    assert.match((await get('/sandbox/sandbox.css')).headers.get('content-type') ?? '', /^text\/css/)
  })

  it('sets a fault from its form, shows it, and lifts it', async () => {
    const fault = { fault: 'maintenance', function: '', match: '', times: '2', milliseconds: '' }
    const set = await send('/faults?lang=fr', fault)
    assert.deepEqual([set.status, set.headers.get('location')], [303, '/?lang=fr#faults'])
    assert.match(await (await get('/')).text(), /struck 0 of 2 times/)
    assert.equal((await send('/faults/lift', { id: '1' })).status, 303)
    assert.match(await (await get('/')).text(), /Everything works/)
  })

  it('refuses a wrong fault with a reason, and one that another site’s page sends', async () => {
    const wrong = await send('/faults', { fault: 'slow', milliseconds: '-1' })
    assert.equal(wrong.status, 422)
    assert.match(await wrong.text(), /That fault can’t be set/)
    const foreign = { Origin: 'https://elsewhere.example', 'Sec-Fetch-Site': 'cross-site' }
    assert.equal((await send('/faults', { fault: 'down' }, foreign)).status, 403)
    assert.match(await (await get('/')).text(), /Everything works/)
  })
})
