import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import type { Role } from '../../db/schema.ts'
import { roleAllows } from '../../shop/operator.ts'
import { testOffice } from '../../test/office.ts'
import { testShop } from '../../test/shop.ts'
import { routes } from '../routes.ts'
import { officePath } from './door.ts'
import { office, officeRoutes } from './office.tsx'

type Person = Awaited<ReturnType<ReturnType<typeof testOffice>['as']>>

describe('the door of the office', async () => {
  const test = await testShop()
  const house = testOffice(test)
  const people = new Map<Role, Person>()
  /** Values for the parts of the addresses, of things that are there. */
  const values: Record<string, string> = { id: '1', unit: '1', action: 'suspend', reference: 'NONE' }

  before(async () => {
    for (const role of ['viewer', 'operator', 'admin'] as const) people.set(role, await house.as(role))
    values.code = await test.sell({ handler: null })
    values.number = (await test.placed(values.code, [{}])).number
  })

  const pathOf = (pattern: string) => pattern.replace(/:([a-z]+)/g, (_, name: string) => values[name] ?? '1')

  /** What an address answers, followed nowhere; a POST with a sound token unless `bare`. */
  async function ask(method: string, pattern: string, person?: Person, bare = false): Promise<Response> {
    const jar = new Map(person?.cookies)
    const headers = (): Record<string, string> => ({
      cookie: [...jar].map(([name, value]) => `${name}=${value}`).join('; '),
      'accept-language': 'en',
    })
    if (method === 'get') return await house.app.request(pathOf(pattern), { headers: headers() })
    const page = await house.app.request(routes.office.signIn(), { headers: headers() })
    for (const set of page.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      jar.set(name, value)
    }
    const csrf = /name="csrf" value="([^"]+)"/.exec(await page.text())?.[1] ?? ''
    return await house.app.request(pathOf(pattern), {
      method: 'POST',
      body: new URLSearchParams(bare ? {} : { csrf }).toString(),
      headers: { ...headers(), 'content-type': 'application/x-www-form-urlencoded' },
    })
  }

  it('knows every address that the office answers', () => {
    const served = office(house.face)
      .routes.filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method.toLowerCase()} ${path}`)
    const listed = officeRoutes.map(({ method, path }) => `${method} ${path}`)
    assert.deepEqual([...new Set(served)].sort(), [...listed].sort())
    assert.ok(officeRoutes.length > 40)
  })

  it('shows a stranger nothing but the sign-in page, whatever the address', async () => {
    const guarded = officeRoutes.filter(({ needs }) => needs !== 'nobody')
    for (const { method, path } of guarded) {
      const answer = await ask(method, path)
      assert.equal(answer.status, 303, `${method} ${path}`)
      assert.match(answer.headers.get('location') ?? '', /^\/office\/sign-in/, `${method} ${path}`)
      assert.equal(await answer.text(), '')
    }
    assert.equal((await ask('get', '/office/whatever')).status, 303)
    assert.equal((await ask('get', '/office/orders/1/2/3')).status, 303)
  })

  it('takes no form without its token, from anybody', async () => {
    const posts = officeRoutes.filter(({ method }) => method === 'post')
    for (const { path } of posts) {
      for (const person of [undefined, people.get('admin')]) {
        const answer = await ask('post', path, person, true)
        assert.equal(answer.status, 403, `${path} as ${person?.operator.role ?? 'a stranger'}`)
      }
    }
  })

  for (const role of ['viewer', 'operator'] as const) {
    it(`refuses a ${role} everything that takes more`, async () => {
      const refused = officeRoutes.filter(({ needs }) => needs !== 'nobody' && !roleAllows(role, needs))
      assert.ok(refused.length > 0)
      for (const { method, path } of refused) {
        const answer = await ask(method, path, people.get(role))
        assert.equal(answer.status, 403, `${method} ${path}`)
        assert.match(await answer.text(), /Your role doesn’t allow this/)
      }
    })
  }

  it('lets a viewer post nothing but their own password and their leave', () => {
    const posts = officeRoutes.filter(({ method, needs }) => method === 'post' && needs === 'viewer')
    assert.deepEqual(
      posts.map(({ path }) => path).sort(),
      [routes.office.account.password.pattern, routes.office.signOut.pattern].sort(),
    )
  })

  it('lets a viewer read every page of the shop', async () => {
    for (const { path } of officeRoutes.filter(
      ({ method, needs }) => method === 'get' && needs === 'viewer',
    )) {
      const answer = await ask('get', path, people.get('viewer'))
      // the preview of an entry on sale is the shop's own page; what these ids name may not be there
      assert.ok([200, 303, 404].includes(answer.status), `${path}: ${answer.status}`)
      const html = await answer.text()
      if (answer.status !== 200) continue
      const forms = [...html.matchAll(/<form[^>]*method="post"[^>]*action="([^"]*)"/g)].map(
        ([, action]) => action,
      )
      const own: (string | undefined)[] = [routes.office.signOut(), routes.office.account.password()]
      const disabled = /<fieldset class="cards" disabled/.test(html)
      assert.ok(disabled || forms.every((action) => own.includes(action)), `${path} offers ${forms}`)
    }
  })

  it('leads back to the page that was asked for, and never out of the office', () => {
    assert.equal(officePath('/office/orders?state=paid'), '/office/orders?state=paid')
    for (const evil of [
      'https://evil.example/office',
      '//evil.example/office',
      '/\\evil.example/office',
      'javascript:alert(1)',
      '/office/../cart',
      '/officers',
      '/',
      '',
      undefined,
      ['/office'],
    ]) {
      assert.equal(officePath(evil), '/office', String(evil))
    }
  })

  it('shuts an operator who is disabled out at once', async () => {
    const person = await house.as('operator')
    assert.equal((await ask('get', routes.office.home.pattern, person)).status, 200)
    await test.db
      .updateTable('operators')
      .set({ disabled_at: new Date() })
      .where('id', '=', person.operator.id)
      .execute()
    assert.equal((await ask('get', routes.office.home.pattern, person)).status, 303)
  })
})
