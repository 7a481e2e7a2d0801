import assert from 'node:assert/strict'
import { it } from 'node:test'
import { z } from 'zod'
import { ask, refusal, type Sites, studentRole } from './contract-site.ts'

export function transport(sites: Sites): void {
  it('names the site, its release and the functions that the token may call', async () => {
    const info = await ask(
      sites.get(),
      'core_webservice_get_site_info',
      {},
      z.object({
        sitename: z.string(),
        siteurl: z.string(),
        userid: z.int(),
        release: z.string(),
        version: z.string(),
        functions: z.array(z.object({ name: z.string(), version: z.string() })).nonempty(),
      }),
    )
    assert.ok(info.functions.some(({ name }) => name === 'enrol_manual_enrol_users'))
  })

  it('refuses a token that it does not know, and an empty one', async () => {
    for (const token of ['0123456789abcdef0123456789abcdef', '']) {
      const { url } = sites.get()
      assert.equal(await refusal({ url, token }, 'core_webservice_get_site_info', {}), 'invalidtoken')
    }
  })

  it('refuses a function that does not exist, and a call without one', async () => {
    assert.equal(await refusal(sites.get(), 'no_such_function', {}), 'invalidrecord')
    assert.equal(await refusal(sites.get(), '', {}), 'invalidparameter')
  })

  it('refuses missing, unexpected and wrongly typed parameters without saying which', async () => {
    const { courseId } = sites.get()
    const [learner] = sites.get().learners
    const enrolment = { roleid: studentRole, userid: learner.id, courseid: courseId }
    const wrong: [string, Parameters<typeof refusal>[2]][] = [
      ['core_enrol_get_enrolled_users', {}],
      ['core_enrol_get_enrolled_users', { courseid: 'abc' }],
      ['core_enrol_get_enrolled_users', { courseid: [courseId] }],
      ['core_webservice_get_site_info', { foo: 'bar' }],
      ['core_user_create_users', { users: [{ username: 'x' }] }],
      ['core_user_update_users', { users: [{ id: learner.id, suspended: 'true' }] }],
      ['enrol_manual_enrol_users', {}],
      ['enrol_manual_enrol_users', { enrolments: 'x' }],
      ['enrol_manual_enrol_users', { enrolments: [{ ...enrolment, foo: 1 }] }],
    ]
    for (const [name, parameters] of wrong) {
      assert.equal(
        await refusal(sites.get(), name, parameters),
        'invalidparameter',
        JSON.stringify(parameters),
      )
    }
  })

  it('answers XML unless JSON is asked for, and reads no JSON body', async () => {
    const { url, token } = sites.get()
    const address = `${url}/webservice/rest/server.php`
    const xml = await fetch(address, {
      method: 'POST',
      body: new URLSearchParams({ wstoken: token, wsfunction: 'core_webservice_get_site_info' }),
    })
    assert.match(xml.headers.get('content-type') ?? '', /^application\/xml/)
    assert.match(await xml.text(), /<KEY name="sitename"><VALUE>/)
    const json = await fetch(address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ wstoken: token, wsfunction: 'core_webservice_get_site_info' }),
    })
    assert.match(await json.text(), /<ERRORCODE>invalidtoken<\/ERRORCODE>/)
  })
}
