import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { changeOperator } from '../../shop/change-operator.ts'
import { findApiToken, listOperators, verifyPassword } from '../../shop/operator.ts'
import { testOffice } from '../../test/office.ts'
import { testShop } from '../../test/shop.ts'
import { routes } from '../routes.ts'

const { account, operators } = routes.office

describe('accounts in the office', async () => {
  const test = await testShop()
  const { db } = test
  const house = testOffice(test)

  it('changes a password only for who knows the one before, and ends the other sessions', async () => {
    const marie = await house.as('viewer')
    const elsewhere = house.stranger()
    await elsewhere.open(routes.office.signIn())
    await elsewhere.send(routes.office.signIn(), { email: marie.operator.email, password: house.password })
    const wanted = 'a much better one'

    await marie.open(account.show())
    const wrong = await marie.send(account.password(), {
      'password.current': 'guessed',
      'password.wanted': wanted,
    })
    assert.equal(wrong.status, 422)
    assert.match(wrong.html, /This is not your password/)
    const short = await marie.send(account.password(), {
      'password.current': house.password,
      'password.wanted': 'short',
    })
    assert.equal(short.status, 422)

    const changed = await marie.send(account.password(), {
      'password.current': house.password,
      'password.wanted': wanted,
    })
    assert.match(changed.html, /Your password is changed/)
    assert.match((await elsewhere.open('/office')).url, /sign-in/)
    assert.equal(
      await verifyPassword(db, { email: marie.operator.email, password: house.password }),
      undefined,
    )
    assert.ok(await verifyPassword(db, { email: marie.operator.email, password: wanted }))
  })

  it('shows a new token once, and revokes it', async () => {
    const admin = await house.as('admin')
    await admin.open(account.show())
    const page = await admin.send(account.tokens(), { 'token.name': 'CRM', 'token.role': 'operator' })
    const token = /boutique_[A-Za-z0-9_-]+/.exec(page.html)?.[0] ?? ''
    assert.equal((await findApiToken(db, token))?.operator.role, 'operator')
    assert.match(page.headers.get('cache-control') ?? '', /no-store/)
    const again = await admin.open(account.show())
    assert.ok(!again.html.includes(token))
    assert.match(again.html, /CRM/)
    const id = (await findApiToken(db, token))?.id ?? 0
    await admin.send(account.revokeToken(id))
    assert.equal(await findApiToken(db, token), undefined)
  })

  it('adds an operator, who gets in with the password that was shown', async () => {
    const admin = await house.as('admin')
    await admin.open(operators.index())
    const page = await admin.send(operators.index(), {
      name: 'Zoé',
      email: 'zoe@atelier.example',
      role: 'viewer',
    })
    const password = /<code class="secret">([^<]+)</.exec(page.html)?.[1] ?? ''
    const found = await verifyPassword(db, { email: 'zoe@atelier.example', password })
    assert.equal(found?.role, 'viewer')
    const taken = await admin.send(operators.index(), { name: 'Zoé', email: 'ZOE@atelier.example' })
    assert.equal(taken.status, 422)
    assert.match(taken.html, /There is an operator with this address already/)
  })

  it('changes a role, and disables an operator', async () => {
    const admin = await house.as('admin')
    const { id } = await house.operator('viewer')
    const current = async () => (await listOperators(db)).find((operator) => operator.id === id)
    await admin.open(operators.index())
    await admin.send(operators.change(id), { role: 'operator' })
    assert.equal((await current())?.role, 'operator')
    await admin.send(operators.change(id), { role: undefined, disabled: 'true' })
    assert.ok((await current())?.disabledAt)
    await admin.send(operators.change(id), { disabled: 'false' })
    assert.equal((await current())?.disabledAt, null)
  })

  it('never leaves the shop without an administrator', async () => {
    const admins = (await listOperators(db)).filter(({ role }) => role === 'admin')
    const [last, ...others] = admins
    for (const { id } of others) assert.ok((await changeOperator(db, id, { role: 'viewer' })).ok)
    const id = last?.id ?? 0
    assert.deepEqual(await changeOperator(db, id, { role: 'operator' }), { ok: false, reason: 'last_admin' })
    assert.deepEqual(await changeOperator(db, id, { disabled: true }), { ok: false, reason: 'last_admin' })
    const second = await house.operator('admin')
    const both = await Promise.all([
      changeOperator(db, id, { disabled: true }),
      changeOperator(db, second.id, { disabled: true }),
    ])
    assert.deepEqual(both.map(({ ok }) => ok).sort(), [false, true])
  })
})
